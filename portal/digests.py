"""« À faire » by e-mail: each working day, each Monday, or never, as each person chose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse

from accounts.enums import STAFF_ROLES, Role
from accounts.models import RoleAssignment, User
from config.dates import local_date, morning_of
from foundation.notifications.models import DigestFrequency, DigestPreference, OutboxMessage
from foundation.notifications.reminders import Candidate
from foundation.notifications.rendering import absolute
from portal.todo import Item, todo_items


if TYPE_CHECKING:
    from datetime import date

KIND = "digest"
# Whom the office's things wait for: a reader has none.
DIGEST_ROLES = STAFF_ROLES - {Role.READER}
TEMPLATE = "portal/email/digest"
MONDAY, SATURDAY = 0, 5
# After an outage the digest of the day may still leave during the morning; later it is no news.
WINDOW = timedelta(hours=4)


def default_frequency(user: User) -> DigestFrequency:
    """Return what a person who chose nothing receives: the office each Monday, the others never.

    Nothing ever waits for a reader. Applicants are written to for each thing that waits for them
    already.
    """
    return DigestFrequency.WEEKLY if user.access.has(*DIGEST_ROLES) else DigestFrequency.NONE


def frequency_of(user: User) -> DigestFrequency:
    """Return how often a person receives what waits for them."""
    chosen = DigestPreference.objects.filter(person=user).values_list("frequency", flat=True)
    return DigestFrequency(chosen.first() or default_frequency(user))


@transaction.atomic
def choose_frequency(*, user: User, frequency: str) -> DigestPreference:
    """Keep how often a person wants what waits for them."""
    preference, _ = DigestPreference.objects.update_or_create(
        person=user, defaults={"frequency": DigestFrequency(frequency)}
    )
    return preference


def next_digest(frequency: str, at: datetime) -> datetime | None:
    """Return when the next digest would leave, if something waits then; ``None`` for never."""
    if frequency == DigestFrequency.NONE:
        return None
    day = local_date(at)
    while morning_of(day) <= at or not _leaves_on(frequency, day):
        day += timedelta(days=1)
    return morning_of(day)


def _leaves_on(frequency: str, day: date) -> bool:
    if frequency == DigestFrequency.DAILY:
        return day.weekday() < SATURDAY
    return frequency == DigestFrequency.WEEKLY and day.weekday() == MONDAY


def digests(at: datetime) -> Iterable[Candidate]:
    """Yield the digests of this morning: one a person, nothing for whom nothing waits."""
    day = local_date(at)
    due_at = morning_of(day)
    if not due_at <= at < due_at + WINDOW:
        return
    keys = {_key(user, day): user for user in _readers(day)}
    sent = set(OutboxMessage.objects.filter(key__in=keys).values_list("key", flat=True))
    for key, user in keys.items():
        if key in sent:
            continue
        items = todo_items(user, at)
        if items:
            yield Candidate(key, due_at, user.email, TEMPLATE, digest_context(user, items))


def digest_context(user: User, items: Iterable[Item]) -> dict:
    """Return what the mail says."""
    items = list(items)
    return {
        "items": items,
        "count": sum(item.count for item in items),
        "late": sum(item.is_late for item in items),
        "account": user.email,
        "first_name": user.first_name,
        "todo_url": absolute(reverse("portal:todo")),
        "choice_url": absolute(reverse("portal:digest")),
    }


def _readers(day: date) -> Iterable[User]:
    """Return who receives a digest on a day, by their choice or by default."""
    frequencies = [str(f) for f in DigestFrequency if _leaves_on(f, day)]
    office = RoleAssignment.objects.in_force(day).filter(role__in=DIGEST_ROLES)
    chosen = Case(
        When(digest_preference__isnull=False, then=F("digest_preference__frequency")),
        When(Q(pk__in=office.values("user_id")), then=Value(str(DigestFrequency.WEEKLY))),
        default=Value(str(DigestFrequency.NONE)),
    )
    return (
        User.objects.filter(is_active=True)
        .alias(digest=chosen)
        .filter(digest__in=frequencies)
        .order_by("pk")
    )


def _key(user: User, day: date) -> str:
    return f"{KIND}:{user.pk}:{day.isoformat()}"
