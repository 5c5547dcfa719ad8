"""The rows of the year's export, as ``config.spreadsheets`` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from config.spreadsheets import Column, Value
from grants.applications.models import Application
from grants.applications.selectors import renewal_condition
from grants.review.listing.places import places_to_name
from grants.review.listing.rows import UNREAD, for_rows, with_parts
from grants.review.scores import scores_for
from reporting.columns import Row, holds_scores
from reporting.selectors import with_public_total


if TYPE_CHECKING:
    from accounts.models import User

CHUNK = 500


# --- Rows -----------------------------------------------------------------------------------------
def for_export(applications: QuerySet[Application], user: User) -> QuerySet[Application]:
    """Fetch what the columns read, for dossiers annotated by ``selectors.with_decision``."""
    fetched = with_parts(for_rows(with_public_total(applications)), ["hides_scores"], user)
    return (
        fetched.select_related("sheet__campaign", "organisation__commune")
        .annotate(is_renewal=renewal_condition())
        .defer(*UNREAD, "organisation__commune__svg_path")
        .prefetch_related(places_to_name())
    )


def export_rows(
    applications: QuerySet[Application], columns: Sequence[Column], user: User
) -> Iterator[list[Value]]:
    """Yield the values of each dossier, a few hundred dossiers in memory at a time.

    Args:
        applications: Fetched by :func:`for_export`, ordered.
        columns: What to write.
        user: Who asks: scores they may not read are left empty.
    """
    scored = holds_scores(columns)
    found = applications.iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        scores = scores_for(chunk, user) if scored else {}
        for application in chunk:
            score = scores.get(application.pk)
            row = Row(application, score.total if score else None)
            yield [column.read(row) for column in columns]
