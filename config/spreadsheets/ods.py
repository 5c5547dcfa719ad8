"""Workbooks for LibreOffice (OpenDocument).

The XML is written by hand: the libraries of this format keep the whole document in memory, ten
times the size of the file (``docs/performance.md``).
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import IO
from xml.sax.saxutils import escape

from config.spreadsheets.cells import BATCH, WIDTHS, Column, Kind, Value, Workbook, clean, neutral
from config.spreadsheets.workbooks import WIDE, Book


MEDIA_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_NAMESPACES = (
    f'xmlns:office="{_ODF}office:1.0" xmlns:table="{_ODF}table:1.0" xmlns:text="{_ODF}text:1.0" '
    f'xmlns:style="{_ODF}style:1.0" xmlns:fo="{_ODF}xsl-fo-compatible:1.0" '
    f'xmlns:number="{_ODF}datastyle:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'office:version="1.3"'
)
_MANIFEST = f"""{_XML}<manifest:manifest xmlns:manifest="{_ODF}manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:version="1.3"
 manifest:media-type="{MEDIA_TYPE}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>
</manifest:manifest>
"""
_LOOKS = "".join(
    (
        "<office:automatic-styles>",
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
            f'<style:style style:name="w-{width}" style:family="table-column">'
            f'<style:table-column-properties style:column-width="{width / 5:.1f}cm"/>'
            "</style:style>"
            for width in sorted({*WIDTHS.values(), *WIDE})
        ),
        "</office:automatic-styles>",
    )
)
COMPRESSION = 4  # files a tenth larger than with the usual 6, in half the time

CellWriter = Callable[[Value], str]  # the XML of a cell

_FRENCH = str.maketrans(",.-", "\u00a0,−")
_EMPTY = "<table:table-cell/>"


def write_ods(
    file: IO[bytes],
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    about: Workbook,
) -> int:
    """Write an OpenDocument spreadsheet with the same three sheets as :func:`write_xlsx`.

    Returns:
        How many rows were written.
    """
    return _Ods(file, about).write(columns, rows)


class _Ods(Book):
    def __init__(self, file: IO[bytes], about: Workbook) -> None:
        super().__init__(file, about)
        self.archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION)
        self.archive.writestr("mimetype", MEDIA_TYPE, zipfile.ZIP_STORED)  # first, as it is
        self.archive.writestr("META-INF/manifest.xml", _MANIFEST)
        self.archive.writestr(
            "meta.xml",
            f"{_XML}<office:document-meta {_NAMESPACES}><office:meta>"
            f"<dc:title>{_escaped(about.title)}</dc:title></office:meta></office:document-meta>",
        )
        self.has_head = False  # of the sheet being written: its first line, on each printed page
        self.part = self.archive.open("content.xml", "w", force_zip64=True)
        self.part.write(
            f"{_XML}<office:document-content {_NAMESPACES}>{_LOOKS}"
            "<office:body><office:spreadsheet>".encode()
        )

    def start_sheet(self, name: str, widths: Sequence[int], *, is_table: bool = False) -> None:
        self.has_head = is_table
        columns = "".join(f'<table:table-column table:style-name="w-{w}"/>' for w in widths)
        self.part.write(f'<table:table table:name="{_escaped(name)}">{columns}'.encode())

    def end_sheet(self) -> None:
        self.part.write(b"</table:table>")

    def write_lines(self, kinds: Sequence[Kind], rows: Iterable[Sequence[Value]]) -> None:
        writers = [self._writer(kind) for kind in kinds]
        rows = iter(rows)
        while batch := list(islice(rows, BATCH)):
            lines = [self._line(writers, row) for row in batch]
            self.part.write("".join(lines).encode())

    def _line(self, writers: Sequence[CellWriter], row: Sequence[Value]) -> str:
        cells = "".join([write(value) for write, value in zip(writers, row, strict=True)])
        line = f"<table:table-row>{cells}</table:table-row>"
        if self.has_head:
            self.has_head = False
            return f"<table:table-header-rows>{line}</table:table-header-rows>"
        return line

    def _writer(self, kind: Kind) -> CellWriter:
        style = "" if kind == Kind.TEXT else f' table:style-name="{kind}"'
        digits = ",.2f" if kind == Kind.MONEY else ","

        def text(value: Value) -> str:
            if not value:
                return _EMPTY
            lines = _escaped(neutral(clean(str(value)))).splitlines()
            inside = "</text:p><text:p>".join(lines)
            return (
                f'<table:table-cell office:value-type="string"{style}>'
                f"<text:p>{inside}</text:p></table:table-cell>"
            )

        def number(value: Value) -> str:
            if value is None:
                return _EMPTY
            shown = f"{value:{digits}}".translate(_FRENCH)
            return (
                f'<table:table-cell{style} office:value-type="float" office:value="{value}">'
                f"<text:p>{shown}</text:p></table:table-cell>"
            )

        def day(value: Value) -> str:
            if value is None:
                return _EMPTY
            return (
                f'<table:table-cell{style} office:value-type="date" office:date-value="{value}">'
                f"<text:p>{value:%d/%m/%Y}</text:p></table:table-cell>"
            )

        return {Kind.TEXT: text, Kind.HEAD: text, Kind.DAY: day}.get(kind, number)

    def close(self) -> None:
        self.part.write(b"</office:spreadsheet></office:body></office:document-content>")
        self.part.close()
        self.archive.close()


def _escaped(text: str) -> str:
    """Return a text as XML holds it, between tags or double quotes."""
    return escape(text, {'"': "&quot;"})
