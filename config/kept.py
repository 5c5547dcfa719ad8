"""Numbers that pages show beside their links, kept for a moment for each person.

To count what waits for somebody costs more than the rest of a page. Such a number is kept in Redis
for a minute, and counted again once its person does something: only what others do may show a
minute late. What a page is about (its rows, its totals) is never kept.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError


if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

T = TypeVar("T")
TODO, BASKETS = "todo", "baskets"
_ALL = (TODO, BASKETS)


def kept(what: str, user: AbstractBaseUser, count: Callable[[], T]) -> T:
    """Return what was counted for a person at most a minute ago.

    Args:
        what: One of the words above.
        user: Whose numbers they are.
        count: Counts them.
    """
    seconds = settings.NUMBERS_KEPT_SECONDS
    if not seconds:
        return count()
    name = _name(what, user)
    with suppress(RedisError):
        found = cache.get(name)
        if found is not None:
            return found
    counted = count()
    with suppress(RedisError):
        cache.set(name, counted, seconds)
    return counted


def forget_kept(user: AbstractBaseUser) -> None:
    """Have a person's numbers counted again on their next page.

    What they did is done: an absence of Redis must not tell them otherwise.
    """
    with suppress(RedisError):
        cache.delete_many([_name(what, user) for what in _ALL])


def _name(what: str, user: AbstractBaseUser) -> str:
    return f"kept:{what}:{user.pk}"
