"""What tables hold: kinds of columns, texts that no spreadsheet takes for a formula."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any


Value = str | int | Decimal | date | None

BATCH = 500  # lines between two writings
LONGEST_CELL = 32_767  # characters that a spreadsheet keeps in one cell
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]").match
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Kind(StrEnum):
    """How a column is written."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    SCORE = "score"
    DAY = "day"
    HEAD = "head"  # the words above a table


WIDTHS = {Kind.TEXT: 24, Kind.MONEY: 16, Kind.SCORE: 8, Kind.COUNT: 12, Kind.DAY: 14}


@dataclass(frozen=True)
class Column:
    """A column of the files.

    Attributes:
        name: First line of the file.
        kind: How its values are written.
        help: What it holds, in French.
        read: Takes the value from a row.
    """

    name: str
    kind: Kind
    help: str
    read: Callable[[Any], Value]


@dataclass(frozen=True)
class Workbook:
    """What a workbook says of itself.

    Attributes:
        title: Of the sheet of totals.
        filters: What was filtered, as pairs of words.
        rows_name: What a row is, in the plural; also the name of the first sheet.
        notes: What must be known to read the totals.
    """

    title: str
    filters: Sequence[tuple[str, str]] = ()
    rows_name: str = "dossiers"
    notes: Sequence[str] = ()


def neutral(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    A quote goes before what starts, spaces aside, with ``= + - @`` (ASCII or full width), a
    tabulation or a line end.

    Source: OWASP, CSV Injection.
    """
    return f"'{text}"[:LONGEST_CELL] if _FORMULA(text) else text[:LONGEST_CELL]


def clean(text: str) -> str:
    """Return a text without the characters that XML refuses."""
    # What is printable is XML; this is the quick way to know.
    return text if text.isprintable() else _NOT_XML.sub("", text)
