"""Who prepares and publishes the calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.errors import Refusal


if TYPE_CHECKING:
    from accounts.models import User


def may_manage(user: User) -> bool:
    """The unit head and the administrator write and publish; the rest of the office reads."""
    return user.is_authenticated and (user.access.is_unit_head or user.access.is_administrator)


def may_extend(user: User) -> bool:
    """Giving more time is the unit head's alone."""
    return user.is_authenticated and user.access.is_unit_head


def check_may_manage(user: User | None) -> None:
    """Raise unless this person may manage; ``None`` is the command line, trusted."""
    if user is not None and not may_manage(user):
        raise Refusal(
            "Seules la responsable d’unité et l’administration gèrent les fiches.",
            code="forbidden",
            status=403,
        )


def check_may_extend(user: User) -> None:
    if not may_extend(user):
        raise Refusal(
            "Seule la responsable d’unité accorde une prolongation.", code="forbidden", status=403
        )
