"""What conflicts of interest do when the body they bear on is joined to another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from grants.applications.models import Application
from grants.review.models import ConflictOfInterest, ScoreSummary
from grants.review.services.assignment import set_aside
from grants.review.services.summaries import refresh_summaries
from partners.merging import register_mover
from partners.models import Organisation


if TYPE_CHECKING:
    from accounts.models import User


def move_conflicts(*, source: Organisation, target: Organisation, by: User, at: datetime) -> int:
    """Keep everybody who stood aside from the double aside from the body kept; return how many."""
    everything = ConflictOfInterest.objects.filter(organisation=source)
    here = everything.in_force()
    there = ConflictOfInterest.objects.in_force().filter(organisation=target).values("person_id")
    everything.filter(withdrawn_at__isnull=False).update(organisation=target)  # history follows
    doubled = here.filter(person_id__in=there).count()
    return here.exclude(person_id__in=there).update(organisation=target) + doubled


def end_assignments(*, source: Organisation, target: Organisation, by: User, at: datetime) -> int:
    """End what people had to do on the dossiers they now stand aside from; return how many.

    Runs after the dossiers and the conflicts moved (movers follow their slugs): those of the double
    stand aside from the dossiers of the body kept, and those of the body kept from the double's.
    """
    dossiers = list(Application.objects.filter(organisation=target).order_by("pk"))
    count = 0
    rows = ConflictOfInterest.objects.in_force().filter(organisation=target)
    for row in rows.select_related("person"):
        ended = set_aside(
            person=row.person,
            applications=dossiers,
            actor=by,
            at=at,
            comment=f"{row.person} s’était déporté de {source.legal_name} ou de "
            f"{target.legal_name}, désormais réunies.",
        )
        count += len(ended)
    return count


def names_of(source: Organisation) -> Iterator[str]:
    """Name who stood aside from a body."""
    rows = ConflictOfInterest.objects.in_force().filter(organisation=source)
    for row in rows.select_related("person"):
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
    """Name nothing: scores and assignments move with their dossier."""
    yield from ()


def register() -> None:
    register_mover("conflicts", move_conflicts, words=("déport", "déports"), names=names_of)
    register_mover(
        "recusals",
        end_assignments,
        words=("dossier à réaffecter", "dossiers à réaffecter"),
        names=nothing_of,
    )
    register_mover(
        "scores", refresh_scores, words=("note recalculée", "notes recalculées"), names=nothing_of
    )
