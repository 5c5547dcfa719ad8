"""The e-mails of the dossier, queued in the transaction of what they tell.

Each names the account it is for, so that a person with several addresses knows which one opens the
link, and bears the office's address for an answer. ``mail_kinds.py`` tells what is sent when.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta
from django.urls import reverse

from config.dates import local_date
from foundation.notifications.rendering import absolute, render_mail
from foundation.notifications.services import queue_template
from foundation.parameters.selectors import value_on, values_on
from grants.applications import recipients
from grants.applications.checks import missing_document_labels
from grants.applications.enums import Channel, MessageSide
from grants.applications.models import Application
from grants.calls import hooks as calls_hooks
from partners.enums import Right


if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from grants.applications.models import ApplicationDocument, Message
    from grants.calls.models import ClosingExtension

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


def queue_mail(
    application: Application,
    *,
    key: str,
    kind: str,
    template: str,
    to: Iterable[str],
    context: dict[str, Any],
    at: datetime,
) -> None:
    """Write one mail of a dossier to each of these accounts of the applicant's side.

    Args:
        application: The dossier; its address is given as ``url`` unless the context has another.
        key: Unique name of the act; the address is added to it.
        kind: As in ``mail_kinds.py``.
        template: Name under ``applications/email/``.
        to: Addresses of accounts.
        context: Values for the texts.
        at: Now.
    """
    office = value_on("office.email", local_date(at))
    values = {
        "application": application,
        "url": absolute(application.get_absolute_url()),
        **context,
    }
    for address in to:
        queue_template(
            f"applications/email/{template}",
            {**values, "account": address},
            key=f"{key}:{address}",
            kind=kind,
            to=address,
            at=at,
            related=application,
            reply_to=office,
        )


# --- Filing and attesting -------------------------------------------------------------------------
def queue_receipt(application: Application, *, at: datetime) -> None:
    """Send the receipt to who filed, and to the body's signatories.

    A request that came on paper was typed in by an officer, who asks nothing: only its members
    get it; a body without an account gets the PDF by post.
    """
    filer = None if application.channel == Channel.PAPER else application.submitted_by
    queue_mail(
        application,
        key=f"receipt:{application.reference}",
        kind="receipt",
        template="receipt",
        to=sorted({*recipients.members(application), *([filer.email] if filer else [])}),
        context=receipt_context(application, at=at),
        at=at,
    )


def queue_attestation_request(application: Application, *, at: datetime) -> None:
    """Ask the body's signatories to attest what a colleague filed.

    A body where nobody may sign yet hears of it too: its editors are told what to do.
    """
    signatories = recipients.signatories(application, local_date(at))
    queue_mail(
        application,
        key=f"attestation:{application.reference}",
        kind="attestation_request",
        template="attestation" if signatories else "attestation_nobody",
        to=signatories or recipients.editors(application),
        context=attestation_context(application),
        at=at,
    )


def attestation_context(application: Application) -> dict[str, Any]:
    """Return what the mails about an attestation say: where to attest, until when."""
    return {
        "application": application,
        "url": absolute(reverse("applications:attest", args=[application.reference])),
        "due_on": application.attestation_due_on,
    }


def queue_attested(application: Application, *, at: datetime) -> None:
    """Tell the editors that a signatory attested."""
    signatory = application.attested_by
    queue_mail(
        application,
        key=f"attested:{application.reference}",
        kind="attested",
        template="attested",
        to=[a for a in recipients.editors(application) if a != signatory.email],
        context={"signatory": signatory},
        at=at,
    )


# --- Documents ------------------------------------------------------------------------------------
def queue_document_refused(
    application: Application, document: ApplicationDocument, *, at: datetime
) -> None:
    """Ask again for a document that the office refused; its reason is read on the page."""
    queue_mail(
        application,
        key=f"document-refused:{document.pk}:{at.isoformat()}",
        kind="document_refused",
        template="document_refused",
        to=recipients.editors(application),
        context={
            "document": document,
            "due_on": application.documents_due_on,
            "url": absolute(reverse("applications:tab", args=[application.reference, "pieces"])),
        },
        at=at,
    )


# --- Thread ---------------------------------------------------------------------------------------
def queue_message_notice(application: Application, message: Message, *, at: datetime) -> None:
    """Tell the other side that a message waits; its words stay on the portal."""
    if message.side == MessageSide.OFFICE:
        queue_mail(
            application,
            key=f"message:{message.pk}",
            kind="message",
            template="message_from_office",
            to=recipients.editors(application) or recipients.members(application),
            context={
                "url": absolute(
                    reverse("applications:tab", args=[application.reference, "echanges"])
                )
            },
            at=at,
        )
        return
    url = absolute(reverse("review:tab", args=[application.reference, "echanges"]))
    for to in recipients.office_of(application, local_date(at)):
        queue_template(
            "applications/email/message_from_applicant",
            {"application": application, "url": url},
            key=f"message:{message.pk}:{to}",
            kind="message",
            to=to,
            at=at,
            related=application,
            reply_to=message.author.email,
        )


# --- Ends -----------------------------------------------------------------------------------------
def queue_withdrawal(application: Application, *, at: datetime) -> None:
    """Confirm a withdrawal to the people of the body who edit or sign."""
    queue_mail(
        application,
        key=f"withdrawal:{application.reference}",
        kind="withdrawal",
        template="withdrawal",
        to=recipients.members(application),
        context={},
        at=at,
    )


def queue_closing(application: Application, *, at: datetime) -> None:
    """Tell the body that its request is closed without action, and why it may be."""
    queue_mail(
        application,
        key=f"closing:{application.reference}:{at.isoformat()}",
        kind="closing",
        template="closing",
        to=recipients.members(application),
        context={},
        at=at,
    )


def preview_closing(application: Application) -> tuple[str, str]:
    """Return the subject and the text of the mail that closing a dossier would send."""
    account = next(iter(recipients.members(application)), "adresse@exemple.fr")
    url = absolute(application.get_absolute_url())
    context = {"application": application, "url": url, "account": account}
    return render_mail("applications/email/closing", context)


# --- More time ------------------------------------------------------------------------------------
def queue_extension(*, extension: ClosingExtension, at: datetime) -> None:
    """Tell those who have a draft on a sheet that they have more time to file it.

    A body that got the extension for itself is told even if it has not begun.
    """
    drafts = Application.objects.drafts().filter(sheet__code=extension.sheet.code)
    drafts = drafts.filter(sheet__campaign=extension.sheet.campaign_id)
    if extension.organisation_id:
        drafts = drafts.filter(organisation=extension.organisation_id)
    if extension.organisation_id and not drafts.exists():
        _tell_body(extension, at=at)
    for draft in recipients.with_recipients(drafts).order_by("pk"):
        queue_mail(
            draft,
            key=f"extension:{extension.pk}:{draft.uuid}",
            kind="extension",
            template="extension",
            to=recipients.fetched_recipients(draft, Right.EDIT),
            context={
                "sheet": draft.sheet,
                "until": extension.until,
                "is_own": extension.organisation_id is not None,
            },
            at=at,
        )


def _tell_body(extension: ClosingExtension, *, at: datetime) -> None:
    sheet = extension.sheet
    address_of_sheet = [sheet.campaign.fiscal_year, sheet.code]
    editors = extension.organisation.memberships.with_right(Right.EDIT)
    for address in sorted(set(editors.values_list("user__email", flat=True))):
        queue_template(
            "applications/email/extension_start",
            {
                "organisation": extension.organisation,
                "sheet": sheet,
                "until": extension.until,
                "url": absolute(reverse("applications:start", args=address_of_sheet)),
                "account": address,
            },
            key=f"extension:{extension.pk}:{address}",
            kind="extension",
            to=address,
            at=at,
            related=sheet,
            reply_to=value_on("office.email", local_date(at)),
        )


def register() -> None:
    """Be told when a closing is extended."""
    if queue_extension not in calls_hooks.after_extended:
        calls_hooks.after_extended.append(queue_extension)
