"""Who has a dossier open now: names kept in Redis for a moment, nowhere else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Prefetch

from accounts.access import Access
from accounts.models import RoleAssignment, User
from config.dates import local_date


if TYPE_CHECKING:
    from grants.applications.models import Application

#: Somebody who has not been heard of for this long has left.
STAYS = timedelta(seconds=45)


def _client() -> tuple:
    """Return a connexion to Redis that may write, and what makes a key there."""
    return cache._cache.get_client(None, write=True), cache.make_and_validate_key


def say_present(user: User, application: Application, *, at: datetime) -> None:
    """Keep that a person has this dossier open."""
    client, key = _client()
    name = key(f"presence:{application.pk}")
    with client.pipeline() as pipe:
        pipe.zadd(name, {str(user.pk): at.timestamp()})
        pipe.zremrangebyscore(name, "-inf", (at - STAYS).timestamp())
        pipe.expire(name, int(STAYS.total_seconds()) * 2)
        pipe.execute()


def say_gone(user: User, application: Application) -> None:
    """Forget that a person has this dossier open."""
    client, key = _client()
    client.zrem(key(f"presence:{application.pk}"), str(user.pk))


def others_present(user: User, application: Application, *, at: datetime) -> list[User]:
    """Return who else has this dossier open and may still open it, by name.

    Three queries whatever their number, none when nobody is there.
    """
    client, key = _client()
    heard = client.zrangebyscore(
        key(f"presence:{application.pk}"), (at - STAYS).timestamp(), "+inf"
    )
    keys = {int(one) for one in heard} - {user.pk}
    if not keys:
        return []
    roles = RoleAssignment.objects.in_force(local_date(at))
    people = list(
        User.objects.filter(pk__in=keys, is_active=True)
        .prefetch_related(Prefetch("role_assignments", roles, to_attr="roles_in_force"))
        .order_by("last_name", "first_name", "pk")
    )
    for one in people:
        one.access = Access.from_assignments(one.roles_in_force)
    dossiers = type(application).objects.filter(pk=application.pk)
    opens = [
        Exists(dossiers.office_visible_to(one).filter(pk=OuterRef("pk")).order_by())
        for one in people
    ]
    found = dossiers.order_by().values_list(*opens).first() or [False] * len(people)
    return [one for one, may_open in zip(people, found, strict=True) if may_open]
