"""Queue messages in the business transaction, and send them one by one under a lease."""

from __future__ import annotations

import hashlib
import logging
import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NotRequired, TypedDict, Unpack

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from kombu.exceptions import OperationalError

from config.errors import Refusal
from config.text import one_line
from foundation.documents.models import StoredFile
from foundation.notifications.models import OutboxMessage, OutboxState
from foundation.notifications.rendering import render_mail


logger = logging.getLogger(__name__)


class MailFields(TypedDict):
    """What :func:`queue_message` takes beside the words."""

    key: str
    kind: str
    to: str
    at: datetime
    related: NotRequired[Any]
    reply_to: NotRequired[str]
    attachments: NotRequired[Iterable[StoredFile]]
    due_at: NotRequired[datetime | None]


LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 8
RELAY_TASK = "foundation.notifications.tasks.relay_outbox"


def queue_message(
    *,
    key: str,
    kind: str,
    to: str,
    subject: str,
    text: str,
    at: datetime,
    related: Any = None,
    reply_to: str = "",
    attachments: Iterable[StoredFile] = (),
    due_at: datetime | None = None,
) -> OutboxMessage | None:
    """Write an e-mail to send, in the caller's transaction.

    Args:
        key: Unique name of the message: the same act never queues two.
        kind: Stable word for the registry and the lists.
        to: Address of one person.
        subject: One line; line breaks and bidirectional controls are removed.
        text: Plain text.
        at: Now.
        related: The row it is about.
        reply_to: Where an answer goes.
        attachments: Stored files to join.
        due_at: Not before this instant; now by default.

    Returns:
        The row, or ``None`` when a message of this key is already there.
    """
    message, created = OutboxMessage.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "to": to,
            "subject": one_line(subject)[:250],
            "text": text,
            "related": related,
            "reply_to": reply_to,
            "due_at": due_at or at,
            "created_at": at,
        },
    )
    if not created:
        return None
    message.attachments.set(attachments)
    transaction.on_commit(_poke_relay)
    return message


def queue_template(
    template: str, context: dict[str, Any], **fields: Unpack[MailFields]
) -> OutboxMessage | None:
    """Write an e-mail from its two text templates, in the caller's transaction.

    Args:
        template: As in :func:`foundation.notifications.rendering.render_mail`.
        context: Values for it.
        fields: The others of :func:`queue_message`.

    Returns:
        As :func:`queue_message`.
    """
    subject, text = render_mail(template, context)
    return queue_message(subject=subject, text=text, **fields)


def _poke_relay() -> None:
    """Ask a worker to look at once; the beat's sweep comes anyway when the broker is away."""
    try:
        current_app.send_task(RELAY_TASK, queue="mail", retry=False)
    except OperationalError:
        logger.warning("broker away: the outbox waits for the next sweep")


def claim_next(at: datetime) -> OutboxMessage | None:
    """Lease one message that is due, so that no other relay takes it for a minute."""
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(state=OutboxState.PENDING, due_at__lte=at)
            .filter(Q(lease_until__isnull=True) | Q(lease_until__lt=at))
            .order_by("due_at", "pk")
            .first()
        )
        if message is None:
            return None
        message.lease_until = at + LEASE
        message.attempts += 1
        message.save(update_fields=["lease_until", "attempts"])
    return message


def message_id(message: OutboxMessage) -> str:
    """Return the Message-ID: derived from the key, the same for every attempt."""
    digest = hashlib.sha256(message.key.encode()).hexdigest()[:32]
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "maillage.example"
    return f"<{digest}@{domain}>"


def send_claimed(message: OutboxMessage, *, at: datetime) -> bool:
    """Send one leased message and write what became of it.

    Returns:
        Whether it left. A failure is kept with its reason and tried again, later each time
        (1, 2, 4… minutes); after eight tries it is marked as failed.
    """
    mail = EmailMessage(
        subject=message.subject,
        body=message.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.to],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={"Message-ID": message_id(message), "Auto-Submitted": "auto-generated"},
    )
    try:
        for stored in message.attachments.all():
            with stored.file.open("rb") as content:
                mail.attach(stored.original_name, content.read(), stored.media_type)
        mail.send(fail_silently=False)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        _keep_failure(message, error, at=at)
        return False
    OutboxMessage.objects.filter(pk=message.pk).update(
        state=OutboxState.SENT, sent_at=at, lease_until=None, error=""
    )
    return True


def _keep_failure(message: OutboxMessage, error: Exception, *, at: datetime) -> None:
    given_up = message.attempts >= MAX_ATTEMPTS
    OutboxMessage.objects.filter(pk=message.pk).update(
        state=OutboxState.FAILED if given_up else OutboxState.PENDING,
        error=f"{type(error).__name__}: {error}"[:1000],
        due_at=at + timedelta(minutes=2 ** (message.attempts - 1)),
        lease_until=None,
    )
    logger.warning("message not sent", extra={"outbox_id": message.pk})


@transaction.atomic
def retry_message(*, message_id: int, at: datetime) -> OutboxMessage:
    """Put a failed message back in the queue.

    Raises:
        Refusal: ``wrong_state`` (409) unless it failed.
    """
    message = OutboxMessage.objects.select_for_update(no_key=True).get(pk=message_id)
    if message.state != OutboxState.FAILED:
        raise Refusal("Seul un message en échec se renvoie.", code="wrong_state", status=409)
    message.state = OutboxState.PENDING
    message.attempts = 0
    message.due_at = at
    message.save(update_fields=["state", "attempts", "due_at"])
    transaction.on_commit(_poke_relay)
    return message
