"""The number beside « À faire » on every page, kept for a moment for each person.

To count what waits for a person costs more than the rest of a page. The page « À faire » itself
always counts, and whoever does something finds their number counted again: only what others do
shows in the header within a minute.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from portal.todo import count_todo


if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User


def kept_count(user: User, at: datetime) -> int:
    """Return how many things wait for a person, as counted at most a minute ago."""
    seconds = settings.TODO_COUNT_SECONDS
    if not seconds:
        return count_todo(user, at)
    with suppress(RedisError):
        if (kept := cache.get(_name(user))) is not None:
            return kept
    count = count_todo(user, at)
    with suppress(RedisError):
        cache.set(_name(user), count, seconds)
    return count


def forget_count(user: User) -> None:
    """Have what waits for a person counted again on their next page.

    What they did is done: an absence of Redis must not tell them otherwise.
    """
    with suppress(RedisError):
        cache.delete(_name(user))


def _name(user: User) -> str:
    roles = ".".join(sorted(map(str, user.access.roles)))
    return f"todo:{user.pk}:{roles}"
