"""Reads for the desk: its lists, what its pages fetch of a dossier."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import (
    Count,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from accounts.enums import DESK_ROLES
from accounts.models import User
from grants.applications.enums import DECIDED_STATES, MessageSide, ReviewState
from grants.applications.models import Application, Deposit, Message
from grants.review.models import Assignment, AssignmentRole, Review, ReviewProgress
from grants.review.permissions import not_recused, recusals_of, replacements_on


if TYPE_CHECKING:
    from datetime import date


ENDED = [*DECIDED_STATES, ReviewState.WITHDRAWN, ReviewState.CLOSED_WITHOUT_ACTION]


def with_last_deposit(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Annotate ``last_deposit_id``, ``unread_count`` and ``finals_count``, for a dossier's page."""
    deposits = Deposit.objects.filter(application=OuterRef("pk")).order_by("-number")
    unread = (
        Message.objects.filter(
            application=OuterRef("pk"), side=MessageSide.APPLICANT, read_at__isnull=True
        )
        .order_by()
        .values("application")
        .annotate(count=Count("pk"))
    )
    finals = (
        not_recused(Review.objects.filter(application=OuterRef("pk"), state=ReviewProgress.FINAL))
        .select_related(None)
        .order_by()
        .values("application")
        .annotate(count=Count("pk"))
    )
    return applications.annotate(
        last_deposit_id=Subquery(deposits.values("pk")[:1]),
        unread_count=Coalesce(Subquery(unread.values("count")), 0),
        finals_count=Coalesce(Subquery(finals.values("count")), 0),
    )


def officers_of(applications: Collection[Application]) -> dict[int, User]:
    """Return who is in charge of each dossier now, by its key; one query."""
    found = Assignment.objects.filter(
        application__in=[one.pk for one in applications],
        role=AssignmentRole.OFFICER,
        ended_at__isnull=True,
    )
    return {one.application_id: one.person for one in found.select_related("person")}


def substitutes_of(applications: Collection[Application], on: date) -> dict[int, list[User]]:
    """Return who stands in for the officer of each dossier on a day, by its key.

    Not those who stand aside from it: they act on nothing of it. Three queries, one on most days.
    """
    away = list(replacements_on(on).select_related("substitute").order_by("pk"))
    if not away:
        return {}
    officers = officers_of(applications)
    aside = recusals_of({one.substitute_id for one in away})
    found: dict[int, list[User]] = {}
    for application in applications:
        bound = {(application.pk, None), (None, application.organisation_id)}
        officer = officers.get(application.pk)
        people = {
            one.substitute_id: one.substitute
            for one in away
            if officer is not None
            and one.person_id == officer.pk
            and one.substitute.is_active
            and not aside.get(one.substitute_id, set()) & bound
        }
        if people:
            found[application.pk] = list(people.values())
    return found


def desk_people(on: date) -> QuerySet[User]:
    """Return who may be given a dossier: officers and heads in force on a day."""
    in_force = (
        User.objects.filter(
            role_assignments__role__in=DESK_ROLES, role_assignments__starts_on__lte=on
        )
        .filter(Q(role_assignments__ends_on__isnull=True) | Q(role_assignments__ends_on__gte=on))
        .distinct()
    )
    return in_force.filter(is_active=True).order_by("last_name", "first_name", "pk")
