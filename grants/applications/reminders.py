"""Reminders of the applicant's side: drafts left or closing soon, attestations, documents due.

Each offers only the step one has reached, so that a late run never sends two at once; the keys
hold the date, so that a new delay is reminded of anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.urls import reverse

from config.dates import local_date, morning_of
from foundation.notifications.reminders import STALE, Candidate, Reminder, register_reminder
from foundation.notifications.rendering import absolute
from foundation.parameters.selectors import values_on
from grants.applications.enums import ReviewState
from grants.applications.messages import attestation_context
from grants.applications.models import Application, ApplicationDocument
from grants.applications.recipients import (
    fetched_recipients,
    fetched_signatories,
    with_recipients,
    with_signatories,
)
from grants.applications.selectors import asked_documents
from grants.calls.models import ClosingExtension
from grants.calls.selectors import closing_for, is_open_for
from partners.enums import Right


EXAMINED = (
    ReviewState.SUBMITTED,
    ReviewState.CORRECTION_REQUESTED,
    ReviewState.UNDER_REVIEW,
    ReviewState.EVALUATED,
    ReviewState.PROPOSED,
)
TAKES_DOCUMENTS = EXAMINED[:3]


# --- Drafts ---------------------------------------------------------------------------------------
def closing_soon(at: datetime) -> Iterable[Candidate]:
    """Offer a first and a last reminder for each draft that can still be filed."""
    delays = values_on(
        ["reminder.first_days", "reminder.last_hours", "office.email"], local_date(at)
    )
    first = timedelta(days=int(delays["reminder.first_days"]))
    last = timedelta(hours=int(delays["reminder.last_hours"]))
    for draft, closing in _open_drafts(at):
        lead, name = (last, "48h") if at >= closing - last else (first, "j7")
        yield from _for_each(
            fetched_recipients(draft, Right.EDIT),
            key=f"draft-closing:{name}:{draft.uuid}:{closing:%Y%m%d}",
            due_at=closing - lead,
            template="draft_closing",
            context=_draft_context(draft, closing),
            reply_to=delays["office.email"],
        )


def left_as_it_is(at: datetime) -> Iterable[Candidate]:
    """Offer one reminder for each draft that nobody touched for a day, far from its closing."""
    delays = values_on(
        ["reminder.draft_days", "reminder.first_days", "office.email"], local_date(at)
    )
    pause = timedelta(days=int(delays["reminder.draft_days"]))
    first = timedelta(days=int(delays["reminder.first_days"]))
    for draft, closing in _open_drafts(at, touched_before=at - pause, touched_after=at - STALE * 2):
        if at >= closing - first:
            continue  # the reminders of the closing have begun
        yield from _for_each(
            [a for a in fetched_recipients(draft, Right.EDIT) if a == draft.created_by.email],
            key=f"draft-begun:{draft.uuid}",
            due_at=draft.updated_at + pause,
            template="draft_begun",
            context=_draft_context(draft, closing),
            reply_to=delays["office.email"],
        )


def _open_drafts(
    at: datetime,
    *,
    touched_before: datetime | None = None,
    touched_after: datetime | None = None,
) -> Iterable[tuple[Application, datetime]]:
    """Return the drafts that can still be filed, with the closing of their body."""
    now = at.replace(microsecond=0)  # the second of the closing is included
    extended = ClosingExtension.objects.filter(sheet=OuterRef("sheet"), until__gte=now)
    drafts = Application.objects.drafts().filter(
        Q(sheet__closes_at__gte=now) | Exists(extended), sheet__opens_at__lte=at
    )
    if touched_before is not None:
        drafts = drafts.filter(updated_at__range=(touched_after, touched_before))
    drafts = with_recipients(drafts).select_related("created_by").order_by("pk")
    drafts = drafts.prefetch_related(
        Prefetch("sheet__extensions", ClosingExtension.objects.order_by("pk"))
    )
    for draft in drafts.iterator(chunk_size=500):
        if is_open_for(draft.sheet, draft.organisation, at):
            yield draft, closing_for(draft.sheet, draft.organisation)


def _draft_context(draft: Application, closing: datetime) -> dict:
    return {
        "application": draft,
        "sheet": draft.sheet,
        "closing": closing,
        "url": absolute(draft.get_absolute_url()),
    }


# --- Attestations ---------------------------------------------------------------------------------
def attestations(at: datetime) -> Iterable[Candidate]:
    """Offer two reminders before the delay of an attestation ends, and one once it has.

    The first comes halfway through the usual delay, the second 48 hours before its end.
    """
    today = local_date(at)
    delays = values_on(["attestation.reminder_days", "reminder.last_hours", "office.email"], today)
    first = timedelta(days=int(delays["attestation.reminder_days"]))
    last = timedelta(hours=int(delays["reminder.last_hours"]))
    waiting = Application.objects.filter(
        review_state__in=EXAMINED,
        attested_at__isnull=True,
        attestation_due_on__range=(today - STALE, today + first + last),
    )
    for application in with_signatories(waiting, today).order_by("pk").iterator(chunk_size=500):
        due_on = application.attestation_due_on
        end = morning_of(due_on + timedelta(days=1))
        name, due_at = "j7", morning_of(due_on) - first
        if at >= end:
            name, due_at = "late", end
        elif at >= morning_of(due_on) - last:
            name, due_at = "48h", morning_of(due_on) - last
        yield from _for_each(
            fetched_signatories(application),
            key=f"attestation-due:{name}:{application.reference}:{due_on:%Y%m%d}",
            due_at=due_at,
            template="attestation_late" if name == "late" else "attestation_due",
            context=attestation_context(application),
            reply_to=delays["office.email"],
        )


# --- Documents ------------------------------------------------------------------------------------
def documents_due(at: datetime) -> Iterable[Candidate]:
    """Offer a reminder a week before the documents are due, and one on the last day."""
    today = local_date(at)
    delays = values_on(["documents.reminder_days", "office.email"], today)
    first = timedelta(days=int(delays["documents.reminder_days"]))
    waiting = Application.objects.filter(
        review_state__in=TAKES_DOCUMENTS, documents_due_on__range=(today, today + first)
    ).prefetch_related(
        Prefetch("documents", ApplicationDocument.objects.select_related("required")),
        "sheet__documents",
    )
    for application in with_recipients(waiting).order_by("pk").iterator(chunk_size=200):
        due_on = application.documents_due_on
        is_last = due_on == today
        labels = [one.required.label for one in asked_documents(application) if one.is_awaited]
        if not labels:
            continue
        yield from _for_each(
            fetched_recipients(application, Right.EDIT),
            key=f"documents-due:{'day' if is_last else 'j7'}:{application.reference}"
            f":{due_on:%Y%m%d}",
            due_at=morning_of(due_on) if is_last else morning_of(due_on - first),
            template="documents_due",
            context={
                "application": application,
                "labels": labels,
                "due_on": due_on,
                "is_last": is_last,
                "url": absolute(
                    reverse("applications:tab", args=[application.reference, "pieces"])
                ),
            },
            reply_to=delays["office.email"],
        )


def _for_each(
    addresses: list[str],
    *,
    key: str,
    due_at: datetime,
    template: str,
    context: dict,
    reply_to: str,
) -> Iterable[Candidate]:
    for address in addresses:
        yield Candidate(
            key=f"{key}:{address}",
            due_at=due_at,
            to=address,
            template=f"applications/email/{template}",
            context={**context, "account": address},
            related=context["application"],
            reply_to=reply_to,
        )


def register() -> None:
    """Declare the reminders of this app."""
    register_reminder(Reminder(kind="draft_begun", candidates=left_as_it_is))
    register_reminder(Reminder(kind="draft_closing", candidates=closing_soon))
    register_reminder(Reminder(kind="attestation_due", candidates=attestations))
    register_reminder(Reminder(kind="documents_due", candidates=documents_due))
