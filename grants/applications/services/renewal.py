"""Begin a dossier from a request of an earlier campaign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.db import transaction
from rapidfuzz import fuzz, process

from config.dates import local_date
from config.errors import Refusal
from config.text import fold, is_blank
from grants.applications.chart_of_accounts import BY_KEY
from grants.applications.checks import action_window
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
from grants.applications.renewable import heir_of, renewable_by
from grants.applications.renewal import APPLICATION, PARTS, Policy
from grants.applications.services.documents import attach_valid_documents
from grants.applications.services.drafts import start_draft
from grants.calls.models import CallSheet


if TYPE_CHECKING:
    from django.db.models import Model

    from accounts.models import User

CLOSE_ENOUGH = 94  # out of 100: a plural or an article more is the same condition


@transaction.atomic
def start_renewal(
    *,
    previous_id: int,
    sheet_id: int,
    by: User,
    at: datetime,
    another: bool = False,
    request_key: UUID | None = None,
) -> Application:
    """Begin a dossier that renews an earlier one, field by field as ``renewal.py`` declares.

    What was filed last is taken; the documents of the body that are valid that day are joined.

    Args:
        previous_id: A filed request of an earlier campaign, of the same body or of one merged
            into it.
        sheet_id: The sheet of the new dossier; it may be another one.
        by: Who begins it, with the right to edit.
        at: Now.
        another: They know of the draft of their body for this sheet, and want one more.
        request_key: One-time key of the form: sent twice, it begins one dossier.

    Raises:
        Refusal: ``not_renewable`` (404), ``not_later`` (422), or what
            :func:`~grants.applications.services.drafts.start_draft` refuses.
    """
    previous = (
        renewable_by(by)
        .select_related("sheet__campaign", "organisation__merged_into")
        .filter(pk=previous_id)
        .first()
    )
    if previous is None:
        raise Refusal("Cette demande ne se renouvelle pas.", code="not_renewable", status=404)
    sheet = CallSheet.objects.select_related("campaign").get(pk=sheet_id)
    if sheet.campaign.fiscal_year <= previous.sheet.campaign.fiscal_year:
        raise Refusal(
            f"La demande {previous.reference} se renouvelle pour une campagne suivante.",
            code="not_later",
        )
    draft = start_draft(
        sheet_id=sheet.pk,
        organisation_id=heir_of(previous).pk,
        by=by,
        at=at,
        another=another,
        request_key=request_key,
    )
    draft.renewal_of = previous
    _take_fields(draft, previous)
    draft.save()
    _take_answers(draft, previous)
    _take_indicators(draft, previous)
    for model in (Place, AudienceCount, BudgetLine, StaffLine, AnnualBudgetLine):
        _take_rows(model, draft, previous, at)
    attach_valid_documents(application=draft, by=by, at=at)
    return draft


# --- The dossier's own fields -------------------------------------------------------------------
def _take_fields(draft: Application, previous: Application) -> None:
    framework_id = draft.framework_id
    for field, value in _taken(previous, APPLICATION):
        setattr(draft, field, value)
    draft.framework_id = framework_id or draft.framework_id
    years = draft.sheet.campaign.fiscal_year - previous.sheet.campaign.fiscal_year
    draft.starts_on, draft.ends_on = (
        _later(draft, day, years) for day in (previous.starts_on, previous.ends_on)
    )


def _taken(row: Model, policies: dict[str, Policy]) -> Iterator[tuple[str, Any]]:
    """Yield the columns of a row that are not reset, with their values."""
    for name, policy in policies.items():
        if policy is not Policy.RESET:
            column = row._meta.get_field(name).attname
            yield column, getattr(row, column)


def _later(draft: Application, day: date | None, years: int) -> date | None:
    """Return a day so many years later; ``None`` outside the days the sheet allows."""
    if day is None:
        return None
    moved = day + relativedelta(years=years)
    first, last = action_window(draft)
    return moved if first <= moved <= last else None


# --- Its parts ----------------------------------------------------------------------------------
def _take_rows(model: type[Model], draft: Application, previous: Application, at: datetime) -> None:
    rows = [row for row in model.objects.filter(application=previous) if _still_fits(row, at)]
    model.objects.bulk_create(
        model(application=draft, **dict(_taken(row, PARTS[model]))) for row in rows
    )


def _still_fits(row: Model, at: datetime) -> bool:
    """Leave out this request's line, accounts of an older plan, and past neighbourhoods."""
    if isinstance(row, BudgetLine):
        return not row.is_this_request and row.account in BY_KEY
    if isinstance(row, Place) and row.neighbourhood is not None:
        ended = row.neighbourhood.in_force_to
        return ended is None or ended >= local_date(at)
    return True


def _take_answers(draft: Application, previous: Application) -> None:
    """Answer the conditions of the sheet that were answered before, whatever their place."""
    given = {
        fold(one.condition): one.answer
        for one in previous.condition_answers.all()
        if not is_blank(one.answer)
    }
    rows = list(draft.condition_answers.all())
    for row in rows:
        row.answer = given.get(_same_text(row.condition, given), "")
    ConditionAnswer.objects.bulk_update(rows, ["answer"])


def _same_text(text: str, known: dict[str, Any]) -> str:
    """Return the known folded text that says the same; empty when none does."""
    folded = fold(text)
    if folded in known:
        return folded
    found = process.extractOne(folded, list(known), scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH)
    return found[0] if found else ""


def _take_indicators(draft: Application, previous: Application) -> None:
    """Keep last time's indicators, then those of the sheet that say something else."""
    new = [row.label for row in draft.indicators.all()]
    rows = [dict(_taken(one, PARTS[Indicator])) for one in previous.indicators.all()]
    known = {fold(row["label"]): row for row in rows}
    rows += [{"label": label} for label in new if not _same_text(label, known)]
    draft.indicators.all().delete()
    Indicator.objects.bulk_create(
        Indicator(application=draft, position=n, **row) for n, row in enumerate(rows)
    )
