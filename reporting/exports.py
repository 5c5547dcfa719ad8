"""Write dossiers as files: CSV streamed, XLSX with flat memory, hostile cells defused."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

import xlsxwriter
from django.db.models import Prefetch, QuerySet
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from config.money import round_half_up
from foundation.parameters.selectors import amount_on
from grants.applications.models import Application, Place
from grants.review.selectors import for_desk_rows, scores_for
from reporting.columns import Column, Kind, Row, Value, holds_scores
from reporting.selectors import renewal_condition, with_public_total


if TYPE_CHECKING:
    from accounts.models import User

CHUNK = 500
LONGEST_CELL = 32_767  # characters that a spreadsheet keeps in one cell
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
BLANK_STARTS = ("\t", "\r", "\n")
UNREAD = (
    "objectives",
    "description",
    "means",
    "partners_text",
    "public_description",
    "inclusion_text",
    "in_kind_request",
    "evaluation_method",
    "complement",
    "invalid_values",
    "saved_sections",
    "organisation__commune__svg_path",
)
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


# --- Rows -----------------------------------------------------------------------------------------
def for_export(applications: QuerySet[Application], user: User) -> QuerySet[Application]:
    """Fetch what the columns read, for dossiers annotated by ``selectors.with_decision``."""
    drawn = ("commune", "school__commune", "neighbourhood")
    places = (
        Place.objects.select_related(*drawn)
        .defer(*(f"{name}__svg_path" for name in drawn))
        .prefetch_related("neighbourhood__communes")
    )
    return (
        for_desk_rows(with_public_total(applications), user)
        .select_related("sheet__campaign", "organisation__commune")
        .annotate(is_renewal=renewal_condition())
        .defer(*UNREAD)
        .prefetch_related(Prefetch("places", places))
    )


def export_rows(
    applications: QuerySet[Application], columns: Sequence[Column], user: User
) -> Iterator[list[Value]]:
    """Yield the values of each dossier, a few hundred dossiers in memory at a time.

    Args:
        applications: Fetched by :func:`for_export`, ordered.
        columns: What to write.
        user: Who asks: scores they may not read are left empty.
    """
    scored = holds_scores(columns)
    gap_allowed = amount_on("review.gap_points", timezone.localdate()) if scored else Decimal(0)
    found = applications.iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        scores = scores_for(chunk, user, gap_allowed=gap_allowed) if scored else {}
        for application in chunk:
            score = scores.get(application.pk)
            row = Row(application, score.total if score else None)
            yield [column.read(row) for column in columns]


# --- Cells ----------------------------------------------------------------------------------------
def neutral(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    A quote goes before what starts, spaces aside, with ``= + - @`` (ASCII or full width), a
    tabulation or a line end.

    Source: OWASP, CSV Injection.
    """
    if text.startswith(BLANK_STARTS) or text.lstrip().startswith(FORMULA_STARTS):
        text = f"'{text}"
    return text[:LONGEST_CELL]


def csv_cell(kind: Kind, value: Value) -> str:
    """Write a value for a French spreadsheet: comma in amounts, days as 2027-03-31."""
    if value is None:
        return ""
    if kind == Kind.MONEY:
        return f"{round_half_up(value):.2f}".replace(".", ",")
    if kind == Kind.SCORE:
        return f"{value}".replace(".", ",")
    if isinstance(value, date):
        return value.isoformat()
    return neutral(str(value))


class _Echo:
    """A file that hands back what is written to it, for ``csv.writer``."""

    def write(self, text: str) -> str:
        return text


