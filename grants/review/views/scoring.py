"""The scoring grid: fill it, make it final, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from config.errors import Refusal
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.review.calculations import ScoredCriterion, review_total
from grants.review.forms import ReasonForm
from grants.review.models import Review, ReviewProgress
from grants.review.permissions import may_score
from grants.review.scoring_form import ScoringForm
from grants.review.services.scoring import (
    IncompleteReviewError,
    finalise_review,
    reopen_review,
    save_review,
)
from grants.review.views.scope import acting_dossier, page_context


if TYPE_CHECKING:
    from grants.calls.models import Criterion
    from grants.review.scores import ReadReview


def scoring_context(
    request: HttpRequest,
    dossier: Application,
    context: dict[str, Any],
    form: ScoringForm | None = None,
) -> dict[str, Any]:
    """Return what the scoring tab shows to this person.

    Args:
        request: Who looks.
        dossier: Their dossier.
        context: Of :func:`grants.review.views.scope.page_context`.
        form: A form already filled, shown instead of the stored reading.
    """
    sheet = context["score_sheet"]
    mine = next((r for r in sheet.reviews if r.review.reviewer_id == request.user.pk), None)
    is_final = mine is not None and mine.review.state == ReviewProgress.FINAL
    on_time = dossier.review_state == ReviewState.UNDER_REVIEW
    fills = context["standing"].may_score and on_time and not is_final
    if form is None and fills:
        form = ScoringForm(grid=dossier.sheet.grid, review=mine.review if mine else None)
    progress = None
    if form is not None:
        chosen = form.chosen() if form.is_bound else _cells(sheet.criteria, mine)
        progress = progress_of(chosen)
    return {
        "mine": mine,
        "matrix": sheet.matrix,
        "scoring_form": form,
        "progress": progress,
        "reopen_review_form": ReasonForm(),
        "may_reopen": is_final and on_time and context["standing"].may_score,
        "stale": False,
    }


def _cells(criteria: Sequence[Criterion], mine: ReadReview | None) -> list[ScoredCriterion]:
    cells = mine.cells if mine is not None else [None] * len(criteria)
    return [
        ScoredCriterion(
            criterion.weight,
            cell.level if cell else None,
            not_applicable=cell is not None and cell.not_applicable,
        )
        for criterion, cell in zip(criteria, cells, strict=True)
    ]


def progress_of(chosen: Sequence[ScoredCriterion]) -> dict[str, Any]:
    """Return the running total of what is chosen, and how much of the grid is done."""
    done = sum(1 for one in chosen if one.level is not None or one.not_applicable)
    return {"total": review_total(chosen), "done": done, "count": len(chosen)}


@require_POST
def score(request: HttpRequest, reference: str) -> HttpResponse:
    """Save a draft reading, or make it final (the button pressed says which)."""
    dossier = acting_dossier(request, reference)
    if dossier.sheet.grid is None or not may_score(request.user, dossier):
        raise PermissionDenied
    form = ScoringForm(request.POST, grid=dossier.sheet.grid)
    if not form.is_valid():
        return _again(request, dossier, form, status=422)
    try:
        _save(request, dossier, form)
    except Refusal as refusal:
        return _refused(request, dossier, form, refusal)
    if "final" not in request.POST:
        messages.success(request, "Brouillon de notation enregistré.")
        return redirect("review:tab", reference, "notation")
    try:
        finalise_review(application_id=dossier.pk, by=request.user, at=timezone.now())
    except IncompleteReviewError as refusal:
        again = _with_stored_version(request, dossier)
        messages.info(request, "Brouillon enregistré, pas encore définitif.")
        again.add_lacking(refusal.lacking)
        return _again(request, dossier, again, status=refusal.status)
    except Refusal as refusal:
        return _refused(request, dossier, _with_stored_version(request, dossier), refusal)
    messages.success(request, "Votre notation est définitive.")
    return redirect("review:tab", reference, "notation")


def _save(request: HttpRequest, dossier: Application, form: ScoringForm) -> Review:
    return save_review(
        application_id=dossier.pk,
        by=request.user,
        at=timezone.now(),
        scores=form.scores(),
        proposed_amount=form.cleaned_data["proposed_amount"],
        summary=form.cleaned_data["summary"],
        version=form.cleaned_data["version"],
    )


def _refused(
    request: HttpRequest, dossier: Application, form: ScoringForm, refusal: Refusal
) -> HttpResponse:
    """Show the grid again as it was filled; a stale one may then replace what is stored."""
    if refusal.code == "stale":
        again = _with_stored_version(request, dossier)
        return _again(request, dossier, again, status=refusal.status, stale=True)
    form.add_error(None, refusal.sentence)
    return _again(request, dossier, form, status=refusal.status)


def _with_stored_version(request: HttpRequest, dossier: Application) -> ScoringForm:
    """Return the form as it was filled, ready to be sent over what is stored now."""
    review = Review.objects.get(application=dossier, reviewer=request.user)
    data = request.POST.copy()
    data["version"] = review.version
    form = ScoringForm(data, grid=dossier.sheet.grid)
    form.is_valid()
    return form


def _again(
    request: HttpRequest,
    dossier: Application,
    form: ScoringForm,
    *,
    status: int,
    stale: bool = False,
) -> HttpResponse:
    context = page_context(request, dossier, "notation")
    context.update(scoring_context(request, dossier, context, form))
    context["stale"] = stale
    return render(request, "review/tabs/notation.html", context, status=status)


@require_POST
def running_total(request: HttpRequest, reference: str) -> HttpResponse:
    """Compute the total of what is chosen, without keeping it (for the live figure)."""
    dossier = acting_dossier(request, reference)
    if dossier.sheet.grid is None or not may_score(request.user, dossier):
        raise PermissionDenied
    form = ScoringForm(request.POST, grid=dossier.sheet.grid)
    form.is_valid()
    context = {"progress": progress_of(form.chosen())}
    return render(request, "review/partials/_running_total.html", context)


@require_POST
def reopen_score(request: HttpRequest, reference: str) -> HttpResponse:
    """Take one's final reading back to draft."""
    dossier = acting_dossier(request, reference)
    if dossier.sheet.grid is None or not may_score(request.user, dossier):
        raise PermissionDenied
    form = ReasonForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            reopen_review(
                application_id=dossier.pk,
                by=request.user,
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            status = refusal.status
        else:
            messages.success(request, "Votre notation est rouverte.")
            return redirect("review:tab", reference, "notation")
    context = page_context(request, dossier, "notation")
    context.update(scoring_context(request, dossier, context))
    context["reopen_review_form"] = form
    return render(request, "review/tabs/notation.html", context, status=status)
