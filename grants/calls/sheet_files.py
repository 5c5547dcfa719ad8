"""What was read in a file of sheets, as plain data that a person may correct before it is written.

One *entry* per sheet::

    {"keep": True, "replace": False, "code": "C1", "title": …, (the nine labelled fields),
     "whole_department": False, "age_min": None, "age_max": None,
     "places": [{"text", "kind", "keys", "label", "keep"}],
     "title_lines": […], "framework_name": "", "framework_period": None,
     "doubts": [{"line", "field", "code", "message"}]}
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from config.text import fold
from grants.calls.importer import Doubt, Gazetteer, ParsedFile, ParsedSheet, parse
from grants.calls.importer.result import FIELD_NAMES, SourceLine
from territories.models import Commune, Framework, PriorityNeighbourhood


TEXT_FIELDS = tuple(FIELD_NAMES)
FRAMEWORK_KINDS = (
    ("contrat de ville", Framework.Kind.CITY_CONTRACT),
    ("quartiers 2030", Framework.Kind.CITY_CONTRACT),
    ("cite educative", Framework.Kind.EDUCATIONAL_CITY),
    ("pedt", Framework.Kind.PEDT),
    ("projet educatif de territoire", Framework.Kind.PEDT),
    ("pel", Framework.Kind.PEL),
    ("projet educatif local", Framework.Kind.PEL),
    ("clspd", Framework.Kind.CLSPD_PLAN),
)


def read_entries(lines: list[SourceLine], gazetteer: Gazetteer) -> dict:
    """Read the lines of a file into entries and a report.

    Returns:
        ``{"sheets": [entry…], "report": [doubt…]}``, ready for JSON.
    """
    parsed = parse(lines, gazetteer)
    names = _place_names(parsed)
    return {
        "sheets": [_entry(sheet, names) for sheet in parsed.sheets],
        "report": [_doubt(doubt) for doubt in parsed.report],
    }


def kept_keys(entry: dict, kind: str) -> list[str]:
    """Return the codes of the communes (or neighbourhoods) that an entry keeps, each once."""
    found = [
        key
        for place in entry["places"]
        if place["kind"] == kind and place["keep"]
        for key in place["keys"]
    ]
    return list(dict.fromkeys(found))


def framework_kind(name: str) -> str:
    """Tell the kind of a framework from its name."""
    folded = fold(name.replace(".", ""))
    found = (kind for start, kind in FRAMEWORK_KINDS if folded.startswith(start))
    return next(found, Framework.Kind.OTHER)


def _entry(sheet: ParsedSheet, names: dict[str, str]) -> dict:
    return {
        "keep": True,
        "replace": False,
        "code": sheet.code,
        "title": sheet.title,
        **{name: getattr(sheet, name) for name in TEXT_FIELDS},
        "whole_department": sheet.whole_department,
        "age_min": sheet.age_min,
        "age_max": sheet.age_max,
        "places": [
            {
                **asdict(place),
                "keys": list(place.keys),
                "label": ", ".join(names[key] for key in place.keys if key in names),
                "keep": True,
            }
            for place in sheet.places
        ],
        "title_lines": list(sheet.source_title_lines),
        "framework_name": sheet.framework_name,
        "framework_period": list(sheet.framework_period) if sheet.framework_period else None,
        "doubts": [_doubt(doubt) for doubt in sheet.doubts],
    }


def _doubt(doubt: Doubt) -> dict:
    return {
        "line": doubt.line,
        "field": doubt.field or "",
        "code": doubt.code,
        "message": doubt.message,
    }


def _place_names(parsed: ParsedFile) -> dict[str, str]:
    keys: Iterable[str] = {
        key for sheet in parsed.sheets for place in sheet.places for key in place.keys
    }
    communes = Commune.objects.filter(pk__in=keys)
    neighbourhoods = PriorityNeighbourhood.objects.filter(pk__in=keys)
    return {place.pk: str(place) for places in (communes, neighbourhoods) for place in places}
