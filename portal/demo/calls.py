"""Campaigns and sheets of the demonstration: the seven real sheets, each year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from config.dates import end_of_day
from foundation.parameters.selectors import value_on
from grants.calls.importer import read_lines
from grants.calls.models import CallSheet, Campaign
from grants.calls.selectors import gazetteer
from grants.calls.services import apply_import, create_campaign
from grants.calls.services.publication import publish_sheet
from grants.calls.services.sheets import edit_sheet
from grants.calls.sheet_files import read_entries
from portal.demo.actors import Cast
from portal.demo.blank_files import give_templates
from portal.demo.words import SHEET_THEMES
from territories.models import Axis, Theme


SOURCE = Path("fixtures/reference/call_sheets_sample.txt")


@dataclass(frozen=True)
class Year:
    """A campaign of the story.

    Attributes:
        fiscal_year: Its exercise.
        opens_at: First instant to file.
        closes_at: Last one.
        campaign: Its row, once written.
        sheets: Its published sheets, by code.
    """

    fiscal_year: int
    opens_at: datetime
    closes_at: datetime
    campaign: Campaign
    sheets: dict[str, CallSheet]


def make_year(cast: Cast, fiscal_year: int, opens_on: date, closes_on: date) -> Year:
    """Write a campaign, import its sheets from the office's file and publish them."""
    opens_at = datetime.combine(opens_on, time(9), tzinfo=timezone.get_default_timezone())
    closes_at = end_of_day(closes_on)
    prepared_at = opens_at - timedelta(days=20)
    campaign = create_campaign(
        fields={
            "fiscal_year": fiscal_year,
            "name": f"Prévention et citoyenneté {fiscal_year}",
            "opens_at": opens_at,
            "closes_at": closes_at,
        },
        by=cast.head,
    )
    path = settings.BASE_DIR / SOURCE
    with path.open("rb") as source:
        content = read_entries(read_lines(source, SOURCE.name), gazetteer())
    imported = apply_import(
        campaign_id=campaign.pk,
        entries=content["sheets"],
        file_name=SOURCE.name,
        by=cast.head,
        at=prepared_at,
    )
    sheets = {}
    for one in imported:
        sheet = one.sheet
        nowhere = not (
            sheet.whole_department or sheet.communes.exists() or sheet.neighbourhoods.exists()
        )
        edit_sheet(
            sheet_id=sheet.pk,
            fields={
                "opens_at": opens_at,
                "closes_at": closes_at,
                "whole_department": sheet.whole_department or nowhere,
                "themes": list(Theme.objects.filter(slug__in=SHEET_THEMES.get(sheet.code, ()))),
                "axes": list(Axis.objects.filter(framework__isnull=True)[:1]),
                "readers": 2 if sheet.code == "C2" else 1,
                "indicative_amount": 60000,
                "contact_name": "Unité Prévention et citoyenneté",
                "contact_email": value_on("office.email", opens_at.date()),
                "contact_phone": value_on("office.phone", opens_at.date()),
            },
            by=cast.head,
        )
        give_templates(cast, sheet, at=prepared_at)
        sheets[sheet.code] = publish_sheet(
            sheet_id=sheet.pk, by=cast.head, at=opens_at - timedelta(days=2)
        )
    return Year(fiscal_year, opens_at, closes_at, campaign, sheets)
