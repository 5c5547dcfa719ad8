"""A scoring grid drawn as its readers see it: the very cards of the desk, with nothing to send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.template.loader import render_to_string

from grants.applications.models import Application
from grants.calls import hooks
from grants.calls.models import AdmissibilityQuestion, Criterion
from grants.review.admissibility import Admissibility, Line
from grants.review.admissibility_answers import UNKNOWN, SystemAnswer
from grants.review.admissibility_form import AdmissibilityForm
from grants.review.scoring_form import ScoringForm


if TYPE_CHECKING:
    from grants.calls.grids.content import GridContent


class _Rows:
    def __init__(self, rows: list[Criterion]) -> None:
        self.rows = rows

    def all(self) -> list[Criterion]:
        return self.rows


@dataclass(frozen=True)
class _Grid:
    """Stands for a grid that is not written yet."""

    comment_at_most: int
    comment_at_least: int
    criteria: _Rows


def preview(content: GridContent) -> str:
    """Return the scoring cards and the questions of a grid, as HTML."""
    criteria = [
        Criterion(
            pk=number,
            position=number,
            label=one.label,
            help_text=one.help_text,
            weight=one.weight,
            level_sentences=list(one.level_sentences),
            allows_not_applicable=one.allows_not_applicable,
        )
        for number, one in enumerate(content.criteria, start=1)
    ]
    grid = _Grid(content.comment_at_most, content.comment_at_least, _Rows(criteria))
    scoring = ScoringForm(grid=grid, prefix="apercu")
    questions = AdmissibilityForm(admissibility=_questions(content), prefix="apercu")
    context = {"scoring_form": scoring, "admissibility_form": questions, "grid": grid}
    return render_to_string("review/scoring/preview.html", context)


def _questions(content: GridContent) -> Admissibility:
    lines = []
    for number, one in enumerate(content.questions, start=1):
        question = AdmissibilityQuestion(
            pk=number,
            position=number,
            label=one.label,
            help_text=one.help_text,
            automatic=one.automatic,
            allows_not_applicable=one.allows_not_applicable,
        )
        line = Line(question, None, Application(), date.min)
        said = SystemAnswer(UNKNOWN, "répond ici pour chaque dossier, avec sa raison.")
        line.__dict__["system"] = said if one.automatic else None
        lines.append(line)
    return Admissibility(lines)


def register() -> None:
    hooks.grid_previewers.append(preview)
