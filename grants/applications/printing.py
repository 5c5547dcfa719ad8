"""The dossier and the blank form as PDF: made on demand, never stored, valid PDF/UA and PDF/A."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.template.loader import render_to_string

from config.dates import local_date
from foundation.documents.pdf import render_html_pdf
from foundation.parameters.selectors import values_on
from grants.applications import commitments
from grants.applications.bullets import split_bullets
from grants.applications.chart_of_accounts import ACCOUNTS
from grants.applications.enums import AgeBand, BudgetSide
from grants.applications.rubrics import annual_rows, budget_rows, rubrics
from grants.applications.selectors import dossier_context
from grants.calls.selectors import sheet_documents


if TYPE_CHECKING:
    from grants.applications.models import Application, Deposit
    from grants.calls.models import CallSheet

KEPT_FOR = 24 * 3600  # seconds a blank form stays in the cache
OFFICE_KEYS = ["office.name", "office.direction", "office.email", "office.phone", "department.name"]


# --- The dossier ----------------------------------------------------------------------------------
def dossier_pdf(application: Application, *, at: datetime) -> bytes:
    """Return a dossier as it stands: the rows of its last deposit, or a draft that says so.

    The same rows give the same bytes: the date written in the file is that of the last change.

    Args:
        application: Fetched with ``selectors.with_dossier``.
        at: Now, for the office's name and address.
    """
    deposit = None
    if not application.is_draft:
        deposit = application.deposits.defer("payload").order_by("-number").first()
    html = render_to_string("applications/pdf/dossier.html", _dossier(application, deposit, at=at))
    identifier = f"dossier/{application.uuid}/{application.version}"
    return render_html_pdf(html, identifier=identifier)


def _dossier(application: Application, deposit: Deposit | None, *, at: datetime) -> dict[str, Any]:
    context = dossier_context(application)
    office = _office(at)
    given = [one.given for one in context["asked"] if one.given] + context["others"]
    return context | {
        "application": application,
        "deposit": deposit,
        "office": office,
        "rubrics": rubrics(application, context),
        "budget": budget_rows(context["budget_columns"], funder=office["department"]),
        "in_kind": budget_rows(context["in_kind_columns"], funder=office["department"])
        if context["in_kind_columns"]
        else [],
        "annual": annual_rows(application),
        "documents": [(one, one.file) for one in given],
        "lacking": [one.required.label for one in context["asked"] if one.is_awaited],
        "document_created": _instant(application.updated_at),
    }


# --- The blank form -------------------------------------------------------------------------------
def blank_form_pdf(sheet: CallSheet, *, at: datetime) -> bytes:
    """Return the form of a sheet to fill in by hand, to prepare a request.

    Anybody may ask for it: the file is kept by the digest of its words, so that only a change of
    the sheet (or of this page) costs a rendering.

    Args:
        sheet: A published sheet, its documents prefetched or not.
        at: Now, for the office's name and address.
    """
    html = render_to_string("applications/pdf/blank_form.html", _blank(sheet, at=at))
    digest = hashlib.sha256(html.encode()).hexdigest()
    key = f"blank-form:{digest}"
    content = cache.get(key)
    if content is None:
        content = render_html_pdf(html, identifier=f"formulaire/{sheet.pk}/{digest}")
        cache.set(key, content, KEPT_FOR)
    return content


def _blank(sheet: CallSheet, *, at: datetime) -> dict[str, Any]:
    usual = [one for one in ACCOUNTS if one.is_usual]
    sides = [[str(one) for one in usual if one.side == side] for side in BudgetSide]
    rows = max(map(len, sides)) + 4  # room for other accounts
    return {
        "sheet": sheet,
        "office": _office(at),
        "conditions": split_bullets(sheet.conditions),
        "results": split_bullets(sheet.expected_results),
        "bands": AgeBand.labels,
        "budget": [
            tuple(side[number] if number < len(side) else "" for side in sides)
            for number in range(rows)
        ],
        "documents": sheet_documents(sheet),
        "commitments": commitments.REPUBLICAN_COMMITMENTS,
        "document_created": _instant(
            datetime.combine(local_date(sheet.opens_at or at), time(), tzinfo=UTC)
        ),
    }


def _office(at: datetime) -> dict[str, str]:
    values = values_on(OFFICE_KEYS, local_date(at))
    department = values.pop("department.name")
    words = {key.removeprefix("office."): value for key, value in values.items()}
    return words | {"department": department}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
