"""Tables as files to download."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse

from config.money import round_half_up
from config.spreadsheets.cells import BATCH, Column, Kind, Value, Workbook, neutral
from config.spreadsheets.ods import MEDIA_TYPE as ODS, write_ods
from config.spreadsheets.xlsx import write_xlsx


MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": ODS,
}
WRITERS = {"xlsx": write_xlsx, "ods": write_ods}


# --- CSV ------------------------------------------------------------------------------------------
class _Echo:
    """A file that hands back what is written to it, for ``csv.writer``."""

    def write(self, text: str) -> str:
        return text


def csv_cell(kind: Kind, value: Value) -> str:
    """Write a value for a French spreadsheet: comma in amounts, days as 2027-03-31."""
    return "" if value is None else _CSV.get(kind, _as_text)(value)


def _as_text(value: Value) -> str:
    return neutral(str(value))


def _as_money(value: Value) -> str:
    return f"{round_half_up(value):.2f}".replace(".", ",")


def _as_score(value: Value) -> str:
    return f"{value}".replace(".", ",")


_CSV: dict[Kind, Callable[[Value], str]] = {
    Kind.MONEY: _as_money,
    Kind.SCORE: _as_score,
    Kind.DAY: str,
    Kind.COUNT: str,
}


def csv_lines(columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """Yield the lines of a CSV file: semicolons, byte-order mark, CRLF.

    The first one comes at once, before any row is asked for; the others many at a time, so that
    the server sends few and large parts.
    """
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")
    yield "\ufeff" + writer.writerow([neutral(column.name) for column in columns])
    kinds = [column.kind for column in columns]
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        yield "".join(
            writer.writerow([csv_cell(kind, value) for kind, value in zip(kinds, row, strict=True)])
            for row in batch
        )


# --- Answers --------------------------------------------------------------------------------------
def file_response(
    extension: str,
    *,
    name: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    about: Workbook,
) -> HttpResponseBase:
    """Answer with a file to download, CSV as it is read, XLSX and ODS once written.

    Args:
        extension: ``csv``, ``xlsx`` or ``ods``.
        name: File name without its extension, ASCII.
        columns: What is written.
        rows: Their values, row by row.
        about: Title and filters, for a workbook.
    """
    if extension == "csv":
        response = StreamingHttpResponse(
            csv_lines(columns, rows), content_type=MEDIA_TYPES[extension]
        )
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the answer)
    WRITERS[extension](file, columns, rows, about)
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{name}.{extension}",
        content_type=MEDIA_TYPES[extension],
    )
