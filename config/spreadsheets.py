"""Tables as files: CSV streamed, XLSX and ODS with flat memory, hostile cells defused."""

from __future__ import annotations

import csv
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from lxml import etree

from config.money import group, round_half_up


Value = str | int | Decimal | date | None

LONGEST_CELL = 32_767  # characters that a spreadsheet keeps in one cell
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
BLANK_STARTS = ("\t", "\r", "\n")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Kind(StrEnum):
    """How a column is written."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    SCORE = "score"
    DAY = "day"


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


# --- CSV ------------------------------------------------------------------------------------------
class _Echo:
    """A file that hands back what is written to it, for ``csv.writer``."""

    def write(self, text: str) -> str:
        return text


def csv_lines(columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """Yield the lines of a CSV file: semicolons, byte-order mark, CRLF."""
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")
    yield "\ufeff" + writer.writerow([neutral(column.name) for column in columns])
    for row in rows:
        yield writer.writerow(
            [csv_cell(c.kind, value) for c, value in zip(columns, row, strict=True)]
        )


class _Sums:
    """The sums of the columns of money, kept while the rows go by."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.names = {at: c.name for at, c in enumerate(columns) if c.kind == Kind.MONEY}
        self.totals = dict.fromkeys(self.names, Decimal(0))
        self.count = 0

    def add(self, row: Sequence[Value]) -> None:
        self.count += 1
        for at in self.totals:
            if row[at] is not None:
                self.totals[at] += row[at]

    def lines(self) -> list[tuple[str, Decimal]]:
        return [(name, self.totals[at]) for at, name in self.names.items()]


# --- XLSX -----------------------------------------------------------------------------------------
_WIDTHS = {Kind.TEXT: 24, Kind.MONEY: 16, Kind.SCORE: 8, Kind.COUNT: 12, Kind.DAY: 14}


