"""Reads for the desk: its lists, and a dossier with its scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.enums import DESK_ROLES
from accounts.models import User
from grants.applications.enums import DECIDED_STATES, ReviewState
from grants.applications.models import Application, Place
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
    ConflictOfInterest,
    Review,
    ReviewProgress,
    Score,
)
from grants.review.permissions import counted_reviews, is_blind, may_read_scores, readable_reviews
from grants.review.querysets import WAITING, instructed_by, to_score_by


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
    Basket("en-attente", "En attente de compléments", "Aucun dossier n’attend de pièces."),
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


def for_desk_rows(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Fetch what a row of the desk's list shows."""
    officers = Assignment.objects.filter(
        role=AssignmentRole.OFFICER, ended_at__isnull=True
    ).select_related("person")
    return applications.select_related("sheet__campaign", "organisation").prefetch_related(
        Prefetch("assignments", officers, to_attr="officers"),
        Prefetch("places", Place.objects.only("application_id", "territories")),
    )


def scores_for(
    applications: Sequence[Application], user: User, *, gap_allowed: Decimal
) -> dict[int, ApplicationScore]:
    """Return the scores a person may read of the dossiers of a page, in three queries.

    Only the desk and administrators get any here; recused people and unfinished readers get
    none for the dossiers concerned.
    """
    if not (user.access.is_desk or user.access.is_administrator):
        return {}
    ids = [application.pk for application in applications]
    reviews = (
        Review.objects.filter(application__in=ids)
        .select_related("application")
        .prefetch_related(Prefetch("scores", Score.objects.select_related("criterion")))
    )
    recused = _recusals(applications)
    mine = dict(reviews.filter(reviewer=user).values_list("application_id", "state"))
    reading = set(
        Assignment.objects.filter(
            application__in=ids, person=user, role=AssignmentRole.READER, ended_at__isnull=True
        ).values_list("application_id", flat=True)
    )
    finals: dict[int, list[FinalReview]] = defaultdict(list)
    for review in reviews:
        if (
            review.state != ReviewProgress.FINAL
            or review.reviewer_id in recused[review.application_id]
        ):
            continue
        finals[review.application_id].append(FinalReview(review.pk, exact_total(_given(review))))
    hidden = {pk for pk in ids if user.pk in recused[pk]}
    hidden |= {pk for pk in reading if mine.get(pk) != ReviewProgress.FINAL}
    return {
        pk: application_score(found, gap_allowed=gap_allowed)
        for pk, found in finals.items()
        if pk not in hidden
    }


def _recusals(applications: Iterable[Application]) -> dict[int, set[int]]:
    """Return, by dossier, the people who stand aside from it or from its body."""
    by_body = defaultdict(list)
    found: dict[int, set[int]] = defaultdict(set)
    for application in applications:
        by_body[application.organisation_id].append(application.pk)
    conflicts = ConflictOfInterest.objects.filter(
        Q(application__in=[pk for pks in by_body.values() for pk in pks])
        | Q(organisation__in=by_body)
    )
    for person, application, organisation in conflicts.values_list(
        "person_id", "application_id", "organisation_id"
    ):
        for pk in [application] if application else by_body[organisation]:
            found[pk].add(person)
    return found


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


@dataclass(frozen=True)
class ScoreSheet:
    """What a person may see of a dossier's scores.

    Attributes:
        score: The dossier's score, or ``None`` while they may not see it.
        reviews: Reviews they may read, oldest first.
        criteria: Criteria of the grid.
        waiting_for: How many final readings are still expected.
        is_blind: They read it and have not finished: the others' readings stay hidden.
    """

    score: ApplicationScore | None
    reviews: list[ReadReview]
    criteria: list[Criterion]
    waiting_for: int
    is_blind: bool

    @property
    def rows(self) -> list[tuple[Criterion, list[Score | None]]]:
        """Return one row a criterion, one cell a review."""
        return [
            (criterion, [read.cells[index] for read in self.reviews])
            for index, criterion in enumerate(self.criteria)
        ]


def score_sheet(user: User, application: Application, *, gap_allowed: Decimal) -> ScoreSheet | None:
    """Return the scores of a dossier as a person may see them, ``None`` when not at all."""
    if application.sheet.grid is None or not may_read_scores(user, application):
        return None
    criteria = list(application.sheet.grid.criteria.all())
    blind = is_blind(user, application)
    last_deposit = application.deposits.order_by("-number").values_list("pk", flat=True).first()
    scores = Prefetch("scores", Score.objects.select_related("criterion"))
    read = []
    for review in readable_reviews(user, application).prefetch_related(scores):
        cells = {score.criterion_id: score for score in review.scores.all()}
        read.append(
            ReadReview(
                review=review,
                total=review_total(_given(review)),
                cells=[cells.get(criterion.pk) for criterion in criteria],
                is_outdated=review.deposit_id != last_deposit,
            )
        )
    finals = counted_reviews(application).filter(state=ReviewProgress.FINAL)
    counted = [
        FinalReview(review.pk, exact_total(_given(review)))
        for review in finals.prefetch_related(scores)
    ]
    return ScoreSheet(
        score=None if blind else application_score(counted, gap_allowed=gap_allowed),
        reviews=read,
        criteria=criteria,
        waiting_for=max(0, application.sheet.readers - len(counted)),
        is_blind=blind,
    )


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
