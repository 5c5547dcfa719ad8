"""What each section of the dossier holds: read as plain values, write them back.

Forms, saving and conflict detection share these shapes: what :func:`read` returns is what
:func:`write` takes, and two of them can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from grants.applications.chart_of_accounts import POSITIONS
from grants.applications.enums import Section, StaffCategory
from grants.applications.models import (
    AnnualBudgetLine,
    Application,
    AudienceCount,
    BudgetLine,
    ConditionAnswer,
    Indicator,
    Place,
    StaffLine,
)
from territories.models import Commune, PriorityNeighbourhood, School


if TYPE_CHECKING:
    from collections.abc import Callable


Values = dict[str, Any]

APPLICANT_FIELDS = (
    "contact_name",
    "contact_function",
    "contact_email",
    "contact_phone",
    "contact_service",
    "deliberation_to_come",
    "deliberation_number",
    "deliberation_on",
    "has_economic_activity",
    "public_aid_amount",
    "public_aid_regime",
)
PROJECT_FIELDS = (
    "kind",
    "period",
    "is_city_policy",
    "title",
    "objectives",
    "description",
    "starts_on",
    "ends_on",
    "steering_body",
    "framework_id",
)
PUBLIC_FIELDS = ("girls_count", "boys_count", "qpv_rate", "public_description", "inclusion_text")
MEANS_FIELDS = (
    "means",
    "partners_text",
    "plans_recruitment",
    "recruitment_fte",
    "in_kind_request",
)
EVALUATION_FIELDS = ("evaluation_method", "complement")


@dataclass(frozen=True)
class PlaceValue:
    """A place of the action: ``kind`` is commune, neighbourhood or school."""

    kind: str
    pk: str
    share: Decimal | None = None


@dataclass(frozen=True)
class LineValue:
    """A line of the budget, without its place in the table."""

    side: str
    account: str
    amount: Decimal = Decimal(0)
    funder: str = ""
    status: str = ""
    is_this_request: bool = False


@dataclass(frozen=True)
class IndicatorValue:
    label: str
    planned: str = ""


@dataclass(frozen=True)
class StaffValue:
    """People and full-time equivalents of one category who carry the action."""

    category: str
    people: int | None = None
    fte: Decimal | None = None


def read(application: Application, section: str) -> Values:
    """Return the values of one section as stored."""
    return _READERS[section](application)


def write(application: Application, section: str, values: Values) -> None:
    """Store the values of one section; the caller holds the lock and saves the dossier."""
    _WRITERS[section](application, values)


def _fields(application: Application, names: tuple[str, ...]) -> Values:
    return {name: getattr(application, name) for name in names}


def _set_fields(application: Application, names: tuple[str, ...], values: Values) -> None:
    for name in names:
        setattr(application, name, values[name])


# --- Applicant ----------------------------------------------------------------------------------
def _read_applicant(application: Application) -> Values:
    values = _fields(application, APPLICANT_FIELDS)
    values["annual_budget"] = {
        line.account: line.amount for line in application.annual_budget_lines.all()
    }
    return values


def _write_applicant(application: Application, values: Values) -> None:
    _set_fields(application, APPLICANT_FIELDS, values)
    application.annual_budget_lines.all().delete()
    AnnualBudgetLine.objects.bulk_create(annual_budget_rows(application, values["annual_budget"]))


def annual_budget_rows(
    application: Application, amounts: dict[str, Decimal]
) -> list[AnnualBudgetLine]:
    return [
        AnnualBudgetLine(application=application, account=account, amount=amount)
        for account, amount in sorted(amounts.items())
    ]


# --- Project ------------------------------------------------------------------------------------
def _read_project(application: Application) -> Values:
    values = _fields(application, PROJECT_FIELDS)
    values["answers"] = {a.position: a.answer for a in application.condition_answers.all()}
    return values


def _write_project(application: Application, values: Values) -> None:
    _set_fields(application, PROJECT_FIELDS, values)
    answers = list(application.condition_answers.all())
    for answer in answers:
        answer.answer = values["answers"].get(answer.position, answer.answer)
    if answers:
        ConditionAnswer.objects.bulk_update(answers, ["answer"])


# --- Means --------------------------------------------------------------------------------------
def _read_means(application: Application) -> Values:
    values = _fields(application, MEANS_FIELDS)
    lines = {line.category: line for line in application.staff_lines.all()}
    values["staff"] = [
        StaffValue(str(category), lines[category].people, lines[category].fte)
        for category in StaffCategory
        if category in lines
    ]
    return values


def _write_means(application: Application, values: Values) -> None:
    _set_fields(application, MEANS_FIELDS, values)
    application.staff_lines.all().delete()
    StaffLine.objects.bulk_create(staff_rows(application, values["staff"]))


def staff_rows(application: Application, values: list[StaffValue]) -> list[StaffLine]:
    return [
        StaffLine(application=application, category=one.category, people=one.people, fte=one.fte)
        for one in values
    ]


# --- Evaluation ---------------------------------------------------------------------------------
def _read_evaluation(application: Application) -> Values:
    values = _fields(application, EVALUATION_FIELDS)
    values["indicators"] = [
        IndicatorValue(i.label, i.planned) for i in application.indicators.all()
    ]
    return values


def _write_evaluation(application: Application, values: Values) -> None:
    _set_fields(application, EVALUATION_FIELDS, values)
    application.indicators.all().delete()
    Indicator.objects.bulk_create(indicator_rows(application, values["indicators"]))


def indicator_rows(application: Application, values: list[IndicatorValue]) -> list[Indicator]:
    return [
        Indicator(application=application, position=n, label=one.label, planned=one.planned)
        for n, one in enumerate(values)
    ]


# --- Places -------------------------------------------------------------------------------------
def _read_places(application: Application) -> Values:
    places = []
    for place in application.places.all():
        kind = next(k for k in ("commune", "neighbourhood", "school") if getattr(place, f"{k}_id"))
        places.append(PlaceValue(kind, getattr(place, f"{kind}_id"), place.share))
    return {"whole_department": application.whole_department, "places": places}


def _write_places(application: Application, values: Values) -> None:
    application.whole_department = values["whole_department"]
    territories = _territories(values["places"])
    rows = place_rows(application, values["places"])
    for row, value in zip(rows, values["places"], strict=True):
        row.territories = territories[(value.kind, value.pk)]
    application.places.all().delete()
    Place.objects.bulk_create(rows)


def place_rows(application: Application, values: list[PlaceValue]) -> list[Place]:
    """Return the rows of places, without their territories."""
    return [
        Place(
            application=application,
            position=position,
            share=value.share,
            **{f"{value.kind}_id": value.pk},
        )
        for position, value in enumerate(values)
    ]


def _territories(places: list[PlaceValue]) -> dict[tuple[str, str], list[int]]:
    """Return the numbers of the territories each place belongs to."""
    keys: dict[str, list[str]] = {"commune": [], "neighbourhood": [], "school": []}
    for place in places:
        keys[place.kind].append(place.pk)
    found: dict[tuple[str, str], set[int]] = {(p.kind, p.pk): set() for p in places}
    for kind, queryset in (
        ("commune", Commune.objects.values_list("pk", "territory_id")),
        ("school", School.objects.values_list("pk", "commune__territory_id")),
        (
            "neighbourhood",
            PriorityNeighbourhood.objects.values_list("pk", "communes__territory_id"),
        ),
    ):
        if keys[kind]:
            for pk, number in queryset.filter(pk__in=keys[kind]):
                if number is not None:
                    found[(kind, pk)].add(number)
    return {key: sorted(numbers) for key, numbers in found.items()}


# --- Public -------------------------------------------------------------------------------------
def _read_public(application: Application) -> Values:
    values = _fields(application, PUBLIC_FIELDS)
    values["counts"] = {c.band: c.count for c in application.audience_counts.all()}
    return values


def _write_public(application: Application, values: Values) -> None:
    _set_fields(application, PUBLIC_FIELDS, values)
    application.audience_counts.all().delete()
    AudienceCount.objects.bulk_create(count_rows(application, values["counts"]))


def count_rows(application: Application, counts: dict[str, int]) -> list[AudienceCount]:
    return [
        AudienceCount(application=application, band=band, count=count)
        for band, count in counts.items()
    ]


# --- Budget -------------------------------------------------------------------------------------
def _read_budget(application: Application) -> Values:
    rows = sorted(
        application.budget_lines.all(),
        key=lambda line: (
            POSITIONS.get(line.account, 999),
            not line.is_this_request,
            line.position,
            line.pk,
        ),
    )
    lines = [
        LineValue(
            line.side,
            line.account,
            line.planned_amount,
            line.funder,
            line.status,
            line.is_this_request,
        )
        for line in rows
    ]
    return {"requested_amount": application.requested_amount, "lines": lines}


def _write_budget(application: Application, values: Values) -> None:
    application.requested_amount = values["requested_amount"]
    application.budget_lines.all().delete()
    BudgetLine.objects.bulk_create(budget_rows(application, values["lines"]))


def budget_rows(application: Application, lines: list[LineValue]) -> list[BudgetLine]:
    return [
        BudgetLine(
            application=application,
            side=line.side,
            account=line.account,
            position=position,
            planned_amount=line.amount,
            funder=line.funder,
            status=line.status,
            is_this_request=line.is_this_request,
        )
        for position, line in enumerate(lines)
    ]


_READERS: dict[str, Callable[[Application], Values]] = {
    Section.APPLICANT: _read_applicant,
    Section.PROJECT: _read_project,
    Section.PLACES: _read_places,
    Section.PUBLIC: _read_public,
    Section.MEANS: _read_means,
    Section.EVALUATION: _read_evaluation,
    Section.BUDGET: _read_budget,
}
_WRITERS: dict[str, Callable[[Application, Values], None]] = {
    Section.APPLICANT: _write_applicant,
    Section.PROJECT: _write_project,
    Section.PLACES: _write_places,
    Section.PUBLIC: _write_public,
    Section.MEANS: _write_means,
    Section.EVALUATION: _write_evaluation,
    Section.BUDGET: _write_budget,
}
