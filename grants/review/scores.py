"""The score of dossiers, read from their final readings: what summaries and pages say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Exists, IntegerField, OuterRef, Prefetch
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from config.templatetags.fr import date_fr, number_fr, plural_fr
from foundation.parameters.selectors import MissingParameterError, numbers_by_day
from grants.applications.models import Event
from grants.review.calculations import (
    ApplicationScore,
    FinalReview,
    ScoredCriterion,
    application_score,
    exact_total,
    rounded,
)
from grants.review.enums import TO_INSTRUCT
from grants.review.models import Review, ReviewProgress, Score
from grants.review.permissions import Standing, counted_reviews, not_recused


if TYPE_CHECKING:
    from fractions import Fraction

    from accounts.models import User
    from grants.applications.models import Application
    from grants.calls.models import Criterion

GAP_PARAMETER = "review.gap_points"
APART = 2  # levels between two readers from which the matrix marks a criterion; it decides nothing


@dataclass(frozen=True)
class GapRule:
    """Points allowed between two readings, day by day (``review.gap_points``).

    Attributes:
        values: First day and points, oldest first.
    """

    values: tuple[tuple[date, Decimal], ...]

    def on(self, day: date) -> Decimal:
        """Return the points allowed on a day; raise ``MissingParameterError`` before the first."""
        found = [points for first_day, points in self.values if first_day <= day]
        if not found:
            raise MissingParameterError(f"{GAP_PARAMETER} on {day:%Y-%m-%d}")
        return found[-1]

    def after(self, finalised: Iterable[datetime | None]) -> Decimal:
        """Return the points allowed on the day the last of some readings was made final.

        A later change of the rule therefore changes no dossier already read. Alone, a reading has
        no gap: 0.

        Args:
            finalised: When each reading was made final.
        """
        instants = [instant for instant in finalised if instant is not None]
        return self.on(timezone.localdate(max(instants))) if len(instants) > 1 else Decimal(0)


NO_RULE = GapRule(())


def gap_rule() -> GapRule:
    """Return the points allowed between two readings, in one query."""
    return GapRule(tuple(numbers_by_day(GAP_PARAMETER)))


@dataclass(frozen=True)
class DossierScore:
    """The score of a dossier and how many final readings, not recused, it has."""

    score: ApplicationScore
    finals_count: int


NO_SCORE = DossierScore(ApplicationScore(None, None, needs_third=False, counted=()), 0)


def scores_of(application_ids: Collection[int]) -> dict[int, DossierScore]:
    """Return the score of each dossier that has a final reading, in three queries at most.

    Drafts and readings of recused people are left out. The permission to read the scores is the
    caller's business.
    """
    finals = not_recused(
        Review.objects.filter(application__in=application_ids, state=ReviewProgress.FINAL)
    ).select_related(None)
    rows = list(finals.order_by("pk").values_list("pk", "application_id", "finalised_at"))
    if not rows:
        return {}
    given: dict[int, list[ScoredCriterion]] = defaultdict(list)
    levels = Score.objects.filter(review__in=[pk for pk, *_ in rows]).order_by()
    for review, weight, level, not_applicable in levels.values_list(
        "review_id", "criterion__weight", "level", "not_applicable"
    ):
        given[review].append(ScoredCriterion(weight, level, not_applicable))
    readings: dict[int, list[tuple[FinalReview, datetime | None]]] = defaultdict(list)
    for pk, application, finalised_at in rows:
        readings[application].append((FinalReview(pk, exact_total(given[pk])), finalised_at))
    rule = gap_rule()
    return {
        application: DossierScore(
            application_score(
                [reading for reading, _ in found],
                gap_allowed=rule.after(instant for _, instant in found),
            ),
            len(found),
        )
        for application, found in readings.items()
    }


# --- One dossier's scores -------------------------------------------------------------------------
@dataclass(frozen=True)
class ReadReview:
    """A review as shown: who, its total, its score on each criterion of the grid in order.

    ``is_after_others``: its reader took it back, or was named, once they could read the others;
    ``is_reopened_after``: the former.
    """

    review: Review
    exact: Fraction | None
    cells: list[Score | None]
    is_outdated: bool
    is_counted: bool
    is_after_others: bool = False
    is_reopened_after: bool = False

    @property
    def total(self) -> Decimal | None:
        return rounded(self.exact)

    @property
    def is_final(self) -> bool:
        return self.review.state == ReviewProgress.FINAL


@dataclass(frozen=True)
class MatrixRow:
    """One criterion, one cell a final reading.

    Attributes:
        spread: Levels between the lowest and the highest; ``None`` with fewer than two levels.
    """

    criterion: Criterion
    cells: list[Score | None]
    spread: int | None

    @property
    def is_apart(self) -> bool:
        """Tell whether the readers are far apart on this criterion."""
        return self.spread is not None and self.spread >= APART

    @property
    def words(self) -> str:
        """Say the spread: « 2 niveaux »."""
        if self.spread is None:
            return "–"
        return f"{self.spread} niveau{plural_fr(self.spread, 'x')}" if self.spread else "même note"


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
        without_third: Why and by whom the instruction was closed while a third reading was asked
            for; empty otherwise.
    """

    score: ApplicationScore | None
    reviews: list[ReadReview]
    criteria: list[Criterion]
    waiting_for: int
    is_blind: bool
    explanation: list[str]
    gap: str = ""
    without_third: str = ""

    @property
    def lacks_third(self) -> bool:
        """Tell whether two readings are too far apart and nobody settled it."""
        return self.score is not None and self.score.needs_third

    @property
    def finals(self) -> list[ReadReview]:
        """Return the final readings among those shown."""
        return [read for read in self.reviews if read.is_final]

    @property
    def matrix(self) -> list[MatrixRow]:
        """Return the final readings side by side, criterion by criterion."""
        rows = []
        for index, criterion in enumerate(self.criteria):
            cells = [read.cells[index] for read in self.finals]
            levels = [cell.level for cell in cells if cell is not None and cell.level is not None]
            spread = max(levels) - min(levels) if len(levels) > 1 else None
            rows.append(MatrixRow(criterion, cells, spread))
        return rows


