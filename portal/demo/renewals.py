"""Requests of the open year that renew those of the year before: filed, half read, untouched."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from grants.applications.calculations import budget_totals
from grants.applications.chart_of_accounts import DEPARTMENT
from grants.applications.checks import action_window, commitment_kinds
from grants.applications.enums import BudgetSide, FundingStatus, Section
from grants.applications.models import Application
from grants.applications.renewable import renewable_by
from grants.applications.sections import LineValue, Values, read
from grants.applications.services.drafts import drafts_for, save_section, section_version
from grants.applications.services.renewal import start_renewal
from portal.demo.actors import Cast
from portal.demo.calls import Year
from portal.demo.requests import file_draft


if TYPE_CHECKING:
    from accounts.models import User

STAR_CODE = "PC5"  # the sheet on which the demonstration's association renews
MORE = Decimal(500)  # this year's request asks a little more
HALF = (Section.APPLICANT, Section.PROJECT, Section.PUBLIC)
ALL = (
    *HALF,
    Section.PLACES,
    Section.MEANS,
    Section.EVALUATION,
    Section.BUDGET,
    Section.COMMITMENTS,
)


def tell_renewals(cast: Cast, year: Year, *, at: datetime) -> int:
    """Renew requests of the year before; return how many.

    The association of the demonstration accounts has one, half read again; of six other bodies,
    three filed theirs, two stopped half-way, one has just begun.

    Args:
        cast: Everybody.
        year: The open year.
        at: Now.
    """
    told = 0
    star = _last_request(cast.star_editor, year, STAR_CODE)
    if star is not None:
        draft = _start(star, year, cast.star_editor, at=at - timedelta(days=1))
        _reread(draft, HALF, by=cast.star_editor, at=at - timedelta(hours=22))
        told += 1
    for number, body in enumerate(cast.bodies):
        if told == 7:
            break
        by = cast.editors[body.pk]
        previous = _last_request(by, year)
        if previous is None:
            continue
        begun = at - timedelta(days=4, hours=number % 9)
        draft = _start(previous, year, by, at=begun)
        if told <= 3:
            _reread(draft, ALL, by=by, at=begun + timedelta(hours=1))
            file_draft(draft, by=by, at=begun + timedelta(days=1))
        elif told <= 5:
            _reread(draft, HALF, by=by, at=begun + timedelta(hours=1))
        told += 1
    return told


def _last_request(by: User, year: Year, code: str = "") -> Application | None:
    """Return a request of last year whose sheet is open again and for which nothing is begun."""
    found = renewable_by(by).filter(sheet__campaign__fiscal_year=year.fiscal_year - 1)
    if code:
        found = found.filter(sheet__code=code)
    for previous in found.select_related("sheet").order_by("reference"):
        sheet = year.sheets[previous.sheet.code]
        filed = Application.objects.filter(sheet=sheet, organisation=previous.organisation_id)
        if not filed.exists() and not drafts_for(by, sheet).exists():
            return previous
    return None


def _start(previous: Application, year: Year, by: User, *, at: datetime) -> Application:
    sheet = year.sheets[previous.sheet.code]
    return start_renewal(previous_id=previous.pk, sheet_id=sheet.pk, by=by, at=at)


def _reread(draft: Application, sections: tuple[Section, ...], *, by: User, at: datetime) -> None:
    for step, section in enumerate(sections):
        fresh = Application.objects.select_related("sheet__campaign", "organisation").get(
            pk=draft.pk
        )
        save_section(
            application_id=draft.pk,
            section=section,
            values=_values(fresh, section),
            invalid={},
            expected=section_version(fresh, section),
            by=by,
            at=at + timedelta(minutes=7 * step),
        )


def _values(draft: Application, section: Section) -> Values:
    """Return what was taken, with what changes from one year to the next."""
    if section == Section.COMMITMENTS:
        return {"kinds": sorted(map(str, commitment_kinds(draft)))}
    values = read(draft, section)
    first, last = action_window(draft)
    match section:
        case Section.APPLICANT:
            return values | {"public_aid_amount": Decimal(18000)}
        case Section.PROJECT:
            return values | {
                "starts_on": values["starts_on"] or first + timedelta(days=21),
                "ends_on": values["ends_on"] or last,
            }
        case Section.BUDGET:
            return _budget(draft, values)
        case _:
            return values


def _budget(draft: Application, values: Values) -> Values:
    """Ask for what is missing to the charges, which grew a little."""
    lines = list(values["lines"])
    wages = next(n for n, line in enumerate(lines) if line.side == BudgetSide.CHARGE)
    lines[wages] = replace(lines[wages], amount=lines[wages].amount + MORE)
    lines = [
        replace(line, status=FundingStatus.REQUESTED) if line.funder else line for line in lines
    ]
    requested = budget_totals(draft.budget_lines.all()).gap + MORE
    lines.append(
        LineValue(
            BudgetSide.INCOME,
            DEPARTMENT,
            requested,
            status=FundingStatus.REQUESTED,
            is_this_request=True,
        )
    )
    return {"requested_amount": requested, "lines": lines}
