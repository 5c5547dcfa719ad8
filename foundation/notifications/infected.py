"""Tell who sent a file that the antivirus refused it."""

from __future__ import annotations

from datetime import datetime

from foundation.documents import hooks
from foundation.documents.models import StoredFile
from foundation.notifications.rendering import absolute, render_mail
from foundation.notifications.services import queue_message


def register() -> None:
    if tell_sender not in hooks.on_infected:
        hooks.on_infected.append(tell_sender)


def tell_sender(*, stored: StoredFile, at: datetime) -> None:
    """Queue a mail to whoever sent the file, once."""
    if stored.uploaded_by is None:
        return
    context = {"stored": stored, "url": absolute("/a-faire/")}
    subject, text = render_mail("notifications/email/infected", context)
    queue_message(
        key=f"infected:{stored.pk}",
        kind="infected",
        to=stored.uploaded_by.email,
        subject=subject,
        text=text,
        at=at,
    )
