"""Reads for the desk: its lists, what its pages fetch of a dossier."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateTimeField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Cast, Coalesce

from accounts.enums import DESK_ROLES
from accounts.models import User
from grants.applications.enums import DECIDED_STATES, MessageSide, ReviewState
from grants.applications.models import Application, Deposit, Message, Place
from grants.review.models import Assignment, AssignmentRole, Review, ReviewProgress
from grants.review.permissions import not_recused, scores_hidden_from
from grants.review.querysets import WAITING, awaited_on, instructed_by, to_score_by


if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True)
class Basket:
    """One of the desk's lists: its address word, its name, what it keeps."""

    slug: str
    label: str
    empty: str


BASKETS = (
    Basket("a-affecter", "À affecter", "Aucun dossier n’attend d’être affecté."),
    Basket("mes-dossiers", "Mes dossiers", "Aucun dossier ne vous est affecté."),
    Basket("en-attente", "En attente de compléments", "Aucun dossier n’attend de compléments."),
    Basket("a-noter", "À noter", "Vous n’avez pas de notation à faire."),
    Basket("instruits", "Instruits", "Aucun dossier instruit n’attend sa séance."),
    Basket("tous", "Tous", "Aucun dossier n’est encore déposé."),
)


def in_basket(applications: QuerySet[Application], slug: str, user: User) -> QuerySet[Application]:
    """Keep the dossiers of one of the desk's lists."""
    match slug:
        case "a-affecter":
            return applications.filter(review_state=ReviewState.SUBMITTED)
        case "mes-dossiers":
            return instructed_by(applications, user).exclude(review_state__in=ENDED)
        case "en-attente":
            return applications.filter(WAITING)
        case "a-noter":
            return to_score_by(applications, user)
        case "instruits":
            return applications.filter(review_state=ReviewState.EVALUATED)
        case _:
            return applications


ENDED = [*DECIDED_STATES, ReviewState.WITHDRAWN, ReviewState.CLOSED_WITHOUT_ACTION]


def basket_counts(applications: QuerySet[Application], user: User) -> dict[str, int]:
    """Return how many dossiers each list holds, in one query."""
    conditions = {
        basket.slug.replace("-", "_"): Count(
            "pk",
            filter=Q(pk__in=in_basket(Application.objects.all(), basket.slug, user).values("pk")),
        )
        for basket in BASKETS
    }
    counted = applications.order_by().aggregate(**conditions)
    return {basket.slug: counted[basket.slug.replace("-", "_")] for basket in BASKETS}


def for_desk_rows(applications: QuerySet[Application], user: User) -> QuerySet[Application]:
    """Fetch what a row of the desk's list shows, without a query more.

    Annotates ``officer_first_name``, ``officer_last_name``, ``territory_numbers``, ``filed_at``
    (a paper request counts from its reception), ``awaited_on`` (the day before which something is
    awaited from the applicant),
    ``hides_scores`` (this person must not see its scores) and ``shown_proposed_amount``, empty
    then: even the order of a list must not tell it.
    """
    officer = Assignment.objects.filter(
        application=OuterRef("pk"), role=AssignmentRole.OFFICER, ended_at__isnull=True
    )
    numbers = (
        Place.objects.filter(application=OuterRef("pk"))
        .order_by()
        .annotate(number=Func("territories", function="unnest", output_field=IntegerField()))
        .values("number")
        .distinct()
    )
    return (
        applications.select_related("sheet__campaign", "organisation")
        .annotate(
            officer_first_name=Subquery(officer.values("person__first_name")),
            officer_last_name=Subquery(officer.values("person__last_name")),
            territory_numbers=ArraySubquery(numbers),
            hides_scores=ExpressionWrapper(scores_hidden_from(user), output_field=BooleanField()),
        )
        .annotate(
            shown_proposed_amount=Case(When(hides_scores=False, then=F("proposed_amount"))),
            filed_at=Coalesce(Cast("received_on", DateTimeField()), "submitted_at"),
            awaited_on=awaited_on(),
        )
    )


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


def neighbours(ordered: QuerySet[Application], application: Application) -> tuple[str, str]:
    """Return the references before and after a dossier in a filtered list (empty at the ends)."""
    references = list(ordered.values_list("reference", flat=True))
    if application.reference not in references:
        return "", ""
    index = references.index(application.reference)
    before = references[index - 1] if index else ""
    after = references[index + 1] if index + 1 < len(references) else ""
    return before, after
