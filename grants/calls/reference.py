"""What a new sheet starts with: the usual scoring grid and list of documents."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path

from grants.calls.models import Criterion, ScoringGrid
from territories.reference import FOLDER


def load_default_grid(folder: Path = FOLDER) -> int:
    """Write the usual grid unless it is there: the office may have edited it since.

    Returns:
        How many criteria the grid has.

    Source:
        ``reference/regulation.md`` §5.2 (weights); the sentences per level are the office's.
    """
    data = json.loads((folder / "default_grid.json").read_text(encoding="utf-8"))
    grid, created = ScoringGrid.objects.get_or_create(
        name=data["name"],
        defaults={
            "comment_at_most": data["comment_at_most"],
            "comment_at_least": data["comment_at_least"],
        },
    )
    if created:
        Criterion.objects.bulk_create(
            Criterion(grid=grid, position=position, **{**row, "weight": Decimal(row["weight"])})
            for position, row in enumerate(data["criteria"], start=1)
        )
    return grid.criteria.count()


@cache
def default_documents() -> tuple[dict, ...]:
    """Return the documents asked by default, per kind of applicant and history.

    Source:
        ``reference/regulation.md`` §8 (what differs between communes and associations).
    """
    text = (FOLDER / "default_documents.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)["documents"])
