"""The office's list: documents and bank details to check, what is flagged in bodies."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config.errors import Refusal, refused
from config.listing import ListPage, Sort
from partners.bank_numbers import mask_iban
from partners.filters import BankToCheckFilter, DocumentToCheckFilter, FlagFilter
from partners.models import BankDetails, OrganisationFlag
from partners.permissions import handles_flags, runs_directory
from partners.selectors import bank_details_to_check, documents_to_check, flags_to_handle
from partners.services.flags import handle_flag


def _documents():
    return documents_to_check().select_related("organisation", "added_by")


def _bank():
    return bank_details_to_check().select_related("organisation", "given_by")


def _flags():
    return flags_to_handle().select_related("organisation", "raised_by")


TABS = {  # name of the address: (label, rows, filter, when)
    "to_check": ("Documents", _documents, DocumentToCheckFilter, "added_at"),
    "to_check_bank": ("Coordonnées bancaires", _bank, BankToCheckFilter, "given_at"),
    "to_check_flags": ("Signalements", _flags, FlagFilter, "raised_at"),
}


@require_safe
def to_check(request: HttpRequest, tab: str = "to_check") -> HttpResponse:
    """List what waits, one kind at a time, oldest first."""
    if not handles_flags(request.user):
        raise PermissionDenied
    _, rows, filter_class, when = TABS[tab]
    listing = ListPage(
        request,
        rows(),
        sorts=(
            Sort("date", (when,)),
            Sort("organisation", ("organisation__search_name", when)),
        ),
        default_sort="date",
        filter_class=filter_class,
        per_page=50,
    )
    context = {
        "tab": tab,
        "tabs": [_tab(name, tab) for name in TABS],
        "listing": listing,
        "rows": [_row(row, when) for row in listing.rows],
        "runs_directory": runs_directory(request.user),
        "may_check": {
            "to_check": request.user.access.is_desk,
            "to_check_bank": runs_directory(request.user),
            "to_check_flags": True,
        }[tab],
    }
    return render(request, "partners/to_check.html", context)


@require_POST
def flag_handle(request: HttpRequest, flag_pk: int) -> HttpResponse:
    """Note that the office looked at what was flagged."""
    if not handles_flags(request.user):
        raise Http404
    flag = get_object_or_404(OrganisationFlag, pk=flag_pk)
    try:
        handle_flag(flag_id=flag.pk, by=request.user, at=timezone.now())
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, f"Signalement traité\u00a0: {flag.organisation}.")
    return redirect("partners:to_check_flags")


def _tab(name: str, current: str) -> dict:
    label, rows, *_ = TABS[name]
    return {
        "label": label,
        "count": rows().count(),
        "url": reverse(f"partners:{name}"),
        "is_current": name == current,
    }


def _row(row: Model, when: str) -> dict:
    shown = {"row": row, "when": getattr(row, when), "organisation": row.organisation}
    if isinstance(row, BankDetails):
        shown["masked"] = mask_iban(row.iban)
    return shown