def score_sheet(user: User, application: Application, standing: Standing) -> ScoreSheet | None:
    """Return the scores of a dossier as a person may see them, ``None`` when not at all.

    Costs three queries (criteria, reviews, scores), one more with two final readings (the rule),
    and one when the instruction was closed while a third one was asked for.

    Args:
        user: Who looks.
        application: With ``sheet.grid`` fetched; annotated by
            :func:`grants.review.selectors.with_last_deposit`.
        standing: What they are to it (:func:`grants.review.permissions.standing_of`).
    """
    if application.sheet.grid is None or not standing.reads_scores:
        return None
    criteria = list(application.sheet.grid.criteria.all())
    scores = Prefetch("scores", Score.objects.select_related("criterion"))
    told = Event.objects.filter(application=OuterRef("application"), data__after_others=True)
    taken_back = told.filter(kind="review_reopened", actor=OuterRef("reviewer"))
    named = told.annotate(named=Cast(KT("data__reader"), IntegerField())).filter(
        kind="reader_assigned", named=OuterRef("reviewer")
    )
    counted = counted_reviews(application).annotate(
        is_reopened_after=Exists(taken_back), is_after_others=Exists(taken_back) | Exists(named)
    )
    reviews = list(counted.prefetch_related(scores))
    totals = {review.pk: exact_total(_given(review)) for review in reviews}
    finals = [review for review in reviews if review.state == ReviewProgress.FINAL]
    rule = gap_rule() if len(finals) > 1 else NO_RULE
    gap_allowed = rule.after(review.finalised_at for review in finals)
    score = application_score(
        [FinalReview(review.pk, totals[review.pk]) for review in finals], gap_allowed=gap_allowed
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
                exact=totals[review.pk],
                cells=[cells.get(criterion.pk) for criterion in criteria],
                is_outdated=review.deposit_id != application.last_deposit_id,
                is_counted=review.pk in score.counted,
                is_after_others=review.is_after_others,
                is_reopened_after=review.is_reopened_after,
            )
        )
    explanation = [] if standing.is_blind else explain(score, read, gap_allowed=gap_allowed)
    without_third = ""
    if score.needs_third and standing.reads_others:
        without_third = _closed_without_third(application)
        explanation += [without_third] if without_third else []
    return ScoreSheet(
        score=None if standing.is_blind else score,
        reviews=read,
        criteria=criteria,
        waiting_for=max(0, application.sheet.readers - len(finals)),
        is_blind=standing.is_blind,
        explanation=explanation,
        without_third=without_third,
        gap="" if standing.is_blind else gap_words(score, gap_allowed),
    )


