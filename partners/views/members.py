"""Accept, refuse, change and end memberships: a body's managers, or the office."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.errors import Refusal, refused
from config.templatetags.fr import de_fr
from partners.enums import Right, SigningCapacity
from partners.forms import CapacityForm, RefusalForm, RightsForm
from partners.holdings import holdings_of
from partners.invitation_forms import LeavingForm
from partners.models import Membership
from partners.permissions import runs_directory
from partners.services.memberships import (
    accept_membership,
    change_rights,
    end_membership,
    refuse_membership,
)
from partners.services.signing import declare_capacity


_FIELD_OF = dict.fromkeys(
    ("manager_needed", "last_manager", "last_signatory", "own_signature"), "rights"
)


@require_safe
def membership(request: HttpRequest, pk: int, membership_pk: int) -> HttpResponse:
    """Show a member, or a request to answer."""
    row = _decidable(request, pk, membership_pk)
    return _page(request, row)


@require_POST
def membership_accept(request: HttpRequest, pk: int, membership_pk: int) -> HttpResponse:
    row = _decidable(request, pk, membership_pk)
    form = RightsForm(request.POST)
    if form.is_valid():
        try:
            accept_membership(
                by=request.user, membership_id=row.pk, at=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            form.add_error(_FIELD_OF.get(refusal.code), refusal.sentence)
            return _page(request, row, rights=form, status=refusal.status)
        messages.success(request, f"{row.user} est membre de {row.organisation}.")
        return _back(request, row)
    return _page(request, row, rights=form, status=422)


@require_POST
def membership_refuse(request: HttpRequest, pk: int, membership_pk: int) -> HttpResponse:
    row = _decidable(request, pk, membership_pk)
    form = RefusalForm(request.POST)
    if form.is_valid():
        try:
            refuse_membership(
                by=request.user, membership_id=row.pk, at=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            return _page(request, row, refusal=form, status=refusal.status)
        messages.success(
            request, f"La demande de {row.user} est refusée ; un message l’en informe."
        )
        return _back(request, row)
    return _page(request, row, refusal=form, status=422)


@require_POST
def membership_rights(request: HttpRequest, pk: int, membership_pk: int) -> HttpResponse:
    row = _decidable(request, pk, membership_pk)
    form = RightsForm(request.POST)
    if form.is_valid():
        try:
            change_rights(
                by=request.user, membership_id=row.pk, at=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            form.add_error(_FIELD_OF.get(refusal.code), refusal.sentence)
            return _page(request, row, rights=form, status=refusal.status)
        messages.success(request, f"Les droits de {row.user} sont enregistrés.")
        return _back(request, row)
    return _page(request, row, rights=form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def membership_end(request: HttpRequest, pk: int, membership_pk: int) -> HttpResponse:
    """End a membership, once told what the person holds: a manager another's, anybody their own."""
    own = request.user.memberships.active().filter(pk=membership_pk, organisation_id=pk)
    row = own.select_related("organisation", "user").first()
    leaving = row is not None
    if row is None:
        row = _decidable(request, pk, membership_pk)
    data = request.POST if request.method == "POST" else None
    form = LeavingForm(data, membership=row, leaving=leaving)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                end_membership(
                    by=request.user,
                    membership_id=row.pk,
                    at=timezone.now(),
                    **form.service_arguments(),
                )
            except Refusal as refusal:
                if not form.fields:
                    return refused(request, refusal)
                form.add_error("manager", refusal.sentence)
                status = refusal.status
            else:
                return _ended(request, row, leaving=leaving)
    context = {
        "membership": row,
        "organisation": row.organisation,
        "leaving": leaving,
        "holdings": holdings_of(row, timezone.localdate()),
        "form": form,
    }
    return render(request, "partners/membership_end.html", context, status=status)


def _ended(request: HttpRequest, row: Membership, *, leaving: bool) -> HttpResponse:
    if leaving:
        messages.success(request, f"Vous avez quitté {row.organisation}.")
        return redirect("partners:space")
    messages.success(request, f"{row.user} n’est plus membre de {row.organisation}.")
    return _back(request, row)


@require_http_methods(["GET", "HEAD", "POST"])
def capacity(request: HttpRequest, pk: int, membership_pk: int) -> HttpResponse:
    """Say why one may attest for a body: the right that was given takes effect."""
    own = request.user.memberships.with_right(Right.SIGN).select_related("organisation", "user")
    row = get_object_or_404(own, pk=membership_pk, organisation_id=pk)
    if row.capacity and request.method != "POST":
        return redirect("partners:organisation_detail", pk=pk)
    form = CapacityForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                declare_capacity(
                    by=request.user, membership_id=row.pk, at=timezone.now(), **form.cleaned_data
                )
            except Refusal as refusal:
                return refused(request, refusal)
            messages.success(
                request, f"Vous pouvez attester les demandes {de_fr(row.organisation)}."
            )
            if form.cleaned_data["capacity"] == SigningCapacity.MANDATE:
                return redirect("partners:mandate", pk=pk, membership_pk=row.pk)
            return redirect("partners:organisation_detail", pk=pk)
    context = {"membership": row, "organisation": row.organisation, "form": form}
    return render(request, "partners/capacity.html", context, status=status)


def _decidable(request: HttpRequest, pk: int, membership_pk: int) -> Membership:
    scope = Membership.objects.decidable_by(request.user).select_related("organisation", "user")
    return get_object_or_404(scope, pk=membership_pk, organisation_id=pk)


def _page(
    request: HttpRequest,
    row: Membership,
    *,
    rights: RightsForm | None = None,
    refusal: RefusalForm | None = None,
    status: int = 200,
) -> HttpResponse:
    first = not row.organisation.memberships.with_right(Right.MANAGE).exists()
    offered = row.rights if row.is_active else list(Right) if first else [Right.EDIT]
    rights = rights or RightsForm(initial={"rights": offered})
    refusal = refusal or RefusalForm()
    context = {
        "membership": row,
        "card_title": "Sa demande" if row.is_pending else "Ses droits",
        "forms": [rights, refusal],
        "organisation": row.organisation,
        "rights_form": rights,
        "refusal_form": refusal,
        "first_member": first,
    }
    return render(request, "partners/membership.html", context, status=status)


def _back(request: HttpRequest, row: Membership) -> HttpResponse:
    if runs_directory(request.user) and row.is_pending:
        return redirect("partners:pending_list")
    return redirect("partners:organisation_detail", pk=row.organisation_id)
