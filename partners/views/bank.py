"""Bank details: given by those who manage the body, checked by the office."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config.errors import Refusal, refused
from foundation.jobs.services import AlreadyDoneError
from partners.enums import BankState
from partners.hub import Viewer, bank_badge, shown_iban
from partners.models import BankDetails, Organisation
from partners.permissions import may_manage, may_read_bank, runs_directory
from partners.selectors import open_flags
from partners.services.bank import (
    change_bank_details,
    refuse_bank_details,
    verify_bank_details,
)
from partners.store_forms import BankForm, DocumentRefusalForm
from partners.views.scope import managed_body, visible_body


@require_safe
def bank(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where a body is paid, and what the office said of it."""
    return _page(request, visible_body(request, pk))


def bank_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Give bank details, or others."""
    organisation = managed_body(request, pk)
    current = organisation.bank_details.exclude(state=BankState.REPLACED).first()
    files = request.FILES if request.method == "POST" else None
    form = BankForm(request.POST or None, files, organisation=organisation, current=current)
    status = 200
    if form.is_bound and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            change_bank_details(
                organisation_id=pk,
                request_key=values.pop("key"),
                result_url=reverse("partners:bank", args=[pk]),
                by=request.user,
                at=timezone.now(),
                **values,
            )
        except AlreadyDoneError:
            return redirect("partners:bank", pk=pk)
        except Refusal as refusal:
            field = {"invalid_iban": "iban", "invalid_bic": "bic", "same": None}
            form.add_error(field.get(refusal.code, "proof"), refusal.sentence)
            status = refusal.status
        else:
            messages.success(
                request,
                "Les coordonnées bancaires sont enregistrées\u00a0; le service les vérifie avant "
                "tout paiement.",
            )
            return redirect("partners:bank", pk=pk)
    context = {
        "organisation": organisation,
        "form": form,
        "current": current,
    }
    status = 422 if form.errors and status == 200 else status
    return render(request, "partners/bank_edit.html", context, status=status)


@require_POST
def bank_verify(request: HttpRequest, pk: int, bank_pk: int) -> HttpResponse:
    """Note that the details were checked."""
    details = _checkable(request, pk, bank_pk)
    try:
        verify_bank_details(bank_id=details.pk, by=request.user, at=timezone.now())
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, "Les coordonnées bancaires sont vérifiées.")
    return redirect("partners:bank", pk=pk)


@require_POST
def bank_refuse(request: HttpRequest, pk: int, bank_pk: int) -> HttpResponse:
    """Refuse the details, with a reason."""
    details = _checkable(request, pk, bank_pk)
    form = DocumentRefusalForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _page(request, details.organisation, refusal_form=form, status=422)
    try:
        refuse_bank_details(
            bank_id=details.pk,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=timezone.now(),
        )
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(
        request,
        "Les coordonnées bancaires sont refusées\u00a0; un e-mail l’explique à l’organisation.",
    )
    return redirect("partners:bank", pk=pk)


def _checkable(request: HttpRequest, pk: int, bank_pk: int) -> BankDetails:
    if not runs_directory(request.user):
        raise Http404
    scope = BankDetails.objects.select_related("organisation")
    return get_object_or_404(scope, pk=bank_pk, organisation_id=pk)


def _page(
    request: HttpRequest,
    organisation: Organisation,
    *,
    refusal_form: DocumentRefusalForm | None = None,
    status: int = 200,
) -> HttpResponse:
    viewer = Viewer(reads_bank=may_read_bank(request.user, organisation))
    rows = list(organisation.bank_details.select_related("given_by", "checked_by"))
    current = next((row for row in rows if row.state != BankState.REPLACED), None)
    former = [row for row in rows if row.state == BankState.REPLACED]
    waits = current is not None and current.state == BankState.TO_CHECK
    context = {
        "organisation": organisation,
        "current": current,
        "badge": bank_badge(current.state) if current else None,
        "iban": shown_iban(current.iban, viewer) if current else "",
        "former": [(row, shown_iban(row.iban, viewer)) for row in former],
        "reads_bank": viewer.reads_bank,
        "may_manage": may_manage(request.user, organisation),
        "checks": waits and runs_directory(request.user),
        "gave_it": waits and current.given_by_id == request.user.pk,
        "flags": [f for f in open_flags(organisation) if f.kind == "bank_details"],
        "refusal_form": refusal_form or DocumentRefusalForm(label_suffix=""),
    }
    return render(request, "partners/bank.html", context, status=status)
