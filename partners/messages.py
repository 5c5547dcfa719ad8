"""The e-mails of memberships."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from foundation.notifications.rendering import absolute
from foundation.notifications.services import queue_template
from foundation.parameters.selectors import value_on
from partners.enums import Right
from partners.models import Invitation, Membership, OrganisationDocument


if TYPE_CHECKING:
    from accounts.models import User


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


def queue_named_manager(membership: Membership, *, by: User, at: datetime) -> None:
    """Tell a member that they manage the body after somebody who leaves."""
    organisation = membership.organisation
    page = reverse("partners:organisation_detail", args=[organisation.pk])
    queue_template(
        "partners/email/named_manager",
        {"organisation": organisation, "by": by, "page_url": absolute(page)},
        key=f"partners.named_manager.{membership.pk}.{at.isoformat()}",
        kind="named-manager",
        to=membership.user.email,
        at=at,
        related=membership,
        reply_to=by.email,
    )


def queue_signing_proposed(membership: Membership, *, by: User, at: datetime) -> None:
    """Ask a member why they may attest: the right they were given waits for it."""
    page = reverse("partners:capacity", args=[membership.organisation_id, membership.pk])
    _queue_signing(membership, "signing_proposed", membership.user.email, page, by=by, at=at)


def queue_new_signatory(membership: Membership, *, by: User, at: datetime) -> None:
    """Tell those who already attest or manage that somebody else may attest."""
    organisation = membership.organisation
    others = (
        organisation.memberships.active()
        .filter(rights__overlap=[Right.SIGN, Right.MANAGE])
        .exclude(pk=membership.pk)
        .select_related("user")
    )
    page = reverse("partners:organisation_detail", args=[organisation.pk])
    for address in sorted({other.user.email for other in others}):
        _queue_signing(membership, "new_signatory", address, page, by=by, at=at)


def queue_rights_taken(
    membership: Membership, lost: Collection[str], *, by: User, at: datetime
) -> None:
    """Tell the legal representative what somebody took from them."""
    page = reverse("partners:space")
    labels = [right.label for right in Right if right in lost]
    _queue_signing(
        membership, "rights_taken", membership.user.email, page, by=by, at=at, labels=labels
    )


def _queue_signing(
    membership: Membership, name: str, to: str, page: str, *, by: User, at: datetime, **words
) -> None:
    office = value_on("office.email", timezone.localdate(at))
    queue_template(
        f"partners/email/{name}",
        {
            "membership": membership,
            "organisation": membership.organisation,
            "by": by,
            "page_url": absolute(page),
            "office_email": office,
            **words,
        },
        key=f"partners.{name}.{membership.pk}.{to}.{at.isoformat()}",
        kind=name.replace("_", "-"),
        to=to,
        at=at,
        related=membership,
        reply_to=office,
    )


def queue_invitation(invitation: Invitation, token: str, *, at: datetime) -> None:
    """Send the link: the only place where its secret stands. An answer goes to who invites."""
    by, organisation = invitation.invited_by, invitation.organisation
    queue_template(
        "partners/email/invitation",
        {
            "invitation": invitation,
            "organisation": organisation,
            "link": absolute(reverse("partners:invitation", args=[token])),
        },
        key=f"partners.invitation.{invitation.pk}.{invitation.token_digest[:20]}",
        kind="invitation",
        to=invitation.email,
        at=at,
        related=invitation,
        reply_to=by.email,
    )


def queue_invitation_accepted(
    invitation: Invitation, membership: Membership, *, at: datetime
) -> None:
    """Tell who invited that the person is there."""
    organisation = invitation.organisation
    page = reverse("partners:membership", args=[organisation.pk, membership.pk])
    queue_template(
        "partners/email/invitation_accepted",
        {"membership": membership, "organisation": organisation, "page_url": absolute(page)},
        key=f"partners.invitation_accepted.{invitation.pk}",
        kind="invitation-accepted",
        to=invitation.invited_by.email,
        at=at,
        related=invitation,
        reply_to=membership.user.email,
    )


def queue_mandate_refused(mandate: OrganisationDocument, *, at: datetime) -> None:
    """Tell a member that their mandate is refused, and why."""
    membership = mandate.membership
    page = reverse("partners:mandate", args=[mandate.organisation_id, membership.pk])
    queue_template(
        "partners/email/mandate_refused",
        {
            "mandate": mandate,
            "organisation": mandate.organisation,
            "page_url": absolute(page),
        },
        key=f"partners.mandate_refused.{mandate.pk}",
        kind="mandate-refused",
        to=membership.user.email,
        at=at,
        related=mandate,
        reply_to=value_on("office.email", timezone.localdate(at)),
    )


def _queue(membership: Membership, name: str, to: str, *, at: datetime) -> None:
    organisation = membership.organisation
    page = reverse("partners:membership", args=[organisation.pk, membership.pk])
    queue_template(
        f"partners/email/{name}",
        {
            "membership": membership,
            "organisation": organisation,
            "decision_url": absolute(page),
            "space_url": absolute(reverse("partners:space")),
        },
        key=f"partners.{name}.{membership.pk}.{to}",
        kind=name.replace("_", "-"),
        to=to,
        at=at,
        related=membership,
    )
