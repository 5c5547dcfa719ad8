"""The admissibility of a dossier: its questions, and the rejection that may follow."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from config.errors import Refusal
from grants.review.admissibility import admissibility_of
from grants.review.admissibility_form import AdmissibilityForm, RejectionForm
from grants.review.services.admissibility import (
    IncompleteAnswersError,
    answer_questions,
    propose_rejection,
)
from grants.review.views.dossier import dossier_page
from grants.review.views.scope import acting_dossier, post_to_tab


SLUG = "recevabilite"


@post_to_tab("recevabilite")
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """Keep the answers of a person; show the form again with what is wrong, nothing lost."""
    dossier = acting_dossier(request, reference, SLUG)
    found = admissibility_of(dossier, on=timezone.localdate())
    form = AdmissibilityForm(request.POST, admissibility=found)
    status = 422
    if form.is_valid():
        try:
            after = answer_questions(
                application_id=dossier.pk,
                answers=form.answers(),
                version=form.cleaned_data["version"],
                by=request.user,
                at=timezone.now(),
            )
        except IncompleteAnswersError as refusal:
            form.add_lacking(refusal.lacking)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            status = refusal.status
            form.take_version()
        else:
            messages.success(request, f"Les réponses sont enregistrées : {_lower(after.sentence)}.")
            return redirect("review:tab", reference, SLUG)
    return dossier_page(request, reference, SLUG, status=status, admissibility_form=form)


@post_to_tab("recevabilite")
def reject(request: HttpRequest, reference: str) -> HttpResponse:
    """Propose the dossier's rejection at the vote."""
    dossier = acting_dossier(request, reference, SLUG)
    form = RejectionForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            propose_rejection(
                application_id=dossier.pk,
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            status = refusal.status
        else:
            messages.success(request, "Le rejet est proposé : la commission le votera.")
            return redirect(reverse("review:tab", args=[reference, SLUG]))
    return dossier_page(request, reference, SLUG, status=status, rejection_form=form)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
