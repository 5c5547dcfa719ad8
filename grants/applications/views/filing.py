"""File a draft, attest it, withdraw it."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.errors import Refusal
from foundation.parameters.selectors import values_on
from grants.applications.checks import missing_items
from grants.applications.commitments import statements
from grants.applications.enums import DECIDED_STATES, ReviewState
from grants.applications.forms import WithdrawForm
from grants.applications.journey import is_alive
from grants.applications.models import Application
from grants.applications.selectors import asked_documents, awaited_documents, dossier_context
from grants.applications.services.filing import (
    attest_application,
    deposit_mark,
    may_withdraw,
    submit_application,
    withdraw_application,
)
from grants.applications.views.scope import draft_context, own_dossier, require_editor
from partners.permissions import may_sign_for, signing_obstacle


# Says no more than the applicant may know: the reason may be a vote not notified yet.
_TOO_LATE = "Cette demande ne peut plus être retirée ici : écrivez au service."


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, uuid) -> HttpResponse:
    """Show the whole dossier once more, then file it."""
    application = own_dossier(request, uuid=uuid)
    require_editor(request, application)
    if not application.is_draft:
        return redirect("applications:receipt", application.reference)
    refusal = None
    if request.method == "POST":
        try:
            filed = submit_application(
                application_id=application.pk, by=request.user, at=timezone.now()
            )
        except Refusal as found:
            refusal = found
        else:
            return redirect("applications:receipt", filed.reference)
        if refusal.code == "already_filed":
            return redirect(Application.objects.get(pk=application.pk))
    items = missing_items(application, at=timezone.now())
    context = (
        draft_context(request, application)
        | dossier_context(application)
        | {
            "refusal": refusal,
            "blocking": [(i, i.url(application)) for i in items if i.blocking],
            "remarks": [(i, i.url(application)) for i in items if not i.blocking],
        }
        | _before_filing(request, application)
    )
    status = refusal.status if refusal else 200
    return render(request, "applications/submit.html", context, status=status)


def _before_filing(request: HttpRequest, application: Application) -> dict[str, Any]:
    """Return what will happen at the deposit: who attests, which documents stay to give, when."""
    today = timezone.localdate()
    delays = values_on(["attestation.days", "documents.days"], today)
    may_sign = may_sign_for(request.user, application.organisation, today)
    lacking = awaited_documents(asked_documents(application))
    return {
        "may_sign": may_sign,
        "signatories": [] if may_sign else signatory_names(application, today),
        "attestation_due_on": today + timedelta(days=int(delays["attestation.days"])),
        "lacking": lacking,
        "documents_due_on": today + timedelta(days=int(delays["documents.days"])),
        "joined": sum(1 for one in application.documents.all() if one.file is not None),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def attest(request: HttpRequest, reference: str) -> HttpResponse:
    """Let a signatory read the dossier and attest it."""
    application = own_dossier(request, reference=reference)
    refusal = None
    if request.method == "POST":
        try:
            attest_application(
                application_id=application.pk,
                by=request.user,
                at=timezone.now(),
                seen=request.POST.get("seen", ""),
            )
        except Refusal as found:
            refusal = found
        else:
            messages.success(request, "La demande est attestée. Merci.")
            return redirect(application)
        if refusal.code != "changed":
            messages.error(request, refusal.sentence)
            return redirect(application)
        application = own_dossier(request, reference=reference)
    status = refusal.status if refusal else 200
    context = _attesting(request, application) | {"refusal": refusal}
    return render(request, "applications/attest.html", context, status=status)


def _attesting(request: HttpRequest, application: Application) -> dict[str, Any]:
    """Return the dossier to read, what is attested, and the mark of what is on the page."""
    today = timezone.localdate()
    due_on = application.attestation_due_on
    given = {commitment.kind for commitment in application.commitments.all()}
    return dossier_context(application) | {
        "application": application,
        "seen": deposit_mark(application),
        "obstacle": signing_obstacle(request.user, application.organisation, today),
        "is_awaited": application.awaits_attestation and is_alive(application),
        "is_late": due_on is not None and due_on < today,
        "signatories": signatory_names(application, today),
        "statements": [s for s in statements(application, on=today) if s.kind in given],
    }


def signatory_names(application: Application, on: date) -> list[str]:
    """Return who may attest for the body on a day, by name."""
    members = application.organisation.memberships.signatories_on(on).select_related("user")
    return [str(member.user) for member in members.order_by("user__last_name", "pk")]


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask, then withdraw a request."""
    application = own_dossier(request, whole=False, reference=reference)
    if not may_withdraw(request.user, application):
        raise PermissionDenied
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_application(
                application_id=application.pk,
                by=request.user,
                at=timezone.now(),
                reason=form.cleaned_data["reason"],
            )
        except Refusal as refusal:
            messages.error(request, _TOO_LATE if refusal.status == 409 else refusal.sentence)
        else:
            messages.success(request, "Votre demande est retirée.")
        return redirect(application)
    if not may_ask_withdrawal(application):
        messages.error(request, _TOO_LATE)
        return redirect(application)
    context = {"application": application, "form": form}
    return render(
        request, "applications/withdraw.html", context, status=422 if form.is_bound else 200
    )


def may_ask_withdrawal(application: Application) -> bool:
    """Tell whether the button is shown: not once a session is to vote, nor after.

    A vote that is not notified yet does not show through: the button goes with the session's list,
    whatever is voted then.
    """
    if application.review_state in {ReviewState.PROPOSED, *DECIDED_STATES}:
        return False
    return not application.is_draft and is_alive(application)