def _closed_without_third(application: Application) -> str:
    """Say who closed the instruction without the third reading, when and why; empty while open."""
    if application.review_state in TO_INSTRUCT:
        return ""
    closings = application.events.filter(kind="evaluate").select_related("actor")
    event = closings.order_by("-position").first()
    if event is None or not event.data.get("without_third_reading"):
        return ""
    return (
        f"L’instruction a été close sans troisième lecture, le {date_fr(event.at)}, par "
        f"{event.actor}\u00a0: «\u00a0{event.comment}\u00a0»."
    )


def _given(review: Review) -> list[ScoredCriterion]:
    return [
        ScoredCriterion(score.criterion.weight, score.level, score.not_applicable)
        for score in review.scores.all()
    ]


def gap_words(score: ApplicationScore, gap_allowed: Decimal) -> str:
    """Say the gap, in points, so that it never seems to be the limit when it is beyond it.

    20.04 beyond 20 is said to the hundredth; closer still, « un peu plus de 20 ».
    """
    if score.gap is None:
        return ""
    if score.gap != gap_allowed or score.exact_gap == gap_allowed:
        return f"{number_fr(score.gap)} points"
    fine = rounded(score.exact_gap, digits=2)
    if fine != gap_allowed:
        return f"{number_fr(fine)} points"
    side = "plus" if score.needs_third else "moins"
    return f"un peu {side} de {number_fr(score.gap)} points"


def explain(
    score: ApplicationScore, read: Sequence[ReadReview], *, gap_allowed: Decimal
) -> list[str]:
    """Say in plain French how the score of a dossier comes about."""
    sentences = [
        "La note de chaque critère, de 0 à 5, est multipliée par son poids\u00a0; la somme est "
        "ramenée à 100.",
        "Un critère sans objet est laissé de côté\u00a0: son poids se répartit sur les autres, il "
        "ne compte jamais pour zéro.",
    ]
    finals = [one for one in read if one.is_final]
    totals = {one.review.pk: one.total for one in finals if one.total is not None}
    counted = " et ".join(number_fr(totals[pk]) for pk in score.counted)
    if score.total is None and finals:
        sentences.append("Tous les critères sont sans objet\u00a0: le dossier n’a pas de total.")
    elif score.total is None:
        sentences.append("Aucune notation définitive\u00a0: le dossier n’a pas encore de total.")
    elif len(totals) == 1:
        sentences.append(
            f"Une seule notation définitive donne un total, {number_fr(score.total)}\u00a0: c’est "
            "celui du dossier."
        )
    elif len(totals) == 2:
        which = "Deux notations définitives"
        if len(finals) > 2:
            which = f"Deux des {len(finals)} notations définitives donnent un total"
        sentences.append(
            f"{which} ({counted})\u00a0: le total du dossier est leur moyenne, "
            f"{number_fr(score.total)}."
        )
    else:
        sentences.append(
            f"{len(totals)} notations définitives\u00a0: le total est la moyenne des deux plus "
            f"proches ({counted}), soit {number_fr(score.total)}."
        )
    if len(totals) > 1:
        sentences.append(
            "La moyenne est calculée avant tout arrondi, puis arrondie au dixième de point, la "
            "moitié vers le haut."
        )
    if score.gap is not None:
        verdict = "au-delà de" if score.needs_third else "dans la limite de"
        third = "\u00a0: une troisième lecture est demandée" if score.needs_third else ""
        sentences.append(
            f"L’écart entre les deux lectures est de {gap_words(score, gap_allowed)}, {verdict} "
            f"{number_fr(gap_allowed)}{third}."
        )
    sentences.extend(
        f"La lecture de {one.review.reviewer} porte sur le dépôt n°\u00a0"
        f"{one.review.deposit.number}, antérieur au dernier"
        + (
            "\u00a0: elle compte, signalée, jusqu’à ce qu’elle soit confirmée."
            if one.is_counted
            else "."
        )
        for one in finals
        if one.is_outdated
    )
    return sentences
