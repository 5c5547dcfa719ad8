"""Reminders of the applicant's side: drafts whose sheet closes soon."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Prefetch

from config.dates import local_date
from foundation.notifications.reminders import Candidate, Reminder, register_reminder
from foundation.notifications.rendering import absolute
from foundation.parameters.selectors import values_on
from grants.applications.models import Application
from grants.calls.models import ClosingExtension
from grants.calls.selectors import closing_for
from partners.enums import Right
from partners.models import Membership


def closing_soon(at: datetime) -> Iterable[Candidate]:
    """Offer a first and a last reminder for each draft that can still be filed."""
    delays = values_on(["reminder.first_days", "reminder.last_hours"], local_date(at))
    first = timedelta(days=int(delays["reminder.first_days"]))
    last = timedelta(hours=int(delays["reminder.last_hours"]))
    drafts = (
        Application.objects.drafts()
        .filter(sheet__state="published", sheet__opens_at__lte=at)
        .select_related("sheet__campaign", "organisation", "created_by")
        .prefetch_related(
            Prefetch("sheet__extensions", ClosingExtension.objects.order_by("pk")),
            Prefetch(
                "organisation__memberships",
                Membership.objects.with_right(Right.EDIT).select_related("user"),
                to_attr="editors",
            ),
        )
        .order_by("pk")
    )
    for draft in drafts.iterator(chunk_size=500):
        closing = closing_for(draft.sheet, draft.organisation)
        if closing <= at:
            continue
        addresses = {member.user.email for member in draft.organisation.editors}
        addresses.add(draft.created_by.email)
        lead, name = (last, "48h") if at >= closing - last else (first, "j7")
        for address in sorted(addresses):
            yield Candidate(
                key=f"draft-closing:{name}:{draft.uuid}:{closing:%Y%m%d}:{address}",
                due_at=closing - lead,
                to=address,
                template="applications/email/draft_closing",
                context={
                    "application": draft,
                    "sheet": draft.sheet,
                    "closing": closing,
                    "url": absolute(draft.get_absolute_url()),
                },
                related=draft,
            )


def register() -> None:
    """Declare the reminders of this app."""
    register_reminder(Reminder(kind="draft_closing", candidates=closing_soon))
