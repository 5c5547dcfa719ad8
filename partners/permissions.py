"""What a person may do with a body."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from config.templatetags.fr import date_fr
from partners.enums import DocumentKind, DocumentState, MembershipState, Right
from partners.models import Membership, Organisation, OrganisationDocument


if TYPE_CHECKING:
    from accounts.models import User


def runs_directory(user: User) -> bool:
    """Tell whether a person keeps the office's list of bodies: the head and administrators."""
    return user.access.is_unit_head or user.access.is_administrator


def handles_flags(user: User) -> bool:
    """Tell whether a person deals with what is flagged in a body: the desk and administrators."""
    return user.access.is_desk or user.access.is_administrator


def membership_of(user: User, organisation: Organisation) -> Membership | None:
    """Return the active membership of a person in a body."""
    return user.memberships.filter(organisation=organisation, state=MembershipState.ACTIVE).first()


def has_right(user: User, organisation: Organisation, *rights: Right) -> bool:
    """Tell whether a person holds one of these rights in a body."""
    membership = membership_of(user, organisation)
    return membership is not None and any(right in membership.rights for right in rights)


def may_manage(user: User, organisation: Organisation) -> bool:
    """Tell whether a person may change a body's profile and members."""
    return runs_directory(user) or has_right(user, organisation, Right.MANAGE)


def mandate_of(membership: Membership) -> OrganisationDocument | None:
    """Return the mandate given last for a member; those it replaced are left out."""
    return membership.mandates.filter(kind=DocumentKind.MANDATE, ended_at__isnull=True).first()


def may_sign_for(user: User, organisation: Organisation, on: date) -> bool:
    """Tell whether a person may attest for a body on a day (``signatories_on``)."""
    return organisation.memberships.signatories_on(on).filter(user=user).exists()


def signing_obstacle(user: User, organisation: Organisation, on: date) -> str:
    """Say why a person may not attest for a body on a day; empty when they may.

    The words of the rule in ``MembershipQuerySet.signatories_on``.

    Args:
        user: Who would sign.
        organisation: The body.
        on: The day of the attestation; a mandate is valid on its last day.
    """
    if may_sign_for(user, organisation, on):
        return ""
    membership = membership_of(user, organisation)
    if membership and Right.SIGN in membership.rights and not membership.capacity:
        return (
            "Dites d’abord en quelle qualité vous attestez, sur la page de votre organisation : "
            "représentant légal, ou titulaire d’un mandat."
        )
    mandate = mandate_of(membership) if membership and membership.signs_by_mandate else None
    if mandate is None:
        return "Seul le représentant légal ou une personne mandatée peut attester cette demande."
    if mandate.state == DocumentState.REFUSED:
        return (
            f"Votre mandat a été refusé par le service ({mandate.refusal_reason}) : donnez-en un "
            "autre, ou faites attester le représentant légal."
        )
    return (
        f"Votre mandat était valable jusqu’au {date_fr(mandate.valid_until)} : "
        "donnez-en un nouveau, ou faites attester le représentant légal."
    )


def may_fill(user: User, organisation: Organisation) -> bool:
    """Tell whether a person may keep a body's figures and documents up to date."""
    return runs_directory(user) or has_right(user, organisation, Right.MANAGE, Right.EDIT)


def may_read_bank(user: User, organisation: Organisation) -> bool:
    """Tell whether a person may read a body's whole IBAN and its proof."""
    staff = user.access.is_desk or user.access.is_administrator
    return staff or has_right(user, organisation, Right.MANAGE, Right.SIGN)
