"""Relay the outbox, queue the reminders."""

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from foundation.notifications import reminders
from foundation.notifications.services import claim_next, send_claimed


TRANSIENT = {
    "autoretry_for": (OperationalError,),
    "retry_backoff": True,
    "retry_backoff_max": 60,
    "max_retries": 8,
}
BATCH = 200


@shared_task(**TRANSIENT)
def relay_outbox() -> int:
    """Send what is due, one message and one commit at a time; return how many left."""
    sent = 0
    for _ in range(BATCH):
        message = claim_next(timezone.now())
        if message is None:
            break
        sent += send_claimed(message, at=timezone.now())
    return sent


@shared_task(**TRANSIENT)
def queue_reminders() -> int:
    """Queue the reminders that are due and not sent yet; return how many."""
    return reminders.queue_due(at=timezone.now())
