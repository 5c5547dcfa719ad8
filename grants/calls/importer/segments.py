"""Cuts the lines of a file into labelled segments, and those into sheets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .cleaning import is_capitals, is_mere_decoration, strip_debris, strip_invisible
from .labels import Label, find_label, unknown_label
from .result import FIELD_NAMES, Doubt, SourceLine, make_doubt
from .titles import Row, preamble_start, title_key, title_start


_ORDER = list(FIELD_NAMES)
_SPLIT_LABEL_MAX = 60


@dataclass
class Segment:
    """A label and the rows under it; the field is "" for a label no sheet has."""

    field: str
    label: Label | None
    label_rows: list[Row]
    rows: list[Row] = field(default_factory=list)
    gap_after: int = 0
    unknown: str = ""

    @property
    def has_value(self) -> bool:
        """Tells whether the label's own line says something after the label."""
        return bool(self.label and self.label.value)


@dataclass
class RawSheet:
    """The title rows and segments of one sheet, before any reading."""

    titles: list[Row] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    guessed: str = ""

    def fields(self) -> set[str]:
        """Gives the fields met so far."""
        return {segment.field for segment in self.segments if segment.field}


def cut(
    lines: Sequence[SourceLine], is_place: Callable[[str], bool]
) -> tuple[list[RawSheet], list[Doubt]]:
    """Cuts a file into sheets.

    Args:
        lines: the lines of the file.
        is_place: tells a place from a label ("NANTERRE : Petit Nanterre").

    Returns:
        The sheets, and a doubt for each line that belongs to none.
    """
    report: list[Doubt] = []
    rows, last_gap = _rows_of(lines, report)
    preamble, segments = _segments_of(rows, is_place)
    if segments:
        segments[-1].gap_after = last_gap
    sheets = _sheets_of(preamble, segments, report)
    return sheets, report


def _rows_of(lines: Sequence[SourceLine], report: list[Doubt]) -> tuple[list[Row], int]:
    rows: list[Row] = []
    gap = 0
    for line in lines:
        text = strip_debris(line.text)
        if not line.text.strip():
            gap += 1
        elif not text or is_mere_decoration(text):
            gap += 1
            shown = strip_invisible(line.text).strip()[:80]
            message = f"Ligne sans contenu, laissée de côté : « {shown} »."
            if not shown:
                message = "Ligne faite de caractères invisibles, laissée de côté."
            report.append(make_doubt(line.number, None, "debris", message))
        else:
            rows.append(Row(line.number, text, gap))
            gap = 0
    return rows, gap


def _segments_of(
    rows: list[Row], is_place: Callable[[str], bool]
) -> tuple[list[Row], list[Segment]]:
    found = [find_label(row.text) for row in rows]
    labels = [label for label in found if label and label.full]
    capitals_file = sum(label.capitals for label in labels) * 2 >= len(labels) and bool(labels)
    preamble: list[Row] = []
    segments: list[Segment] = []
    seen: set[str] = set()
    index = 0
    while index < len(rows):
        row, label, used = rows[index], found[index], 1
        if index + 1 < len(rows) and rows[index + 1].gap == 0:
            joined = _label_on_two_lines(row, rows[index + 1])
            label, used = (joined, 2) if joined else (label, 1)
        if label and not _trusted(label, seen, capitals_file):
            label = None
        current = segments[-1] if segments else None
        if label:
            seen = set() if label.field == "pillar" else seen
            seen.add(label.field)
            if current:
                current.gap_after = row.gap
            segments.append(Segment(label.field, label, rows[index : index + used]))
        elif current is None:
            preamble.append(row)
        elif name := _unknown_label_in(row, current, capitals_file, is_place):
            current.gap_after = row.gap
            segments.append(Segment("", None, [row], unknown=name))
        else:
            current.rows.append(row)
        index += used if label else 1
    return preamble, segments


def _label_on_two_lines(first: Row, second: Row) -> Label | None:
    """Finds a label cut by the end of the line ("PUBLIC" / "CONCERNÉ :")."""
    if max(len(first.text), len(second.text)) > _SPLIT_LABEL_MAX or ":" in first.text:
        return None
    if not is_capitals(first.text) or find_label(second.text):
        return None
    label = find_label(f"{first.text} {second.text}")
    if not label or not label.full or label.oddity or len(label.typed) <= len(first.text):
        return None
    return label


def _trusted(label: Label, seen: set[str], capitals_file: bool) -> bool:
    """Tells a label in small letters from the start of a sentence."""
    if label.capitals or not capitals_file:
        return True
    return label.full and not label.marked and (label.field == "pillar" or label.field not in seen)


def _unknown_label_in(
    row: Row, current: Segment, capitals_file: bool, is_place: Callable[[str], bool]
) -> str:
    name = unknown_label(row.text, capitals_file)
    return "" if current.field == "territories_text" and is_place(name) else name


def _sheets_of(preamble: list[Row], segments: list[Segment], report: list[Doubt]) -> list[RawSheet]:
    start = preamble_start(preamble) if segments else len(preamble)
    report += [_outside(row) for row in preamble[:start]]
    titles = preamble[start:]
    known = {key for row in titles if (key := title_key(row.text))}
    sheets: list[RawSheet] = []
    for position, segment in enumerate(segments):
        if position:
            titles = _take_titles(segments[position - 1], segment, known)
        current = sheets[-1] if sheets else None
        sure = len(titles) > 1 and all(title_key(row.text) in known for row in titles)
        guessed = _new_sheet_without_pillar(current, segment, titles, sure)
        if current is None or guessed or _pillar_starts_sheet(current, segment, titles):
            current = RawSheet(titles, guessed=guessed)
            sheets.append(current)
            known |= {key for row in titles if (key := title_key(row.text))}
        elif titles:
            segments[position - 1].rows += titles
        current.segments.append(segment)
        titles = []
    if segments:
        last = segments[-1]
        start = title_start(last.rows, known, last.gap_after, False, last.has_value)
        report += [_outside(row) for row in last.rows[start:]]
        last.rows = last.rows[:start]
    return sheets


def _take_titles(previous: Segment, segment: Segment, known: set[str]) -> list[Row]:
    """Takes the title rows of the next sheet off the end of a segment."""
    start = title_start(
        previous.rows,
        known,
        previous.gap_after,
        segment.field == "pillar",
        previous.has_value or not previous.field,
    )
    titles, previous.rows = previous.rows[start:], previous.rows[:start]
    return titles


def _pillar_starts_sheet(current: RawSheet, segment: Segment, titles: list[Row]) -> bool:
    """Tells whether a pillar starts a sheet: it does, unless it only comes second."""
    if segment.field != "pillar":
        return False
    return bool(titles) or current.fields() != {"orientation"}


def _new_sheet_without_pillar(
    current: RawSheet | None, segment: Segment, titles: list[Row], sure: bool
) -> str:
    """Tells whether a sheet starts at a label other than the pillar, and by what sign."""
    if segment.field == "pillar":
        return ""
    if current is None:
        return "titles"
    if not segment.field:
        return ""
    met = current.fields()
    back = any(_ORDER.index(name) >= _ORDER.index(segment.field) for name in met)
    if titles and (sure or back):
        return "titles"
    if segment.field != "orientation" or "orientation" not in met:
        return ""
    later = [name for name in met if _ORDER.index(name) > _ORDER.index("orientation")]
    return "repeated" if len(later) >= 3 else ""


def _outside(row: Row) -> Doubt:
    message = f"Cette ligne n’appartient à aucune fiche : « {row.text} »."
    return make_doubt(row.number, None, "outside_sheet", message)
