"""How the scores of a campaign spread."""

from __future__ import annotations

from itertools import chain

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from grants.applications.models import Application
from grants.calls.models import CallSheet, Campaign
from grants.review.distribution import (
    Spread,
    readable_scores,
    severities,
    spread_of,
    totals_by_sheet,
)


@require_safe
def spread(request: HttpRequest) -> HttpResponse:
    """Show the scores of a campaign by sheet; to the head, how each reader scores too."""
    access = request.user.access
    if not (access.is_desk or access.is_administrator):
        raise PermissionDenied
    readable = readable_scores(request.user, Application.objects.office_visible_to(request.user))
    campaigns = list(
        Campaign.objects.filter(pk__in=readable.order_by().values("sheet__campaign")).order_by(
            "-fiscal_year", "-pk"
        )
    )
    asked = request.GET.get("campagne", "")
    chosen = next((one for one in campaigns if str(one.pk) == asked), None)
    chosen = chosen or next(iter(campaigns), None)
    context = {"campaigns": campaigns, "campaign": chosen, "spreads": [], "severities": []}
    if chosen is not None:
        found = readable.filter(sheet__campaign=chosen)
        context |= {
            "spreads": _spreads(chosen, found),
            "severities": severities(found) if access.is_unit_head else [],
        }
    return render(request, "review/spread.html", context)


def _spreads(campaign: Campaign, found: QuerySet[Application]) -> list[Spread]:
    """Return the spread of a whole campaign, then of each of its sheets."""
    by_sheet = totals_by_sheet(found)
    desk = f"{reverse('review:desk')}?liste=tous&note_min=0"  # those with a score alone
    spreads = [
        spread_of(_title(sheet), totals, url=f"{desk}&fiche={sheet.pk}")
        for sheet, totals in by_sheet.items()
    ]
    if len(spreads) < 2:
        return spreads
    whole = spread_of(
        "Toutes les fiches",
        chain.from_iterable(by_sheet.values()),
        url=f"{desk}&campagne={campaign.pk}",
    )
    return [whole, *spreads]


def _title(sheet: CallSheet) -> str:
    return f"{sheet.code} – {sheet.title}"