def write_xlsx(
    file: IO[bytes],
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    about: Workbook,
) -> int:
    """Write an XLSX file: the rows, then the totals, then what each column holds.

    Rows go to disk as they come (``constant_memory``); texts are never formulas nor links.

    Returns:
        How many rows were written.
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
    sums = _write_rows(book, columns, rows, about, formats)
    _write_totals(book, about, sums, formats)
    _write_columns(book, columns, formats)
    book.close()
    return sums.count


def _write_rows(book, columns, rows, about: Workbook, formats) -> _Sums:
    sheet = book.add_worksheet(about.rows_name.capitalize())
    sheet.freeze_panes(1, 2)
    for position, column in enumerate(columns):
        sheet.set_column(position, position, _WIDTHS[column.kind])
        sheet.write_string(0, position, neutral(column.name), formats["head"])
    sums = _Sums(columns)
    for row in rows:
        sums.add(row)
        for position, (column, value) in enumerate(zip(columns, row, strict=True)):
            if value is not None and value != "":
                _write_cell(sheet, sums.count, position, column.kind, value, formats)
    sheet.autofilter(0, 0, sums.count, len(columns) - 1)
    return sums


def _write_cell(sheet, line: int, position: int, kind: Kind, value: Value, formats) -> None:
    if kind == Kind.TEXT:
        sheet.write_string(line, position, neutral(str(value)))
    elif kind == Kind.DAY:
        sheet.write_datetime(line, position, value, formats[kind])
    else:
        sheet.write_number(line, position, value, formats[kind])


def _write_totals(book, about: Workbook, sums: _Sums, formats) -> None:
    sheet = book.add_worksheet("Totaux")
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 24)
    sheet.write_string(0, 0, neutral(about.title), formats["head"])
    sheet.write_string(1, 0, about.rows_name)
    sheet.write_number(1, 1, sums.count, formats[Kind.COUNT])
    line = 2
    for name, total in sums.lines():
        sheet.write_string(line, 0, neutral(name))
        sheet.write_number(line, 1, total, formats[Kind.MONEY])
        line += 1
    for note in about.notes:
        sheet.write_string(line, 0, neutral(note))
        line += 1
    for label, words in about.filters:
        sheet.write_string(line, 0, neutral(f"Filtre\u00a0: {label}"))
        sheet.write_string(line, 1, neutral(words))
        line += 1


def _write_columns(book, columns, formats) -> None:
    sheet = book.add_worksheet("Colonnes")
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, "Colonne", formats["head"])
    sheet.write_string(0, 1, "Contenu", formats["head"])
    for line, column in enumerate(columns, start=1):
        sheet.write_string(line, 0, neutral(column.name))
        sheet.write_string(line, 1, column.help)


# --- ODS ------------------------------------------------------------------------------------------
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_NAMESPACES = {
    "office": f"{_ODF}office:1.0",
    "table": f"{_ODF}table:1.0",
    "text": f"{_ODF}text:1.0",
    "style": f"{_ODF}style:1.0",
    "fo": f"{_ODF}xsl-fo-compatible:1.0",
    "number": f"{_ODF}datastyle:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
}


_NEAR = {key: _NAMESPACES[key] for key in ("office", "table", "text")}


def _name(word: str) -> str:
    prefix, _, local = word.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


_ROW, _CELL, _P = _name("table:table-row"), _name("table:table-cell"), _name("text:p")
_TABLE, _TABLE_NAME = _name("table:table"), _name("table:name")
_TYPE, _STYLE = _name("office:value-type"), _name("table:style-name")
_NUMBER, _DATE = _name("office:value"), _name("office:date-value")
_MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="{_ODF}manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:version="1.3"
 manifest:media-type="{MEDIA_TYPES["ods"]}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>
</manifest:manifest>
"""
_STYLES = "".join(
    (
        '<office:automatic-styles xmlns:office="{office}" xmlns:style="{style}" ',
        'xmlns:number="{number}" xmlns:fo="{fo}" xmlns:table="{table}">',
        '<number:number-style style:name="n-money"><number:number number:decimal-places="2" ',
        'number:min-decimal-places="2" number:min-integer-digits="1" number:grouping="true"/>',
        "</number:number-style>",
        '<number:number-style style:name="n-score"><number:number number:decimal-places="1" ',
        'number:min-decimal-places="1" number:min-integer-digits="1"/></number:number-style>',
        '<number:number-style style:name="n-count"><number:number number:decimal-places="0" ',
        'number:min-integer-digits="1"/></number:number-style>',
        '<number:date-style style:name="n-day"><number:day number:style="long"/>',
        '<number:text>/</number:text><number:month number:style="long"/>',
        '<number:text>/</number:text><number:year number:style="long"/></number:date-style>',
        '<style:style style:name="head" style:family="table-cell">',
        '<style:text-properties fo:font-weight="bold"/></style:style>',
        *(
            f'<style:style style:name="{kind}" style:family="table-cell" '
            f'style:data-style-name="n-{kind}"/>'
            for kind in (Kind.MONEY, Kind.SCORE, Kind.COUNT, Kind.DAY)
        ),
        *(
            f'<style:style style:name="w-{name}" style:family="table-column">'
            f'<style:table-column-properties style:column-width="{width / 10:.1f}cm"/>'
            "</style:style>"
            for name, width in (*((str(k), w * 2) for k, w in _WIDTHS.items()), ("wide", 120))
        ),
        "</office:automatic-styles>",
    )
).format_map(_NAMESPACES)