def csv_lines(columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """Yield the lines of a CSV file: semicolons, byte-order mark, CRLF."""
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")
    yield "\ufeff" + writer.writerow([column.name for column in columns])
    for row in rows:
        yield writer.writerow(
            [csv_cell(c.kind, value) for c, value in zip(columns, row, strict=True)]
        )


@dataclass(frozen=True)
class Workbook:
    """What an XLSX file says of itself.

    Attributes:
        title: Of the sheet of totals.
        filters: What was filtered, as pairs of words.
    """

    title: str
    filters: Sequence[tuple[str, str]] = ()


def write_xlsx(
    file, columns: Sequence[Column], rows: Iterable[Sequence[Value]], about: Workbook
) -> None:
    """Write an XLSX file: one row a dossier, then the totals, then what each column holds.

    Rows go to disk as they come (``constant_memory``); texts are never formulas nor links.
    """
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"title": about.title, "company": "Département des Hauts-de-Seine"})
    formats = {
        Kind.MONEY: book.add_format({"num_format": "#,##0.00"}),
        Kind.SCORE: book.add_format({"num_format": "0.0"}),
        Kind.COUNT: book.add_format({"num_format": "0"}),
        Kind.DAY: book.add_format({"num_format": "dd/mm/yyyy"}),
        Kind.TEXT: book.add_format({}),
        "head": book.add_format({"bold": True, "bottom": 1}),
    }
    count, sums = _write_dossiers(book, columns, rows, formats)
    _write_totals(book, columns, about, count, sums, formats)
    _write_columns(book, columns, formats)
    book.close()


_WIDTHS = {Kind.TEXT: 24, Kind.MONEY: 16, Kind.SCORE: 8, Kind.COUNT: 12, Kind.DAY: 14}


def _write_dossiers(book, columns, rows, formats) -> tuple[int, dict[str, Decimal]]:
    sheet = book.add_worksheet("Dossiers")
    sheet.freeze_panes(1, 2)
    for position, column in enumerate(columns):
        sheet.set_column(position, position, _WIDTHS[column.kind])
        sheet.write_string(0, position, column.name, formats["head"])
    sums = {column.name: Decimal(0) for column in columns if column.kind == Kind.MONEY}
    count = 0
    for count, row in enumerate(rows, start=1):
        for position, (column, value) in enumerate(zip(columns, row, strict=True)):
            if value is None or value == "":
                continue
            if column.kind == Kind.MONEY:
                sums[column.name] += value
            _write_cell(sheet, count, position, column.kind, value, formats)
    sheet.autofilter(0, 0, count, len(columns) - 1)
    return count, sums


def _write_cell(sheet, line: int, position: int, kind: Kind, value: Value, formats) -> None:
    if kind == Kind.TEXT:
        sheet.write_string(line, position, neutral(str(value)))
    elif kind == Kind.DAY:
        sheet.write_datetime(line, position, value, formats[kind])
    else:
        sheet.write_number(line, position, value, formats[kind])


def _write_totals(book, columns, about: Workbook, count: int, sums: dict, formats) -> None:
    sheet = book.add_worksheet("Totaux")
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 24)
    sheet.write_string(0, 0, neutral(about.title), formats["head"])
    sheet.write_string(1, 0, "dossiers")
    sheet.write_number(1, 1, count, formats[Kind.COUNT])
    line = 2
    for name, total in sums.items():
        sheet.write_string(line, 0, name)
        sheet.write_number(line, 1, total, formats[Kind.MONEY])
        line += 1
    for label, words in about.filters:
        sheet.write_string(line, 0, neutral(f"Filtre : {label}"))
        sheet.write_string(line, 1, neutral(words))
        line += 1


def _write_columns(book, columns, formats) -> None:
    sheet = book.add_worksheet("Colonnes")
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, "Colonne", formats["head"])
    sheet.write_string(0, 1, "Contenu", formats["head"])
    for line, column in enumerate(columns, start=1):
        sheet.write_string(line, 0, column.name)
        sheet.write_string(line, 1, column.help)


# --- Answers --------------------------------------------------------------------------------------
def file_response(
    extension: str,
    *,
    name: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    about: Workbook,
) -> HttpResponseBase:
    """Answer with a file to download, CSV as it is read, XLSX once written.

    Args:
        extension: ``csv`` or ``xlsx``.
        name: File name without its extension, ASCII.
        columns: What is written.
        rows: From :func:`export_rows`.
        about: Title and filters, for the workbook.
    """
    if extension == "csv":
        response = StreamingHttpResponse(
            csv_lines(columns, rows), content_type=MEDIA_TYPES[extension]
        )
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the answer)
    write_xlsx(file, columns, rows, about)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=f"{name}.xlsx", content_type=MEDIA_TYPES[extension]
    )
