"""Keep each dossier's score beside it, so that lists filter and sort on it in SQL.

Every service that changes a reading or a recusal calls :func:`refresh_summary` in its transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction

from grants.review.models import ScoreSummary
from grants.review.scores import NO_SCORE, scores_of


if TYPE_CHECKING:
    from grants.applications.models import Application


KEPT = ("total", "gap", "needs_third", "finals_count")


@transaction.atomic
def refresh_summary(application: Application) -> None:
    """Write what the readings of a dossier say together; the caller holds its lock."""
    refresh_summaries([application.pk])


@transaction.atomic
def refresh_summaries(application_ids: Collection[int]) -> int:
    """Write the score of several dossiers; return how many have one.

    A dossier that never had a final reading gets no row; one that lost its last keeps an empty row.
    """
    found = scores_of(application_ids)
    rows = []
    known = ScoreSummary.objects.filter(application__in=application_ids)
    for pk in sorted({*found, *known.values_list("pk", flat=True)}):
        one = found.get(pk, NO_SCORE)
        rows.append(
            ScoreSummary(
                application_id=pk,
                total=one.score.total,
                gap=one.score.gap,
                needs_third=one.score.needs_third,
                finals_count=one.finals_count,
            )
        )
    ScoreSummary.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["application"], update_fields=KEPT
    )
    return len(found)