def write_ods(
    file: IO[bytes],
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    about: Workbook,
) -> int:
    """Write an OpenDocument spreadsheet with the same three sheets as :func:`write_xlsx`.

    The rows go to the archive as they come, so that memory stays flat whatever their number.

    Returns:
        How many rows were written.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        archive.writestr("mimetype", MEDIA_TYPES["ods"], zipfile.ZIP_STORED)  # first, as it is
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        archive.writestr("meta.xml", _ods_meta(about))
        with (
            archive.open("content.xml", "w", force_zip64=True) as content,
            etree.xmlfile(content, encoding="utf-8") as xml,
        ):
            xml.write_declaration()
            with xml.element(
                _name("office:document-content"),
                {_name("office:version"): "1.3"},
                nsmap=_NAMESPACES,
            ):
                xml.write(etree.fromstring(_STYLES))
                with xml.element(_name("office:body")), xml.element(_name("office:spreadsheet")):
                    sums = _ods_rows(xml, columns, rows, about)
                    _ods_totals(xml, about, sums)
                    _ods_columns(xml, columns)
    return sums.count


def _ods_meta(about: Workbook) -> bytes:
    root = etree.Element(
        _name("office:document-meta"),
        {_name("office:version"): "1.3"},
        nsmap={key: _NAMESPACES[key] for key in ("office", "dc")},
    )
    meta = etree.SubElement(root, _name("office:meta"))
    etree.SubElement(meta, _name("dc:title")).text = _clean(about.title)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _ods_rows(xml, columns, rows, about: Workbook) -> _Sums:
    sums = _Sums(columns)
    with xml.element(_TABLE, {_TABLE_NAME: about.rows_name.capitalize()}):
        for column in columns:
            xml.write(_ods_width(str(column.kind)))
        with xml.element(_name("table:table-header-rows")):
            xml.write(_ods_line([(Kind.TEXT, column.name) for column in columns], head=True))
        for row in rows:
            sums.add(row)
            xml.write(_ods_line([(c.kind, v) for c, v in zip(columns, row, strict=True)]))
    return sums


def _ods_totals(xml, about: Workbook, sums: _Sums) -> None:
    with xml.element(_TABLE, {_TABLE_NAME: "Totaux"}):
        xml.write(_ods_width("wide"), _ods_width("wide"))
        xml.write(_ods_line([(Kind.TEXT, about.title)], head=True))
        xml.write(_ods_line([(Kind.TEXT, about.rows_name), (Kind.COUNT, sums.count)]))
        for name, total in sums.lines():
            xml.write(_ods_line([(Kind.TEXT, name), (Kind.MONEY, total)]))
        for note in about.notes:
            xml.write(_ods_line([(Kind.TEXT, note)]))
        for label, words in about.filters:
            xml.write(_ods_line([(Kind.TEXT, f"Filtre\u00a0: {label}"), (Kind.TEXT, words)]))


def _ods_columns(xml, columns) -> None:
    with xml.element(_TABLE, {_TABLE_NAME: "Colonnes"}):
        xml.write(_ods_width("wide"), _ods_width("wide"))
        xml.write(_ods_line([(Kind.TEXT, "Colonne"), (Kind.TEXT, "Contenu")], head=True))
        for column in columns:
            xml.write(_ods_line([(Kind.TEXT, column.name), (Kind.TEXT, column.help)]))


def _ods_width(name: str) -> etree._Element:
    return etree.Element(_name("table:table-column"), {_STYLE: f"w-{name}"}, nsmap=_NEAR)


def _ods_line(cells: Iterable[tuple[Kind, Value]], *, head: bool = False) -> etree._Element:
    line = etree.Element(_ROW, nsmap=_NEAR)
    for kind, value in cells:
        cell = etree.SubElement(line, _CELL)
        if value is None or value == "":
            continue
        if kind == Kind.TEXT:
            cell.set(_TYPE, "string")
            if head:
                cell.set(_STYLE, "head")
            for part in _clean(neutral(str(value))).splitlines():
                etree.SubElement(cell, _P).text = part
            continue
        cell.set(_STYLE, str(kind))
        if kind == Kind.DAY:
            cell.set(_TYPE, "date")
            cell.set(_DATE, value.isoformat())
            etree.SubElement(cell, _P).text = f"{value:%d/%m/%Y}"
        else:
            cell.set(_TYPE, "float")
            cell.set(_NUMBER, f"{value}")
            shown = group(Decimal(value), 2 if kind == Kind.MONEY else None)
            etree.SubElement(cell, _P).text = shown
    return line


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


# --- Answers --------------------------------------------------------------------------------------
WRITERS = {"xlsx": write_xlsx, "ods": write_ods}


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
