"""Workbooks for Excel (Office Open XML): texts inside their cells, never formulas nor links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import IO

from config.spreadsheets.cells import Column, Kind, Value, Workbook, neutral, xml_text
from config.spreadsheets.workbooks import Book, CellWriter


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SCHEMAS = "http://schemas.openxmlformats.org"
_MAIN = f"{_SCHEMAS}/spreadsheetml/2006/main"
_LINKS = f"{_SCHEMAS}/officeDocument/2006/relationships"
_PACKAGE = f"{_SCHEMAS}/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument"
_DAY_ZERO = date(1899, 12, 30).toordinal()
_STYLES = {Kind.MONEY: 1, Kind.SCORE: 2, Kind.COUNT: 3, Kind.DAY: 4, Kind.HEAD: 5}
_FONT = '<sz val="11"/><name val="Calibri"/><family val="2"/>'
_LOOKS = f"""{_XML}<styleSheet xmlns="{_MAIN}">
<numFmts count="2"><numFmt numFmtId="164" formatCode="0.0"/>
<numFmt numFmtId="165" formatCode="dd/mm/yyyy"/></numFmts>
<fonts count="2"><font>{_FONT}</font><font><b/>{_FONT}</font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill>
<fill><patternFill patternType="gray125"/></fill></fills>
<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>
<border><left/><right/><top/><bottom style="thin"/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="1" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="0" fontId="1" fillId="0" borderId="1" xfId="0" applyFont="1" applyBorder="1"/>
</cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>"""
_FROZEN = (
    '<pane xSplit="2" ySplit="1" topLeftCell="C2" activePane="bottomRight" state="frozen"/>'
    '<selection pane="topRight"/><selection pane="bottomLeft"/><selection pane="bottomRight"/>'
)
_ESCAPE_LIKE = re.compile("_(?=x[0-9a-fA-F]{4}_)")  # what Excel would read as a character


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
        for path, content in _first_parts().items():
            self.archive.writestr(path, content)
        self.names: list[str] = []
        self.table = ""  # its cells, once written
        self.last_column = ""  # of the table being written

    def start_sheet(self, name: str, widths: Sequence[int], *, is_table: bool = False) -> None:
        self.names.append(name)
        self.line = 0
        self.last_column = _letters(len(widths) - 1) if is_table else ""
        columns = "".join(
            f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>'
            for at, width in enumerate(widths, start=1)
        )
        selected = ' tabSelected="1"' if is_table else ""
        self.part = self.archive.open(
            f"xl/worksheets/sheet{len(self.names)}.xml", "w", force_zip64=True
        )
        self.part.write(
            f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews>'
            f'<sheetView{selected} workbookViewId="0">{_FROZEN if is_table else ""}</sheetView>'
            f"</sheetViews><cols>{columns}</cols><sheetData>".encode()
        )

    def end_sheet(self) -> None:
        filtered = ""
        if self.last_column:
            self.table = f"$A$1:${self.last_column}${self.line}"
            filtered = f'<autoFilter ref="{self.table.replace("$", "")}"/>'
        self.part.write(f"</sheetData>{filtered}</worksheet>".encode())
        self.part.close()

    def row(self, line: int, cells: str) -> str:
        return f'<row r="{line}">{cells}</row>'

    def cell(self, kind: Kind, position: int) -> CellWriter:
        name, style = _letters(position), _STYLES.get(kind, 0)

        def text(value: Value, line: int) -> str:
            if not value:
                return ""
            inside = _text(neutral(str(value)))
            return f'<c r="{name}{line}" s="{style}" t="inlineStr"><is>{inside}</is></c>'

        def number(value: Value, line: int) -> str:
            if value is None:
                return ""
            return f'<c r="{name}{line}" s="{style}"><v>{value}</v></c>'

        def day(value: Value, line: int) -> str:
            return number(value and value.toordinal() - _DAY_ZERO, line)

        return {Kind.TEXT: text, Kind.HEAD: text, Kind.DAY: day}.get(kind, number)

    def close(self) -> None:
        for path, content in self._around().items():
            self.archive.writestr(path, content)
        self.archive.close()

    def _around(self) -> dict[str, str]:
        """Return the other parts of the archive, by their paths."""
        numbered = list(enumerate(self.names, start=1))
        sheets = "".join(
            f'<sheet name="{xml_text(name)}" sheetId="{at}" r:id="rId{at}"/>'
            for at, name in numbered
        )
        table = f"'{xml_text(self.names[0])}'!{self.table}"
        return {
            "xl/styles.xml": _LOOKS,
            "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">'
            f"<sheets>{sheets}</sheets><definedNames>"
            '<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">'
            f"{table}</definedName></definedNames></workbook>",
            "xl/_rels/workbook.xml.rels": _relations(
                *((f"{_LINKS}/worksheet", f"worksheets/sheet{at}.xml") for at, _ in numbered),
                (f"{_LINKS}/styles", "styles.xml"),
            ),
            "docProps/core.xml": f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/'
            'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<dc:title>{xml_text(self.about.title)}</dc:title></cp:coreProperties>",
            "docProps/app.xml": f'{_XML}<Properties xmlns="{_SCHEMAS}/officeDocument/2006/'
            'extended-properties"><Company>Département des Hauts-de-Seine</Company></Properties>',
        }


def _letters(position: int) -> str:
    """Return the name of a column, the first one being 0: A, Z, AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _text(text: str) -> str:
    if "_x" in text:
        text = _ESCAPE_LIKE.sub("_x005F_", text)
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f"<t{space}>{xml_text(text)}</t>"


def _relations(*parts: tuple[str, str]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{at}" Type="{kind}" Target="{path}"/>'
        for at, (kind, path) in enumerate(parts, start=1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _first_parts() -> dict[str, str]:
    """Return the parts by which a file is known for a workbook; other parts are sheets."""
    kinds = {
        "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
        "docProps/app.xml": f"{_TYPES}.extended-properties+xml",
        "xl/workbook.xml": f"{_TYPES}.spreadsheetml.sheet.main+xml",
        "xl/styles.xml": f"{_TYPES}.spreadsheetml.styles+xml",
    }
    lines = "".join(
        f'<Override PartName="/{path}" ContentType="{kind}"/>' for path, kind in kinds.items()
    )
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{_TYPES}.spreadsheetml.worksheet+xml"/>'
        f"{lines}</Types>",
        "_rels/.rels": _relations(
            (f"{_LINKS}/officeDocument", "xl/workbook.xml"),
            (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
            (f"{_LINKS}/extended-properties", "docProps/app.xml"),
        ),
    }
