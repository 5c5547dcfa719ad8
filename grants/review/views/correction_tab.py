"""What the tab « Compléments » shows: the request that runs, a new one, those before."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from grants.applications import recipients
from grants.applications.correction_messages import asked_lines
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.forms.reopening import reopenable
from grants.applications.services.corrections import is_overdue
from grants.review.correction_forms import CorrectionForm, ExtendForm, StopForm


if TYPE_CHECKING:
    from django.http import HttpRequest

    from grants.applications.models import Application, CorrectionRequest


def corrections_context(
    request: HttpRequest, dossier: Application, context: dict[str, Any]
) -> dict[str, Any]:
    """Return what the tab « Compléments » shows."""
    today = timezone.localdate()
    history = context["corrections"]
    current = next((one for one in history if one.state == CorrectionState.OPEN), None)
    last = history[-1] if history else None
    may_ask = context["may_act"]
    asks = may_ask and dossier.review_state == ReviewState.UNDER_REVIEW
    return {
        "current": current,
        "current_lines": asked_lines(dossier, current.fields) if current else [],
        "is_overdue": current is not None and is_overdue(current, on=today),
        "begun_at": _begun_at(current) if current else None,
        "to_accept": last if last and last.state == CorrectionState.ANSWERED else None,
        "past": [one for one in reversed(history) if one is not current],
        "may_ask": may_ask,
        "ask_form": CorrectionForm(reopenable(dossier), on=today) if asks else None,
        "extend_form": ExtendForm(after=max(current.due_on, today)) if current else None,
        "stop_form": StopForm() if current else None,
        "reaches_nobody": asks and not recipients.members(dossier),
        "preview": None,
    }


def _begun_at(correction: CorrectionRequest) -> datetime | None:
    """Return when the applicant saved something last: that they began, never what they typed."""
    return max(map(datetime.fromisoformat, correction.saved_sections.values()), default=None)
