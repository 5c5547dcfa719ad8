"""What the admissibility tab of a dossier shows."""

from django.http import HttpRequest
from django.utils import timezone

from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.review.admissibility import admissibility_of
from grants.review.admissibility_form import AdmissibilityForm, RejectionForm
from grants.review.enums import TO_INSTRUCT


def admissibility_context(request: HttpRequest, dossier: Application, context: dict) -> dict:
    """Return what the tab shows: every question, who answered what, what may be done."""
    found = admissibility_of(dossier, on=timezone.localdate())
    answers = context["may_act"] and dossier.review_state in TO_INSTRUCT
    rejects = (
        context["in_charge"]
        and dossier.review_state == ReviewState.UNDER_REVIEW
        and (found.failed or not found.lines)
    )
    return {
        "admissibility": found,
        "admissibility_form": AdmissibilityForm(admissibility=found)
        if answers and found.lines
        else None,
        "rejection_form": RejectionForm(initial={"reason": found.reasons()}) if rejects else None,
    }
