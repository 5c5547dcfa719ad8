"""A workbook of three sheets: the rows, their totals, what each column holds.

The lines go to the archive as they come, so that memory stays flat whatever their number. The XML
of a cell is written by hand: a library that builds it cell by cell costs more than finding the
rows in the database does (``docs/performance.md``).
"""

from __future__ import annotations

import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import IO

from config.spreadsheets.cells import WIDTHS, Column, Kind, Value, Workbook


BATCH = 500  # lines written at a time
COMPRESSION = 4  # files a tenth larger than with the usual 6, in half the time
WIDE = (36, 70)  # of the sheets of words

CellWriter = Callable[[Value, int], str]  # from a value and the number of its line


class Book(ABC):
    """A workbook being written, sheet after sheet.

    Args:
        file: Where to.
        about: What it says of itself.
    """

    def __init__(self, file: IO[bytes], about: Workbook) -> None:
        self.about = about
        self.archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION)
        self.part: IO[bytes]  # of the archive, where lines go
        self.line = 0  # last one written in the sheet

    @abstractmethod
    def start_sheet(self, name: str, widths: Sequence[int], *, is_table: bool = False) -> None:
        """Open a sheet; a table keeps its first line and its first two columns in sight."""

    @abstractmethod
    def end_sheet(self) -> None:
        """Close the sheet."""

    @abstractmethod
    def close(self) -> None:
        """Write what goes around the sheets, and close the archive."""

    @abstractmethod
    def cell(self, kind: Kind, position: int) -> CellWriter:
        """Return what writes the cells of a column, the first one being 0."""

    @abstractmethod
    def row(self, line: int, cells: str) -> str:
        """Return the XML of a line."""

    def write(self, columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> int:
        """Write the three sheets, and return how many rows there are."""
        sums = _Sums(columns)
        widths = [WIDTHS[column.kind] for column in columns]
        self.start_sheet(self.about.rows_name.capitalize(), widths, is_table=True)
        self._write_line(*((Kind.HEAD, column.name) for column in columns))
        self._write_lines([column.kind for column in columns], sums.of(rows))
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
        self._write_lines([kind for kind, _ in cells], [[value for _, value in cells]])

    def _write_lines(self, kinds: Sequence[Kind], rows: Iterable[Sequence[Value]]) -> None:
        writers = [self.cell(kind, position) for position, kind in enumerate(kinds)]
        rows = iter(rows)
        while batch := list(islice(rows, BATCH)):
            lines = []
            for line, row in enumerate(batch, start=self.line + 1):
                cells = [write(value, line) for write, value in zip(writers, row, strict=True)]
                lines.append(self.row(line, "".join(cells)))
            self.line += len(lines)
            self.part.write("".join(lines).encode())


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
