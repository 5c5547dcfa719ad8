"""Reads of several tables for one screen of the applicant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, Case, Exists, OuterRef, Prefetch, Q, Value, When

from config.dates import local_date
from foundation.documents.enums import FileState
from foundation.documents.models import StoredFile
from grants.applications.annual_budget import CLASSES, annual_totals, asks_annual_budget
from grants.applications.calculations import BudgetTotals, budget_totals, effective_shares
from grants.applications.chart_of_accounts import BY_KEY, Account, Group
from grants.applications.enums import (
    AgeBand,
    BudgetSide,
    CorrectionState,
    ReviewState,
    StaffCategory,
)
from grants.applications.models import (
    Application,
    ApplicationDocument,
    BudgetLine,
    Commitment,
    OfficeEditState,
    Place,
)
from grants.applications.organisation_profile import body_from, profile_cards, profile_from
from grants.applications.reopening import Reopened
from grants.applications.section_values import from_json, overlaid
from grants.calls.enums import RequestHistory, applicant_kind_of
from grants.calls.models import RequiredDocument


if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from grants.applications.models import CorrectionRequest, OfficeEdit
    from grants.calls.models import CallSheet
    from partners.models import Organisation


def with_dossier(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Fetch a dossier with every part that its pages and its checks read."""
    places = Place.objects.select_related("commune", "neighbourhood", "school__commune")
    documents = ApplicationDocument.objects.select_related("required", "source").prefetch_related(
        Prefetch("files", StoredFile.objects.order_by("pk"))
    )
    return (
        applications.with_funded_before()
        .select_related(
            "sheet__campaign",
            "organisation",
            "framework",
            "created_by",
            "updated_by",
            "submitted_by",
            "attested_by",
        )
        .prefetch_related(
            Prefetch("places", places),
            Prefetch("documents", documents),
            "sheet__documents",
            "condition_answers",
            "indicators",
            "audience_counts",
            "staff_lines",
            "annual_budget_lines",
            "budget_lines",
            Prefetch("commitments", Commitment.objects.select_related("given_by")),
        )
    )


# --- Documents ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class AskedDocument:
    """A document the sheet asks of this applicant, and what was given for it."""

    required: RequiredDocument
    given: ApplicationDocument | None

    @property
    def is_missing(self) -> bool:
        return self.given is None and self.required.mandatory

    @property
    def is_awaited(self) -> bool:
        """It is compulsory, and not given or refused since."""
        return self.required.mandatory and (
            self.given is None or self.given.state == FileState.REFUSED
        )


def documents_of_sheet(
    sheet: CallSheet, organisation: Organisation | None, *, is_renewal: bool | None
) -> list[RequiredDocument]:
    """Return the documents a sheet asks.

    Args:
        sheet: Its ``documents`` may be prefetched.
        organisation: Leaves out what is asked of other kinds of applicants; ``None`` keeps all.
        is_renewal: Leaves out what is asked of first requests (or of renewals); ``None`` keeps all.
    """
    kinds = {"", applicant_kind_of(organisation.kind)} if organisation else None
    histories = {
        None: set(RequestHistory),
        True: {RequestHistory.ANY, RequestHistory.RENEWAL},
        False: {RequestHistory.ANY, RequestHistory.FIRST},
    }[is_renewal]
    return [
        document
        for document in sheet.documents.all()
        if (kinds is None or document.applicant_kind in kinds) and document.history in histories
    ]


def is_renewal(application: Application) -> bool:
    """Tell whether the body was already funded in an earlier year, or says it renews a dossier.

    :func:`renewal_condition` says the same for a whole list.
    """
    if application.renewal_of_id:
        return True
    known = getattr(application, "funded_before", None)  # annotated on the pages
    if known is not None:
        return known
    found = Application.objects.with_funded_before().filter(pk=application.pk)
    return found.values_list("funded_before", flat=True).get()


