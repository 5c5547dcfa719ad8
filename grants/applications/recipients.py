"""Whom the mails of a dossier go to: the accounts of the body, each once, or the office."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Prefetch

from foundation.parameters.selectors import value_on
from grants.applications import hooks
from partners.enums import MembershipState, Right
from partners.models import Membership


if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from django.db.models import QuerySet

    from grants.applications.models import Application


def editors(application: Application) -> list[str]:
    """Return who fills the body's dossiers, and who began this one while awaiting an answer."""
    return _addresses(application, [Right.EDIT])


def signatories(application: Application, on: date) -> list[str]:
    """Return who may attest for the body on a day."""
    found = application.organisation.memberships.signatories_on(on)
    return sorted(set(found.values_list("user__email", flat=True)))


def members(application: Application) -> list[str]:
    """Return the editors and the signatories."""
    return _addresses(application, [Right.EDIT, Right.SIGN])


def _addresses(application: Application, rights: list[str]) -> list[str]:
    memberships = application.organisation.memberships.filter(
        state__in=[MembershipState.ACTIVE, MembershipState.PENDING]
    ).select_related("user")
    return _kept(application, memberships, rights)


def _kept(
    application: Application, memberships: Iterable[Membership], rights: list[str]
) -> list[str]:
    """Keep active members with one of the rights, and the pending author; never a former one."""
    kept = {
        member.user.email
        for member in memberships
        if (member.is_active and set(rights) & set(member.rights))
        or (member.is_pending and member.user_id == application.created_by_id)
    }
    return sorted(kept)


# --- For many dossiers at once --------------------------------------------------------------------
def with_recipients(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Fetch the members of the bodies along with dossiers; see :func:`fetched_recipients`."""
    current = Membership.objects.filter(
        state__in=[MembershipState.ACTIVE, MembershipState.PENDING]
    ).select_related("user")
    return applications.select_related("sheet__campaign", "organisation").prefetch_related(
        Prefetch("organisation__memberships", current, to_attr="recipients")
    )


def fetched_recipients(application: Application, *rights: str) -> list[str]:
    """Return the addresses of the members with one of these rights, without a query."""
    return _kept(application, application.organisation.recipients, list(rights))


def with_signatories(applications: QuerySet[Application], on: date) -> QuerySet[Application]:
    """Fetch who may attest on a day along with dossiers; see :func:`fetched_signatories`."""
    signing = Membership.objects.signatories_on(on).select_related("user")
    return applications.select_related("sheet__campaign", "organisation").prefetch_related(
        Prefetch("organisation__memberships", signing, to_attr="signatories")
    )


def fetched_signatories(application: Application) -> list[str]:
    """Return the addresses of who may attest, without a query."""
    return sorted({member.user.email for member in application.organisation.signatories})


# --- The office -----------------------------------------------------------------------------------
def office_of(application: Application, on: date) -> list[str]:
    """Return where the office is told of a dossier; see :func:`office_addresses`."""
    return office_addresses([application], on)[application.pk]


def office_addresses(applications: Collection[Application], on: date) -> dict[int, list[str]]:
    """Return where the office is told of each dossier, by its key; four queries at most.

    Its officer and who stands in for them that day, else its sheet's contact, else the unit.
    """
    officers, office = hooks.officers_of(applications), value_on("office.email", on)
    substitutes = hooks.substitutes_of(applications, on) if officers else {}
    found = {}
    for one in applications:
        people = [officers[one.pk], *substitutes.get(one.pk, [])] if one.pk in officers else []
        found[one.pk] = [person.email for person in people] or [one.sheet.contact_email or office]
    return found
