"""Workbooks for Excel (Office Open XML): texts inside their cells, never formulas nor links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any

import xlsxwriter

from config.spreadsheets.cells import Column, Kind, Value, Workbook, clean, neutral
from config.spreadsheets.workbooks import Book


_FORMATS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {},
    Kind.MONEY: {"num_format": "#,##0.00"},
    Kind.SCORE: {"num_format": "0.0"},
    Kind.COUNT: {"num_format": "0"},
    Kind.DAY: {"num_format": "dd/mm/yyyy"},
    Kind.HEAD: {"bold": True, "bottom": 1},
}

CellWriter = Callable[[int, int, Any], None]  # from the line, the column and the value


def write_xlsx(
    file: IO[bytes],
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    about: Workbook,
) -> int:
    """Write an XLSX file: the rows, then the totals, then what each column holds.

    Returns:
        How many rows were written.
    """
    return _Xlsx(file, about).write(columns, rows)


class _Xlsx(Book):
    def __init__(self, file: IO[bytes], about: Workbook) -> None:
        super().__init__(file, about)
        self.book = xlsxwriter.Workbook(file, {"constant_memory": True})
        self.book.set_properties(
            {"title": about.title, "company": "Département des Hauts-de-Seine"}
        )
        self.formats = {kind: self.book.add_format(look) for kind, look in _FORMATS.items()}

    def start_sheet(self, name: str, widths: Sequence[int], *, is_table: bool = False) -> None:
        self.sheet = self.book.add_worksheet(name)
        self.line = 0
        self.width = len(widths) if is_table else 0
        if is_table:
            self.sheet.freeze_panes(1, 2)
        for position, width in enumerate(widths):
            self.sheet.set_column(position, position, width)

    def write_lines(self, kinds: Sequence[Kind], rows: Iterable[Sequence[Value]]) -> None:
        writers = [(position, self._writer(kind)) for position, kind in enumerate(kinds)]
        for row in rows:
            for (position, write), value in zip(writers, row, strict=True):
                if value is not None and value != "":
                    write(self.line, position, value)
            self.line += 1

    def _writer(self, kind: Kind) -> CellWriter:
        sheet, look = self.sheet, self.formats[kind]

        def text(line: int, position: int, value: Value) -> None:
            sheet.write_string(line, position, neutral(clean(str(value))), look)

        def number(line: int, position: int, value: Value) -> None:
            sheet.write_number(line, position, value, look)

        def day(line: int, position: int, value: Value) -> None:
            sheet.write_datetime(line, position, value, look)

        return {Kind.TEXT: text, Kind.HEAD: text, Kind.DAY: day}.get(kind, number)

    def end_sheet(self) -> None:
        if self.width:
            self.sheet.autofilter(0, 0, self.line - 1, self.width - 1)

    def close(self) -> None:
        self.book.close()
