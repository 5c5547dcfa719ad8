"""The reminder engine: apps declare who should be reminded of what, the engine sends each once.

A reminder is due when its instant has come and its key has no message yet (never by equality of
dates). Providers only offer what still has a reason, so that a reminder stops by itself; an
instant older than ``STALE`` is left alone, so that imported history never storms.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from foundation.notifications.models import OutboxMessage
from foundation.notifications.services import queue_template


logger = logging.getLogger(__name__)

STALE = timedelta(days=7)


@dataclass(frozen=True)
class Candidate:
    """A person to remind, and when.

    Attributes:
        key: Unique name of this reminder for this person and this deadline.
        due_at: When it should leave.
        to: Address.
        template: Name of the mail (``<app>/email/<name>``).
        context: Values for it.
        related: The row it is about.
        reply_to: Where an answer goes.
        prepare: What is done in the transaction that queues it, at that instant; returns values
            that replace those of ``context``. Never called by the dry run.
    """

    key: str
    due_at: datetime
    to: str
    template: str
    context: dict[str, Any]
    related: Any = None
    reply_to: str = ""
    prepare: Callable[[datetime], dict[str, Any]] | None = None


@dataclass(frozen=True)
class Reminder:
    """A kind of reminder and the function that finds its candidates at an instant."""

    kind: str
    candidates: Callable[[datetime], Iterable[Candidate]]


_reminders: dict[str, Reminder] = {}


def register_reminder(reminder: Reminder) -> None:
    """Add a kind of reminder; a second registration of the same kind replaces the first."""
    _reminders[reminder.kind] = reminder


def due_candidates(at: datetime) -> list[tuple[str, Candidate]]:
    """Return what would leave now (the dry run): kind and candidate, without those sent."""
    offered = [
        (reminder.kind, candidate)
        for reminder in _reminders.values()
        for candidate in _offered_by(reminder, at)
        if at - STALE <= candidate.due_at <= at
    ]
    keys = {candidate.key for _, candidate in offered}
    sent = set(OutboxMessage.objects.filter(key__in=keys).values_list("key", flat=True))
    return [(kind, candidate) for kind, candidate in offered if candidate.key not in sent]


def _offered_by(reminder: Reminder, at: datetime) -> list[Candidate]:
    """Return what a kind offers; whatever is wrong with one kind, the others go on."""
    try:
        with transaction.atomic():
            return list(reminder.candidates(at))
    except Exception:
        logger.exception("reminders of kind %s not read", reminder.kind)
        return []


def queue_due(*, at: datetime) -> int:
    """Queue every reminder that is due and return how many were new."""
    queued = 0
    for kind, candidate in due_candidates(at):
        try:
            queued += _queue_one(kind, candidate, at)
        except Exception:
            # Whatever is wrong with one reminder, the others leave; it is tried at the next turn.
            logger.exception("reminder %s not queued", kind)
    return queued


def _queue_one(kind: str, candidate: Candidate, at: datetime) -> bool:
    with transaction.atomic():
        values = candidate.prepare(at) if candidate.prepare is not None else {}
        message = queue_template(
            candidate.template,
            candidate.context | values,
            key=candidate.key,
            kind=kind,
            to=candidate.to,
            at=at,
            related=candidate.related,
            reply_to=candidate.reply_to,
        )
    return message is not None
