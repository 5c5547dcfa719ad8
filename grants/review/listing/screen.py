"""What the page of a list draws: the cells of its rows, the groups of its filters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.spreadsheets import Kind
from grants.review.listing.columns import DeskColumn, officer_name, opinions_words
from grants.review.votes_told import headline_for


if TYPE_CHECKING:
    from django.forms import BoundField, Form

    from grants.applications.models import Application
    from grants.review.listing.desk import DeskList

GROUPS = (
    ("", ("q", "etat")),
    ("Campagne et fiche", ("campagne", "fiche")),
    ("Lieu", ("territoire", "commune", "qpv")),
    ("Demandeur", ("nature", "demande")),
    ("Suivi", ("charge", "traiter", "avis", "attente", "silence", "modifie")),
    ("Montant et note", ("montant_min", "montant_max", "note_min", "note_max")),
)
# Columns whose cells say more than their value.
_DRAWN_APART = {"demandeur", "etat", "depot", "attendu", "silence", "avis", "note"}


@dataclass(frozen=True)
class FilterGroup:
    """Filters under one heading; open when one of them is in force."""

    label: str
    fields: list[BoundField]
    is_open: bool


def filter_groups(form: Form) -> list[FilterGroup]:
    """Return the filters by group, in the order of :data:`GROUPS`."""
    groups = []
    for label, names in GROUPS:
        fields = [form[name] for name in names if name in form.fields]
        used = any(field.data or field.errors for field in fields)
        if fields:
            groups.append(FilterGroup(label, fields, used or not label))
    return groups


def screen_rows(listing: DeskList) -> list[dict[str, Any]]:
    """Return the rows of the page, each with its cells in the order of the columns."""
    shown = {column.key for column in listing.columns}
    return [_row(row, listing, shown) for row in listing.rows]


def _row(row: Application, listing: DeskList, shown: set[str]) -> dict[str, Any]:
    is_late = row.awaited_on is not None and row.awaited_on < listing.on
    return {
        "application": row,
        "headline": headline_for(listing.user, row),
        "officer": "" if "charge" in shown else officer_name(row),
        "awaited_on": None if "attendu" in shown else row.awaited_on,
        "is_late": is_late,
        "awaits": "compléments" if row.review_state == "correction_requested" else "pièces",
        "fiche": "" if "fiche" in shown else row.sheet.code,
        "cells": [_cell(row, column, listing) for column in listing.columns],
    }


def drawings(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Return the icons of the states on the page, each once."""
    return sorted({row["headline"].icon for row in rows})


def _cell(row: Application, column: DeskColumn, listing: DeskList) -> dict[str, Any]:
    cell = {"shape": _shape(column), "label": column.label, "value": column.read(row)}
    match column.key:
        case "silence":
            suspended = row.suspended_until is not None
            cell["is_suspended"] = suspended
            cell["is_over"] = not suspended and bool(row.silence_on and row.silence_on < listing.on)
        case "avis":
            cell["value"] = opinions_words(row)
            cell["is_complete"] = row.opinions_asked == row.opinions_given
        case "note":
            cell["needs_third"] = row.shown_needs_third
    return cell


def _shape(column: DeskColumn) -> str:
    """Return how the cells of a column are drawn: in its own way, as an amount, or as words."""
    if column.key in _DRAWN_APART:
        return column.key
    return "money" if column.kind == Kind.MONEY else "words"
