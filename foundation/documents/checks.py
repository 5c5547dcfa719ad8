"""What an uploaded file must be before the portal keeps it.

A file is judged on its bytes: the extension only says what it claims to be. Each refusal is one
sentence that tells the person what to do. Nothing is unpacked or drawn here: sizes are read from
the headers, so that a bomb costs nothing.
"""

import re
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings
from PIL import Image, UnidentifiedImageError

from config.errors import Refusal
from config.templatetags.ui import file_size
from foundation.documents.names import clean_file_name, extension_of


MAX_PIXELS = 40_000_000
MAX_ENTRIES = 5_000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 150
RATIO_FREE = 10 * 1024 * 1024  # a small file may well be very regular
MAX_PAGES = 2_000
ACCEPTED_WORDS = "PDF, Word (.docx), Excel (.xlsx), OpenDocument (.odt, .ods), JPEG ou PNG"


@dataclass(frozen=True)
class Checked:
    """A file that passed.

    Attributes:
        name: Its cleaned name.
        media_type: What its bytes are.
        size: In bytes.
    """

    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class Kind:
    label: str
    media_type: str
    check: Callable[[BinaryIO], None]


def check_upload(upload: BinaryIO, name: str, *, only: frozenset[str] | None = None) -> Checked:
    """Check a file sent by a person.

    Args:
        upload: Its content, readable from the start; left at the start.
        name: Its name as sent.
        only: Extensions accepted here, when fewer than everywhere.

    Raises:
        Refusal: ``empty``, ``too_large``, ``extension``, ``content``, ``bomb``, ``encrypted``,
            ``macros``, ``pixels``, ``pages`` (422).
    """
    cleaned = clean_file_name(name)
    size = _size(upload)
    if size == 0:
        raise Refusal(f"Le fichier « {cleaned} » est vide.", code="empty")
    if size > settings.UPLOAD_MAX_BYTES:
        raise Refusal(
            f"Le fichier « {cleaned} » pèse {file_size(size)} : le maximum est "
            f"{file_size(settings.UPLOAD_MAX_BYTES)}.",
            code="too_large",
        )
    extension = extension_of(cleaned)
    kind = KINDS.get(extension)
    if kind is None or (only is not None and extension not in only):
        accepted = ACCEPTED_WORDS if only is None else ", ".join(sorted(e.upper() for e in only))
        raise Refusal(
            f"Le format du fichier « {cleaned} » n’est pas accepté. Formats acceptés : {accepted}.",
            code="extension",
        )
    upload.seek(0)
    kind.check(upload)
    upload.seek(0)
    return Checked(cleaned, kind.media_type, size)


def _size(upload: BinaryIO) -> int:
    upload.seek(0, 2)
    size = upload.tell()
    upload.seek(0)
    return size


def _not_a(label: str) -> Refusal:
    return Refusal(
        f"Ce fichier n’est pas un vrai fichier {label}, ou il est abîmé. "
        "Ouvrez-le, enregistrez-le de nouveau dans ce format, puis déposez-le.",
        code="content",
    )


# --- PDF ------------------------------------------------------------------------------------------
def _check_pdf(upload: BinaryIO) -> None:
    content = upload.read()
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-2048:]:
        raise _not_a("PDF")
    if re.search(rb"/Encrypt\s*(?:\d|<<)", content):
        raise Refusal(
            "Ce PDF est protégé par un mot de passe ou des restrictions. Enregistrez-en une copie "
            "sans protection (par exemple « Imprimer en PDF »), puis déposez-la.",
            code="encrypted",
        )
    if len(re.findall(rb"/Type\s*/Page(?![a-zA-Z])", content)) > MAX_PAGES:
        raise Refusal(f"Ce PDF a plus de {MAX_PAGES} pages.", code="pages")


# --- Pictures -------------------------------------------------------------------------------------
def _check_picture(format_name: str, magic: bytes) -> Callable[[BinaryIO], None]:
    def check(upload: BinaryIO) -> None:
        if upload.read(len(magic)) != magic:
            raise _not_a(format_name)
        upload.seek(0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                with Image.open(upload, formats=[format_name]) as picture:
                    width, height = picture.size
        except Image.DecompressionBombError:
            width = height = MAX_PIXELS
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
            raise _not_a(format_name) from error
        if width * height > MAX_PIXELS:
            raise Refusal(
                "Cette image est trop grande (plus de 40 millions de points). "
                "Réduisez-la, puis déposez-la.",
                code="pixels",
            )

    return check


# --- Office files: zip archives -------------------------------------------------------------------
def _check_archive(label: str, part: str, mimetype: str = "") -> Callable[[BinaryIO], None]:
    def check(upload: BinaryIO) -> None:
        if upload.read(4) != b"PK\x03\x04":
            raise _not_a(label)
        upload.seek(0)
        try:
            with zipfile.ZipFile(upload) as archive:
                _check_bounds(archive.infolist())
                _check_parts(archive, label, part, mimetype)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
            raise _not_a(label) from error

    return check


def _check_bounds(entries: list[zipfile.ZipInfo]) -> None:
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refusal(
            "Ce fichier est protégé par un mot de passe. Enregistrez-en une copie sans protection, "
            "puis déposez-la.",
            code="encrypted",
        )
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    too_dense = unpacked > RATIO_FREE and unpacked / packed > MAX_RATIO
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or too_dense:
        raise Refusal(
            "Ce fichier contient beaucoup trop de données une fois ouvert. "
            "Enregistrez-le en PDF, puis déposez le PDF.",
            code="bomb",
        )


def _check_parts(archive: zipfile.ZipFile, label: str, part: str, mimetype: str) -> None:
    names = set(archive.namelist())
    if part not in names:
        raise _not_a(label)
    if mimetype:
        with archive.open("mimetype") as declared:
            if declared.read(100).strip() != mimetype.encode():
                raise _not_a(label)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refusal(
            "Ce fichier contient des macros. Enregistrez-le sans macros ou en PDF, "
            "puis déposez-le.",
            code="macros",
        )


_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
_JPEG = Kind("JPEG", "image/jpeg", _check_picture("JPEG", b"\xff\xd8\xff"))
KINDS: dict[str, Kind] = {
    "pdf": Kind("PDF", "application/pdf", _check_pdf),
    "docx": Kind(
        "Word",
        f"{_OFFICE}.wordprocessingml.document",
        _check_archive("Word (.docx)", "word/document.xml"),
    ),
    "xlsx": Kind(
        "Excel",
        f"{_OFFICE}.spreadsheetml.sheet",
        _check_archive("Excel (.xlsx)", "xl/workbook.xml"),
    ),
    "odt": Kind(
        "OpenDocument",
        f"{_OPEN}.text",
        _check_archive("OpenDocument (.odt)", "content.xml", f"{_OPEN}.text"),
    ),
    "ods": Kind(
        "OpenDocument",
        f"{_OPEN}.spreadsheet",
        _check_archive("OpenDocument (.ods)", "content.xml", f"{_OPEN}.spreadsheet"),
    ),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "png": Kind("PNG", "image/png", _check_picture("PNG", b"\x89PNG\r\n\x1a\n")),
}
