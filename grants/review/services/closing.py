"""Close a dossier without a decision, write an internal note."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from config.errors import Refusal
from grants.applications.labels import CLOSED_AS_DUPLICATE
from grants.applications.messages import queue_closing
from grants.applications.services.moves import lock_application, move, refuse_recused
from grants.applications.workflow import Transition
from grants.review.models import InternalNote


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application

# The only reasons: any other inadmissibility goes to the vote (product design, step 5).
CLOSING_REASONS = {
    "withdrawal": "Désistement du demandeur",
    "duplicate": CLOSED_AS_DUPLICATE,
    "no_answer": "Pas de réponse à une demande de pièces",
}


@transaction.atomic
def close_without_action(
    *, application_id: int, reason: str, comment: str, by: User, at: datetime
) -> Application:
    """Close a dossier without action, for one of the three reasons allowed.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``unknown_reason`` (422),
            ``wrong_state`` (409).
    """
    if not by.access.is_desk:
        raise Refusal("Seul le service classe un dossier.", code="not_allowed", status=403)
    if reason not in CLOSING_REASONS:
        raise Refusal(
            "Choisissez l’une des trois raisons : toute autre irrecevabilité passe au vote.",
            code="unknown_reason",
        )
    application = lock_application(application_id)
    refuse_recused(by, application)
    words = CLOSING_REASONS[reason]
    if comment.strip():
        words = f"{words} : {comment.strip()}"
    application.closing_reason = words
    queue_closing(application, at=at)
    return move(
        application=application,
        transition=Transition.CLOSE,
        actor=by,
        at=at,
        comment=words,
        visible_to_applicant=True,
    )


@transaction.atomic
def write_note(*, application_id: int, text: str, by: User, at: datetime) -> InternalNote:
    """Write a note that only colleagues read.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403) or ``empty`` (422).
    """
    if not by.access.is_desk:
        raise Refusal("Seul le service écrit des notes.", code="not_allowed", status=403)
    if not text.strip():
        raise Refusal("Écrivez la note avant de l’enregistrer.", code="empty")
    application = lock_application(application_id)
    refuse_recused(by, application)
    return InternalNote.objects.create(
        application=application, author=by, text=text.strip(), written_at=at
    )
