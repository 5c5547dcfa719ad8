"""What every view of the applicant begins with: their dossier or 404."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone

from config.errors import WrongAccountError
from grants.applications.models import Application
from grants.applications.selectors import with_dossier
from grants.calls.calculations import days_left
from grants.calls.selectors import closing_for
from partners.enums import MembershipState


def own_dossier(request: HttpRequest, *, whole: bool = True, **lookup: Any) -> Application:
    """Return a dossier of the person's bodies, with all its parts or its row alone.

    Raises:
        WrongAccountError: (404) The link leads to no dossier of this account. The page names the
            account, and is the same whether the dossier exists or not.
    """
    mine = Application.objects.of_applicant(request.user)
    mine = with_dossier(mine) if whole else mine.select_related("sheet__campaign", "organisation")
    pending = request.user.memberships.filter(
        state=MembershipState.PENDING, organisation=OuterRef("organisation_id")
    )
    found = mine.annotate(membership_pending=Exists(pending)).filter(**lookup).first()
    if found is None:
        raise WrongAccountError
    return found


def require_editor(request: HttpRequest, application: Application) -> None:
    """Refuse (403) the members of the body who may only read."""
    if not may_edit(request, application):
        raise PermissionDenied


def may_edit(request: HttpRequest, application: Application) -> bool:
    return Application.objects.editable_by(request.user).filter(pk=application.pk).exists()


def draft_context(request: HttpRequest, application: Application) -> dict[str, Any]:
    """Return what every page of a draft shows: until when, and for whom.

    Args:
        request: Of the page.
        application: From :func:`own_dossier`, which tells whether the membership waits.
    """
    deadline = closing_for(application.sheet, application.organisation)
    at = timezone.now()
    return {
        "application": application,
        "sheet": application.sheet,
        "deadline": deadline,
        "is_late": deadline is not None and at > deadline,
        "days_left": days_left(until=deadline, at=at) if deadline else None,
        "membership_pending": application.membership_pending,
    }
