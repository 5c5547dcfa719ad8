"""Notify a decision; open it as its applicant."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from config.errors import Refusal, refused
from config.templatetags.fr import plural_fr
from grants.applications.models import Application
from grants.decisions.dossier_panels import office_facts
from grants.decisions.forms import CorrectVoteForm, DeliveryForm, NotifyForm
from grants.decisions.models import CommitteeSession, Decision
from grants.decisions.selectors import planned_channel, session_rows
from grants.decisions.services.notification import (
    channel_for,
    notify_decision,
    prepare_letter,
    record_delivery,
    record_opening,
)
from grants.decisions.services.sessions import refuse_blind
from grants.decisions.services.votes import correct_vote
from grants.decisions.views.guards import require_head, require_head_of
from grants.letters.models import LetterState
from grants.review.admissibility import standing_proposal


@require_POST
def write_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the letter of one decision, for a worker to generate."""
    require_head(request)
    decision = _decision(request, pk)
    try:
        prepare_letter(decision_id=decision.pk, by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "Le courrier est en cours de génération.")
    return redirect(_page(decision))


def notify(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell the applicant, once, after a page that says how."""
    require_head(request)
    decision = _decision(request, pk)
    form = NotifyForm(request.POST or None, initial={"posted_on": timezone.localdate()})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                notify_decision(
                    decision_id=decision.pk,
                    by=request.user,
                    at=timezone.now(),
                    posted_on=form.cleaned_data["posted_on"],
                )
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
                status = refusal.status
            else:
                messages.success(
                    request, f"La décision {decision.application.reference} est notifiée."
                )
                return redirect(_page(decision))
    context = {
        "form": form,
        "decision": decision,
        "facts": office_facts(decision),
        "by_post": channel_for(decision) == Decision.NotificationChannel.POST,
        "channel": planned_channel(decision),
        "is_signed": decision.letter is not None and decision.letter.state == LetterState.SIGNED,
    }
    return render(request, "decisions/notify.html", context, status=status)


def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Record again a vote written wrong, until its applicant is told."""
    require_head(request)
    decision = _decision(request, pk, in_force=False)
    session = decision.session
    if request.method != "POST" and (decision.superseded_at or decision.notified_at):
        told = "déjà notifiée" if decision.notified_at else "déjà corrigée ou remplacée"
        messages.info(request, f"Cette décision est {told}.")
        return redirect(_page(decision))
    if request.method != "POST":
        try:
            refuse_blind(request.user, decision.application)
        except Refusal as refusal:
            return refused(request, refusal)
    form = CorrectVoteForm(request.POST or None, decision=decision)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                corrected = correct_vote(
                    decision_id=decision.pk,
                    vote=form.vote(),
                    reason=form.cleaned_data["correction_reason"],
                    by=request.user,
                    at=timezone.now(),
                )
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
                status = refusal.status
            else:
                words = corrected.get_outcome_display().lower()
                messages.success(
                    request,
                    f"{decision.application.reference}\u00a0: vote corrigé, {words}. "
                    "Le courrier est à écrire de nouveau.",
                )
                return redirect(session)
    context = {
        "form": form,
        "decision": decision,
        "facts": office_facts(decision),
        "rejection": standing_proposal(decision.application),
    }
    return render(request, "decisions/correct.html", context, status=status)


@require_POST
def session_notify(request: HttpRequest, pk: int) -> HttpResponse:
    """Notify every decision of a session whose letter is signed and whose body consented."""
    require_head(request)
    session = get_object_or_404(CommitteeSession.objects.visible_to(request.user), pk=pk)
    told, by_post = 0, 0
    for row in session_rows(session):
        decision = row.decision
        if decision is None or decision.notified_at or decision.letter is None:
            continue
        if decision.letter.state != LetterState.SIGNED:
            continue
        if channel_for(decision) == Decision.NotificationChannel.POST:
            by_post += 1
            continue
        try:
            notify_decision(decision_id=decision.pk, by=request.user, at=timezone.now())
        except Refusal as refusal:
            messages.error(request, f"{row.line.application.reference} : {refusal.sentence}")
        else:
            told += 1
    messages.success(
        request,
        f"{told} décision{plural_fr(told)} notifiée{plural_fr(told)} par voie électronique.",
    )
    if by_post:
        messages.info(
            request,
            f"{by_post} décision{plural_fr(by_post)} à envoyer par la poste"
            f" : à notifier une à une.",
        )
    return redirect(session)


def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the day a posted letter arrived."""
    require_head(request)
    decision = _decision(request, pk)
    form = DeliveryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            record_delivery(
                decision_id=decision.pk,
                delivered_on=form.cleaned_data["delivered_on"],
                by=request.user,
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "La réception est enregistrée.")
            return redirect(_page(decision))
    status = 422 if form.is_bound else 200
    context = {"form": form, "decision": decision}
    return render(request, "decisions/delivery.html", context, status=status)


@require_POST
def open_decision(request: HttpRequest, reference: str) -> HttpResponse:
    """Record that the applicant opens the decision, and give its letter."""
    mine = Application.objects.of_applicant(request.user)
    application = get_object_or_404(mine, reference=reference, notified_at__isnull=False)
    try:
        decision = record_opening(application_id=application.pk, by=request.user, at=timezone.now())
    except Refusal as refusal:
        return refused(request, refusal)
    letter = decision.letter
    stored = letter.signed_file if letter else None
    if stored is None:
        return redirect(application)
    return redirect(reverse("documents:download", args=[stored.uuid]))


def _decision(request: HttpRequest, pk: int, *, in_force: bool = True) -> Decision:
    found = Decision.objects.in_force() if in_force else Decision.objects.all()
    found = found.select_related("application__organisation", "session", "envelope")
    decision = get_object_or_404(found.select_related("letter"), pk=pk)
    require_head_of(request, decision.application)
    return decision


def _page(decision: Decision) -> str:
    return reverse("review:tab", args=[decision.application.reference, "decision"])