def renewal_condition() -> Case:
    """Return, on applications, whether a request renews: it says so, or an earlier year was funded.

    The same rule as :func:`is_renewal`, for a whole list.
    """
    earlier = Application.objects.filter(
        organisation=OuterRef("organisation"),
        review_state=ReviewState.AWARDED,
        notified_at__isnull=False,
        sheet__campaign__fiscal_year__lt=OuterRef("sheet__campaign__fiscal_year"),
    )
    return Case(
        When(renewal_of__isnull=False, then=Value(True)),
        default=Exists(earlier),
        output_field=BooleanField(),
    )


def renewals(years: Iterable[int]) -> Q:
    """Return, on applications, the same condition as :func:`renewal_condition`, to filter by.

    Its parts are read once, by indexes of their own, and not dossier by dossier: all the dossiers
    there are may be filtered by it.

    Args:
        years: Every year that a campaign is of.
    """
    funded = Application.objects.filter(
        review_state=ReviewState.AWARDED, notified_at__isnull=False
    ).order_by()
    said = Application.objects.filter(renewal_of__isnull=False).order_by()
    renewing = Q(pk__in=said.values("pk"))
    for year in years:
        before = funded.filter(sheet__campaign__fiscal_year__lt=year)
        renewing |= Q(
            sheet__campaign__fiscal_year=year, organisation__in=before.values("organisation")
        )
    return renewing


def asked_documents(application: Application) -> list[AskedDocument]:
    """Return what is asked of this dossier, in the sheet's order, with what was given."""
    given: dict[int | None, ApplicationDocument] = {}
    for document in application.documents.all():
        given[document.required_id] = document
    differs = any(d.history != RequestHistory.ANY for d in application.sheet.documents.all())
    asked = documents_of_sheet(
        application.sheet,
        application.organisation,
        is_renewal=is_renewal(application) if differs else None,
    )
    return [AskedDocument(required, given.get(required.pk)) for required in asked]


def awaits_documents(application: Application) -> bool:
    """Tell whether a compulsory document is still to come, or to send again."""
    return any(document.is_awaited for document in asked_documents(application))


def other_documents(application: Application) -> list[ApplicationDocument]:
    """Return what was given without being asked, or is not asked any more."""
    asked = {document.required.pk for document in asked_documents(application)}
    return [d for d in application.documents.all() if d.required_id not in asked]


def awaited_documents(asked: Iterable[AskedDocument]) -> list[AskedDocument]:
    """Return the compulsory documents to give, or to give again (infected, masked, refused)."""
    return [document for document in asked if document.is_awaited]


def missing_documents(asked: Iterable[AskedDocument]) -> list[AskedDocument]:
    return [document for document in asked if document.is_missing]


# --- The dossier, to be read ----------------------------------------------------------------------
@dataclass(frozen=True)
class BudgetColumn:
    """One side of the budget, to be read: lines by group of accounts."""

    title: str
    groups: list[tuple[Group | None, list[tuple[BudgetLine, Account | None]]]]
    total: Decimal


def budget_columns(
    application: Application, totals: BudgetTotals, *, in_kind: bool
) -> list[BudgetColumn]:
    """Return the two sides of the budget with their lines above zero, in the table's order."""
    sums = {
        (BudgetSide.CHARGE, False): totals.charges,
        (BudgetSide.INCOME, False): totals.income,
        (BudgetSide.CHARGE, True): totals.in_kind_charges,
        (BudgetSide.INCOME, True): totals.in_kind_income,
    }
    columns = []
    for side in BudgetSide:
        groups: dict[Group | None, list[tuple[BudgetLine, Account | None]]] = {}
        for line in application.budget_lines.all():
            account = BY_KEY.get(line.account)
            is_in_kind = account is not None and account.is_in_kind
            if line.side == side and is_in_kind == in_kind and line.planned_amount:
                groups.setdefault(account.group if account else None, []).append((line, account))
        columns.append(BudgetColumn(str(side.label), list(groups.items()), sums[side, in_kind]))
    return columns


