"""What the reports, exports and coordinators’ pages count: one definition of each figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import (
    Case,
    Count,
    DecimalField,
    F,
    FilteredRelation,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Coalesce

from grants.applications.enums import MoneyState, ReviewState
from grants.applications.models import Application, AudienceCount
from grants.review.votes_told import told_state
from reporting.shares import EVERYWHERE, NOWHERE, Amounts, ZoneTotals, read_places, totals_by_zone
from territories.models import Territory


if TYPE_CHECKING:
    from accounts.models import User

ZERO = Decimal(0)
MONEY = DecimalField(max_digits=14, decimal_places=2)


def of_year(user: User, year: int) -> QuerySet[Application]:
    """Return the filed dossiers of a fiscal year that a person may see."""
    return Application.objects.office_visible_to(user).filter(sheet__campaign__fiscal_year=year)


def years_of(user: User) -> list[int]:
    """Return the fiscal years that hold a dossier this person may see, latest first."""
    found = Application.objects.office_visible_to(user).order_by("-sheet__campaign__fiscal_year")
    return list(found.values_list("sheet__campaign__fiscal_year", flat=True).distinct())


def chosen_year(asked: str, years: Sequence[int]) -> int | None:
    """Return the year asked for, else the latest, ``None`` when there is none."""
    known = {str(year): year for year in years}
    return known.get(asked, years[0] if years else None)


# --- Columns worked out by the database ---------------------------------------------------------
def with_decision(
    applications: QuerySet[Application], *, only_notified: bool = False
) -> QuerySet[Application]:
    """Annotate the decision in force, as every report counts it.

    ``awarded_amount`` (euros; ``None`` unless awarded and not renounced), ``decided_on``,
    ``deliberation_number``, ``told_at``, ``told_by``.

    Args:
        applications: Filed dossiers.
        only_notified: Leave out what its applicant has not been told yet.
    """
    condition = Q(decisions__superseded_at__isnull=True)
    if only_notified:
        condition &= Q(decisions__notified_at__isnull=False)
    return applications.annotate(
        decision_now=FilteredRelation("decisions", condition=condition),
    ).annotate(
        awarded_amount=Case(
            When(
                Q(decision_now__outcome="awarded") & ~Q(money_state=MoneyState.RENOUNCED),
                then=F("decision_now__awarded_amount"),
            ),
            default=None,
            output_field=MONEY,
        ),
        decided_on=F("decision_now__decided_on"),
        vote_deliberation=F("decision_now__deliberation_number"),
        told_at=F("decision_now__notified_at"),
        told_by=F("decision_now__notification_channel"),
    )


def with_public_total(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Annotate ``public_total``: people over the age bands, ``None`` when none is given."""
    counts = (
        AudienceCount.objects.filter(application=OuterRef("pk"))
        .order_by()
        .values("application")
        .annotate(total=Sum("count"))
    )
    return applications.annotate(
        public_total=Subquery(counts.values("total"), output_field=IntegerField())
    )


# --- Figures --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Totals:
    """Counts, and euros.

    Attributes:
        count: Filed dossiers.
        awarded_count: Awards in force, not renounced.
        organisations: Bodies that asked.
    """

    count: int = 0
    requested: Decimal = ZERO
    proposed: Decimal = ZERO
    awarded: Decimal = ZERO
    awarded_count: int = 0
    organisations: int = 0


@dataclass(frozen=True)
class Line:
    """One line of a table of figures, in euros; ``key`` is what the line is about."""

    key: object
    label: str
    count: int
    requested: Decimal
    awarded: Decimal
    awarded_count: int
    proposed: Decimal = ZERO


_SUMS = {
    "count": Count("pk"),
    "requested": Coalesce(Sum("requested_amount"), ZERO, output_field=MONEY),
    "proposed": Coalesce(Sum("proposed_amount"), ZERO, output_field=MONEY),
    "awarded": Coalesce(Sum("awarded_amount"), ZERO, output_field=MONEY),
    "awarded_count": Count("awarded_amount"),
}


def totals(applications: QuerySet[Application]) -> Totals:
    """Add up dossiers annotated by :func:`with_decision`."""
    sums = {f"sum_{name}": expression for name, expression in _SUMS.items()}
    found = applications.order_by().aggregate(
        **sums, sum_organisations=Count("organisation", distinct=True)
    )
    return Totals(**{name.removeprefix("sum_"): value for name, value in found.items()})


def by_state(applications: QuerySet[Application], user: User) -> list[Line]:
    """Add up by review state, in the order of the dossier's life; states without any left out.

    Args:
        applications: Annotated by :func:`with_decision`.
        user: Who looks: a vote that they may not know yet is not counted as one.
    """
    told = applications.annotate(told=told_state(user))
    found = {row["told"]: row for row in _grouped(told, "told")}
    return [
        _line(state, str(state.label), found[state.value])
        for state in ReviewState
        if state.value in found
    ]


def by_sheet(applications: QuerySet[Application]) -> list[Line]:
    """Add up by call sheet, its versions together, by code."""
    rows = _grouped(applications, "sheet__code").annotate(sheet_title=Max("sheet__title"))
    return [_line(row["sheet__code"], row["sheet_title"], row) for row in rows]


def _grouped(applications: QuerySet[Application], *fields: str) -> QuerySet:
    sums = {f"sum_{name}": expression for name, expression in _SUMS.items()}
    return applications.order_by(*fields).values(*fields).annotate(**sums)


def _line(key: object, label: str, row: dict) -> Line:
    return Line(key=key, label=label, **{name: row[f"sum_{name}"] for name in _SUMS})


def amounts_of(applications: QuerySet[Application]) -> list[Amounts]:
    """Read the dossiers annotated by :func:`with_decision` for the tables by place."""
    rows = applications.order_by("pk").values_list(
        "pk", "whole_department", "requested_amount", "awarded_amount"
    )
    return [
        Amounts(pk, whole, requested or ZERO, awarded or ZERO, awarded is not None)
        for pk, whole, requested, awarded in rows
    ]


def by_territory(applications: QuerySet[Application]) -> list[Line]:
    """Add up by territory of the action, money split by the shares of the places."""
    found = totals_by_zone(
        amounts_of(applications), read_places(applications), lambda place: place.territories
    )
    lines = [
        zone_line(number, f"Territoire {number}", found.get(number, ZoneTotals()))
        for number in Territory.objects.values_list("number", flat=True)
    ]
    for key, label in ((EVERYWHERE, "Tout le département"), (NOWHERE, "Lieu non précisé")):
        if key in found:
            lines.append(zone_line(key, label, found[key]))
    return lines


def zone_line(key: object, label: str, zone: ZoneTotals) -> Line:
    return Line(
        key=key,
        label=label,
        count=zone.count,
        requested=zone.requested,
        awarded=zone.awarded,
        awarded_count=zone.awarded_count,
    )
