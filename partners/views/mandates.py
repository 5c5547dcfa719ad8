"""The mandate of a member: given by the body, checked by the office."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from config.errors import Refusal, refused
from partners.enums import DocumentKind, DocumentState, Right
from partners.invitation_forms import MandateForm, MandateRefusalForm
from partners.models import Membership
from partners.permissions import handles_flags, has_right, mandate_of
from partners.services.mandates import accept_mandate, give_mandate, refuse_mandate


@require_http_methods(["GET", "HEAD", "POST"])
def mandate(request: HttpRequest, pk: int, membership_pk: int) -> HttpResponse:
    """Show the mandate of a member; its holder and the managers give one, the office checks it."""
    row = _readable(request, pk, membership_pk)
    form = MandateForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        if not _may_give(request, row):
            raise Http404
        status = 422
        if form.is_valid():
            try:
                give_mandate(
                    by=request.user, membership_id=row.pk, at=timezone.now(), **form.cleaned_data
                )
            except Refusal as refusal:
                field = {"expired": "valid_until", "wrong_dates": "issued_on"}.get(refusal.code)
                form.add_error(field or "upload", refusal.sentence)
            else:
                messages.success(request, "Le mandat est gardé. Le service le vérifiera.")
                return redirect("partners:mandate", pk=pk, membership_pk=membership_pk)
    return _page(request, row, form=form, status=status)


@require_POST
def mandate_accept(request: HttpRequest, pk: int, membership_pk: int) -> HttpResponse:
    row = _checked(request, pk, membership_pk)
    try:
        accept_mandate(by=request.user, document_id=_current(row), at=timezone.now())
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, f"Le mandat de {row.user} est accepté.")
    return redirect("partners:mandate", pk=pk, membership_pk=membership_pk)


@require_POST
def mandate_refuse(request: HttpRequest, pk: int, membership_pk: int) -> HttpResponse:
    row = _checked(request, pk, membership_pk)
    form = MandateRefusalForm(request.POST)
    if not form.is_valid():
        return _page(request, row, refusal_form=form, status=422)
    try:
        refuse_mandate(
            by=request.user, document_id=_current(row), at=timezone.now(), **form.cleaned_data
        )
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, f"Le mandat de {row.user} est refusé ; un message l’en informe.")
    return redirect("partners:mandate", pk=pk, membership_pk=membership_pk)


def _page(
    request: HttpRequest,
    row: Membership,
    *,
    form: MandateForm | None = None,
    refusal_form: MandateRefusalForm | None = None,
    status: int = 200,
) -> HttpResponse:
    current = mandate_of(row)
    form, refusal_form = form or MandateForm(), refusal_form or MandateRefusalForm()
    context = {
        "organisation": row.organisation,
        "membership": row,
        "own": row.user_id == request.user.pk,
        "mandate": current,
        "is_expired": current is not None and current.is_expired(timezone.localdate()),
        "to_check": current is not None and current.state == DocumentState.TO_CHECK,
        "may_give": _may_give(request, row),
        "may_check": handles_flags(request.user),
        "form": form,
        "refusal_form": refusal_form,
        "forms": [form, refusal_form],
    }
    return render(request, "partners/mandate.html", context, status=status)


def _readable(request: HttpRequest, pk: int, membership_pk: int) -> Membership:
    """A member's own, those of the bodies one manages, or, for the desk, all."""
    rows = Membership.objects.active().select_related("organisation", "user")
    row = get_object_or_404(rows, pk=membership_pk, organisation_id=pk)
    if handles_flags(request.user) or _may_give(request, row):
        return row
    raise Http404


def _may_give(request: HttpRequest, row: Membership) -> bool:
    """Its holder or the body's managers: the office checks what it does not give."""
    return row.user_id == request.user.pk or has_right(request.user, row.organisation, Right.MANAGE)


def _checked(request: HttpRequest, pk: int, membership_pk: int) -> Membership:
    if not handles_flags(request.user):
        raise Http404
    rows = Membership.objects.select_related("organisation", "user")
    return get_object_or_404(rows, pk=membership_pk, organisation_id=pk)


def _current(row: Membership) -> int:
    current = row.mandates.filter(kind=DocumentKind.MANDATE, ended_at__isnull=True).first()
    if current is None:
        raise Http404
    return current.pk
