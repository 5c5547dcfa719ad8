"""A workbook of three sheets: the rows, their totals, what each column holds.

The lines go to the file as they come, so that memory stays flat whatever their number.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO

from config.spreadsheets.cells import WIDTHS, Column, Kind, Value, Workbook


WIDE = (36, 70)  # of the sheets of words


class Book(ABC):
    """A workbook being written, sheet after sheet.

    Args:
        file: Where to.
        about: What it says of itself.
    """

    def __init__(self, file: IO[bytes], about: Workbook) -> None:
        self.about = about

    @abstractmethod
    def start_sheet(self, name: str, widths: Sequence[int], *, is_table: bool = False) -> None:
        """Open a sheet; a table keeps its first line and its first two columns in sight."""

    @abstractmethod
    def write_lines(self, kinds: Sequence[Kind], rows: Iterable[Sequence[Value]]) -> None:
        """Write lines of the sheet, after those already there, one kind a column."""

    @abstractmethod
    def end_sheet(self) -> None:
        """Close the sheet."""

    @abstractmethod
    def close(self) -> None:
        """Close the file."""

    def write(self, columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> int:
        """Write the three sheets, and return how many rows there are."""
        sums = _Sums(columns)
        widths = [WIDTHS[column.kind] for column in columns]
        self.start_sheet(self.about.rows_name.capitalize(), widths, is_table=True)
        self._write_line(*((Kind.HEAD, column.name) for column in columns))
        self.write_lines([column.kind for column in columns], sums.of(rows))
        self.end_sheet()
        self._write_totals(sums)
        self._write_columns(columns)
        self.close()
        return sums.count

    def _write_totals(self, sums: _Sums) -> None:
        self.start_sheet("Totaux", WIDE)
        self._write_line((Kind.HEAD, self.about.title))
        self._write_line((Kind.TEXT, self.about.rows_name), (Kind.COUNT, sums.count))
        for name, total in sums.lines():
            self._write_line((Kind.TEXT, name), (Kind.MONEY, total))
        for note in self.about.notes:
            self._write_line((Kind.TEXT, note))
        for label, words in self.about.filters:
            self._write_line((Kind.TEXT, f"Filtre\u00a0: {label}"), (Kind.TEXT, words))
        self.end_sheet()

    def _write_columns(self, columns: Sequence[Column]) -> None:
        self.start_sheet("Colonnes", WIDE)
        self._write_line((Kind.HEAD, "Colonne"), (Kind.HEAD, "Contenu"))
        for column in columns:
            self._write_line((Kind.TEXT, column.name), (Kind.TEXT, column.help))
        self.end_sheet()

    def _write_line(self, *cells: tuple[Kind, Value]) -> None:
        self.write_lines([kind for kind, _ in cells], [[value for _, value in cells]])


class _Sums:
    """The sums of the columns of money, kept while the rows go by."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.names = {at: c.name for at, c in enumerate(columns) if c.kind == Kind.MONEY}
        self.totals = dict.fromkeys(self.names, Decimal(0))
        self.count = 0

    def of(self, rows: Iterable[Sequence[Value]]) -> Iterator[Sequence[Value]]:
        for row in rows:
            self.count += 1
            for at in self.totals:
                if row[at] is not None:
                    self.totals[at] += row[at]
            yield row

    def lines(self) -> list[tuple[str, Decimal]]:
        return [(name, self.totals[at]) for at, name in self.names.items()]
