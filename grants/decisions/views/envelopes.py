"""Envelopes: what there is, what is committed, what is left."""

from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.errors import Refusal
from config.listing import ListPage, Sort
from foundation.parameters.selectors import amount_on
from grants.decisions.forms import EnvelopeForm
from grants.decisions.models import Envelope
from grants.decisions.seen import envelope_shown
from grants.decisions.selectors import envelopes_of_year, lines_by_envelope, years
from grants.decisions.services.envelopes import save_envelope
from grants.decisions.views.guards import require_head, require_reader, require_reader_of_object


SORTS = (
    Sort("date", ("decided_on",), descending_first=True),
    Sort("reference", ("application__reference",)),
    Sort("montant", ("awarded_amount",), descending_first=True),
)


@require_safe
def envelope_list(request: HttpRequest) -> HttpResponse:
    """Show a year's envelopes with their consumption."""
    require_reader(request)
    available = years(request.user)
    asked = request.GET.get("exercice", "")
    year = int(asked) if asked.isdigit() and int(asked) in available else None
    year = year or (available[0] if available else timezone.localdate().year)
    context = {
        "roots": envelopes_of_year(request.user, year),
        "year": year,
        "years": available,
        "warning_rate": amount_on("envelope.warning_rate", timezone.localdate()),
        "may_act": request.user.access.is_unit_head,
    }
    return render(request, "decisions/envelope_list.html", context)


@require_safe
def envelope_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an envelope and the awards on it."""
    require_reader_of_object(request)
    found = Envelope.objects.visible_to(request.user).with_consumption(request.user)
    envelope = get_object_or_404(found.select_related("parent", "territory"), pk=pk)
    listing = ListPage(request, lines_by_envelope(envelope), sorts=SORTS, default_sort="-date")
    warning_rate = amount_on("envelope.warning_rate", timezone.localdate())
    rate = envelope.committed_amount / envelope.amount if envelope.amount else Decimal(0)
    context = {
        "envelope": envelope,
        "children": envelope.children.with_consumption(request.user),
        "sheets": envelope.sheets.select_related("campaign"),
        "listing": listing,
        "rate": rate,
        "is_near": rate >= warning_rate,
        "may_act": request.user.access.is_unit_head,
    }
    return render(request, "decisions/envelope_detail.html", context)


def envelope_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Create or change an envelope."""
    require_head(request)
    envelope = get_object_or_404(Envelope, pk=pk) if pk else None
    form = EnvelopeForm(request.POST or None, envelope=envelope, on=timezone.localdate())
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                saved = save_envelope(
                    envelope=form.filled(),
                    sheets=form.cleaned_data["sheets"],
                    by=request.user,
                    seen=form.cleaned_data["seen"],
                )
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
                status = refusal.status
                if envelope is not None:
                    form.show_again(envelope_shown(Envelope.objects.get(pk=envelope.pk)))
            else:
                messages.success(request, f"L’enveloppe « {saved.name} » est enregistrée.")
                return redirect(saved)
    context = {"form": form, "envelope": envelope}
    return render(request, "decisions/envelope_form.html", context, status=status)
