"""Who may attest for a body: proposed by others, said by the person, told to whom it concerns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from partners import messages
from partners.enums import FlagKind, Right, SigningCapacity
from partners.models import Membership
from partners.permissions import runs_directory
from partners.services.flags import raise_flag
from partners.services.locks import lock_body


if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Standing:
    """What matters of a member before a change.

    Attributes:
        rights: What they could do; nothing while they were not an active member.
        capacity: Why they could attest; empty while they could not.
    """

    rights: frozenset[str]
    capacity: str

    @property
    def represents(self) -> bool:
        """Attested as the legal representative."""
        return self.capacity == SigningCapacity.REPRESENTATIVE


def standing_of(membership: Membership) -> Standing:
    """Note what a member may do, to be compared once it has changed (:func:`tell_signing`)."""
    rights = frozenset(membership.rights if membership.is_active else ())
    return Standing(rights, membership.capacity if Right.SIGN in rights else "")


def require_signing_from_others(membership: Membership, rights: Collection[str], by: User) -> None:
    """Refuse to give oneself the right to attest: somebody else does, or the office.

    Raises:
        Refusal: ``own_signature`` (403).
    """
    gains = Right.SIGN in rights and Right.SIGN not in standing_of(membership).rights
    if gains and membership.user_id == by.pk and not runs_directory(by):
        raise Refusal(
            "Personne ne se donne le droit d’attester\u00a0: demandez-le à une autre "
            "personne qui gère l’organisation, ou au service.",
            code="own_signature",
            status=403,
        )


def require_another_signatory(
    membership: Membership, rights: Collection[str], *, by: User, at: datetime
) -> None:
    """Refuse to take the right to attest from the last person who may.

    The office may, and the person may leave.

    Raises:
        Refusal: ``last_signatory`` (409).
    """
    if Right.SIGN in rights or runs_directory(by):
        return
    signatories = membership.organisation.memberships.signatories_on(local_date(at))
    if not signatories.filter(pk=membership.pk).exists():
        return
    if not signatories.exclude(pk=membership.pk).exists():
        raise Refusal(
            "C’est la dernière personne qui peut attester les demandes de "
            "l’organisation\u00a0: donnez d’abord ce droit à quelqu’un d’autre, "
            "qui dira en quelle qualité.",
            code="last_signatory",
            status=409,
        )


def tell_signing(membership: Membership, before: Standing, *, by: User, at: datetime) -> None:
    """Tell whom it concerns that somebody may attest from now on, or no longer does.

    A new signatory is flagged to the office, unless the office made them, and written to those who
    sign or manage already. The legal representative who loses a right through somebody else is
    flagged and written to. The caller holds the lock of the body.

    Args:
        membership: The member, saved.
        before: What they were (:func:`standing_of`).
        by: Who gave or took the right.
        at: Now.
    """
    now = standing_of(membership)
    if Right.SIGN in now.rights and not now.capacity:
        if Right.SIGN not in before.rights:
            messages.queue_signing_proposed(membership, by=by, at=at)
    elif now.capacity and now.capacity != before.capacity:
        messages.queue_new_signatory(membership, by=by, at=at)
        if not runs_directory(by):
            _flag_new_signatory(membership, by=by, at=at)
    lost = (before.rights - now.rights) & {Right.SIGN, Right.MANAGE}
    if before.represents and lost and membership.user_id != by.pk:
        messages.queue_rights_taken(membership, lost, by=by, at=at)
        if not runs_directory(by):
            words = f"{by} a retiré des droits à {membership.user}, représentant légal."
            _flag(membership, FlagKind.REPRESENTATIVE, words, by=by, at=at)


@transaction.atomic
def declare_capacity(*, by: User, membership_id: int, capacity: str, at: datetime) -> Membership:
    """Say why one may attest: the right that was proposed takes effect.

    Args:
        by: The member.
        membership_id: Their membership.
        capacity: One of :class:`SigningCapacity`.
        at: Now.

    Raises:
        Refusal: ``forbidden`` (403), ``not_proposed`` or ``declared`` (409), ``unknown_capacity``.
    """
    organisation_id = Membership.objects.values_list("organisation_id", flat=True).get(
        pk=membership_id
    )
    organisation = lock_body(organisation_id)
    membership = Membership.objects.select_related("user").get(pk=membership_id)
    membership.organisation = organisation
    if membership.user_id != by.pk:
        raise Refusal(
            "La personne concernée dit elle-même en quelle qualité elle atteste.",
            code="forbidden",
            status=403,
        )
    before = standing_of(membership)
    if Right.SIGN not in before.rights:
        raise Refusal(
            "Le droit d’attester ne vous est plus proposé.", code="not_proposed", status=409
        )
    if before.capacity:
        raise Refusal(
            "Votre qualité est déjà donnée. Si elle change, écrivez au service.",
            code="declared",
            status=409,
        )
    if capacity not in SigningCapacity.values:
        raise Refusal("Cette qualité n’existe pas.", code="unknown_capacity")
    membership.capacity = capacity
    membership.save(update_fields=["capacity"])
    tell_signing(membership, before, by=by, at=at)
    return membership


def _flag_new_signatory(membership: Membership, *, by: User, at: datetime) -> None:
    words = f"{membership.user} atteste désormais les demandes"
    if membership.user_id != by.pk:
        words = f"{words}, avec l’accord de {by}"
    if membership.signs_by_mandate:
        _flag(membership, FlagKind.MANDATE, f"{words} : mandat à regarder.", by=by, at=at)
    else:
        words = f"{words}, en se disant représentant légal."
        _flag(membership, FlagKind.REPRESENTATIVE, words, by=by, at=at)


def _flag(membership: Membership, kind: FlagKind, words: str, *, by: User, at: datetime) -> None:
    """Raise a flag whose text keeps what an open one of the same kind said."""
    organisation = membership.organisation
    open_flag = organisation.flags.filter(kind=kind, handled_at__isnull=True).first()
    if open_flag is not None and words not in open_flag.text:
        words = f"{words} {open_flag.text}"
    raise_flag(organisation=organisation, kind=kind, text=words, by=by, at=at)
