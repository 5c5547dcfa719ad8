"""The e-mails of opinions: to the coordinator or the expert who is asked, in plain text.

A coordinator's leads to a page that asks for their account; an expert's bears their link.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from config.dates import local_date
from foundation.notifications.rendering import absolute
from foundation.notifications.services import queue_template
from foundation.parameters.selectors import values_on
from grants.review.models import OpinionSource
from grants.review.opinion_links import link_of


if TYPE_CHECKING:
    from datetime import date

    from grants.review.models import Opinion, OpinionRequest

_OFFICE = ["office.name", "office.email", "department.name"]


def office_on(day: date) -> dict[str, str]:
    """Return the office's name, e-mail address and département, as the mails tell them."""
    values = values_on(_OFFICE, day)
    return {
        "name": values["office.name"],
        "email": values["office.email"],
        "department": values["department.name"],
    }


def address_of(asked: OpinionRequest) -> str:
    """Return where the mails of a request go."""
    return asked.person.email if asked.person_id else asked.expert_email


def mail_context(asked: OpinionRequest, office: dict[str, str]) -> dict[str, Any]:
    """Return what every mail of a request says."""
    is_expert = asked.source == OpinionSource.EXPERT
    application = asked.application
    return {
        "asked": asked,
        "application": application,
        "office": office,
        "is_expert": is_expert,
        "list_url": absolute(reverse("review:my_opinions")),
        "url": link_of(asked)
        if is_expert
        else absolute(reverse("review:my_opinion", args=[application.reference])),
        "account": address_of(asked),
    }


def queue_asked(asked: OpinionRequest, *, at: datetime) -> None:
    """Ask: why, on what, until when, where, with how many documents."""
    pieces = asked.shared_documents.count()
    _queue(asked, "opinion_asked", suffix="", at=at, context={"pieces": pieces})


def queue_reminder(asked: OpinionRequest, *, at: datetime) -> None:
    """Remind, when the office decides so: at most once a day."""
    _queue(asked, "opinion_due", suffix=f":by-hand:{local_date(at)}", at=at)


def queue_extended(asked: OpinionRequest, *, at: datetime) -> None:
    """Tell that there is more time."""
    _queue(asked, "opinion_extended", suffix=f":{asked.due_on}", at=at)


def queue_documents(asked: OpinionRequest, *, added: int, at: datetime) -> None:
    """Tell that there are more documents to read: how many, never which."""
    suffix = f":{at.isoformat()}"
    _queue(asked, "opinion_documents", suffix=suffix, at=at, context={"added": added})


def queue_revoked(asked: OpinionRequest, *, at: datetime) -> None:
    """Tell that the opinion is not awaited any more."""
    _queue(asked, "opinion_revoked", suffix="", at=at)


def queue_new_link(asked: OpinionRequest, *, at: datetime) -> None:
    """Send an expert another link, at the address that had the first."""
    _queue(asked, "opinion_link", suffix=f":{at.isoformat()}", at=at)


def queue_receipt(opinion: Opinion, *, to: str, at: datetime) -> None:
    """Confirm to its author that an opinion is received, with its words."""
    _queue(
        opinion.request,
        "opinion_received",
        suffix=f":{at.isoformat()}",
        at=at,
        to=to,
        context={"opinion": opinion},
    )


def _queue(
    asked: OpinionRequest,
    kind: str,
    *,
    suffix: str,
    at: datetime,
    to: str = "",
    context: dict[str, Any] | None = None,
) -> None:
    office = office_on(local_date(at))
    values = mail_context(asked, office) | {"today": local_date(at)} | (context or {})
    address = to or address_of(asked)
    queue_template(
        f"opinions/email/{kind}",
        values | {"account": address},
        key=f"{kind.replace('_', '-')}:{asked.pk}{suffix}",
        kind=kind,
        to=address,
        at=at,
        related=asked.application,
        reply_to=office["email"],
    )
