"""Scoring grids with what uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Prefetch

from grants.calls.enums import SheetState
from grants.calls.grids.content import GridContent, content_of
from grants.calls.models import CallSheet, ScoringGrid


if TYPE_CHECKING:
    from django.db.models import QuerySet


def grids_with_uses() -> QuerySet[ScoringGrid]:
    """Return the grids by name, with how much they hold and the sheets that use them."""
    sheets = CallSheet.objects.select_related("campaign").order_by(
        "-campaign__fiscal_year", "code", "version", "pk"
    )
    return (
        ScoringGrid.objects.annotate(
            criteria_count=Count("criteria", distinct=True),
            questions_count=Count("questions", distinct=True),
        )
        .prefetch_related(Prefetch("callsheet_set", sheets, to_attr="sheets"))
        .order_by("name", "pk")
    )


def is_frozen(grid: ScoringGrid) -> bool:
    """Tell whether a published sheet uses a grid; ``grid.sheets`` comes from the query above."""
    return grid.frozen_at is not None or any(
        sheet.state != SheetState.DRAFT for sheet in grid.sheets
    )


def choice_previews() -> list[tuple[ScoringGrid, GridContent]]:
    """Return every grid with its content, to choose one on a sheet: three queries."""
    grids = ScoringGrid.objects.prefetch_related("criteria", "questions").order_by("name", "pk")
    return [(grid, content_of(grid)) for grid in grids]
