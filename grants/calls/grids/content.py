"""What a scoring grid says, apart from its rows: to type it, to compare it, to copy it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from grants.calls.models import ScoringGrid

LEVELS = 6  # notes 0 to 5
MAX_CRITERIA = 30
MAX_QUESTIONS = 20
MAX_WEIGHT = Decimal("999.99")
LONGEST_LABEL = 200
LONGEST_HELP = 1000
LONGEST_SENTENCE = 250


@dataclass(frozen=True)
class CriterionContent:
    """A criterion: its weight against the others, a sentence for each note from 0 to 5."""

    label: str
    weight: Decimal
    level_sentences: tuple[str, ...]
    help_text: str = ""
    allows_not_applicable: bool = True


@dataclass(frozen=True)
class QuestionContent:
    """A question of admissibility; ``automatic`` is empty when people answer."""

    label: str
    help_text: str = ""
    automatic: str = ""
    allows_not_applicable: bool = True


@dataclass(frozen=True)
class GridContent:
    """A whole grid, its criteria and questions in order.

    Attributes:
        name: For the office.
        comment_at_most: A note at most this one needs a comment (0 at least).
        comment_at_least: A note at least this one needs a comment; 6 for none.
        criteria: In order.
        questions: In order.
    """

    name: str
    comment_at_most: int = 1
    comment_at_least: int = 5
    criteria: tuple[CriterionContent, ...] = ()
    questions: tuple[QuestionContent, ...] = ()

    @property
    def total_weight(self) -> Decimal:
        return sum((one.weight for one in self.criteria), Decimal(0))

    def shares(self) -> list[Decimal]:
        """Return the part of each criterion in the total, between 0 and 1."""
        total = self.total_weight
        return [one.weight / total if total else Decimal(0) for one in self.criteria]

    @property
    def version(self) -> str:
        """A digest: a form says which content it was opened on."""
        text = json.dumps(asdict(self), default=_as_text, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]


def _as_text(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def content_of(grid: ScoringGrid) -> GridContent:
    """Return what a grid says; its criteria and questions may be prefetched."""
    return GridContent(
        name=grid.name,
        comment_at_most=grid.comment_at_most,
        comment_at_least=grid.comment_at_least,
        criteria=tuple(
            CriterionContent(
                label=row.label,
                weight=row.weight,
                level_sentences=tuple(row.level_sentences),
                help_text=row.help_text,
                allows_not_applicable=row.allows_not_applicable,
            )
            for row in grid.criteria.all()
        ),
        questions=tuple(
            QuestionContent(
                label=row.label,
                help_text=row.help_text,
                automatic=row.automatic,
                allows_not_applicable=row.allows_not_applicable,
            )
            for row in grid.questions.all()
        ),
    )


def first_change(before: GridContent, after: GridContent) -> str:
    """Say in a few words what differs between two contents."""
    if before.name != after.name:
        return f"elle s’appelle maintenant « {after.name} »"
    for words, old, new in (
        ("le critère", before.criteria, after.criteria),
        ("la question", before.questions, after.questions),
    ):
        if found := _first_row(words, old, new):
            return found
    return "les notes à commenter ont changé"


def _first_row(words: str, old: Sequence, new: Sequence) -> str:
    labels = {row.label for row in old}
    for row in new:
        if row.label not in labels:
            return f"{words} « {row.label} » vient d’y être"
    if len(old) != len(new):
        return f"elle en compte {len(new)} au lieu de {len(old)}"
    for before, after in zip(old, new, strict=True):
        if before != after:
            return f"{words} « {after.label} » n’est plus pareil"
    return ""


def alike(content: GridContent) -> list[str]:
    """Say which criteria a reader cannot tell apart, and which notes mean the same.

    Nothing of it prevents the grid from being used: it warns of a copy left as it was.
    """
    sentences = []
    labels = Counter(one.label.strip().casefold() for one in content.criteria)
    told = set()
    for one in content.criteria:
        key = one.label.strip().casefold()
        if labels[key] > 1 and key not in told:
            told.add(key)
            sentences.append(
                f"{labels[key]} critères s’intitulent « {one.label} » : un lecteur ne les "
                "distingue pas."
            )
        notes: dict[str, list[str]] = {}
        for level, sentence in enumerate(one.level_sentences):
            notes.setdefault(sentence.strip().casefold(), []).append(str(level))
        sentences.extend(
            f"« {one.label} » : les notes {_listed(levels)} ont la même phrase."
            for levels in notes.values()
            if len(levels) > 1
        )
    return sentences


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} et {words[-1]}"
