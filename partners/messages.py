"""The e-mails of memberships."""

from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from foundation.notifications.rendering import absolute, render_mail
from foundation.notifications.services import queue_message
from foundation.parameters.selectors import value_on
from partners.enums import Right
from partners.models import Membership


def queue_asked(membership: Membership, *, at: datetime) -> None:
    """Tell the body's managers, or the office when nobody manages it yet."""
    managers = membership.organisation.memberships.with_right(Right.MANAGE).select_related("user")
    addresses = [manager.user.email for manager in managers]
    if not addresses:
        addresses = [value_on("office.email", timezone.localdate(at))]
    for address in addresses:
        _queue(membership, "membership_asked", address, at=at)


def queue_accepted(membership: Membership, *, at: datetime) -> None:
    _queue(membership, "membership_accepted", membership.user.email, at=at)


def queue_refused(membership: Membership, *, at: datetime) -> None:
    _queue(membership, "membership_refused", membership.user.email, at=at)


def _queue(membership: Membership, name: str, to: str, *, at: datetime) -> None:
    organisation = membership.organisation
    page = reverse("partners:membership", args=[organisation.pk, membership.pk])
    subject, text = render_mail(
        f"partners/email/{name}",
        {
            "membership": membership,
            "organisation": organisation,
            "decision_url": absolute(page),
            "space_url": absolute(reverse("partners:space")),
        },
    )
    queue_message(
        key=f"partners.{name}.{membership.pk}.{to}",
        kind=name.replace("_", "-"),
        to=to,
        subject=subject,
        text=text,
        at=at,
        related=membership,
    )
