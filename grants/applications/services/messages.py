"""The thread between the applicant and the office on one dossier."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.text import clean_text
from foundation.notifications.rendering import absolute, render_mail
from foundation.notifications.services import queue_message
from foundation.parameters.selectors import value_on
from grants.applications.enums import MessageSide
from grants.applications.events import append_event
from grants.applications.models import Application, Message
from grants.applications.services.moves import lock_application
from partners.enums import Right


if TYPE_CHECKING:
    from accounts.models import User

MAX_LENGTH = 5000


@transaction.atomic
def send_message(
    *, application_id: int, side: str, author: User, text: str, at: datetime
) -> Message:
    """Write a message on a filed dossier and tell the other side by e-mail.

    Args:
        application_id: The dossier.
        side: Who speaks: ``MessageSide.APPLICANT`` or ``MessageSide.OFFICE``.
        author: A member of the body, or somebody of the office's desk.
        text: Plain text, 5 000 characters at most.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` (403), ``not_filed`` (409), ``empty`` or ``too_long`` (422).
    """
    application = lock_application(application_id)
    if not _may_speak(author, application, side):
        raise Refusal("Vous ne pouvez pas écrire sur ce dossier.", code="not_allowed", status=403)
    if application.is_draft:
        raise Refusal(
            "On s’écrit sur un dossier une fois qu’il est déposé.", code="not_filed", status=409
        )
    text = clean_text(text).strip()
    if not text:
        raise Refusal("Écrivez votre message avant de l’envoyer.", code="empty")
    if len(text) > MAX_LENGTH:
        raise Refusal(
            f"Le message a {len(text)} caractères ; {MAX_LENGTH} au plus.", code="too_long"
        )
    message = Message.objects.create(
        application=application, side=side, author=author, text=text, sent_at=at
    )
    append_event(
        application=application,
        kind="message_sent",
        actor=author,
        at=at,
        data={"message": message.pk, "side": side},
        visible_to_applicant=True,
    )
    _tell_other_side(application, message, at)
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


def _may_speak(author: User, application: Application, side: str) -> bool:
    if side == MessageSide.OFFICE:
        return author.access.is_desk
    return Application.objects.of_applicant(author).filter(pk=application.pk).exists()


def _tell_other_side(application: Application, message: Message, at: datetime) -> None:
    office = value_on("office.email", local_date(at))
    if message.side == MessageSide.OFFICE:
        addresses = _applicant_addresses(application)
        path = application.get_absolute_url()
    else:
        addresses = [application.sheet.contact_email or office]
        path = application.get_desk_url()
    context = {"application": application, "message": message, "url": absolute(path)}
    subject, text = render_mail(f"applications/email/message_from_{message.side}", context)
    for address in addresses:
        queue_message(
            key=f"message:{message.pk}:{address}",
            kind="message",
            to=address,
            subject=subject,
            text=text,
            at=at,
            related=application,
            reply_to=office if message.side == MessageSide.OFFICE else "",
        )


def _applicant_addresses(application: Application) -> list[str]:
    members = application.organisation.memberships.with_right(Right.EDIT)
    addresses = set(members.values_list("user__email", flat=True))
    return sorted(addresses or {application.created_by.email})
