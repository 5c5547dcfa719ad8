"""Invite somebody to a body by e-mail, and accept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from accounts.selectors import owns_address
from config.dates import end_of_day, local_date
from config.errors import Refusal
from config.text import clean_name
from foundation.jobs.services import keep_result, take_key
from foundation.parameters.selectors import days_on
from partners import messages
from partners.enums import InvitationState, MembershipState, Right, SigningCapacity
from partners.models import Invitation, Membership, Organisation
from partners.permissions import may_manage
from partners.services.flags import settle_no_manager
from partners.services.locks import lock_body
from partners.services.mandates import flag_mandate_to_give
from partners.services.memberships import ordered_rights
from partners.services.signing import (
    require_signing_from_others,
    standing_of,
    tell_signing,
)


if TYPE_CHECKING:
    from accounts.models import User


def digest_of(token: str) -> str:
    """Return what is kept of a link's secret: its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def invite_member(
    *,
    by: User,
    organisation_id: int,
    email: str,
    function: str,
    rights: Sequence[str],
    at: datetime,
    message: str = "",
    request_key: UUID | None = None,
    result_url: str = "",
) -> Invitation:
    """Invite an address to a body; the e-mail holds the only copy of the link.

    An invitation whose date has passed is renewed rather than refused.

    Args:
        by: One of its managers, or the office.
        organisation_id: The body.
        email: Who is invited; whether they have an account is asked nowhere.
        function: Proposed function, which they may correct.
        rights: What they will be able to do.
        at: Now.
        message: Words added to the e-mail.
        request_key: One-time key of the form.
        result_url: Where a second sending of the form is led.

    Raises:
        Refusal: ``forbidden`` (403), ``merged``, ``already_member``, ``already_asked``,
            ``already_invited`` (409), ``manager_needed``.
    """
    used = request_key and take_key(key=request_key, by=by, purpose="invitation", at=at)
    organisation = _managed(by, organisation_id)
    email = email.strip().lower()
    rights = ordered_rights(rights)
    _require_not_here(organisation, email)
    _require_manager(organisation, rights, at)
    invitation = organisation.invitations.filter(email=email, state=InvitationState.SENT).first()
    if invitation is None:
        invitation = Invitation(organisation=organisation, email=email)
    elif invitation.is_open(at):
        raise Refusal(
            "Cette adresse est déjà invitée : renvoyez l’invitation si elle s’est perdue.",
            code="already_invited",
            status=409,
        )
    invitation.function = clean_name(function)
    invitation.rights = rights
    invitation.message = message.strip()
    invitation.invited_by = by
    _send(invitation, at=at)
    if used:
        keep_result(used, result_url)
    return invitation


@transaction.atomic
def resend_invitation(*, by: User, invitation_id: int, at: datetime) -> Invitation:
    """Send a new link, with a new date, in one's own name; the former link no longer works.

    Raises:
        Refusal: ``forbidden`` (403), ``closed`` (409).
    """
    invitation = _waiting(by, invitation_id)
    invitation.invited_by = by
    _send(invitation, at=at)
    return invitation


@transaction.atomic
def revoke_invitation(*, by: User, invitation_id: int, at: datetime) -> Invitation:
    """Take an invitation back: its link says so.

    Raises:
        Refusal: ``forbidden`` (403), ``closed`` (409).
    """
    invitation = _waiting(by, invitation_id)
    invitation.state = InvitationState.REVOKED
    invitation.closed_at = at
    invitation.save(update_fields=["state", "closed_at"])
    return invitation


