"""The e-mails about a body's bank details, its documents, and doubles joined."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.urls import reverse

from config.dates import local_date
from foundation.notifications.rendering import absolute, render_mail
from foundation.notifications.services import queue_message
from foundation.parameters.selectors import value_on
from partners.bank_numbers import mask_iban
from partners.enums import Right
from partners.models import BankDetails, Membership, Organisation, OrganisationDocument


def queue_document_refused(document: OrganisationDocument, *, at: datetime) -> None:
    """Tell the body's managers that a document is refused, and why."""
    page = reverse("partners:documents", args=[document.organisation_id])
    _queue(
        "document_refused",
        document,
        _addresses(document.organisation, Right.MANAGE),
        {"document": document, "page_url": absolute(page)},
        at=at,
    )


def queue_bank_refused(details: BankDetails, *, at: datetime) -> None:
    """Tell the body's managers that its bank details are refused, and why."""
    page = reverse("partners:bank", args=[details.organisation_id])
    _queue(
        "bank_refused",
        details,
        _addresses(details.organisation, Right.MANAGE),
        {"details": details, "masked": mask_iban(details.iban), "page_url": absolute(page)},
        at=at,
    )


def queue_bank_changed(details: BankDetails, *, former: BankDetails, at: datetime) -> None:
    """Warn the others who manage the body or sign for it that it would be paid elsewhere."""
    page = reverse("partners:bank", args=[details.organisation_id])
    addresses = _addresses(details.organisation, Right.MANAGE, Right.SIGN)
    _queue(
        "bank_changed",
        details,
        [address for address in addresses if address != details.given_by.email],
        {
            "details": details,
            "masked": mask_iban(details.iban),
            "former": mask_iban(former.iban),
            "page_url": absolute(page),
        },
        at=at,
    )


def queue_merged(
    source: Organisation, target: Organisation, newcomers: Sequence[Membership], *, at: datetime
) -> None:
    """Tell the members of both bodies that they are one now; called once they are together.

    Args:
        source: The double.
        target: The body kept.
        newcomers: Members of the double whose rights to manage and to attest were kept.
        at: Now.
    """
    page = reverse("partners:organisation_detail", args=[target.pk])
    members = target.memberships.active().values_list("user__email", flat=True)
    _queue(
        "organisation_merged",
        target,
        sorted(members),
        {
            "organisation": target,
            "source": source.legal_name,
            "target": target.legal_name,
            "newcomers": newcomers,
            "page_url": absolute(page),
        },
        at=at,
    )


def _addresses(organisation: Organisation, *rights: Right) -> list[str]:
    members = organisation.memberships.active().filter(rights__overlap=[str(r) for r in rights])
    return sorted(members.values_list("user__email", flat=True))


def _queue(
    name: str, related: Model, addresses: list[str], context: dict[str, Any], *, at: datetime
) -> None:
    subject, text = render_mail(
        f"partners/email/{name}",
        context if "organisation" in context else {"organisation": related.organisation, **context},
    )
    for address in addresses:
        queue_message(
            key=f"partners.{name}.{related.pk}.{at:%Y%m%d%H%M%S}.{address}",
            kind=name.replace("_", "-"),
            to=address,
            subject=subject,
            text=text,
            at=at,
            related=related,
            reply_to=value_on("office.email", local_date(at)),
        )
