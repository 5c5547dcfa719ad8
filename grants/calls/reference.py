"""What a new sheet starts with: the usual scoring grid and list of documents."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path

from grants.calls.models import AdmissibilityQuestion, Criterion, ScoringGrid
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


def load_default_questions(folder: Path = FOLDER) -> int:
    """Give the usual grid its questions of admissibility, unless it has some or is frozen.

    A grid that a published sheet uses does not change: its dossiers keep being read as they were
    called for.

    Returns:
        How many questions the grid has.

    Source:
        ``reference/regulation.md`` §5.2, step A.
    """
    data = json.loads((folder / "default_grid.json").read_text(encoding="utf-8"))
    grid = ScoringGrid.objects.filter(name=data["name"]).order_by("pk").first()
    if grid is None:
        return 0
    if grid.frozen_at is None and not grid.questions.exists():
        AdmissibilityQuestion.objects.bulk_create(
            AdmissibilityQuestion(grid=grid, position=position, **row)
            for position, row in enumerate(data["questions"], start=1)
        )
    return grid.questions.count()


@cache
def default_documents() -> tuple[dict, ...]:
    """Return the documents asked by default, per kind of applicant and history.

    Source:
        ``reference/regulation.md`` §8 (what differs between communes and associations).
    """
    text = (FOLDER / "default_documents.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)["documents"])