@transaction.atomic
def accept_invitation(
    *, by: User, invitation_id: int, function: str, at: datetime, capacity: str = ""
) -> Membership:
    """Become a member as the invitation says, once signed in with the invited address.

    Somebody who belongs to the body already keeps their rights and receives those of the
    invitation; a request that waited is answered by it.

    Args:
        by: Who accepts.
        invitation_id: The invitation.
        function: As they state it.
        at: Now.
        capacity: Why they may sign; without it, the right to sign is not given.

    Raises:
        Refusal: ``wrong_account`` or ``own_signature`` (403), ``merged``, ``accepted``,
            ``revoked`` or ``expired`` (409).
    """
    organisation = lock_body(
        Invitation.objects.values_list("organisation_id", flat=True).get(pk=invitation_id)
    )
    invitation = Invitation.objects.select_related("invited_by").get(pk=invitation_id)
    if not owns_address(by, invitation.email):
        raise Refusal(
            "Cette invitation est adressée à une autre adresse e-mail que la vôtre.",
            code="wrong_account",
            status=403,
        )
    _require_open(invitation, at)
    if not may_manage(invitation.invited_by, organisation):
        raise Refusal(
            "La personne qui vous a invité ne gère plus cette organisation\u00a0: demandez "
            "une autre invitation.",
            code="revoked",
            status=409,
        )
    if capacity and capacity not in SigningCapacity.values:
        raise Refusal("Cette qualité n’existe pas.", code="unknown_capacity")
    membership = organisation.memberships.filter(
        user=by, state__in=[MembershipState.ACTIVE, MembershipState.PENDING]
    ).first() or Membership(user=by, organisation=organisation, asked_at=at)
    before = standing_of(membership)
    if capacity:
        require_signing_from_others(membership, invitation.rights, invitation.invited_by)
    _join(membership, invitation, function=function, capacity=capacity, at=at)
    invitation.state = InvitationState.ACCEPTED
    invitation.accepted_by = by
    invitation.closed_at = at
    invitation.save(update_fields=["state", "accepted_by", "closed_at"])
    if Right.MANAGE in membership.rights:
        settle_no_manager(organisation=organisation, by=by, at=at)
    tell_signing(membership, before, by=invitation.invited_by, at=at)
    flag_mandate_to_give(membership, at=at)
    messages.queue_invitation_accepted(invitation, membership, at=at)
    return membership


def _join(
    membership: Membership, invitation: Invitation, *, function: str, capacity: str, at: datetime
) -> None:
    rights = set(invitation.rights)
    if not capacity:
        rights.discard(Right.SIGN)
    if membership.is_active:
        rights |= set(membership.rights)
    membership.state = MembershipState.ACTIVE
    membership.rights = ordered_rights(sorted(rights))
    membership.function = clean_name(function) or membership.function or invitation.function
    membership.capacity = capacity or membership.capacity
    membership.decided_at = at
    membership.decided_by = invitation.invited_by
    membership.full_clean(exclude=["user", "organisation"], validate_constraints=False)
    membership.save()


def _send(invitation: Invitation, *, at: datetime) -> None:
    token = secrets.token_urlsafe(32)
    today = local_date(at)
    invitation.token_digest = digest_of(token)
    invitation.invited_at = at
    invitation.expires_at = end_of_day(today + timedelta(days=days_on("invitation.days", today)))
    invitation.full_clean(exclude=["organisation", "invited_by"], validate_constraints=False)
    invitation.save()
    messages.queue_invitation(invitation, token, at=at)


def _managed(by: User, organisation_id: int) -> Organisation:
    organisation = lock_body(organisation_id)
    if not may_manage(by, organisation):
        raise Refusal("Vous ne gérez pas cette organisation.", code="forbidden", status=403)
    return organisation


def _waiting(by: User, invitation_id: int) -> Invitation:
    _managed(by, Invitation.objects.values_list("organisation_id", flat=True).get(pk=invitation_id))
    invitation = Invitation.objects.select_related("organisation", "invited_by").get(
        pk=invitation_id
    )
    if invitation.state != InvitationState.SENT:
        raise Refusal("Cette invitation est déjà acceptée ou annulée.", code="closed", status=409)
    return invitation


def _require_open(invitation: Invitation, at: datetime) -> None:
    if invitation.state == InvitationState.ACCEPTED:
        raise Refusal("Cette invitation a déjà servi.", code="accepted", status=409)
    if invitation.state == InvitationState.REVOKED:
        raise Refusal("Cette invitation a été annulée.", code="revoked", status=409)
    if not invitation.is_open(at):
        raise Refusal("Cette invitation n’est plus valable.", code="expired", status=409)


def _require_not_here(organisation: Organisation, email: str) -> None:
    """Refuse somebody who is a member, or whose request waits: both are known to managers."""
    current = (
        organisation.memberships.filter(
            user__email__iexact=email, state__in=[MembershipState.ACTIVE, MembershipState.PENDING]
        )
        .select_related("user")
        .first()
    )
    if current is None:
        return
    if current.is_active:
        raise Refusal(
            f"{current.user} est déjà membre : changez ses droits dans la liste des membres.",
            code="already_member",
            status=409,
        )
    raise Refusal(
        f"{current.user} a demandé à rejoindre l’organisation : répondez à sa demande.",
        code="already_asked",
        status=409,
    )


def _require_manager(organisation: Organisation, rights: list[str], at: datetime) -> None:
    """Refuse a body with members and nobody to manage it."""
    if Right.MANAGE in rights or organisation.memberships.with_right(Right.MANAGE).exists():
        return
    if organisation.invitations.open_at(at).filter(rights__contains=[Right.MANAGE]).exists():
        return
    raise Refusal(
        "Donnez à la première personne le droit de gérer : personne d’autre ne le peut encore.",
        code="manager_needed",
    )
