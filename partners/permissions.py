"""What a person may do with a body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partners.enums import MembershipState, Right
from partners.models import Membership, Organisation


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
