"""Reminders of opinions: some days before their date, then on the day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from config.dates import local_date, morning_of
from foundation.notifications.reminders import Candidate, Reminder, register_reminder
from foundation.parameters.selectors import days_on
from grants.review.models import OpinionRequest, OpinionSource, OpinionState
from grants.review.opinion_links import link_of, renew_dead_link
from grants.review.opinion_messages import address_of, mail_context, office_on
from grants.review.opinion_tasks import awaited


KIND = "opinion_due"


def due_soon(at: datetime) -> Iterable[Candidate]:
    """Offer a first reminder some days before the date of an opinion, another on the day.

    The key bears the date: more time is reminded of anew. What was asked after the instant of a
    reminder does not get it, nor what was given, taken back or decided meanwhile.
    """
    today = local_date(at)
    office = office_on(today)
    days = days_on("opinion.reminder_days", today)
    for asked in awaited().filter(due_on__gte=today, due_on__lte=today + timedelta(days=days)):
        is_last = asked.due_on == today
        due_at = morning_of(asked.due_on - timedelta(days=0 if is_last else days))
        if due_at <= asked.asked_at or _reminded_that_day(asked.reminded_at, at):
            continue
        yield Candidate(
            key=f"opinion-due:{'day' if is_last else 'before'}:{asked.pk}:{asked.due_on}",
            due_at=due_at,
            to=address_of(asked),
            template="opinions/email/opinion_due",
            context=mail_context(asked, office) | {"today": today},
            related=asked.application,
            reply_to=office["email"],
            prepare=partial(_with_live_link, asked.pk)
            if asked.source == OpinionSource.EXPERT
            else None,
        )


def _with_live_link(request_id: int, at: datetime) -> dict[str, str]:
    """Return the link to put in a reminder: another one when theirs opens nothing any more."""
    asked = OpinionRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=request_id)
    if asked.state == OpinionState.ASKED and renew_dead_link(asked, at=at):
        asked.save(update_fields=["token_expires_at", "token_digest", "token_used_at"])
    return {"url": link_of(asked)}


def _reminded_that_day(reminded_at: datetime | None, at: datetime) -> bool:
    """Tell whether somebody of the office reminded of it by hand the same day."""
    return reminded_at is not None and local_date(reminded_at) == local_date(at)


def register() -> None:
    """Declare these reminders."""
    register_reminder(Reminder(kind=KIND, candidates=due_soon))
