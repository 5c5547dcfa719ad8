"""Make the letters, in a worker."""

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from grants.letters.services import due_letters, generate_letter


BATCH = 100
TRANSIENT = {
    "autoretry_for": (OperationalError,),
    "retry_backoff": True,
    "retry_backoff_max": 60,
    "max_retries": 8,
}


@shared_task(**TRANSIENT)
def generate_letter_task(letter_id: int) -> bool:
    """Make one letter."""
    return generate_letter(letter_id=letter_id, at=timezone.now())


@shared_task(**TRANSIENT)
def sweep_letters() -> int:
    """Make the letters that no worker holds: forgotten by a killed one, or to try again."""
    due = due_letters(timezone.now()).values_list("pk", flat=True)
    return sum(generate_letter(letter_id=pk, at=timezone.now()) for pk in due[:BATCH])
