"""The public pages that belong to no app: home, help and what the law asks for."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.frame import Frame, public_addresses
from portal.office import office_on


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "portal/home.html",
        {"open_sheets": [], "open_sheet_count": 0, "next_closing_at": None},
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
    return render(request, "portal/help.html", {"office": office_on(timezone.localdate())})
