"""Reads for the desk: its lists, and a dossier with its scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
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
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Cast, Coalesce

from accounts.enums import DESK_ROLES
from accounts.models import User
from config.templatetags.fr import number_fr
from foundation.parameters.selectors import amount_on
from grants.applications.enums import DECIDED_STATES, MessageSide, ReviewState
from grants.applications.models import Application, Deposit, Message, Place
from grants.review.calculations import (
    ApplicationScore,
    FinalReview,
    ScoredCriterion,
    application_score,
    exact_total,
    review_total,
)
from grants.review.models import (
    Assignment,
    AssignmentRole,
    Review,
    ReviewProgress,
    Score,
)
from grants.review.permissions import Standing, counted_reviews, not_recused, scores_hidden_from
from grants.review.querysets import WAITING, awaited_on, instructed_by, to_score_by


if TYPE_CHECKING:
    from datetime import date

    from grants.calls.models import Criterion


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


def scores_for(
    applications: Sequence[Application], user: User, *, gap_allowed: Decimal
) -> dict[int, ApplicationScore]:
    """Return the scores a person may read of the dossiers of a page, in one query.

    Only the desk and administrators get any here; recused people and unfinished readers get
    none for the dossiers concerned.

    Args:
        applications: Rows of :func:`for_desk_rows`, fetched for the same person.
        user: Who looks.
        gap_allowed: Points (``review.gap_points``).
    """
    if not (user.access.is_desk or user.access.is_administrator):
        return {}
    shown = [application.pk for application in applications if not application.hides_scores]
    finals = not_recused(Review.objects.filter(application__in=shown, state=ReviewProgress.FINAL))
    given: dict[tuple[int, int], list[ScoredCriterion]] = defaultdict(list)
    rows = Score.objects.filter(review__in=finals.values("pk")).values_list(
        "review__application_id", "review_id", "criterion__weight", "level", "not_applicable"
    )
    for application, review, weight, level, not_applicable in rows.order_by("review_id"):
        given[application, review].append(ScoredCriterion(weight, level, not_applicable))
    readings: dict[int, list[FinalReview]] = defaultdict(list)
    for (application, review), scores in given.items():
        readings[application].append(FinalReview(review, exact_total(scores)))
    return {pk: application_score(found, gap_allowed=gap_allowed) for pk, found in readings.items()}


def _given(review: Review) -> list[ScoredCriterion]:
    return [
        ScoredCriterion(score.criterion.weight, score.level, score.not_applicable)
        for score in review.scores.all()
    ]


# --- One dossier's scores -----------------------------------------------------------------------
@dataclass(frozen=True)
class ReadReview:
    """A review as shown: who, its total, its score on each criterion of the grid in order."""

    review: Review
    total: Decimal | None
    cells: list[Score | None]
    is_outdated: bool
    is_counted: bool


@dataclass(frozen=True)
class ScoreSheet:
    """What a person may see of a dossier's scores.

    Attributes:
        score: The dossier's score, or ``None`` while they may not see it.
        reviews: Reviews they may read, oldest first.
        criteria: Criteria of the grid.
        waiting_for: How many final readings are still expected.
        is_blind: They read it and have not finished: the others' readings stay hidden.
        explanation: How the score comes about, in sentences.
    """

    score: ApplicationScore | None
    reviews: list[ReadReview]
    criteria: list[Criterion]
    waiting_for: int
    is_blind: bool
    explanation: list[str]

    @property
    def finals(self) -> list[ReadReview]:
        """Return the final readings among those shown."""
        return [read for read in self.reviews if read.review.state == ReviewProgress.FINAL]

    @property
    def final_rows(self) -> list[tuple[Criterion, list[Score | None]]]:
        """Return one row a criterion, one cell a final reading."""
        return [
            (criterion, [read.cells[index] for read in self.finals])
            for index, criterion in enumerate(self.criteria)
        ]


def score_sheet(
    user: User, application: Application, standing: Standing, *, gap_allowed: Decimal
) -> ScoreSheet | None:
    """Return the scores of a dossier as a person may see them, ``None`` when not at all.

    Costs three queries (criteria, reviews, scores).

    Args:
        user: Who looks.
        application: With ``sheet.grid`` fetched; annotated by :func:`with_last_deposit`.
        standing: What they are to it (:func:`grants.review.permissions.standing_of`).
        gap_allowed: Points (``review.gap_points``).
    """
    if application.sheet.grid is None or not standing.reads_scores:
        return None
    criteria = list(application.sheet.grid.criteria.all())
    scores = Prefetch("scores", Score.objects.select_related("criterion"))
    reviews = list(counted_reviews(application).prefetch_related(scores))
    finals = [review for review in reviews if review.state == ReviewProgress.FINAL]
    score = application_score(
        [FinalReview(review.pk, exact_total(_given(review))) for review in finals],
        gap_allowed=gap_allowed,
    )
    read = []
    for review in reviews:
        is_mine = review.reviewer_id == user.pk
        if not is_mine and (standing.is_blind or review.state != ReviewProgress.FINAL):
            continue
        cells = {one.criterion_id: one for one in review.scores.all()}
        read.append(
            ReadReview(
                review=review,
                total=review_total(_given(review)),
                cells=[cells.get(criterion.pk) for criterion in criteria],
                is_outdated=review.deposit_id != application.last_deposit_id,
                is_counted=review.pk in score.counted,
            )
        )
    return ScoreSheet(
        score=None if standing.is_blind else score,
        reviews=read,
        criteria=criteria,
        waiting_for=max(0, application.sheet.readers - len(finals)),
        is_blind=standing.is_blind,
        explanation=[] if standing.is_blind else explain(score, read, gap_allowed=gap_allowed),
    )


def gap_allowed(on: date) -> Decimal:
    """Return the points between two readings above which a third one is asked for."""
    return amount_on("review.gap_points", on)


def explain(
    score: ApplicationScore, read: Sequence[ReadReview], *, gap_allowed: Decimal
) -> list[str]:
    """Say in plain French how the score of a dossier comes about."""
    sentences = [
        "La note de chaque critère, de 0 à 5, est multipliée par son poids ; la somme est ramenée "
        "à 100.",
        "Un critère sans objet est laissé de côté : son poids se répartit sur les autres, il ne "
        "compte jamais pour zéro.",
    ]
    totals = {r.review.pk: r.total for r in read}
    counted = [number_fr(totals[pk]) for pk in score.counted if totals.get(pk) is not None]
    finals = [r for r in read if r.review.state == ReviewProgress.FINAL and r.total is not None]
    if score.total is None:
        sentences.append("Aucune notation définitive : le dossier n’a pas encore de total.")
    elif len(finals) == 1:
        sentences.append(
            f"Une seule notation définitive : son total, {number_fr(score.total)}, est celui du "
            "dossier."
        )
    elif len(finals) == 2:
        sentences.append(
            f"Deux notations définitives ({' et '.join(counted)}) : le total du dossier est leur "
            f"moyenne, {number_fr(score.total)}."
        )
    else:
        sentences.append(
            f"{len(finals)} notations définitives : le total est la moyenne des deux plus proches "
            f"({' et '.join(counted)}), soit {number_fr(score.total)}."
        )
    if score.gap is not None:
        verdict = "au-delà de" if score.needs_third else "dans la limite de"
        third = " : une troisième lecture est demandée" if score.needs_third else ""
        sentences.append(
            f"L’écart entre les deux lectures est de {number_fr(score.gap)} points, {verdict} "
            f"{number_fr(gap_allowed)}{third}."
        )
    return sentences


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
