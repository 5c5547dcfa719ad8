"""Close a dossier without a decision, write an internal note."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import date_fr
from config.text import clean_prose
from foundation.jobs.services import take_key
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.labels import CLOSED_AS_DUPLICATE
from grants.applications.messages import queue_closing
from grants.applications.selectors import awaits_documents
from grants.applications.services.moves import check_move, lock_application, move, refuse_recused
from grants.applications.workflow import Transition
from grants.review.models import InternalNote
from grants.review.services.opinion_endings import revoke_pending


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application, CorrectionRequest

# The only reasons: any other inadmissibility goes to the vote (product design, step 5).
CLOSING_REASONS = {
    "withdrawal": "Désistement du demandeur",
    "duplicate": CLOSED_AS_DUPLICATE,
    "no_answer": "Pas de réponse à une demande de pièces",
}
# How a withdrawal reached the office: a dossier is not given up on somebody's impression.
RECEIVED_BY = {
    "letter": "par courrier",
    "email": "par e-mail",
    "message": "dans les échanges du dossier",
    "phone": "par téléphone",
    "visit": "sur place",
}
ELSEWHERE = (
    "Toute autre irrecevabilité passe au vote : répondez « non » à la question concernée, dans "
    "l’onglet Recevabilité, puis proposez le rejet."
)


@dataclass(frozen=True)
class ClosingProof:
    """What makes a reason true.

    Attributes:
        duplicate_of: Reference of the other dossier of the same body.
        received_by: How the withdrawal came, a key of ``RECEIVED_BY``.
        received_on: The day it came.
    """

    duplicate_of: str = ""
    received_by: str = ""
    received_on: date | None = None


@transaction.atomic
def close_without_action(
    *,
    application_id: int,
    reason: str,
    comment: str,
    by: User,
    at: datetime,
    proof: ClosingProof | None = None,
    read: str | None = None,
) -> Application:
    """Close a dossier without action, for one of the three reasons allowed, when it is true.

    The opinions still awaited are taken back.

    Args:
        application_id: A dossier that is not decided.
        reason: A key of ``CLOSING_REASONS``.
        comment: Read by the applicant.
        by: Somebody of the desk.
        at: Now.
        proof: What the reason needs: the other dossier, or how the withdrawal came.
        read: The words of :func:`closing_words` that the person confirmed; ``None`` skips the
            check.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state`` or ``changed`` (409), those
            of :func:`closing_words`.
    """
    if not by.access.is_desk:
        raise Refusal("Seul le service classe un dossier.", code="not_allowed", status=403)
    application = lock_application(application_id)
    refuse_recused(by, application)
    words = closing_words(
        application, reason=reason, comment=comment, proof=proof, on=local_date(at)
    )
    if read is not None and read != words:
        raise Refusal(
            "Ce que lira le demandeur a changé\u00a0: relisez avant de classer.",
            code="changed",
            status=409,
        )
    application.closing_reason = words
    queue_closing(application, at=at)
    closed = move(
        application=application,
        transition=Transition.CLOSE,
        actor=by,
        at=at,
        comment=words,
        visible_to_applicant=True,
    )
    revoke_pending(closed, reason="le dossier est classé sans suite", by=by, at=at)
    return closed


def closing_words(
    application: Application,
    *,
    reason: str,
    comment: str,
    on: date,
    proof: ClosingProof | None = None,
) -> str:
    """Return why a dossier would be closed, as the applicant reads it, when it is true.

    Args:
        application: A dossier that is not decided.
        reason: A key of ``CLOSING_REASONS``.
        comment: Added to it.
        on: Today.
        proof: What the reason needs.

    Raises:
        Refusal: ``wrong_state`` (409), ``unknown_reason``, ``still_time``, ``nothing_asked``,
            ``duplicate_missing``, ``duplicate_unknown``, ``received_missing``,
            ``received_ahead`` or ``received_before`` (422).
    """
    if reason not in CLOSING_REASONS:
        raise Refusal(f"Choisissez l’une des trois raisons. {ELSEWHERE}", code="unknown_reason")
    check_move(application, Transition.CLOSE, comment=reason)
    words = _TRUE[reason](application, proof or ClosingProof(), on)
    comment = clean_prose(comment).strip()
    return f"{words}\u00a0: {comment}" if comment else words


def unanswered_since(application: Application, *, on: date) -> date | None:
    """Return the day before which pieces were asked, once it is past without an answer.

    A correction request lapsed, or past its date, after which no paper came and nothing was
    concluded; or compulsory documents still to come past theirs.

    Args:
        application: A dossier that is not decided.
        on: Today.
    """
    last = application.corrections.order_by("-number").first()
    if last is not None and last.answered_at is None:
        lapsed = last.state == CorrectionState.LAPSED
        is_past = lapsed or (last.state == CorrectionState.OPEN and last.due_on < on)
        if is_past and not _was_answered(application, last):
            return last.due_on
    due_on = application.documents_due_on
    if due_on is not None and due_on < on and awaits_documents(application):
        return due_on
    return None


def _was_answered(application: Application, request: CorrectionRequest) -> bool:
    """Tell whether papers came since a request never sent back, or the office did without.

    The history says it: a file may have been masked since, an instruction reopened.
    """
    answers = Q(kind="document_added", at__gte=request.asked_at)
    if request.closed_at is not None:
        answers |= Q(kind=Transition.EVALUATE, at__gte=request.closed_at)
    return application.events.filter(answers).exists()


def _withdrawal(application: Application, proof: ClosingProof, on: date) -> str:
    if proof.received_by not in RECEIVED_BY or proof.received_on is None:
        raise Refusal(
            "Dites comment et quel jour le désistement a été reçu : sans lui, le dossier reste "
            "en instruction.",
            code="received_missing",
        )
    if proof.received_on > on:
        raise Refusal("Le désistement n’a pas été reçu dans le futur.", code="received_ahead")
    filed_on = filing_day(application)
    if filed_on is not None and proof.received_on < filed_on:
        raise Refusal(received_before(filed_on), code="received_before")
    how = RECEIVED_BY[proof.received_by]
    return f"{CLOSING_REASONS['withdrawal']}, reçu {how} le {date_fr(proof.received_on)}"


def filing_day(application: Application) -> date | None:
    """Return the day a dossier was filed: nobody gives up a request before it exists."""
    return local_date(application.submitted_at) if application.submitted_at else None


def received_before(filed_on: date) -> str:
    return (
        f"Le dossier a été déposé le {date_fr(filed_on)}\u00a0: le désistement n’a pas été reçu "
        "avant."
    )


def _duplicate(application: Application, proof: ClosingProof, on: date) -> str:
    reference = proof.duplicate_of.strip()
    if not reference:
        raise Refusal(
            "Indiquez la référence de l’autre dossier du même demandeur.", code="duplicate_missing"
        )
    gone = (ReviewState.DRAFT, ReviewState.WITHDRAWN, ReviewState.CLOSED_WITHOUT_ACTION)
    other = (
        application.organisation.applications.filter(
            reference=reference[:12], sheet__campaign=application.sheet.campaign_id
        )
        .exclude(pk=application.pk)
        .exclude(review_state__in=gone)
    )
    if not other.exists():
        raise Refusal(
            f"Aucun autre dossier en cours de ce demandeur ne porte la référence « {reference} ». "
            f"{ELSEWHERE}",
            code="duplicate_unknown",
        )
    return f"{CLOSING_REASONS['duplicate']} du dossier {reference}"


def _no_answer(application: Application, proof: ClosingProof, on: date) -> str:
    since = unanswered_since(application, on=on)
    if since is not None:
        return f"{CLOSING_REASONS['no_answer']}, attendue au plus tard le {date_fr(since)}"
    waiting = application.corrections.filter(state=CorrectionState.OPEN).first()
    due_on = waiting.due_on if waiting else application.documents_due_on
    if due_on is not None and due_on >= on:
        raise Refusal(
            f"Le demandeur a jusqu’au {date_fr(due_on)} pour répondre : ce délai n’est pas passé.",
            code="still_time",
        )
    raise Refusal(
        "Aucune demande de pièces n’est restée sans réponse sur ce dossier. " + ELSEWHERE,
        code="nothing_asked",
    )


_TRUE = {"withdrawal": _withdrawal, "duplicate": _duplicate, "no_answer": _no_answer}


@transaction.atomic
def write_note(
    *, application_id: int, text: str, by: User, at: datetime, request_key: UUID | None = None
) -> InternalNote:
    """Write a note that only colleagues read.

    Args:
        application_id: A dossier filed.
        text: Plain text.
        by: Somebody of the desk.
        at: Now.
        request_key: One-time key of the form: a note sent twice is written once.

    Raises:
        AlreadyDoneError: When the key was used.
        Refusal: ``not_allowed`` or ``recused`` (403) or ``empty`` (422).
    """
    if not by.access.is_desk:
        raise Refusal("Seul le service écrit des notes.", code="not_allowed", status=403)
    text = clean_prose(text).strip()
    if not text:
        raise Refusal("Écrivez la note avant de l’enregistrer.", code="empty")
    if request_key is not None:
        take_key(key=request_key, by=by, purpose="note", at=at)
    application = lock_application(application_id)
    refuse_recused(by, application)
    return InternalNote.objects.create(application=application, author=by, text=text, written_at=at)
