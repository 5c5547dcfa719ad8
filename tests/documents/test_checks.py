"""What is let in and what is refused, with a sentence each time."""

import io

import pytest

from config.errors import Refusal
from foundation.documents import check_archive, check_pdf, checks
from foundation.documents.names import clean_file_name
from tests.documents import samples


def check(content: bytes, name: str, **options):
    return checks.check_upload(io.BytesIO(content), name, **options)


def refused(content: bytes, name: str, **options) -> Refusal:
    with pytest.raises(Refusal) as caught:
        check(content, name, **options)
    sentence = caught.value.sentence
    assert sentence.endswith(".")
    assert "'" not in sentence
    return caught.value


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("statuts.pdf", samples.PDF, "application/pdf"),
        ("STATUTS.PDF", samples.PDF, "application/pdf"),
        ("projet.docx", samples.word(), checks.KINDS["docx"].media_type),
        ("budget.xlsx", samples.excel(), checks.KINDS["xlsx"].media_type),
        ("projet.odt", samples.open_document("text"), checks.KINDS["odt"].media_type),
        ("budget.ods", samples.open_document("spreadsheet"), checks.KINDS["ods"].media_type),
        ("photo.jpg", samples.picture("JPEG"), "image/jpeg"),
        ("photo.jpeg", samples.picture("JPEG"), "image/jpeg"),
        ("photo.png", samples.picture("PNG"), "image/png"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # an archive holds its hour
)
def test_accepted_formats_are_recognised_by_their_bytes(name, content, media_type):
    assert check(content, name) == checks.Checked(name, media_type, len(content))


@pytest.mark.parametrize("name", ["page.html", "dessin.svg", "outil.exe", "note.txt", "sans-nom"])
def test_other_extensions_are_refused(name):
    assert refused(samples.PDF, name).code == "extension"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("faux.pdf", b"<html><script>alert(1)</script></html>"),
        ("coupe.pdf", samples.PDF.replace(b"%%EOF", b"")),
        ("polyglotte.pdf", b"MZ\x90\0" + samples.PDF),
        ("programme.pdf", b"MZ" + b"\0" * 100),
        ("faux.png", samples.picture("JPEG")),
        ("faux.jpg", samples.picture("PNG")),
        ("faux.jpg", b"\xff\xd8\xff" + b"<?php ?>"),
        ("faux.docx", samples.excel()),
        ("faux.xlsx", samples.word()),
        ("faux.odt", samples.open_document("spreadsheet")),
        ("faux.docx", samples.PDF),
        ("coupe.docx", samples.word()[:60]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # an archive holds its hour
)
def test_bytes_that_disagree_with_the_extension_are_refused(name, content):
    assert refused(content, name).code == "content"


def test_an_empty_file_is_refused():
    assert refused(b"", "vide.pdf").code == "empty"


def test_the_size_limit_is_inclusive(settings):
    settings.UPLOAD_MAX_BYTES = len(samples.PDF)
    assert check(samples.PDF, "juste.pdf")
    assert refused(samples.PDF + b"\n", "trop.pdf").code == "too_large"


def test_a_zip_bomb_is_refused_without_being_unpacked():
    bomb = samples.zip_bomb()
    assert len(bomb) < 1_000_000
    assert refused(bomb, "bombe.docx").code == "bomb"


def test_an_archive_with_too_many_parts_is_refused(monkeypatch):
    monkeypatch.setattr(check_archive, "MAX_ENTRIES", 2)
    assert refused(samples.word(word__a=b"1"), "foule.docx").code == "bomb"


def test_a_dense_archive_is_refused(monkeypatch):
    monkeypatch.setattr(check_archive, "RATIO_FREE", 1000)
    assert refused(samples.word(word__a=b"0" * 1_000_000), "dense.docx").code == "bomb"


def test_macros_are_refused():
    content = samples.word(**{"word__vbaProject.bin": b"macro"})
    assert refused(content, "macro.docx").code == "macros"


def test_an_encrypted_pdf_is_refused():
    content = samples.PDF.replace(b"trailer<<", b"trailer<</Encrypt 5 0 R ")
    assert refused(content, "secret.pdf").code == "encrypted"


def test_a_pdf_with_too_many_pages_is_refused(monkeypatch):
    monkeypatch.setattr(check_pdf, "MAX_PAGES", 2)
    pages = b"<</Type/Page>>" * 2
    assert check(samples.PDF.replace(b"trailer", pages + b"trailer"), "deux.pdf")
    pages = b"<</Type /Page>>" * 3 + b"<</Type /Pages>>"
    assert refused(samples.PDF.replace(b"trailer", pages + b"trailer"), "trois.pdf").code == "pages"


@pytest.mark.parametrize(("width", "height"), [(8000, 5001), (30_000, 30_000)])
def test_a_pixel_flood_is_refused(width, height):
    assert refused(samples.png_of(width, height), "deluge.png").code == "pixels"


def test_forty_million_pixels_are_accepted():
    assert check(samples.png_of(8000, 5000), "grande.png")


def test_fewer_formats_may_be_asked():
    refusal = refused(samples.picture("PNG"), "photo.png", only=frozenset({"pdf"}))
    assert refusal.code == "extension"
    assert refusal.sentence.endswith("Formats acceptés\u00a0: PDF.")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Statuts signés.pdf", "Statuts signés.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Documents\\bilan.pdf", "bilan.pdf"),
        ("a\x00b.pdf", "ab.pdf"),
        ("facture\u202efdp.exe", "facturefdp.exe"),
        ("CON.pdf", "_CON.pdf"),
        ("nul", "_nul"),
        ("  .htaccess", "htaccess"),
        ("...", "fichier"),
        ("", "fichier"),
        ('a"b\r\nSet-Cookie: x.pdf', "a_bSet-Cookie_ x.pdf"),
        ("photo 😀.jpg", "photo 😀.jpg"),
        ("e\u0301te\u0301.pdf", "été.pdf"),
    ],
)
def test_names_are_cleaned(typed, kept):
    assert clean_file_name(typed) == kept


def test_a_long_name_keeps_its_extension():
    name = clean_file_name("é" * 400 + ".pdf")
    assert len(name) == 150
    assert name.endswith("é.pdf")
