"""Reads the paragraphs of a Word file, with its tables, text boxes and lists.

The XML is read directly rather than through python-docx: the file comes from outside, so sizes
are bounded before anything is unpacked and document types (entities) are refused.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from lxml import etree

from .cleaning import is_bullet_alone, split_bullet
from .errors import SheetFileError


MAX_ENTRIES = 3000
MAX_PART_BYTES = 20 * 1024 * 1024
MAX_DEPTH = 60

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT_W = "http://purl.oclc.org/ooxml/wordprocessingml/main"
#: Content that is not shown: deleted or moved text, and the older copy of a drawing.
_HIDDEN = {"del", "moveFrom", "Fallback", "instrText", "delText", "sdtPr", "pPr", "rPr"}
_BREAKS = {"br", "cr"}
_LIST_STYLE = re.compile(r"^(?:list(?:e)?\s?(?:bullet|number|puces?|numeros?)|puces?)", re.I)
_NUMBER_FORMATS = {"decimal", "decimalZero", "ordinal", "upperRoman", "lowerRoman"}


def word_paragraphs(data: bytes) -> list[str]:
    """Gives the lines of a ``.docx`` file in the order of its body.

    Args:
        data: the bytes of the file.

    Returns:
        One text a line; list paragraphs start with "- " or "1. ".

    Raises:
        SheetFileError: the file is not a sound Word file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > MAX_ENTRIES:
                raise SheetFileError("Le fichier Word contient trop d’éléments pour être lu.")
            document = _part(archive, "word/document.xml")
            if document is None:
                raise SheetFileError("Le fichier n’est pas un document Word (.docx).")
            lists = _ListMarks(
                _part(archive, "word/numbering.xml"), _part(archive, "word/styles.xml")
            )
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
    ) as error:
        raise SheetFileError("Le fichier Word est abîmé ou n’est pas un .docx.") from error
    lines: list[str] = []
    _walk(document, lists, lines, 0)
    return lines


def _part(archive: zipfile.ZipFile, name: str) -> etree._Element | None:
    try:
        info = archive.getinfo(name)
    except KeyError:
        return None
    if info.file_size > MAX_PART_BYTES:
        raise SheetFileError("Le fichier Word est trop gros une fois décompressé.")
    with archive.open(info) as part:
        xml = part.read(MAX_PART_BYTES + 1)
    if len(xml) > MAX_PART_BYTES:
        raise SheetFileError("Le fichier Word est trop gros une fois décompressé.")
    if b"<!" in (start := xml.replace(b"\x00", b"")) and (
        b"<!DOCTYPE" in start or b"<!ENTITY" in start
    ):
        raise SheetFileError("Le fichier Word contient des déclarations XML interdites.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SheetFileError("Le contenu du fichier Word est illisible.") from error
    if root.getroottree().docinfo.doctype:
        raise SheetFileError("Le fichier Word contient des déclarations XML interdites.")
    return root


def _tag(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _value(element: etree._Element | None, attribute: str = "val") -> str:
    if element is None:
        return ""
    return element.get(f"{{{_W}}}{attribute}") or element.get(f"{{{_STRICT_W}}}{attribute}") or ""


def _child(element: etree._Element | None, *path: str) -> etree._Element | None:
    for name in path:
        if element is None:
            return None
        element = next((child for child in element if _tag(child) == name), None)
    return element


def _walk(element: etree._Element, lists: _ListMarks, lines: list[str], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise SheetFileError("Le fichier Word est trop imbriqué pour être lu.")
    for child in element:
        tag = _tag(child)
        if tag in _HIDDEN:
            continue
        if tag == "p":
            _paragraph(child, lists, lines, depth)
        else:
            _walk(child, lists, lines, depth + 1)


def _paragraph(paragraph: etree._Element, lists: _ListMarks, lines: list[str], depth: int) -> None:
    pieces: list[str] = []
    boxes: list[etree._Element] = []
    _collect(paragraph, pieces, boxes, depth)
    for box in boxes:
        _walk(box, lists, lines, depth + 1)
    first, *others = "".join(pieces).split("\n")
    if first.strip() and (mark := lists.mark_of(paragraph)):
        typed = split_bullet(first.strip())[0] or is_bullet_alone(first.strip())
        first = first if typed else f"{mark} {first.strip()}"
    lines += [first, *others]


def _collect(
    element: etree._Element, pieces: list[str], boxes: list[etree._Element], depth: int
) -> None:
    if depth > MAX_DEPTH:
        raise SheetFileError("Le fichier Word est trop imbriqué pour être lu.")
    for child in element:
        tag = _tag(child)
        if tag in _HIDDEN:
            continue
        if tag == "txbxContent":
            boxes.append(child)
        elif tag == "t":
            pieces.append((child.text or "").replace("\n", " "))
        elif tag in {"tab", "ptab"}:
            pieces.append("\t")
        elif tag == "noBreakHyphen":
            pieces.append("-")
        elif tag in _BREAKS:
            pieces.append("\n")
        else:
            _collect(child, pieces, boxes, depth + 1)


class _ListMarks:
    """Knows which paragraphs are list items, and whether the list is numbered."""

    def __init__(self, numbering: etree._Element | None, styles: etree._Element | None) -> None:
        formats: dict[str, dict[str, str]] = {}
        self._formats: dict[str, dict[str, str]] = {}
        self._style_numbers: dict[str, tuple[str, str]] = {}
        self._style_names: dict[str, str] = {}
        for child in numbering if numbering is not None else ():
            if _tag(child) == "abstractNum":
                formats[_value(child, "abstractNumId")] = {
                    _value(level, "ilvl"): _value(_child(level, "numFmt"))
                    for level in child
                    if _tag(level) == "lvl"
                }
            elif _tag(child) == "num":
                abstract = _value(_child(child, "abstractNumId"))
                self._formats[_value(child, "numId")] = formats.get(abstract, {})
        for style in styles if styles is not None else ():
            if _tag(style) == "style":
                identifier = _value(style, "styleId")
                self._style_names[identifier] = _value(_child(style, "name"))
                number = _child(style, "pPr", "numPr")
                if number is not None:
                    self._style_numbers[identifier] = _number_of(number)

    def mark_of(self, paragraph: etree._Element) -> str:
        """Gives "-" or "1." for a list item, "" for any other paragraph."""
        style = _value(_child(paragraph, "pPr", "pStyle"))
        own = _child(paragraph, "pPr", "numPr")
        number, level = _number_of(own) if own is not None else ("", "0")
        if own is None or not number:
            number = self._style_numbers.get(style, ("", ""))[0]
        if number == "0":
            return ""
        name = self._style_names.get(style, style)
        if not number:
            if not _LIST_STYLE.match(name):
                return ""
            return "1." if re.search("num", name, re.I) else "-"
        kind = self._formats.get(number, {}).get(level, "bullet")
        if kind == "none":
            return ""
        return "1." if kind in _NUMBER_FORMATS else "-"


def _number_of(properties: etree._Element) -> tuple[str, str]:
    return _value(_child(properties, "numId")), _value(_child(properties, "ilvl")) or "0"
