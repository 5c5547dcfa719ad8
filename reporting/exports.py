"""The rows of the year's export, as ``config.spreadsheets`` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import TruncDate

from config.spreadsheets import Column, Value
from grants.applications.models import Application
from grants.review.listing.reads import found_by_name, names_read, rows_of
from grants.review.listing.rows import PARTS, with_parts
from reporting.selectors import with_public_total


if TYPE_CHECKING:
    from accounts.models import User


def export_rows(
    applications: QuerySet[Application], columns: Sequence[Column], user: User
) -> Iterator[tuple[Value, ...]]:
    """Yield the values of each dossier, a few hundred dossiers in memory at a time.

    Args:
        applications: Annotated by ``selectors.with_decision``, ordered.
        columns: What to write.
        user: Who asks: scores they may not read are left empty.
    """
    names = names_read(columns)
    told_on = TruncDate("told_at", tzinfo=ZoneInfo(settings.TIME_ZONE))
    dossiers = with_parts(with_public_total(applications), PARTS.intersection(names), user)
    keys = applications.values_list("pk", flat=True)
    for found in found_by_name(dossiers.annotate(told_on=told_on), keys, names):
        yield from rows_of(columns, found)
