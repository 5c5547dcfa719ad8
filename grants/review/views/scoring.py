"""The scoring grid: fill it, make it final, take it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from config.errors import Refusal
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.review.calculations import ScoredCriterion, review_total
from grants.review.forms import ReasonForm
from grants.review.models import Review
from grants.review.permissions import may_score
from grants.review.scoring_form import ScoringForm
from grants.review.services.scoring import finalise_review, reopen_review, save_review
from grants.review.views.scope import desk_dossier, page_context, require_desk


def scoring_context(
    request: HttpRequest, dossier: Application, form: ScoringForm | None = None
) -> dict:
    """Return what the scoring tab shows to this person."""
    review = Review.objects.filter(application=dossier, reviewer=request.user).first()
    fills = (
        may_score(request.user, dossier)
        and dossier.review_state == ReviewState.UNDER_REVIEW
        and (review is None or review.state == "draft")
    )
    if fills and form is None:
        form = ScoringForm(grid=dossier.sheet.grid, review=review)
    return {
        "my_review": review,
        "scoring_form": form if fills else None,
        "my_total": my_total(review) if review else None,
        "reopen_review_form": ReasonForm(),
        "may_reopen": review is not None
        and review.state == "final"
        and dossier.review_state == ReviewState.UNDER_REVIEW,
    }


def my_total(review: Review):
    """Return the running total of a reading."""
    scores = review.scores.select_related("criterion")
    return review_total(
        [ScoredCriterion(s.criterion.weight, s.level, s.not_applicable) for s in scores]
    )


@require_POST
def score(request: HttpRequest, reference: str) -> HttpResponse:
    """Save a draft reading, or make it final (the button pressed says which)."""
    require_desk(request)
    dossier = desk_dossier(request, reference)
    here = reverse("review:tab", args=[reference, "notation"])
    if dossier.sheet.grid is None:
        return redirect(dossier.get_desk_url())
    form = ScoringForm(request.POST, grid=dossier.sheet.grid)
    if not form.is_valid():
        return _again(request, dossier, form, status=422)
    final = "final" in request.POST
    try:
        save_review(
            application_id=dossier.pk,
            by=request.user,
            at=timezone.now(),
            scores=form.scores(),
            proposed_amount=form.cleaned_data["proposed_amount"],
            summary=form.cleaned_data["summary"],
            version=form.cleaned_data["version"],
        )
    except Refusal as refusal:
        form.add_error(None, refusal.sentence)
        return _again(request, dossier, form, status=refusal.status)
    if not final:
        messages.success(request, "Brouillon de notation enregistré.")
        return redirect(here)
    try:
        finalise_review(application_id=dossier.pk, by=request.user, at=timezone.now())
    except Refusal as refusal:
        review = Review.objects.get(application=dossier, reviewer=request.user)
        data = request.POST.copy()
        data["version"] = review.version
        form = ScoringForm(data, grid=dossier.sheet.grid)
        form.is_valid()
        form.add_error(None, f"Brouillon enregistré, pas encore définitif. {refusal.sentence}")
        return _again(request, dossier, form, status=refusal.status)
    messages.success(request, "Votre notation est définitive.")
    return redirect(here)


def _again(request, dossier: Application, form: ScoringForm, *, status: int) -> HttpResponse:
    context = page_context(request, dossier, "notation")
    context.update(scoring_context(request, dossier, form))
    context["scoring_form"] = form
    return render(request, "review/tabs/notation.html", context, status=status)


@require_POST
def running_total(request: HttpRequest, reference: str) -> HttpResponse:
    """Compute the total of what is chosen, without keeping it (for the live figure)."""
    require_desk(request)
    dossier = desk_dossier(request, reference, whole=False)
    if dossier.sheet.grid is None:
        return redirect(dossier.get_desk_url())
    form = ScoringForm(request.POST, grid=dossier.sheet.grid)
    form.is_valid()
    given = []
    for criterion in form.criteria:
        level = form.cleaned_data.get(f"level_{criterion.pk}") or ""
        given.append(
            ScoredCriterion(
                criterion.weight, int(level) if level.isdigit() else None, level == "na"
            )
        )
    done = sum(1 for one in given if one.level is not None or one.not_applicable)
    context = {"total": review_total(given), "done": done, "count": len(given)}
    return render(request, "review/partials/_running_total.html", context)


@require_POST
def reopen_score(request: HttpRequest, reference: str) -> HttpResponse:
    """Take one's final reading back to draft."""
    require_desk(request)
    dossier = desk_dossier(request, reference)
    form = ReasonForm(request.POST)
    here = reverse("review:tab", args=[reference, "notation"])
    if not form.is_valid():
        messages.error(request, "Indiquez la raison de cette réouverture.")
        return redirect(here)
    try:
        reopen_review(
            application_id=dossier.pk,
            by=request.user,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "Votre notation est rouverte.")
    return redirect(here)
