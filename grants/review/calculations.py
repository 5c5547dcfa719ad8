"""The score of a dossier: pure functions, exact until the last rounding.

Amounts of points are ``Fraction`` inside, so that one decimal, half up, is taken once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import floor


TOP_LEVEL = 5


@dataclass(frozen=True)
class ScoredCriterion:
    """One criterion as a reader filled it.

    Attributes:
        weight: Weight of the criterion in its grid, above zero.
        level: From 0 to 5, or ``None`` when nothing is chosen yet.
        not_applicable: Left out: its weight is spread over the others.
    """

    weight: Decimal
    level: int | None
    not_applicable: bool = False


@dataclass(frozen=True)
class FinalReview:
    """A final review that counts: who read (any hashable key) and the exact total."""

    key: int
    total: Fraction | None


@dataclass(frozen=True)
class ApplicationScore:
    """What the final reviews of a dossier say together.

    Attributes:
        total: Points out of 100, one decimal, half up; ``None`` without any total.
        gap: Points between the two readers' totals, one decimal; ``None`` unless they are two.
        needs_third: Two readers differ by more than the gap allowed and nobody settled it.
        counted: Keys of the reviews in the total.
        exact_gap: The gap before its rounding, to say it when the limit is as close as that.
    """

    total: Decimal | None
    gap: Decimal | None
    needs_third: bool
    counted: tuple[int, ...]
    exact_gap: Fraction | None = field(default=None, compare=False)


def exact_total(scores: Iterable[ScoredCriterion]) -> Fraction | None:
    """Return Σ weight × level / 5 over the applicable criteria, rescaled to 100, exact.

    A criterion without a level is left out like one that is not applicable: that is the running
    total of a draft. Without any level there is no total.
    """
    points = weights = Fraction(0)
    for score in scores:
        if score.not_applicable or score.level is None:
            continue
        weight = Fraction(score.weight)
        points += weight * score.level
        weights += weight
    return total_of_points(points, weights) if weights else None


def total_of_points(points: Fraction, weights: Fraction) -> Fraction:
    """Return a total out of 100, exact.

    Args:
        points: Σ weight × level over the applicable criteria.
        weights: Σ weight over the same criteria, above zero.
    """
    return points * 100 / (TOP_LEVEL * weights)


def rounded(value: Fraction | None, *, digits: int = 1) -> Decimal | None:
    """Return points with one decimal (or ``digits``), half up; points are never negative."""
    if value is None:
        return None
    return Decimal(floor(value * 10**digits + Fraction(1, 2))).scaleb(-digits)


def review_total(scores: Iterable[ScoredCriterion]) -> Decimal | None:
    """Return one review's total out of 100, one decimal, half up (see :func:`exact_total`)."""
    return rounded(exact_total(scores))


def application_score(
    reviews: Sequence[FinalReview], *, gap_allowed: Decimal = Decimal(20)
) -> ApplicationScore:
    """Return the score of a dossier from the final reviews that count.

    One review gives its total; two give their mean, and a gap above ``gap_allowed`` points asks
    for a third reading; three or more give the mean of the two closest totals, the higher pair
    when two pairs are as close. A review where everything is not applicable gives no total.

    Args:
        reviews: Final reviews of readers who are not recused. Drafts must not be passed.
        gap_allowed: Points; a dated parameter (``review.gap_points``).
    """
    with_total = [review for review in reviews if review.total is not None]
    if not with_total:
        return ApplicationScore(None, None, needs_third=False, counted=())
    if len(with_total) == 1:
        (only,) = with_total
        return ApplicationScore(rounded(only.total), None, needs_third=False, counted=(only.key,))
    pair = min(combinations(with_total, 2), key=_closeness)
    gap = abs(pair[0].total - pair[1].total)
    two = len(with_total) == 2
    return ApplicationScore(
        total=rounded((pair[0].total + pair[1].total) / 2),
        gap=rounded(gap) if two else None,
        needs_third=two and gap > Fraction(gap_allowed),
        counted=tuple(sorted(review.key for review in pair)),
        exact_gap=gap if two else None,
    )


def _closeness(pair: tuple[FinalReview, FinalReview]) -> tuple[Fraction, Fraction]:
    first, second = pair
    return abs(first.total - second.total), -(first.total + second.total)
