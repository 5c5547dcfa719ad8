"""What the office says of a document."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from config.errors import Refusal
from config.templatetags.fr import datetime_fr
from config.text import is_blank, one_line
from foundation.documents.enums import FileState
from grants.applications.events import append_event
from grants.applications.messages import queue_document_refused
from grants.applications.models import ApplicationDocument
from grants.applications.services.documents import ask_again, stop_asking
from grants.applications.services.moves import lock_application, refuse_recused
from partners.enums import DocumentState
from partners.services.documents import KEPT_ELSEWHERE, accept_document, refuse_document


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Event

_STANDS = {
    FileState.TO_CHECK: "Cette pièce est de nouveau à vérifier",
    FileState.ACCEPTED: "Cette pièce a été acceptée",
    FileState.REFUSED: "Cette pièce a été refusée",
}


@transaction.atomic
def check_document(
    *,
    document_id: int,
    state: str,
    reason: str,
    by: User,
    at: datetime,
    seen: int | None = None,
    seen_state: str | None = None,
) -> ApplicationDocument:
    """Accept or refuse a document; a refusal says why, the applicant reads it.

    Args:
        document_id: The document.
        state: ``FileState.ACCEPTED`` or ``FileState.REFUSED``.
        reason: Why it is refused.
        by: Somebody of the desk.
        at: Now.
        seen: Key of the file they looked at, 0 for none: another may have come since.
        seen_state: What the page said of it: a colleague may have decided since. ``None`` skips
            the check. The same decision sent twice by the same person is one.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``reason_missing`` (422), ``masked`` or
            ``changed`` (409).
    """
    if not by.access.is_desk:
        raise Refusal("Seul le service vérifie les pièces.", code="not_allowed", status=403)
    if state == FileState.REFUSED and is_blank(reason):
        raise Refusal("Dites pourquoi la pièce est refusée.", code="reason_missing")
    documents = ApplicationDocument.objects.select_related("source")
    application = lock_application(documents.get(pk=document_id).application_id)
    refuse_recused(by, application)
    document = documents.get(pk=document_id)  # as it stands under the lock
    if document.redacted_at is not None:
        raise Refusal(
            "Cette pièce est masquée\u00a0: il n’y a plus rien à vérifier.",
            code="masked",
            status=409,
        )
    if seen is not None and seen != (document.file.pk if document.file else 0):
        raise Refusal(
            "Le demandeur a joint un autre fichier entre-temps\u00a0: ouvrez-le avant de décider.",
            code="changed",
            status=409,
        )
    reason = one_line(reason)
    if seen_state is not None and seen_state != document.state:
        last = _last_check(document)
        if last is not None and last.actor_id == by.pk and _says(document, state, reason):
            return document
        raise Refusal(_decided_since(document, last), code="changed", status=409)
    document.state = state
    document.refusal_reason = reason if state == FileState.REFUSED else ""
    document.full_clean()
    document.save(update_fields=["state", "refusal_reason"])
    _tell_store(document, by=by, at=at)
    ended = {}
    if state == FileState.REFUSED:
        ask_again(application, at=at)
    else:
        ended = stop_asking(application)
    append_event(
        application=application,
        kind="document_checked",
        actor=by,
        at=at,
        data={"document": document.pk, "state": state, **ended},
        visible_to_applicant=state == FileState.REFUSED,
    )
    if state == FileState.REFUSED:
        queue_document_refused(application, document, at=at)
    return document


def _says(document: ApplicationDocument, state: str, reason: str) -> bool:
    return document.state == state and (
        state != FileState.REFUSED or document.refusal_reason == reason
    )


def _last_check(document: ApplicationDocument) -> Event | None:
    checks = document.application.events.filter(
        kind="document_checked", data__document=document.pk, data__state=document.state
    )
    return checks.select_related("actor").order_by("position").last()


def _decided_since(document: ApplicationDocument, last: Event | None) -> str:
    """Say how a document stands now, and who made it so."""
    words = _STANDS[document.state]
    if last is not None and document.state != FileState.TO_CHECK:
        words += f" par {last.actor or 'Maillage'} le {datetime_fr(last.at)}"
    if document.state == FileState.REFUSED and document.refusal_reason:
        words += f" («\u00a0{document.refusal_reason}\u00a0»)"
    return f"{words}\u00a0: relisez la pièce avant d’en décider autrement."


def _tell_store(document: ApplicationDocument, *, by: User, at: datetime) -> None:
    """Say the same of the body's own document it is a copy of, unless somebody judged it."""
    source = document.source
    if source is None or source.ended_at is not None or source.state != DocumentState.TO_CHECK:
        return
    if source.kind in KEPT_ELSEWHERE:  # a mandate is checked with the person who signs
        return
    if document.state == FileState.ACCEPTED:
        accept_document(document_id=source.pk, by=by, at=at)
    elif document.state == FileState.REFUSED:
        reason = document.refusal_reason
        refuse_document(document_id=source.pk, reason=reason, by=by, at=at)