def dossier_context(application: Application) -> dict[str, Any]:
    """Return what ``applications/_dossier.html`` shows: the whole dossier, to be read.

    Args:
        application: Fetched with :func:`with_dossier`.
    """
    totals = budget_totals(application.budget_lines.all())
    counts = {c.band: c.count for c in application.audience_counts.all()}
    shares = effective_shares([p.share for p in application.places.all()])
    return {
        "dossier": application,
        "totals": totals,
        "budget_columns": budget_columns(application, totals, in_kind=False),
        "in_kind_columns": budget_columns(application, totals, in_kind=True)
        if totals.in_kind_charges or totals.in_kind_income
        else [],
        "public_counts": [
            (label, counts[band]) for band, label in AgeBand.choices if band in counts
        ],
        "public_total": sum(counts.values()),
        "places": list(zip(application.places.all(), shares, strict=True)),
        "asked": asked_documents(application),
        "others": other_documents(application),
        **applicant_context(application),
    }


def applicant_context(application: Application) -> dict[str, Any]:
    """Return what ``dossier/_applicant.html`` and ``dossier/_means.html`` show.

    The profile is the one frozen with the last deposit; a draft has none, its body's page shows
    it. A deposit made before profiles were kept has none either.
    """
    amounts = {line.account: line.amount for line in application.annual_budget_lines.all()}
    lines = {line.category: line for line in application.staff_lines.all()}
    return {
        "annual_rows": [(one, amounts[one.code]) for one in CLASSES if one.code in amounts]
        if asks_annual_budget(application)
        else [],
        "annual_totals": annual_totals(amounts),
        "staff_lines": [lines[category] for category in StaffCategory if category in lines],
        **deposited_body(application),
    }


def deposited_body(application: Application) -> dict[str, Any]:
    """Return the body as the last deposit froze it: ``body``, and its ``profile_cards``.

    A draft has no deposit: ``body`` is the body as it stands, without cards. So has a deposit made
    before profiles were kept, with the name it gave.
    """
    body = application.organisation
    deposit = None
    if not application.is_draft:
        deposit = (
            application.deposits.order_by("-number")
            .only("application", "payload", "filed_at")
            .first()
        )
    if deposit is None:
        return {"body": body, "profile_cards": []}
    payload = json.loads(bytes(deposit.payload))
    if payload.get("profile") is None:
        return {"body": body_from(payload.get("organisation", {})), "profile_cards": []}
    profile = profile_from(payload["profile"])
    cards = profile_cards(profile, on=local_date(deposit.filed_at))
    return {"body": profile.organisation, "profile_cards": cards}


# --- Correction requests --------------------------------------------------------------------------
def current_correction(application: Application) -> CorrectionRequest | None:
    """Return the request that waits for the applicant's answer, if any."""
    return application.corrections.filter(state=CorrectionState.OPEN).first()


def current_edit(application: Application) -> OfficeEdit | None:
    """Return the change that the office is making to a dossier, if any."""
    return (
        application.office_edits.filter(state=OfficeEditState.OPEN).select_related("author").first()
    )


def office_edit_of_last_deposit(application: Application) -> OfficeEdit | None:
    """Return the change by the office that made the last deposit, if one did."""
    last = application.deposits.order_by("-number").values("pk")[:1]
    return application.office_edits.filter(deposit__in=last).select_related("author").first()


def awaited_correction(application: Application) -> CorrectionRequest | None:
    """Return the open request of a dossier, without a query where its state says there is none."""
    if application.review_state != ReviewState.CORRECTION_REQUESTED:
        return None
    return current_correction(application)


def as_corrected(
    application: Application, correction: CorrectionRequest | OfficeEdit
) -> Application:
    """Return a dossier as what was typed for a correction would make it, never to be saved.

    An edit by the office works alike.

    Its invalid values and the versions of its sections are the correction's.
    """
    reopened = Reopened.of(correction.fields)
    twin = overlaid(
        application,
        {
            section: reopened.kept(section, from_json(data))
            for section, data in correction.overlay.items()
        },
    )
    twin.invalid_values = correction.invalid_values
    twin.saved_sections = correction.saved_sections
    return twin
