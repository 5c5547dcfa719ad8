"""Reminders of correction requests: before their date, then to the office once it is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.urls import reverse

from config.dates import local_date, morning_of
from foundation.notifications.reminders import Candidate, Reminder, register_reminder
from foundation.notifications.rendering import absolute
from foundation.parameters.selectors import values_on
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.models import Application, CorrectionRequest
from grants.applications.recipients import fetched_recipients, office_addresses, with_recipients
from partners.enums import Right


def due_soon(at: datetime) -> Iterable[Candidate]:
    """Offer a first and a last reminder to the editors of each body that has yet to send.

    The key bears the date: a prolonged delay is reminded of anew. A request made closer to its
    date than a reminder's lead does not get that reminder.
    """
    today = local_date(at)
    delays = values_on(["reminder.first_days", "reminder.last_hours", "office.email"], today)
    first = int(delays["reminder.first_days"])
    last = -(-int(delays["reminder.last_hours"]) // 24)
    for correction in _open(at):
        left = (correction.due_on - today).days
        if left < 0:
            continue
        days, name = (last, "48h") if left <= last else (first, "j7")
        due_at = morning_of(correction.due_on - timedelta(days=days))
        if due_at <= correction.asked_at:
            continue
        application = correction.application
        for address in fetched_recipients(application, Right.EDIT, Right.SIGN):
            yield Candidate(
                key=f"correction-due:{name}:{correction.pk}:{correction.due_on}:{address}",
                due_at=due_at,
                to=address,
                template="applications/email/correction_due",
                context={
                    "application": application,
                    "correction": correction,
                    "has_begun": bool(correction.saved_sections),
                    "url": absolute(
                        reverse("applications:correction", args=[application.reference])
                    ),
                    "account": address,
                },
                related=application,
                reply_to=delays["office.email"],
            )


def lapsed(at: datetime) -> Iterable[Candidate]:
    """Tell who instructs, the morning after the last day, that no answer came."""
    today = local_date(at)
    late = [one for one in _open(at) if one.due_on < today]
    addresses = office_addresses([one.application for one in late], today)
    for correction in late:
        application = correction.application
        url = absolute(reverse("review:tab", args=[application.reference, "complements"]))
        key = f"correction-lapsed:{correction.pk}:{correction.due_on}"
        for rank, to in enumerate(addresses[application.pk]):
            yield Candidate(
                key=f"{key}:{to}" if rank else key,
                due_at=morning_of(correction.due_on + timedelta(days=1)),
                to=to,
                template="applications/email/correction_lapsed",
                context={"application": application, "correction": correction, "url": url},
                related=application,
            )


def _open(at: datetime) -> list[CorrectionRequest]:
    """Return the requests that wait for their answer, with their dossier and its people."""
    waiting = CorrectionRequest.objects.filter(
        state=CorrectionState.OPEN, application__review_state=ReviewState.CORRECTION_REQUESTED
    ).order_by("pk")
    found = list(waiting)
    dossiers = with_recipients(
        Application.objects.filter(pk__in=[one.application_id for one in found])
    ).in_bulk()
    for one in found:
        one.application = dossiers[one.application_id]
    return found


def register() -> None:
    """Declare these reminders."""
    register_reminder(Reminder(kind="correction_due", candidates=due_soon))
    register_reminder(Reminder(kind="correction_lapsed", candidates=lapsed))
