"""Which of their bodies a person works for now: a comfort kept in the session, never a permission.

It narrows « Mon espace » and « Mes dossiers », and is proposed when a dossier is begun. Whatever is
chosen, every page still asks what the person may see.
"""

from __future__ import annotations

from django.http import HttpRequest

from partners.enums import MembershipState
from partners.models import Organisation


SESSION_KEY = "partners_organisation"


def bodies_of(request: HttpRequest) -> list[Organisation]:
    """Return the bodies a person belongs to or waits for, by name; one query a request."""
    if not hasattr(request, "_own_bodies"):
        states = [MembershipState.ACTIVE, MembershipState.PENDING]
        own = request.user.memberships.filter(state__in=states).values("organisation_id")
        request._own_bodies = list(Organisation.objects.current().filter(pk__in=own))
    return request._own_bodies


def chosen_body(request: HttpRequest) -> Organisation | None:
    """Return the body a person chose to work for, while they belong to it."""
    chosen = request.session.get(SESSION_KEY)
    if chosen is None:
        return None
    bodies = bodies_of(request)
    return next((body for body in bodies if body.pk == chosen), None) if len(bodies) > 1 else None


def choose_body(request: HttpRequest, value: str) -> Organisation | None:
    """Keep the body chosen among one's own; anything else is « all of them »."""
    found = next((body for body in bodies_of(request) if str(body.pk) == value), None)
    if found is None:
        request.session.pop(SESSION_KEY, None)
    else:
        request.session[SESSION_KEY] = found.pk
    return found
