"""Campaigns: one fiscal year of calls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from config.errors import Refusal
from grants.calls.enums import CampaignState
from grants.calls.models import Campaign
from grants.calls.permissions import check_may_manage


CAMPAIGN_FIELDS = frozenset({"fiscal_year", "name", "framework", "opens_at", "closes_at"})


@transaction.atomic
def create_campaign(*, fields: Mapping[str, object], by: User | None) -> Campaign:
    """Open a campaign in preparation.

    Args:
        fields: Values of ``CAMPAIGN_FIELDS``.
        by: ``None`` for the command line.

    Raises:
        Refusal: ``forbidden``, or ``invalid`` (this name is taken that year, dates reversed).
    """
    check_may_manage(by)
    return _saved(Campaign(), fields)


@transaction.atomic
def edit_campaign(*, campaign_id: int, fields: Mapping[str, object], by: User | None) -> Campaign:
    """Change a campaign; its year stays once one of its sheets is published.

    Raises:
        Refusal: ``forbidden``, ``invalid`` or ``frozen``.
    """
    check_may_manage(by)
    campaign = lock_campaign(campaign_id)
    moved = fields.get("fiscal_year", campaign.fiscal_year) != campaign.fiscal_year
    if moved and campaign.sheets.published().exists():
        raise Refusal(
            "L’exercice ne change plus : une fiche de cette campagne est publiée.", code="frozen"
        )
    return _saved(campaign, fields)


@transaction.atomic
def close_campaign(*, campaign_id: int, by: User, at: datetime) -> Campaign:
    """Close a campaign whose sheets take no more requests.

    Raises:
        Refusal: ``forbidden``, or ``still_open`` while a sheet is open or to come.
    """
    check_may_manage(by)
    campaign = lock_campaign(campaign_id)
    count = campaign.sheets.with_phase(at).filter(phase__lt=2).current().count()
    if count:
        raise Refusal(
            f"{count} fiche{'s' if count > 1 else ''} de cette campagne "
            f"{'sont ouvertes ou à venir' if count > 1 else 'est ouverte ou à venir'}.",
            code="still_open",
        )
    campaign.state = CampaignState.CLOSED
    campaign.save(update_fields=["state"])
    return campaign


def lock_campaign(campaign_id: int) -> Campaign:
    """Lock a campaign; every writing on its sheets goes through this lock first."""
    return Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign_id)


def _saved(campaign: Campaign, fields: Mapping[str, object]) -> Campaign:
    unknown = fields.keys() - CAMPAIGN_FIELDS
    if unknown:
        raise TypeError(f"not fields of a campaign: {sorted(unknown)}")
    for name, value in fields.items():
        setattr(campaign, name, value)
    try:
        campaign.full_clean()
    except ValidationError as error:
        raise Refusal(" ".join(error.messages), code="invalid") from error
    campaign.save()
    return campaign
