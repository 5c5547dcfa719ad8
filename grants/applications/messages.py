"""The e-mails of the dossier, queued in the transaction of what they tell."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta

from config.dates import local_date
from foundation.notifications.rendering import absolute, render_mail
from foundation.notifications.services import queue_message
from foundation.parameters.selectors import values_on
from grants.applications.checks import missing_document_labels
from grants.applications.enums import Channel
from partners.enums import Right


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application

LEGAL_KEYS = [
    "office.name",
    "office.direction",
    "office.address",
    "office.email",
    "office.phone",
    "department.name",
    "court.name",
    "court.address",
    "court.url",
    "silence.months",
    "appeal.months",
    "dpo.email",
]


def receipt_context(application: Application, *, at: datetime) -> dict:
    """Return what a receipt must say (CRPA L112-11, R112-11-1; paper: L112-3, R112-5)."""
    day = application.received_on or local_date(at)
    legal = {key.replace(".", "_"): value for key, value in values_on(LEGAL_KEYS, day).items()}
    months = int(legal["silence_months"])
    return {
        "application": application,
        "organisation": application.organisation,
        "sheet": application.sheet,
        "filed_at": application.submitted_at,
        "received_on": day,
        "silence_on": day + relativedelta(months=months),
        "missing_documents": missing_document_labels(application),
        "legal": legal,
        "office": "\n".join(_office_lines(legal)),
        "court": legal["court_name"][:1].lower() + legal["court_name"][1:],
        "court_address": ", ".join(legal["court_address"].splitlines()),
        "url": absolute(application.get_absolute_url()),
    }


def _office_lines(legal: dict[str, str]) -> list[str]:
    """Return who answers for the dossier and where; the address may repeat the names."""
    names = [legal[key] for key in ("department_name", "office_direction", "office_name")]
    return list(dict.fromkeys([*names, *legal["office_address"].splitlines()]))


def queue_receipt(application: Application, *, at: datetime) -> None:
    """Send the receipt to who filed, and to the body's signatories.

    A request that came on paper was typed in by an officer, who asks nothing: only its members
    get it; a body without an account gets the PDF by post.
    """
    subject, text = render_mail("applications/email/receipt", receipt_context(application, at=at))
    filer = None if application.channel == Channel.PAPER else application.submitted_by
    for address in _addresses(application, filer):
        queue_message(
            key=f"receipt:{application.reference}:{address}",
            kind="receipt",
            to=address,
            subject=subject,
            text=text,
            at=at,
            related=application,
            reply_to=values_on(["office.email"], local_date(at))["office.email"],
        )


def queue_attestation_request(application: Application, *, at: datetime) -> None:
    """Ask the body's signatories to attest what a colleague filed."""
    context = {
        "application": application,
        "url": absolute(application.get_absolute_url()),
        "due_on": application.attestation_due_on,
    }
    subject, text = render_mail("applications/email/attestation", context)
    signatories = application.organisation.memberships.with_right(Right.SIGN)
    for address in signatories.values_list("user__email", flat=True):
        queue_message(
            key=f"attestation:{application.reference}:{address}",
            kind="attestation_request",
            to=address,
            subject=subject,
            text=text,
            at=at,
            related=application,
        )


def queue_withdrawal(application: Application, *, at: datetime) -> None:
    """Confirm a withdrawal to the people of the body who edit."""
    context = {"application": application, "url": absolute(application.get_absolute_url())}
    subject, text = render_mail("applications/email/withdrawal", context)
    for address in _addresses(application, None):
        queue_message(
            key=f"withdrawal:{application.reference}:{address}",
            kind="withdrawal",
            to=address,
            subject=subject,
            text=text,
            at=at,
            related=application,
        )


def _addresses(application: Application, person: User | None) -> list[str]:
    """Return the addresses of a person and of the body's editors and signatories, each once."""
    members = application.organisation.memberships.active().filter(
        rights__overlap=[Right.EDIT, Right.SIGN]
    )
    addresses = set(members.values_list("user__email", flat=True))
    if person is not None:
        addresses.add(person.email)
    return sorted(addresses)
