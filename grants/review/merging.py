"""What conflicts of interest do when the body they bear on is joined to another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from grants.review.models import ConflictOfInterest, ScoreSummary
from grants.review.services.summaries import refresh_summaries
from partners.merging import register_mover
from partners.models import Organisation


if TYPE_CHECKING:
    from accounts.models import User


def move_conflicts(*, source: Organisation, target: Organisation, by: User, at: datetime) -> int:
    """Keep everybody who stood aside from the double aside from the body kept; return how many."""
    here = ConflictOfInterest.objects.filter(organisation=source)
    there = ConflictOfInterest.objects.filter(organisation=target).values("person_id")
    doubled = here.filter(person_id__in=there).count()
    return here.exclude(person_id__in=there).update(organisation=target) + doubled


def names_of(source: Organisation) -> Iterator[str]:
    """Name who stood aside from a body."""
    for row in ConflictOfInterest.objects.filter(organisation=source).select_related("person"):
        yield str(row.person)


def refresh_scores(*, source: Organisation, target: Organisation, by: User, at: datetime) -> int:
    """Take out of the scores the readings of people who now stand aside; return how many dossiers.

    Runs after the dossiers and the conflicts moved (movers follow their slugs).
    """
    kept = ScoreSummary.objects.filter(application__organisation=target)
    keys = sorted(kept.values_list("pk", flat=True))
    refresh_summaries(keys)
    return len(keys)


def nothing_of(source: Organisation) -> Iterator[str]:
    """Name nothing: scores move with their dossier."""
    yield from ()


def register() -> None:
    register_mover("conflicts", move_conflicts, words=("déport", "déports"), names=names_of)
    register_mover(
        "scores", refresh_scores, words=("note recalculée", "notes recalculées"), names=nothing_of
    )
