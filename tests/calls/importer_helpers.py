"""What the importer tests share: the places of the reference files, and a way to parse text."""

import csv
from functools import lru_cache
from pathlib import Path

from grants.calls.importer import Gazetteer, ParsedFile, SourceLine, parse


ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "fixtures" / "reference"
SHEETS = Path(__file__).resolve().parent / "sheets"


def _rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache
def gazetteer() -> Gazetteer:
    """Gives the communes, neighbourhoods and territories of the department."""
    communes = _rows("communes_92.csv")
    territories: dict[str, list[str]] = {}
    for row in communes:
        territories.setdefault(row["territory"], []).append(row["insee"])
    return Gazetteer(
        [(row["insee"], row["name"]) for row in communes],
        [
            (row["code"], row["name"], row["generation"], row["insee"].split())
            for row in _rows("qpv_92.csv")
        ],
        territories.items(),
    )


def source_lines(text: str) -> list[SourceLine]:
    """Numbers the lines of a text."""
    return [SourceLine(number, line) for number, line in enumerate(text.split("\n"), start=1)]


def parse_text(text: str) -> ParsedFile:
    """Parses a text as if it were a file."""
    return parse(source_lines(text), gazetteer())


def homes(parsed: ParsedFile) -> list[int]:
    """Gives every place a line ended in: a line number appears once for each."""
    fields = [number for sheet in parsed.sheets for number in sheet.line_fields]
    return sorted(fields + [doubt.line for doubt in parsed.report if doubt.line is not None])


def as_data(parsed: ParsedFile) -> dict:
    """Gives a parsed file as plain data, to compare with the expected JSON."""
    sheets = []
    for sheet in parsed.sheets:
        data = dict(vars(sheet))
        data["places"] = [[place.text, place.kind, list(place.keys)] for place in sheet.places]
        period = sheet.framework_period
        data["framework_period"] = list(period) if period else None
        data["doubts"] = [[doubt.line, doubt.field, doubt.code] for doubt in sheet.doubts]
        lines: dict[str, list[int]] = {}
        for number, name in sheet.line_fields.items():
            lines.setdefault(name, []).append(number)
        data["line_fields"] = lines
        sheets.append(data)
    return {"sheets": sheets, "report": [[doubt.line, doubt.code] for doubt in parsed.report]}
