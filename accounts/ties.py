"""What ties people to bodies: a registry, since bodies live in an app above this one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from accounts.models import User

# Filled in AppConfig.ready(): names of the bodies that a person is an active member of.
readers: list[Callable[[User], list[str]]] = []


def bodies_of(user: User) -> list[str]:
    """Return the names of the bodies a person is an active member of."""
    return [name for read in readers for name in read(user)]
