"""The score of dossiers, read from their final readings: what summaries and pages say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from foundation.parameters.models import Parameter
from foundation.parameters.selectors import MissingParameterError
from grants.review.calculations import (
    ApplicationScore,
    FinalReview,
    ScoredCriterion,
    application_score,
    exact_total,
)
from grants.review.models import Review, ReviewProgress, Score
from grants.review.permissions import not_recused


GAP_PARAMETER = "review.gap_points"


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
    rows = Parameter.objects.filter(key=GAP_PARAMETER).order_by("valid_from", "pk")
    return GapRule(
        tuple((day, Decimal(value)) for day, value in rows.values_list("valid_from", "value"))
    )


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
    rule = gap_rule() if any(len(found) > 1 for found in readings.values()) else NO_RULE
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
