"""The values of a section as JSON, and a dossier as it would be with other values.

``to_json`` and ``from_json`` undo each other for every section. :func:`overlaid` gives a dossier
in memory, never saved: what forms, checks and snapshots read of it is what was typed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model, prefetch_related_objects

from grants.applications import sections
from grants.applications.models import (
    Application,
    BudgetLine,
    ConditionAnswer,
    Place,
)


TYPE = "$"  # no value is named so
_SHAPES = {
    shape.__name__: shape
    for shape in vars(sections).values()
    if isinstance(shape, type) and is_dataclass(shape)
}


def to_json(values: Any) -> Any:
    """Return section values as JSON: lists, texts, numbers, and tagged objects for the rest."""
    match values:
        case None | bool():
            return values
        case str():
            return str(values)
        case int():
            return int(values)
        case Decimal():
            return {TYPE: "decimal", "value": str(values)}
        case date():
            return {TYPE: "date", "value": values.isoformat()}
        case Mapping():
            rows = [[to_json(key), to_json(value)] for key, value in values.items()]
            return {TYPE: "map", "value": rows}
        case list() | tuple():
            return [to_json(value) for value in values]
        case _ if type(values).__name__ in _SHAPES:
            content = {f.name: to_json(getattr(values, f.name)) for f in fields(values)}
            return {TYPE: type(values).__name__, "value": content}
    raise TypeError(f"a section holds no {type(values).__name__}")


def from_json(data: Any) -> Any:
    """Return what :func:`to_json` was given."""
    if isinstance(data, list):
        return [from_json(value) for value in data]
    if not isinstance(data, dict):
        return data
    kind, value = data[TYPE], data["value"]
    if kind == "decimal":
        return Decimal(value)
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "map":
        return {from_json(key): from_json(one) for key, one in value}
    return _SHAPES[kind](**{name: from_json(one) for name, one in value.items()})


# --- A dossier with other values -----------------------------------------------------------------
def overlaid(application: Application, overlay: Mapping[str, sections.Values]) -> Application:
    """Return a copy of a dossier with other values, in memory: never save it.

    Args:
        application: The dossier, as stored.
        overlay: Section → the values that replace the stored ones (some or all).
    """
    twin = copy.copy(application)
    twin._prefetched_objects_cache = {**getattr(application, "_prefetched_objects_cache", {})}
    columns = {field.attname for field in Application._meta.concrete_fields}
    for values in overlay.values():
        for name, value in values.items():
            if name in columns:
                setattr(twin, name, value)
            else:
                relation, rows_of = _ROWS[name]
                _replace(twin, relation, rows_of(application, value))
    return twin


def _replace(application: Application, relation: str, rows: list[Model]) -> None:
    """Put rows in place of those of a relation, as if they had been fetched with it."""
    queryset = getattr(application, relation).all()._chain()
    queryset._result_cache = rows
    queryset._prefetch_done = True
    application._prefetched_objects_cache[relation] = queryset


def _answers(application: Application, answers: dict[int, str]) -> list[ConditionAnswer]:
    return [
        ConditionAnswer(
            application=application,
            position=one.position,
            condition=one.condition,
            answer=answers.get(one.position, one.answer),
        )
        for one in application.condition_answers.all()
    ]


def _places(application: Application, values: list) -> list[Place]:
    rows = sections.place_rows(application, values)
    prefetch_related_objects(rows, "commune", "neighbourhood", "school__commune")
    return rows


def _lines(application: Application, lines: list) -> list[BudgetLine]:
    rows = sections.budget_rows(application, lines)
    return sorted(rows, key=lambda row: (row.side, row.position))


_ROWS: dict[str, tuple[str, Callable[[Application, Any], list]]] = {
    "answers": ("condition_answers", _answers),
    "indicators": ("indicators", sections.indicator_rows),
    "annual_budget": ("annual_budget_lines", sections.annual_budget_rows),
    "staff": ("staff_lines", sections.staff_rows),
    "places": ("places", _places),
    "counts": ("audience_counts", sections.count_rows),
    "lines": ("budget_lines", _lines),
}
