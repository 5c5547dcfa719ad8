"""The thread between the applicant and the office on one dossier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from config.errors import Refusal
from config.text import clean_text
from foundation.documents.names import clean_file_name
from foundation.documents.services import store_upload
from foundation.jobs.services import take_key
from grants.applications.enums import MessageSide
from grants.applications.events import append_event
from grants.applications.messages import queue_message_notice
from grants.applications.models import Application, Message
from grants.applications.services.moves import lock_application, refuse_recused


if TYPE_CHECKING:
    from accounts.models import User

MAX_LENGTH = 5000
MAX_FILES = 5


@transaction.atomic
def send_message(
    *,
    application_id: int,
    side: str,
    author: User,
    text: str,
    at: datetime,
    files: Sequence[UploadedFile] = (),
    request_key: UUID | None = None,
) -> Message:
    """Write a message on a filed dossier and tell the other side by e-mail.

    Args:
        application_id: The dossier.
        side: Who speaks: ``MessageSide.APPLICANT`` or ``MessageSide.OFFICE``.
        author: A member of the body, or somebody of the office's desk.
        text: Plain text, 5 000 characters at most.
        at: Now.
        files: Joined to it, five at most.
        request_key: One-time key of the form: a message sent twice is written once.

    Raises:
        AlreadyDoneError: When the key was used.
        Refusal: ``not_allowed`` or ``recused`` (403), ``not_filed`` (409), ``empty_text``,
            ``too_long`` or ``too_many_files`` (422), or what ``store_upload`` finds wrong with
            a file.
    """
    if request_key is not None:
        take_key(key=request_key, by=author, purpose="message", at=at)
    application = lock_application(application_id)
    if not _may_speak(author, application, side):
        raise Refusal("Vous ne pouvez pas écrire sur ce dossier.", code="not_allowed", status=403)
    if side == MessageSide.OFFICE:
        refuse_recused(author, application)
    if application.is_draft:
        raise Refusal(
            "On s’écrit sur un dossier une fois qu’il est déposé.", code="not_filed", status=409
        )
    text = clean_text(text).strip()
    if not text:
        raise Refusal("Écrivez votre message avant de l’envoyer.", code="empty_text")
    if len(text) > MAX_LENGTH:
        raise Refusal(
            f"Le message a {len(text)} caractères ; {MAX_LENGTH} au plus.", code="too_long"
        )
    if len(files) > MAX_FILES:
        raise Refusal(f"Joignez {MAX_FILES} fichiers au plus.", code="too_many_files")
    return _write(application, side, text, files, by=author, at=at)


def write_notice(*, application: Application, text: str, by: User, at: datetime) -> Message:
    """Tell the applicant, in the thread, what was just done to a filed dossier.

    The caller holds its lock and has checked that the person may do what the notice says: they
    need not be of the desk, as those who write messages are.

    Args:
        application: The dossier, locked.
        text: Words of the portal.
        by: Who did it.
        at: Now.
    """
    return _write(application, MessageSide.OFFICE, text, (), by=by, at=at)


def _write(
    application: Application,
    side: str,
    text: str,
    files: Sequence[UploadedFile],
    *,
    by: User,
    at: datetime,
) -> Message:
    message = Message.objects.create(
        application=application, side=side, author=by, text=text, sent_at=at
    )
    for upload in files:
        _join(message, upload, by=by, at=at)
    append_event(
        application=application,
        kind="message_sent",
        actor=by,
        at=at,
        data={"message": message.pk, "side": side, "files": len(files)},
        visible_to_applicant=True,
    )
    queue_message_notice(application, message, at=at)
    return message


@transaction.atomic
def mark_read(*, application_id: int, side: str, at: datetime) -> int:
    """Mark what the other side wrote as read; return how many messages were new.

    Args:
        application_id: The dossier.
        side: Who reads.
        at: Now.
    """
    unread = Message.objects.filter(application=application_id, read_at__isnull=True)
    return unread.exclude(side=side).update(read_at=at)


def _join(message: Message, upload: UploadedFile, *, by: User, at: datetime) -> None:
    """Keep one file of a message; a refusal says which one of them it is about."""
    try:
        store_upload(owner=message, kind="message", upload=upload, by=by, at=at)
    except Refusal as refusal:
        name = clean_file_name(upload.name or "")
        if name in refusal.sentence:
            raise
        raise Refusal(
            f"« {name} » : {refusal.sentence}", code=refusal.code, status=refusal.status
        ) from refusal


def _may_speak(author: User, application: Application, side: str) -> bool:
    if side == MessageSide.OFFICE:
        return author.access.is_desk
    return Application.objects.of_applicant(author).filter(pk=application.pk).exists()
