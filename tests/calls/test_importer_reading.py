"""Opening files: encodings, Word documents, and files that mean harm."""

import io
import zipfile

import docx
import pytest
from docx.enum.text import WD_BREAK

from grants.calls.importer import SheetFileError, parse, read_lines, word as word_module
from tests.calls.importer_helpers import gazetteer, homes


TEXT = "PILIER CONCERNÉ : Été C1\nPUBLIC CONCERNÉ : élèves\n"
BODY = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'


def _bytes(document):
    file = io.BytesIO()
    document.save(file)
    file.seek(0)
    return file


def _zipped(xml):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", xml)
    file.seek(0)
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_text_files_of_every_encoding(encoding, newline):
    data = TEXT.replace("\n", newline).encode(encoding)
    lines = read_lines(io.BytesIO(data), "fiches.TXT")
    assert [(line.number, line.text) for line in lines] == [
        (1, "PILIER CONCERNÉ : Été C1"),
        (2, "PUBLIC CONCERNÉ : élèves"),
    ]


def test_word_file_gives_the_same_sheets_as_text():
    document = docx.Document()
    document.add_paragraph("CONTRAT DE VILLE 2015-2020")
    document.add_paragraph("FICHE ACTION")
    document.add_paragraph("PILIER CONCERNÉ : Emploi P3")
    first = document.add_paragraph("ORIENTATION / ENJEU : selon le projet de territoire")
    first.add_run().add_break()
    first.add_run("Ouvrir des ")
    first.add_run("chantiers").bold = True
    table = document.add_table(rows=3, cols=2)
    table.cell(0, 0).text = "BESOIN REPÉRÉ"
    table.cell(0, 1).text = "Peu d'emplois d'été"
    table.cell(1, 0).text = "TERRITOIRES CONCERNÉS"
    table.cell(1, 1).text = "Nanterre\nSuresnes"
    table.cell(2, 0).text = "PUBLIC CONCERNÉ"
    table.cell(2, 1).text = "16-25 ans ans"
    document.add_paragraph("OBJECTIF OPÉRATIONNEL :")
    document.add_paragraph("Créer des chantiers", style="List Number")
    document.add_paragraph("Payer vite", style="List Number")
    document.add_paragraph("RÉSULTATS ATTENDUS :")
    document.add_paragraph("Des contrats signés", style="List Bullet")
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    document.add_paragraph("CONTRAT DE VILLE 2015-2020")
    document.add_paragraph("FICHE ACTION")
    document.add_paragraph("PILIER CONCERNÉ : Emploi P4")
    lines = read_lines(_bytes(document), "fiches.docx")
    parsed = parse(lines, gazetteer())
    sheet = parsed.sheets[0]
    assert [other.code for other in parsed.sheets] == ["P3", "P4"]
    assert sheet.source_title_lines == ["CONTRAT DE VILLE 2015-2020", "FICHE ACTION"]
    assert (sheet.framework_name, sheet.framework_period) == ("CONTRAT DE VILLE", (2015, 2020))
    assert sheet.title == "Ouvrir des chantiers"
    assert sheet.identified_need == "Peu d’emplois d’été"
    assert sheet.territories_text == "Nanterre\nSuresnes"
    assert [place.keys for place in sheet.places] == [("92050",), ("92073",)]
    assert (sheet.target_public, sheet.age_min, sheet.age_max) == ("16-25 ans", 16, 25)
    assert sheet.operational_objective == "1. Créer des chantiers\n2. Payer vite"
    assert sheet.expected_results == "- Des contrats signés"
    assert homes(parsed) == [line.number for line in lines if line.text.strip()]


def test_word_text_boxes_are_read_and_deleted_text_is_not():
    xml = (
        BODY + "<w:p><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>En boîte</w:t></w:r></w:p>"
        "</w:txbxContent></w:pict></w:r></w:p><w:p><w:r><w:t>Gardé</w:t></w:r>"
        "<w:del><w:r><w:delText>Ôté</w:delText></w:r></w:del></w:p></w:body></w:document>"
    )
    texts = [line.text for line in read_lines(_zipped(xml), "a.docx")]
    assert [text for text in texts if text] == ["En boîte", "Gardé"]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"not a zip", "a.docx"),
        (b"", "a.docx"),
        (_bytes(docx.Document()).getvalue()[:4000], "a.docx"),
        (_zipped("<not closed").getvalue(), "a.docx"),
        (_zipped("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>").getvalue(), "a.docx"),
        (
            _zipped("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".encode("utf-16")).getvalue(),
            "a.docx",
        ),
        (
            _zipped(BODY + "<w:tbl>" * 90 + "</w:tbl>" * 90 + "</w:body></w:document>").getvalue(),
            "a.docx",
        ),
        (_bytes(docx.Document()).getvalue(), "a.txt"),
        (b"%PDF-1.7", "a.txt"),
        (b"a\x00b\x00\x00\x00\x00c", "a.txt"),
        (b"a" * 30_000, "a.txt"),
        (b"\n" * 60_000, "a.txt"),
        (b" " * (10 * 1024 * 1024 + 1), "a.txt"),
        (b"texte", "a.pdf"),
    ],
)
def test_unreadable_files_are_refused_in_french(data, name):
    with pytest.raises(SheetFileError) as refused:
        read_lines(io.BytesIO(data), name)
    assert str(refused.value).endswith(".")
    assert "'" not in str(refused.value)


def test_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(word_module, "MAX_PART_BYTES", 100_000)
    bomb = _zipped(BODY + " " * 5_000_000)
    assert len(bomb.getvalue()) < 10_000
    with pytest.raises(SheetFileError, match="trop gros"):
        read_lines(bomb, "a.docx")


def test_zip_that_lies_about_its_size_is_refused():
    lying = bytearray(_zipped(BODY + " " * 5_000_000 + "</w:body></w:document>").getvalue())
    central = lying.rfind(b"PK\x01\x02")
    lying[central + 24 : central + 28] = (10).to_bytes(4, "little")
    with pytest.raises(SheetFileError):
        read_lines(io.BytesIO(bytes(lying)), "a.docx")


def test_missing_file_is_refused_in_french(tmp_path):
    with pytest.raises(SheetFileError, match="introuvable"):
        read_lines(tmp_path / "absent.txt")
