"""Drafts of call sheets: typed in, corrected, duplicated, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from config.errors import Refusal
from foundation.documents.services import copy_file
from grants.calls.enums import ApplicantKind, CampaignState, SheetState
from grants.calls.models import TEMPLATE, CallSheet, Campaign, RequiredDocument
from grants.calls.permissions import check_may_manage
from grants.calls.reference import default_documents
from grants.calls.selectors import default_grid
from grants.calls.services.campaigns import lock_campaign


CONTENT_FIELDS = (
    "title",
    "pillar",
    "orientation",
    "identified_need",
    "operational_objective",
    "objective_elements",
    "whole_department",
    "territories_text",
    "target_public",
    "age_min",
    "age_max",
    "conditions",
    "expected_results",
    "framework",
    "applicant_kinds",
    "indicative_amount",
    "rate_ceiling",
    "readers",
    "grid",
    "contact_name",
    "contact_email",
    "contact_phone",
)
DATE_FIELDS = ("opens_at", "closes_at", "action_from", "action_to")
SOURCE_FIELDS = ("source_title_lines", "source_file_name")
MANY_FIELDS = ("communes", "neighbourhoods", "axes", "themes")
SHEET_FIELDS = frozenset({"code", *CONTENT_FIELDS, *DATE_FIELDS, *SOURCE_FIELDS, *MANY_FIELDS})
USUAL_APPLICANTS = (ApplicantKind.ASSOCIATION, ApplicantKind.COMMUNE)
DOCUMENT_FIELDS = ("kind", "label", "help_text", "applicant_kind", "history", "mandatory")


@transaction.atomic
def create_sheet(
    *, campaign_id: int, fields: Mapping[str, object], by: User | None, at: datetime
) -> CallSheet:
    """Write a draft sheet, with the usual grid, documents, applicants and action window.

    Args:
        campaign_id: A campaign that is not closed.
        fields: Values of ``SHEET_FIELDS``; what is not given takes its usual value.
        by: ``None`` for the command line.
        at: Now.

    Raises:
        Refusal: ``forbidden``, ``campaign_closed``, or ``invalid`` with the reason.
    """
    check_may_manage(by)
    campaign = lock_campaign(campaign_id)
    _check_campaign_open(campaign)
    sheet = CallSheet(campaign=campaign)
    sheet.opens_at, sheet.closes_at = campaign.opens_at, campaign.closes_at
    sheet.action_from, sheet.action_to = sheet.default_action_window()
    sheet.applicant_kinds = [str(kind) for kind in USUAL_APPLICANTS]
    sheet.grid = default_grid()
    _save(sheet, fields)
    RequiredDocument.objects.bulk_create(
        RequiredDocument(sheet=sheet, position=position, **row)
        for position, row in enumerate(default_documents(), start=1)
    )
    return sheet


@transaction.atomic
def edit_sheet(*, sheet_id: int, fields: Mapping[str, object], by: User | None) -> CallSheet:
    """Correct a draft.

    Raises:
        Refusal: ``forbidden``, ``frozen`` once published, or ``invalid`` with the reason.
    """
    check_may_manage(by)
    sheet = lock_draft(sheet_id)
    _save(sheet, fields)
    return sheet


@transaction.atomic
def replace_documents(
    *, sheet_id: int, rows: Iterable[Mapping[str, object]], by: User | None
) -> CallSheet:
    """Give a draft another list of documents, in this order.

    A document asked of the same people for the same reason stays the same row, with its template.

    Args:
        sheet_id: A draft.
        rows: Values of ``DOCUMENT_FIELDS``.
        by: ``None`` for the command line.

    Raises:
        Refusal: ``forbidden``, ``frozen``, or ``invalid`` (a document asked twice of the same).
    """
    check_may_manage(by)
    sheet = lock_draft(sheet_id)
    rows = list(rows)
    kept = {_key(document): document for document in sheet.documents.all()}
    keys = [(row["kind"], row["applicant_kind"], row["history"]) for row in rows]
    for key in kept.keys() - set(keys):
        kept.pop(key).delete()
    for position, (key, row) in enumerate(zip(keys, rows, strict=True), start=1):
        document = kept.pop(key, None) or RequiredDocument(sheet=sheet)
        document.position = position
        for name in DOCUMENT_FIELDS:
            setattr(document, name, row[name])
        _clean(document)
        document.save()
    return sheet


@transaction.atomic
def delete_sheet(*, sheet_id: int, by: User) -> None:
    """Delete a draft for good.

    Raises:
        Refusal: ``forbidden``, or ``frozen``: a published sheet stays.
    """
    check_may_manage(by)
    lock_draft(sheet_id).delete()


@transaction.atomic
def duplicate_sheet(
    *, sheet_id: int, campaign_id: int, code: str, by: User, at: datetime
) -> CallSheet:
    """Copy a sheet as a new draft, in another campaign or under another code.

    The dates are those of the campaign it goes to; contents, documents and grid come along.

    Raises:
        Refusal: ``forbidden``, ``campaign_closed``, or ``invalid`` (this code is taken there).
    """
    check_may_manage(by)
    campaign = lock_campaign(campaign_id)
    _check_campaign_open(campaign)
    source = CallSheet.objects.get(pk=sheet_id)
    copy = CallSheet(campaign=campaign, code=code.upper())
    copy.opens_at, copy.closes_at = campaign.opens_at, campaign.closes_at
    copy.action_from, copy.action_to = copy.default_action_window()
    return copy_content(source, copy)


def copy_content(source: CallSheet, copy: CallSheet) -> CallSheet:
    """Save a copy with the contents, places, themes and documents of another sheet."""
    for name in (*CONTENT_FIELDS, *SOURCE_FIELDS):
        setattr(copy, name, getattr(source, name))
    _clean(copy)
    copy.save()
    for name in MANY_FIELDS:
        getattr(copy, name).set(getattr(source, name).all())
    for document in source.documents.prefetch_related("files"):
        template = document.template
        document.pk, document.sheet = None, copy
        document.save(force_insert=True)
        if template is not None:
            copy_file(
                stored=template,
                owner=document,
                kind=TEMPLATE,
                by=template.uploaded_by,
                at=template.uploaded_at,
            )
    return copy


def _key(document: RequiredDocument) -> tuple[str, str, str]:
    return document.kind, document.applicant_kind, document.history


def lock_sheet(sheet_id: int) -> CallSheet:
    """Lock the campaign, then the sheet: always in this order."""
    campaign_id = CallSheet.objects.values_list("campaign", flat=True).get(pk=sheet_id)
    campaign = lock_campaign(campaign_id)
    sheet = CallSheet.objects.select_for_update(of=("self",), no_key=True).get(pk=sheet_id)
    sheet.campaign = campaign
    return sheet


def lock_draft(sheet_id: int) -> CallSheet:
    """Lock a sheet that may still change.

    Raises:
        Refusal: ``frozen``.
    """
    sheet = lock_sheet(sheet_id)
    if sheet.state != SheetState.DRAFT:
        raise Refusal(
            "Cette fiche est publiée : elle ne change plus. Préparez une nouvelle version.",
            code="frozen",
            status=409,
        )
    return sheet


def _check_campaign_open(campaign: Campaign) -> None:
    if campaign.state == CampaignState.CLOSED:
        raise Refusal(
            "Cette campagne est close : elle ne reçoit plus de fiche.", code="campaign_closed"
        )


def _save(sheet: CallSheet, fields: Mapping[str, object]) -> None:
    unknown = fields.keys() - SHEET_FIELDS
    if unknown:
        raise TypeError(f"not fields of a sheet: {sorted(unknown)}")
    for name, value in fields.items():
        if name not in MANY_FIELDS:
            setattr(sheet, name, value)
    _clean(sheet)
    sheet.save()
    for name in MANY_FIELDS:
        if name in fields:
            getattr(sheet, name).set(fields[name])


def _clean(row: CallSheet | RequiredDocument) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise Refusal(" ".join(error.messages), code="invalid") from error
