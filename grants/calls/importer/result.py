"""What the parser hands back: lines, sheets, places and doubts."""

from __future__ import annotations

from dataclasses import dataclass, field

from .cleaning import typographic


#: The labelled fields of a sheet, in the order of the layout, with their French names.
FIELD_NAMES = {
    "pillar": "Pilier concerné",
    "orientation": "Orientation / enjeu",
    "identified_need": "Besoin repéré",
    "operational_objective": "Objectif opérationnel",
    "objective_elements": "Éléments de définition de l’objectif opérationnel",
    "territories_text": "Territoires concernés",
    "target_public": "Public concerné",
    "conditions": "Conditions de réalisation",
    "expected_results": "Résultats attendus",
}

#: Where the lines above a sheet go in ``ParsedSheet.line_fields``.
TITLE_LINES = "title_lines"


@dataclass(frozen=True)
class SourceLine:
    """One line of the file: its number in the file (from 1) and its text."""

    number: int
    text: str


@dataclass(frozen=True)
class Doubt:
    """Something the person importing must see, said in a French sentence."""

    line: int | None
    field: str | None
    code: str
    message: str


def make_doubt(line: int | None, field_name: str | None, code: str, message: str) -> Doubt:
    """Builds a doubt, with the French typography of its message put right."""
    return Doubt(line, field_name, code, typographic(message))


@dataclass
class PlaceMatch:
    """A place as typed, and what it stands for: nothing when ``kind`` is None."""

    text: str
    kind: str | None = None
    keys: tuple[str, ...] = ()


@dataclass
class ParsedSheet:
    """One call sheet, its fields cleaned, with the source line of each."""

    code: str = ""
    title: str = ""
    pillar: str = ""
    orientation: str = ""
    identified_need: str = ""
    operational_objective: str = ""
    objective_elements: str = ""
    territories_text: str = ""
    places: list[PlaceMatch] = field(default_factory=list)
    whole_department: bool = False
    target_public: str = ""
    age_min: int | None = None
    age_max: int | None = None
    conditions: str = ""
    expected_results: str = ""
    source_title_lines: list[str] = field(default_factory=list)
    framework_name: str = ""
    framework_period: tuple[int, int] | None = None
    line_fields: dict[int, str] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)


@dataclass
class ParsedFile:
    """The sheets of a file, and the lines that belong to none of them.

    Every non-blank line is in the ``line_fields`` of exactly one sheet, or is the ``line``
    of exactly one doubt of ``report``.
    """

    sheets: list[ParsedSheet] = field(default_factory=list)
    report: list[Doubt] = field(default_factory=list)
