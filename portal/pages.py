"""The public pages that belong to no app: home, help and what the law asks for."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from grants.calls.models import CallSheet
from portal.frame import Frame, public_addresses
from portal.office import office_on


HOME_SHEETS = 7


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what is open to everybody, the soonest to close first, and the three ways in."""
    sheets = (
        CallSheet.objects.open_on(timezone.now())
        .select_related("campaign")
        .order_by("deadline_at", "code", "pk")
    )
    shown = list(sheets[:HOME_SHEETS])
    count = len(shown) if len(shown) < HOME_SHEETS else sheets.count()
    return render(
        request,
        "portal/home.html",
        {
            "open_sheets": shown,
            "open_sheet_count": count,
            "next_closing_at": shown[0].deadline_at if shown else None,
        },
    )


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/accessibility.html", {"office": office_on(timezone.localdate())})


@login_not_required
@require_safe
def legal(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/legal.html", {"office": office_on(timezone.localdate())})


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/privacy.html", {"office": office_on(timezone.localdate())})


@login_not_required
@require_safe
def site_map(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "portal/site_map.html",
        {"public_addresses": public_addresses(), "own_addresses": Frame(request).own_addresses},
    )


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    return render(request, "portal/help.html", {"office": office_on(today), "today": today})
