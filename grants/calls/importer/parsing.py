"""Turns the lines of a file into sheets, each line in one field or in the report."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .ages import read_ages
from .cleaning import (
    clean_line,
    is_bullet_alone,
    join_lines,
    shorten,
    split_bullet,
    typographic,
    words_key,
)
from .codes import code_in_title, split_code
from .labels import label_inside
from .places import Gazetteer
from .result import (
    FIELD_NAMES,
    TITLE_LINES,
    Doubt,
    ParsedFile,
    ParsedSheet,
    SourceLine,
    make_doubt,
)
from .segments import RawSheet, Segment, cut
from .territories import read_territories
from .titles import read_framework


TITLE_MAX = 200
OBJECTIVE_TITLE_MAX = 120
_BOILERPLATE = re.compile(
    r"^\W*selon\s+le\s+projet\s+(?:de|du)\s+territoire\s*(?:$|[.:;,/–—-]+\s*)", re.IGNORECASE
)
#: Fields a sheet may go without: one of the two usual layouts does not have them.
_OPTIONAL = {"objective_elements", "conditions", "expected_results"}


def parse(lines: Sequence[SourceLine], gazetteer: Gazetteer) -> ParsedFile:
    """Parses the lines of a call-sheet file.

    Args:
        lines: the lines, as ``read_lines`` gives them.
        gazetteer: the communes, neighbourhoods and territories there are.

    Returns:
        The sheets in their order, and a report of the lines that belong to none.
    """
    raw_sheets, report = cut(lines, lambda text: _is_place(text, gazetteer))
    parsed = ParsedFile(report=report)
    for raw in raw_sheets:
        parsed.sheets.append(_read_sheet(raw, gazetteer, report))
    _doubt_same_codes(parsed.sheets)
    if not parsed.sheets:
        message = "Aucune fiche n’a été trouvée dans ce fichier."
        report.append(make_doubt(None, None, "no_sheet", message))
    report.sort(key=lambda doubt: doubt.line or 0)
    return parsed


def _is_place(text: str, gazetteer: Gazetteer) -> bool:
    return bool(gazetteer.find(text).kind) or bool(re.match(r"(?i)(?:territoire|t)\s?\d", text))


def _read_sheet(raw: RawSheet, gazetteer: Gazetteer, report: list[Doubt]) -> ParsedSheet:
    sheet = ParsedSheet()
    for row in raw.titles:
        sheet.line_fields[row.number] = TITLE_LINES
        sheet.source_title_lines.append(typographic(row.text))
    sheet.framework_name, sheet.framework_period = read_framework(sheet.source_title_lines)
    contents: dict[str, list[tuple[str, str]]] = {}
    first_lines: dict[str, int] = {}
    for segment in raw.segments:
        if segment.unknown:
            report += _unknown_rows(segment)
            continue
        if segment.field in contents:
            _doubt_repeated(sheet, segment)
        _doubt_label(sheet, segment)
        first_lines.setdefault(segment.field, segment.label_rows[0].number)
        contents.setdefault(segment.field, []).extend(_read_segment(sheet, segment))
    for name, content in contents.items():
        setattr(sheet, name, typographic(join_lines(content)))
    _read_code(sheet, first_lines)
    _read_title(sheet, raw, first_lines)
    places = read_territories(
        sheet.territories_text, gazetteer, first_lines.get("territories_text")
    )
    sheet.places, sheet.whole_department = places.places, places.whole_department
    ages = read_ages(sheet.target_public, first_lines.get("target_public"))
    sheet.age_min, sheet.age_max = ages.low, ages.high
    sheet.doubts += places.doubts + ages.doubts
    _doubt_missing(sheet, first_lines, raw)
    sheet.doubts.sort(key=lambda doubt: doubt.line or 0)
    return sheet


def _read_segment(sheet: ParsedSheet, segment: Segment) -> list[tuple[str, str]]:
    """Reads the rows of a segment into (list mark, clean text), each row noted in the sheet."""
    label = segment.label
    typed = [(segment.label_rows[-1].number, label.value if label else "")]
    typed += [(row.number, row.text) for row in segment.rows]
    for row in segment.label_rows:
        sheet.line_fields[row.number] = segment.field
    content: list[tuple[str, str]] = []
    for number, text in typed:
        sheet.line_fields[number] = segment.field
        if not content:
            text = text.lstrip(":：= \u00a0")
        if is_bullet_alone(text):
            mark, text = split_bullet(f"{text} x")[0] or "-", ""
        else:
            mark, text = split_bullet(text)
        clean, doubled = clean_line(text)
        for word in doubled:
            message = f"Le mot « {word} » était écrit deux fois de suite : il ne reste qu’une fois."
            sheet.doubts.append(make_doubt(number, segment.field, "doubled_word", message))
        if inside := label_inside(text):
            message = f"Un intitulé est au milieu d’une ligne : « {inside} »."
            sheet.doubts.append(make_doubt(number, segment.field, "label_inside", message))
        if clean or mark:
            content.append((mark, clean))
    return content


def _read_code(sheet: ParsedSheet, first_lines: dict[str, int]) -> None:
    line = first_lines.get("pillar")
    first, *others = sheet.pillar.split("\n")
    pillar, code, usual = split_code(" ".join([first, *others]))
    if not code and others:
        pillar, code, usual = split_code(first)
        pillar = "\n".join([pillar, *others])
        message = "Du texte suit la ligne du pilier sans intitulé : il est gardé avec le pilier."
        sheet.doubts.append(make_doubt(line, "pillar", "pillar_lines", message))
    if not code:
        titles = [found for text in sheet.source_title_lines if (found := code_in_title(text))]
        code, usual = (titles[-1], False) if titles else ("", True)
    sheet.pillar, sheet.code = pillar, code
    if not code:
        message = "Cette fiche n’a pas de code à la fin de la ligne du pilier."
        sheet.doubts.append(make_doubt(line, "pillar", "no_code", message))
    elif not usual:
        message = f"Le code « {code} » n’est pas à la fin de la ligne du pilier : à vérifier."
        sheet.doubts.append(make_doubt(line, "pillar", "code_elsewhere", message))


def _read_title(sheet: ParsedSheet, raw: RawSheet, first_lines: dict[str, int]) -> None:
    """Draws the title from the orientation, or else from the objective."""
    for text in sheet.orientation.split("\n"):
        if title := _title_from(_BOILERPLATE.sub("", split_bullet(text)[1])):
            sheet.title = shorten(title, TITLE_MAX)
            return
    objective = split_bullet(sheet.operational_objective.split("\n")[0])[1]
    sheet.title = shorten(_title_from(objective), OBJECTIVE_TITLE_MAX)
    line = first_lines.get("operational_objective", _first_line(raw))
    if sheet.title:
        message = "Le titre vient de l’objectif opérationnel, faute d’orientation."
        sheet.doubts.append(make_doubt(line, "orientation", "title_from_objective", message))
    else:
        message = "Cette fiche n’a ni orientation ni objectif : son titre est à écrire."
        sheet.doubts.append(make_doubt(line, "orientation", "no_title", message))


def _title_from(text: str) -> str:
    return text.strip().rstrip(" .:;,\u00a0") if words_key(text) else ""


def _first_line(raw: RawSheet) -> int | None:
    rows = raw.titles or [row for segment in raw.segments for row in segment.label_rows]
    return rows[0].number if rows else None


def _unknown_rows(segment: Segment) -> list[Doubt]:
    first, *_ = segment.label_rows
    doubts = [
        make_doubt(
            first.number,
            None,
            "unknown_label",
            f"L’intitulé « {segment.unknown} » n’est pas un champ des fiches : "
            f"« {first.text} » n’est pas repris.",
        )
    ]
    for row in segment.rows:
        message = (
            f"Texte sous l’intitulé inconnu « {segment.unknown} », non repris : « {row.text} »."
        )
        doubts.append(make_doubt(row.number, None, "unknown_label_text", message))
    return doubts


def _doubt_repeated(sheet: ParsedSheet, segment: Segment) -> None:
    message = (
        f"Le champ « {FIELD_NAMES[segment.field]} » est là deux fois dans la fiche : "
        "les deux textes sont mis bout à bout."
    )
    number = segment.label_rows[0].number
    sheet.doubts.append(make_doubt(number, segment.field, "repeated_label", message))


def _doubt_label(sheet: ParsedSheet, segment: Segment) -> None:
    label = segment.label
    if not label or not label.oddity:
        return
    name = FIELD_NAMES[segment.field]
    messages = {
        "no_colon": f"L’intitulé « {label.typed} » n’est pas suivi de deux-points.",
        "misspelt": f"L’intitulé « {label.typed} » a été lu « {name} » : à vérifier.",
    }
    extra = f"L’intitulé « {label.typed} » porte une précision qui n’est pas reprise."
    message = messages.get(label.oddity, extra)
    code = f"label_{label.oddity}" if label.oddity in messages else "label_extra"
    number = segment.label_rows[0].number
    sheet.doubts.append(make_doubt(number, segment.field, code, message))


def _doubt_missing(sheet: ParsedSheet, first_lines: dict[str, int], raw: RawSheet) -> None:
    for name, label in FIELD_NAMES.items():
        if getattr(sheet, name):
            continue
        if name in first_lines:
            message = f"Le champ « {label} » est vide."
            sheet.doubts.append(make_doubt(first_lines[name], name, "empty_field", message))
        elif name not in _OPTIONAL:
            message = f"Le champ « {label} » manque dans la fiche."
            sheet.doubts.append(make_doubt(_first_line(raw), name, "missing_field", message))
    if raw.guessed == "repeated":
        message = "Une nouvelle fiche semble commencer ici, sans titre ni pilier."
        sheet.doubts.append(make_doubt(_first_line(raw), None, "sheet_without_pillar", message))


def _doubt_same_codes(sheets: list[ParsedSheet]) -> None:
    for index, sheet in enumerate(sheets):
        if sheet.code and sheet.code in {other.code for other in sheets[:index]}:
            message = f"Le code « {sheet.code} » est déjà celui d’une autre fiche du fichier."
            line = next(
                (number for number, name in sheet.line_fields.items() if name == "pillar"), None
            )
            sheet.doubts.append(make_doubt(line, "pillar", "same_code", message))
