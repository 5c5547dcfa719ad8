"""Reminders of a body: documents that stop being valid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Prefetch
from django.urls import reverse

from config.dates import local_date, morning_of
from foundation.notifications.reminders import Candidate, Reminder, register_reminder
from foundation.notifications.rendering import absolute
from foundation.parameters.selectors import days_on, value_on
from partners.enums import DocumentState, Right
from partners.hub import NOTICE_DAYS
from partners.models import Membership, OrganisationDocument


def expiring_documents(at: datetime) -> Iterable[Candidate]:
    """Offer one reminder to each manager for a document that soon stops being valid.

    It stops by itself: a document replaced, taken away or refused is offered no more.
    """
    today = local_date(at)
    office = value_on("office.email", today)
    notice = timedelta(days=days_on(NOTICE_DAYS, today))
    documents = (
        OrganisationDocument.objects.filter(
            ended_at__isnull=True,
            organisation__merged_into__isnull=True,
            valid_until__range=(today, today + notice),
        )
        .exclude(state=DocumentState.REFUSED)
        .select_related("organisation")
        .prefetch_related(
            Prefetch(
                "organisation__memberships",
                Membership.objects.with_right(Right.MANAGE).select_related("user"),
                to_attr="managers",
            )
        )
        .order_by("pk")
    )
    for document in documents.iterator(chunk_size=500):
        first_day = document.valid_until - notice
        for manager in document.organisation.managers:
            address = manager.user.email
            yield Candidate(
                key=f"document-expiring:{document.pk}:{document.valid_until:%Y%m%d}:{address}",
                due_at=max(morning_of(first_day), document.added_at),
                to=address,
                template="partners/email/document_expiring",
                context={
                    "document": document,
                    "organisation": document.organisation,
                    "page_url": absolute(
                        reverse("partners:documents", args=[document.organisation_id])
                    ),
                },
                related=document,
                reply_to=office,
            )


def register() -> None:
    """Declare the reminders of this app."""
    register_reminder(Reminder(kind="document-expiring", candidates=expiring_documents))
