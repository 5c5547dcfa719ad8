"""From draft to published, closed, and replaced by a new version."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from config.errors import Refusal
from grants.calls.enums import CampaignState, SheetState
from grants.calls.models import CallSheet, ScoringGrid
from grants.calls.permissions import check_may_manage
from grants.calls.selectors import publication_checks
from grants.calls.services.sheets import copy_content, lock_draft, lock_sheet


@transaction.atomic
def publish_sheet(*, sheet_id: int, by: User, at: datetime) -> CallSheet:
    """Publish a draft: its text, documents and grid are frozen from now on.

    A new version takes the place of the one before, which keeps the dossiers begun on it until its
    own closing. The first publication opens the campaign.

    Raises:
        Refusal: ``forbidden``, ``frozen`` when already published, ``incomplete`` with what blocks.
    """
    check_may_manage(by)
    sheet = lock_draft(sheet_id)
    if sheet.grid_id:  # nobody changes its criteria between the checks and the freezing
        sheet.grid = ScoringGrid.objects.select_for_update(no_key=True).get(pk=sheet.grid_id)
    blocking = [check.message for check in publication_checks(sheet, at=at) if check.blocking]
    if blocking:
        raise Refusal("La fiche ne peut pas être publiée. " + " ".join(blocking), code="incomplete")
    if sheet.replaces_id:
        _replace(sheet.replaces_id)
    sheet.state = SheetState.PUBLISHED
    sheet.published_at, sheet.published_by = at, by
    sheet.full_clean()
    sheet.save()
    _freeze_grid(sheet, at)
    if sheet.campaign.state == CampaignState.DRAFT:
        sheet.campaign.state = CampaignState.OPEN
        sheet.campaign.save(update_fields=["state"])
    return sheet


@transaction.atomic
def close_sheet(*, sheet_id: int, by: User, at: datetime) -> CallSheet:
    """Close a published sheet now, before its date.

    Raises:
        Refusal: ``forbidden``, or ``not_open`` (draft, replaced, or its date is past).
    """
    check_may_manage(by)
    sheet = lock_sheet(sheet_id)
    second = at.replace(microsecond=0)
    if sheet.state != SheetState.PUBLISHED or sheet.closes_at < second:
        raise Refusal("Cette fiche n’est pas ouverte.", code="not_open", status=409)
    sheet.state = SheetState.CLOSED
    one = timedelta(seconds=1)
    sheet.closes_at = max(second - one, sheet.opens_at + one)
    sheet.save(update_fields=["state", "closes_at"])
    return sheet


@transaction.atomic
def revise_sheet(*, sheet_id: int, by: User, at: datetime) -> CallSheet:
    """Copy a published sheet as the draft of its next version.

    Raises:
        Refusal: ``forbidden``, ``not_published``, or ``already_revised``.
    """
    check_may_manage(by)
    sheet = lock_sheet(sheet_id)
    if sheet.state not in {SheetState.PUBLISHED, SheetState.CLOSED}:
        raise Refusal(
            "Seule une fiche publiée reçoit une nouvelle version.",
            code="not_published",
            status=409,
        )
    if CallSheet.objects.filter(replaces=sheet).exists():
        raise Refusal(
            "Une nouvelle version de cette fiche est déjà en préparation.",
            code="already_revised",
            status=409,
        )
    version = CallSheet(
        campaign=sheet.campaign, code=sheet.code, version=sheet.version + 1, replaces=sheet
    )
    for name in ("opens_at", "closes_at", "action_from", "action_to"):
        setattr(version, name, getattr(sheet, name))
    return copy_content(sheet, version)


def _replace(sheet_id: int) -> None:
    former = lock_sheet(sheet_id)
    former.state = SheetState.REPLACED  # closed early, its closing is past: it takes nothing more
    former.save(update_fields=["state"])


def _freeze_grid(sheet: CallSheet, at: datetime) -> None:
    if sheet.grid_id and sheet.grid.frozen_at is None:
        sheet.grid.frozen_at = at
        sheet.grid.save(update_fields=["frozen_at"])
