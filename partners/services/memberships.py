"""Join a body, and say who may do what in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from config.errors import Refusal
from config.text import clean_name, is_blank
from partners import messages
from partners.enums import FlagKind, InvitationState, MembershipState, Right
from partners.models import Membership, Organisation
from partners.permissions import may_manage, runs_directory
from partners.services.flags import raise_flag, settle_no_manager
from partners.services.locks import lock_body
from partners.services.mandates import flag_mandate_to_give
from partners.services.signing import (
    require_another_signatory,
    require_signing_from_others,
    standing_of,
    tell_signing,
)


if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def ask_to_join(
    *, by: User, organisation_id: int, function: str, at: datetime, capacity: str = ""
) -> Membership:
    """Ask to join a body; its managers, or the office when it has none, are told by e-mail.

    Args:
        by: Who asks.
        organisation_id: The body.
        function: Their function in it.
        at: Now.
        capacity: Why they may sign, when they say so.

    Raises:
        Refusal: ``already_asked`` (409) when they are a member or waiting already, ``merged``.
    """
    organisation = lock_body(organisation_id)
    current = organisation.memberships.filter(
        user=by, state__in=[MembershipState.PENDING, MembershipState.ACTIVE]
    ).first()
    if current is not None:
        raise Refusal(
            "Vous êtes déjà membre de cette organisation."
            if current.is_active
            else "Votre demande est déjà en attente.",
            code="already_asked",
            status=409,
        )
    membership = Membership(
        user=by,
        organisation=organisation,
        function=clean_name(function),
        capacity=capacity,
        asked_at=at,
    )
    membership.full_clean()
    membership.save()
    messages.queue_asked(membership, at=at)
    return membership


@transaction.atomic
def accept_membership(
    *, by: User, membership_id: int, rights: Sequence[str], at: datetime
) -> Membership:
    """Accept somebody in a body, with the rights chosen for them.

    Args:
        by: One of its managers, or the office.
        membership_id: The request.
        rights: What they will be able to do.
        at: Now.

    Raises:
        Refusal: ``forbidden``, ``own_signature`` (403), ``not_pending`` (409), ``manager_needed``
            when the body would have members and nobody to manage it.
    """
    membership = _decided(by, membership_id)
    _require_pending(membership)
    before = standing_of(membership)
    _give_rights(membership, rights, by)
    if Right.MANAGE not in membership.rights and not _managers(membership.organisation).exists():
        raise Refusal(
            "Donnez au premier membre le droit de gérer : personne d’autre ne le peut encore.",
            code="manager_needed",
        )
    membership.state = MembershipState.ACTIVE
    _sign_and_save(membership, by=by, at=at)
    if Right.MANAGE in membership.rights:
        settle_no_manager(organisation=membership.organisation, by=by, at=at)
    tell_signing(membership, before, by=by, at=at)
    flag_mandate_to_give(membership, at=at)
    messages.queue_accepted(membership, at=at)
    return membership


@transaction.atomic
def refuse_membership(*, by: User, membership_id: int, reason: str, at: datetime) -> Membership:
    """Refuse somebody, with a reason they will read.

    Raises:
        Refusal: ``forbidden`` (403), ``not_pending`` (409), ``reason_needed``.
    """
    membership = _decided(by, membership_id)
    _require_pending(membership)
    if is_blank(reason):
        raise Refusal("Donnez la raison du refus : la personne la lira.", code="reason_needed")
    membership.state = MembershipState.REFUSED
    membership.refusal_reason = reason.strip()
    _sign_and_save(membership, by=by, at=at)
    messages.queue_refused(membership, at=at)
    return membership


@transaction.atomic
def change_rights(
    *, by: User, membership_id: int, rights: Sequence[str], at: datetime
) -> Membership:
    """Change what a member may do.

    The right to attest takes effect once the member has said why they may
    (:func:`partners.services.signing.declare_capacity`); whoever loses it says it again later.

    Args:
        by: One of the body's managers, or the office.
        membership_id: The member.
        rights: All that they will be able to do.
        at: Now.

    Raises:
        Refusal: ``forbidden``, ``own_signature`` (403), ``not_active``, ``last_manager``,
            ``last_signatory`` (409).
    """
    membership = _decided(by, membership_id)
    _require_active(membership)
    if Right.MANAGE not in rights:
        _require_another_manager(membership, by)
    require_another_signatory(membership, rights, by=by, at=at)
    before = standing_of(membership)
    _give_rights(membership, rights, by)
    if before.capacity and Right.SIGN not in membership.rights:
        membership.capacity = ""
    _sign_and_save(membership, by=by, at=at)
    if Right.MANAGE in membership.rights:
        settle_no_manager(organisation=membership.organisation, by=by, at=at)
    _take_back_invitations(membership, at=at)
    tell_signing(membership, before, by=by, at=at)
    flag_mandate_to_give(membership, at=at)
    return membership


@transaction.atomic
def end_membership(
    *,
    by: User,
    membership_id: int,
    at: datetime,
    successor_id: int | None = None,
    to_office: bool = False,
) -> Membership:
    """End a membership: by a manager, by the office, or by the person themself.

    What the person began stays with the body; the invitations they sent are cancelled. The last
    manager names who manages after them, or asks the office to: then, and when the office removes
    them, it is flagged. A request that waits is withdrawn the same way by the person who made it.

    Args:
        by: Who ends it.
        membership_id: The membership.
        at: Now.
        successor_id: The member who will manage the body.
        to_office: The last manager leaves that choice to the office.

    Raises:
        Refusal: ``forbidden`` (403), ``not_active`` (409), ``last_manager`` or
            ``last_signatory`` (409), ``unknown_successor``.
    """
    membership = _decided(by, membership_id, own=True)
    organisation = membership.organisation
    if membership.is_active:
        if successor_id is not None:
            _name_manager(membership, successor_id, by=by, at=at)
        elif not (to_office and membership.user_id == by.pk):
            _require_another_manager(membership, by)
    elif not (membership.is_pending and membership.user_id == by.pk):
        raise Refusal("Cette personne n’est plus membre.", code="not_active", status=409)
    if membership.user_id != by.pk:
        require_another_signatory(membership, [], by=by, at=at)
    before = standing_of(membership)
    was_manager = membership.is_active and Right.MANAGE in membership.rights
    membership.state = MembershipState.ENDED
    _sign_and_save(membership, by=by, at=at)
    tell_signing(membership, before, by=by, at=at)
    membership.mandates.filter(ended_at__isnull=True).update(ended_at=at)
    _take_back_invitations(membership, at=at)
    if was_manager and not _managers(organisation).exists():
        raise_flag(
            organisation=organisation,
            kind=FlagKind.NO_MANAGER,
            text=f"{membership.user} a quitté l’organisation, que plus personne ne gère.",
            by=by,
            at=at,
        )
    return membership


def _take_back_invitations(membership: Membership, *, at: datetime) -> None:
    """Cancel what somebody who no longer manages a body had sent: they give no right any more."""
    if not may_manage(membership.user, membership.organisation):
        sent = membership.organisation.invitations.waiting().filter(invited_by=membership.user)
        sent.update(state=InvitationState.REVOKED, closed_at=at)


def _name_manager(membership: Membership, successor_id: int, *, by: User, at: datetime) -> None:
    successor = (
        membership.organisation.memberships.active()
        .exclude(pk=membership.pk)
        .select_related("user")
        .filter(pk=successor_id)
        .first()
    )
    if successor is None:
        raise Refusal("Cette personne n’est pas membre.", code="unknown_successor")
    if Right.MANAGE in successor.rights:
        return
    successor.rights = ordered_rights([*successor.rights, Right.MANAGE])
    successor.save(update_fields=["rights"])
    messages.queue_named_manager(successor, by=by, at=at)


def _give_rights(membership: Membership, rights: Sequence[str], by: User) -> None:
    require_signing_from_others(membership, rights, by)
    membership.rights = ordered_rights(rights)


def ordered_rights(rights: Sequence[str]) -> list[str]:
    """Return the rights always in the same order, each once.

    Raises:
        Refusal: ``unknown_right``.
    """
    unknown = set(rights) - set(Right.values)
    if unknown:
        raise Refusal("Ce droit n’existe pas.", code="unknown_right")
    return [right.value for right in Right if right in rights]


def _decided(by: User, membership_id: int, *, own: bool = False) -> Membership:
    organisation_id = Membership.objects.values_list("organisation_id", flat=True).get(
        pk=membership_id
    )
    organisation = lock_body(organisation_id)
    membership = Membership.objects.select_related("user").get(pk=membership_id)
    membership.organisation = organisation
    if not (own and membership.user_id == by.pk) and not may_manage(by, organisation):
        raise Refusal("Vous ne gérez pas cette organisation.", code="forbidden", status=403)
    return membership


def _managers(organisation: Organisation):
    return organisation.memberships.with_right(Right.MANAGE)


def _require_another_manager(membership: Membership, by: User) -> None:
    others = _managers(membership.organisation).exclude(pk=membership.pk)
    if Right.MANAGE in membership.rights and not others.exists() and not runs_directory(by):
        raise Refusal(
            "C’est la dernière personne qui gère l’organisation : "
            "donnez d’abord ce droit à quelqu’un d’autre.",
            code="last_manager",
            status=409,
        )


def _require_pending(membership: Membership) -> None:
    if not membership.is_pending:
        raise Refusal("Cette demande a déjà reçu une réponse.", code="not_pending", status=409)


def _require_active(membership: Membership) -> None:
    if not membership.is_active:
        raise Refusal("Cette personne n’est plus membre.", code="not_active", status=409)


def _sign_and_save(membership: Membership, *, by: User, at: datetime) -> None:
    membership.decided_at = at
    membership.decided_by = by
    membership.full_clean(exclude=["user", "organisation"], validate_constraints=False)
    membership.save()
