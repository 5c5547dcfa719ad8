"""Scores in the demonstration: a third reading awaited, one that settled, an older deposit read."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from accounts.models import User
from grants.applications.models import Application
from grants.review.models import ConflictOfInterest
from grants.review.services.assignment import assign_reader
from portal.demo import review
from portal.demo.actors import Cast
from portal.demo.calls import Year
from portal.demo.corrections import ASKS, answer, ask, under_review


TWO_READERS = "C2"


def tell(cast: Cast, random: Random, year: Year, *, at: datetime) -> int:
    """Show what two readers far apart ask for, and a reading left behind by a new deposit."""
    aside = set(ConflictOfInterest.objects.in_force().values_list("organisation_id", flat=True))
    free = [body for body in cast.bodies if body not in (cast.star, cast.commune)]
    bodies = [body for body in free if body.pk not in aside][2:5]
    awaited, settled, older = (
        under_review(cast, random, year, body, TWO_READERS, at=at - timedelta(days=days))
        for body, days in zip(bodies, (13, 15, 28), strict=True)
    )
    first, second, third = (cast.officers * 2)[:3]
    for dossier, days in ((awaited, 10), (settled, 12)):
        _name(cast, dossier, second, rank=2, at=at - timedelta(days=days))
        for reader, level in ((first, 5), (second, 2)):
            review.score(random, dossier, reader, at=at - timedelta(days=days - 1), level=level)
    _name(cast, settled, third, rank=3, at=at - timedelta(days=9))
    review.score(random, settled, third, at=at - timedelta(days=8), level=4)

    _name(cast, older, second, rank=2, at=at - timedelta(days=26))
    for reader in (first, second):
        review.score(random, older, reader, at=at - timedelta(days=24), level=4)
    ask(cast, older, ["projet.description", "budget"], ASKS[0], at=at - timedelta(days=20))
    answer(cast, older, at=at - timedelta(days=3), comment="Le budget compte une sortie de plus.")
    return 3


def _name(cast: Cast, dossier: Application, reader: User, *, rank: int, at: datetime) -> None:
    if not dossier.assignments.filter(person=reader, role="reader", ended_at=None).exists():
        assign_reader(application_id=dossier.pk, person=reader, rank=rank, by=cast.head, at=at)
