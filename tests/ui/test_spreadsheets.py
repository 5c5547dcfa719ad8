"""Workbooks: what is written is what a spreadsheet reads, whatever it holds and however long."""

import io
import tempfile
import tracemalloc
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from lxml import etree
from openpyxl.utils.escape import unescape

from config.spreadsheets import WRITERS, Column, Kind, Workbook


COLUMNS = [
    Column("Texte", Kind.TEXT, "Des mots & d’autres", str),
    Column("Nombre", Kind.COUNT, "Combien", str),
    Column("Montant", Kind.MONEY, "En euros", str),
    Column("Note", Kind.SCORE, "Sur 100", str),
    Column("Jour", Kind.DAY, "Quand", str),
]
ABOUT = Workbook("Dossiers < tous >", [("État", "Déposé & complet")], notes=["=hors 2 dossiers"])
ODF = "{urn:oasis:names:tc:opendocument:xmlns:"
TEXTS = {
    'a < b & "c" > d’e': 'a < b & "c" > d’e',
    " deux  espaces ": " deux  espaces ",
    "une\nligne": "une\nligne",
    "_x0041_ _xA _x41_": "_x0041_ _xA _x41_",
    "cloche\x07\ufffe": "cloche",
    "=1+1": "'=1+1",
    "\xa0＋33": "'\xa0＋33",
    "🎭 théâtre": "🎭 théâtre",
    "x" * 40_000: "x" * 32_767,
    "0123": "0123",
}


def written(extension: str, rows, columns=COLUMNS) -> bytes:
    file = io.BytesIO()
    rows = list(rows)
    assert WRITERS[extension](file, columns, iter(rows), ABOUT) == len(rows)
    return file.getvalue()


def as_book(rows) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(written("xlsx", rows)))


def as_tables(rows) -> dict[str, list[list[etree._Element]]]:
    """Return the cells of each sheet of an ODS file."""
    archive = zipfile.ZipFile(io.BytesIO(written("ods", rows)))
    assert archive.testzip() is None
    root = etree.fromstring(archive.read("content.xml"))
    return {
        table.get(f"{ODF}table:1.0}}name"): [
            list(row) for row in table.iter(f"{ODF}table:1.0}}table-row")
        ]
        for table in root.iter(f"{ODF}table:1.0}}table")
    }


def words(cell: etree._Element) -> str:
    return "\n".join(part.text or "" for part in cell)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_read_as_it_was_written_and_never_as_a_formula(text: str):
    row = [text, None, None, None, None]
    cell = as_book([row])["Dossiers"]["A2"]
    assert unescape(cell.value) == TEXTS[text]
    assert cell.data_type in {"s", "inlineStr"}
    assert words(as_tables([row])["Dossiers"][1][0]) == TEXTS[text]


def test_numbers_and_days_keep_their_kind_and_their_format():
    row = ["a", 12, Decimal("-1234.50"), Decimal("72.5"), date(2031, 3, 9)]
    cells = as_book([row])["Dossiers"][2]
    assert [cell.value for cell in cells[:4]] == ["a", 12, -1234.5, 72.5]
    assert cells[4].value.date() == date(2031, 3, 9)
    assert [cell.number_format for cell in cells] == [
        "General", "0", "#,##0.00", "0.0", "dd/mm/yyyy",
    ]  # fmt: skip
    _, count, amount, score, day = as_tables([row])["Dossiers"][1]
    assert [words(cell) for cell in (count, amount, score, day)] == [
        "12", "−1\xa0234,50", "72,5", "09/03/2031",
    ]  # fmt: skip
    assert amount.get(f"{ODF}office:1.0}}value") == "-1234.50"
    assert amount.get(f"{ODF}table:1.0}}style-name") == "money"
    assert day.get(f"{ODF}office:1.0}}date-value") == "2031-03-09"


def test_zero_is_a_number_and_nothing_is_an_empty_cell():
    rows = [["", 0, Decimal(0), Decimal(0), None], [None] * 5]
    sheet = as_book(rows)["Dossiers"]
    assert [cell.value for cell in sheet[2]] == [None, 0, 0, 0, None]
    assert [cell.value for cell in sheet[3]] == [None] * 5
    table = as_tables(rows)["Dossiers"]
    assert [words(cell) for cell in table[1]] == ["", "0", "0,00", "0", ""]
    assert len(table[2]) == 5


def test_the_rows_are_a_table_with_its_head_in_sight():
    sheet = as_book([["a", 1, None, None, None], ["b", 2, None, None, None]])["Dossiers"]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:E3"
    assert sheet["A1"].font.bold
    assert not sheet["A2"].font.bold
    widths = [int(sheet.column_dimensions[letter].width) for letter in "ABCDE"]
    assert widths == [24, 12, 16, 8, 14]


def test_the_other_sheets_tell_the_totals_and_the_columns():
    rows = [["a", 1, Decimal("0.10"), None, None], ["b", 2, Decimal("0.20"), None, None]]
    book = as_book(rows)
    totals = [
        ("Dossiers < tous >", None),
        ("dossiers", 2),
        ("Montant", 0.3),
        ("'=hors 2 dossiers", None),
        ("Filtre\xa0: État", "Déposé & complet"),
    ]
    assert list(book["Totaux"].iter_rows(values_only=True)) == totals
    assert list(book["Colonnes"].iter_rows(values_only=True, max_row=2)) == [
        ("Colonne", "Contenu"), ("Texte", "Des mots & d’autres"),
    ]  # fmt: skip
    assert book.properties.title == ABOUT.title
    tables = as_tables(rows)
    assert [words(cell) for cell in tables["Totaux"][2]] == ["Montant", "0,30"]
    assert [words(cell) for cell in tables["Colonnes"][1]] == ["Texte", "Des mots & d’autres"]


@pytest.mark.parametrize("extension", ["xlsx", "ods"])
def test_memory_stays_flat_whatever_the_rows(extension: str):
    def peak(count: int) -> int:
        rows = ((f"Dossier {n}", n, Decimal(n), None, date(2031, 1, 1)) for n in range(count))
        with tempfile.TemporaryFile() as file:
            tracemalloc.start()
            WRITERS[extension](file, COLUMNS, rows, ABOUT)
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return found

    few, many = peak(2_000), peak(12_000)
    assert many < few * 1.2
