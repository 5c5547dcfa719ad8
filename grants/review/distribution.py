"""How the scores of a campaign spread: per sheet, and per reader for the head."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from django.db.models import F, QuerySet, Sum

from accounts.models import User
from grants.calls.models import CallSheet
from grants.review.calculations import rounded, total_of_points
from grants.review.models import Review, ReviewProgress, Score
from grants.review.permissions import not_recused, scores_hidden_from


if TYPE_CHECKING:
    from grants.applications.models import Application

TENS = 10  # bars, of ten points each; the last holds 100


@dataclass(frozen=True)
class Bar:
    """The dossiers whose score is from ``low`` to ``high`` excluded (100 included in the last)."""

    low: int
    high: int
    count: int

    @property
    def label(self) -> str:
        return (
            f"{self.low} à {self.high}" if self.high == 100 else f"{self.low} à {self.high - 1},9"
        )


@dataclass(frozen=True)
class Spread:
    """How some scores spread.

    Attributes:
        title: What they are the scores of.
        bars: Ten bars, lowest first.
        count: How many scores.
        mean: One decimal, half up; ``None`` without any score.
        median: One decimal, half up; ``None`` without any score.
        url: Where these dossiers are listed.
    """

    title: str
    bars: list[Bar]
    count: int
    mean: Decimal | None
    median: Decimal | None
    url: str = ""

    @property
    def drawing(self) -> list[dict[str, object]]:
        """Return where each bar is drawn, in a picture of 320 by 116."""
        highest = max(bar.count for bar in self.bars) or 1
        drawn = []
        for place, bar in enumerate(self.bars):
            height = round(80 * bar.count / highest)
            x = 10 + 30 * place
            drawn.append(
                {"bar": bar, "x": x + 2, "middle": x + 15, "y": 96 - height, "height": height}
            )
        return drawn

    @property
    def mean_at(self) -> int:
        """Return where the mean is drawn."""
        return 10 + round(3 * (self.mean or 0))

    @property
    def words(self) -> str:
        """Say the picture: « 2 de 40 à 49,9 ; 5 de 50 à 59,9 »."""
        return "\u00a0; ".join(f"{bar.count} de {bar.label}" for bar in self.bars if bar.count)


@dataclass(frozen=True)
class Severity:
    """How one reader scores beside the others.

    Attributes:
        reader: Who reads.
        count: Final readings with a total.
        mean: Of their totals, one decimal, half up.
        shared: Dossiers that somebody else finished too.
        difference: Mean of their total less the mean of the others', on those dossiers.
    """

    reader: User
    count: int
    mean: Decimal
    shared: int
    difference: Decimal | None


def readable_scores(user: User, applications: QuerySet[Application]) -> QuerySet[Application]:
    """Keep the dossiers whose score a person may read, and that have one.

    Args:
        user: Who looks.
        applications: Those the office shows them.
    """
    return applications.exclude(scores_hidden_from(user)).filter(score_summary__total__isnull=False)


def spread_of(title: str, totals: Iterable[Decimal], *, url: str = "") -> Spread:
    """Return how scores spread: bars of ten points, mean, median."""
    ordered = sorted(totals)
    held = Counter(min(int(total) // 10, TENS - 1) for total in ordered)
    return Spread(
        title=title,
        bars=[Bar(10 * ten, 10 * ten + 10, held[ten]) for ten in range(TENS)],
        count=len(ordered),
        mean=rounded(_mean(ordered)),
        median=rounded(_median(ordered)),
        url=url,
    )


def _mean(values: list[Decimal] | list[Fraction]) -> Fraction | None:
    return sum(map(Fraction, values), Fraction()) / len(values) if values else None


def _median(ordered: list[Decimal]) -> Fraction | None:
    if not ordered:
        return None
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return Fraction(ordered[middle])
    return (Fraction(ordered[middle - 1]) + Fraction(ordered[middle])) / 2


def totals_by_sheet(applications: QuerySet[Application]) -> dict[CallSheet, list[Decimal]]:
    """Return the scores of dossiers by sheet, sheets in their order; two queries.

    The versions of a sheet are one: the last of those found stands for them.
    """
    rows = applications.order_by().values_list("sheet_id", "score_summary__total")
    found: dict[int, list[Decimal]] = defaultdict(list)
    for sheet, total in rows:
        found[sheet].append(total)
    sheets = CallSheet.objects.filter(pk__in=found).select_related("campaign")
    last: dict[tuple[int, str], CallSheet] = {}
    totals: dict[tuple[int, str], list[Decimal]] = defaultdict(list)
    for sheet in sheets.order_by("code", "version", "pk"):
        last[sheet.across_versions] = sheet
        totals[sheet.across_versions] += found[sheet.pk]
    return {sheet: totals[key] for key, sheet in last.items()}


def severities(applications: QuerySet[Application]) -> list[Severity]:
    """Return how each reader scores, the most severe first; two queries.

    Args:
        applications: Dossiers whose scores the person who looks may read.
    """
    finals = not_recused(
        Review.objects.filter(
            application__in=applications.order_by().values("pk"), state=ReviewProgress.FINAL
        )
    ).select_related(None)
    sums = (
        Score.objects.filter(
            review__in=finals.order_by().values("pk"), not_applicable=False, level__isnull=False
        )
        .order_by()
        .values("review__application_id", "review__reviewer_id", "review_id")
        .annotate(points=Sum(F("criterion__weight") * F("level")), weight=Sum("criterion__weight"))
    )
    by_dossier: dict[int, dict[int, Fraction]] = defaultdict(dict)
    for row in sums:
        total = total_of_points(Fraction(row["points"]), Fraction(row["weight"]))
        by_dossier[row["review__application_id"]][row["review__reviewer_id"]] = total
    own: dict[int, list[Fraction]] = defaultdict(list)
    gaps: dict[int, list[Fraction]] = defaultdict(list)
    for totals in by_dossier.values():
        for reader, total in totals.items():
            own[reader].append(total)
            others = [other for who, other in totals.items() if who != reader]
            if others:
                gaps[reader].append(total - sum(others, Fraction()) / len(others))
    people = User.objects.in_bulk(own)
    found = [
        Severity(
            reader=people[pk],
            count=len(totals),
            mean=rounded(_mean(totals)),
            shared=len(gaps[pk]),
            difference=_signed(_mean(gaps[pk])),
        )
        for pk, totals in own.items()
    ]
    return sorted(found, key=lambda one: (one.mean, one.reader.last_name, one.reader.pk))


def _signed(value: Fraction | None) -> Decimal | None:
    """Round a difference half away from zero, to one decimal."""
    if value is None:
        return None
    size = rounded(abs(value))
    return -size if value < 0 and size else size
