"""What an uploaded file must be before the portal keeps it.

A file is judged on its bytes: the extension only says what it claims to be. Each refusal is one
sentence that tells the person what to do. Nothing is drawn, and nothing is unpacked beyond bounds
read from the headers first, so that a bomb costs next to nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings

from config.errors import Refusal
from config.templatetags.ui import file_size
from foundation.documents.check_archive import check_archive
from foundation.documents.check_pdf import check_pdf
from foundation.documents.check_picture import JPEG, PNG, check_picture
from foundation.documents.names import clean_file_name, extension_of


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
            ``macros``, ``program``, ``external``, ``pixels``, ``pages`` (422).
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


_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
_JPEG = Kind("JPEG", "image/jpeg", check_picture("JPEG", JPEG))
KINDS: dict[str, Kind] = {
    "pdf": Kind("PDF", "application/pdf", check_pdf),
    "docx": Kind(
        "Word",
        f"{_OFFICE}.wordprocessingml.document",
        check_archive("Word (.docx)", "word/document.xml"),
    ),
    "xlsx": Kind(
        "Excel",
        f"{_OFFICE}.spreadsheetml.sheet",
        check_archive("Excel (.xlsx)", "xl/workbook.xml"),
    ),
    "odt": Kind(
        "OpenDocument",
        f"{_OPEN}.text",
        check_archive("OpenDocument (.odt)", "content.xml", f"{_OPEN}.text"),
    ),
    "ods": Kind(
        "OpenDocument",
        f"{_OPEN}.spreadsheet",
        check_archive("OpenDocument (.ods)", "content.xml", f"{_OPEN}.spreadsheet"),
    ),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "png": Kind("PNG", "image/png", check_picture("PNG", PNG)),
}
