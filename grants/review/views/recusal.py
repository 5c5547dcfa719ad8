"""Standing aside from a dossier, and the end of it, which somebody else decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.errors import Refusal
from grants.review.forms import ConflictForm, ConflictWithdrawForm
from grants.review.permissions import conflicts_on, is_recused
from grants.review.services.assignment import declare_conflict
from grants.review.services.recusals import check_may_withdraw, withdraw_conflict
from grants.review.views.scope import desk_dossier, require_not_recused


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application
    from grants.review.models import ConflictOfInterest


@require_http_methods(["GET", "HEAD", "POST"])
def conflict(request: HttpRequest, reference: str) -> HttpResponse:
    """Declare a conflict of interest, after a page that says what it means.

    Everybody of the office may: a coordinator gives opinions, an administrator reads all.
    """
    dossier = desk_dossier(request, reference)
    form = ConflictForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        whole_body = form.cleaned_data["scope"] == "organisation"
        try:
            declare_conflict(
                person=request.user,
                application=None if whole_body else dossier,
                organisation=dossier.organisation if whole_body else None,
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            status = refusal.status
        else:
            messages.success(request, "Votre déport est enregistré : vous ne voyez plus les notes.")
            return redirect(dossier.get_desk_url())
    context = {"application": dossier, "form": form, "declared": _declared(request.user, dossier)}
    return render(request, "review/conflict.html", context, status=status)


def _declared(user: User, dossier: Application) -> list[ConflictOfInterest] | None:
    """Return who stands or stood aside from a dossier, for who may end it; ``None`` for others."""
    if not (user.access.is_unit_head or user.access.is_administrator):
        return None
    if is_recused(user, dossier):
        return None
    return list(conflicts_on(dossier).select_related("person", "withdrawn_by"))


@require_http_methods(["GET", "HEAD", "POST"])
def conflict_withdraw(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """End somebody's recusal, after a page that says what comes back and what does not."""
    dossier = desk_dossier(request, reference)
    require_not_recused(request.user, dossier)
    found = get_object_or_404(
        conflicts_on(dossier).select_related("person", "withdrawn_by", "organisation"), pk=pk
    )
    try:
        check_may_withdraw(found, request.user)
    except Refusal as refusal:
        raise PermissionDenied(refusal.sentence) from refusal
    form = ConflictWithdrawForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_conflict(
                application_id=dossier.pk,
                conflict_id=pk,
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            status = refusal.status
            found.refresh_from_db()
        else:
            messages.success(
                request,
                f"Le déport de {found.person} est retiré. Rien ne lui est rendu d’office : "
                "affectez-lui le dossier si besoin.",
            )
            return redirect(dossier.get_desk_url())
    context = {"application": dossier, "conflict": found, "form": form}
    return render(request, "review/conflict_withdraw.html", context, status=status)
