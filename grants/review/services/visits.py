"""When a person last saw a dossier: what moved since carries a mark."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from grants.review.models import Visit


if TYPE_CHECKING:
    from accounts.models import User

#: Pages opened within this time of each other are one visit: their marks stay while it goes on.
SAME_VISIT = timedelta(minutes=30)


@transaction.atomic
def record_visit(*, person: User, application_id: int, seen_at: datetime) -> Visit:
    """Note that a person was shown a dossier as it stood at an instant.

    Within one visit the instant moves on and the visit before stays; an older page that speaks
    after a newer one changes nothing.
    """
    visit, is_new = Visit.objects.select_for_update(no_key=True).get_or_create(
        person=person, application_id=application_id, defaults={"seen_at": seen_at}
    )
    if is_new or seen_at <= visit.seen_at:
        return visit
    if seen_at - visit.seen_at > SAME_VISIT:
        visit.previous_at = visit.seen_at
    visit.seen_at = seen_at
    visit.save(update_fields=["seen_at", "previous_at"])
    return visit


@transaction.atomic
def forget_marks(*, person: User, application_id: int, seen_at: datetime) -> Visit:
    """Take the marks off a dossier for one person: everything shown to them was seen."""
    visit = record_visit(person=person, application_id=application_id, seen_at=seen_at)
    visit.previous_at = visit.seen_at
    visit.save(update_fields=["previous_at"])
    return visit
