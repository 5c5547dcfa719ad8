"""What a Word, Excel or OpenDocument file must be: an archive of the right parts, and no program.

Sizes are read in the archive's directory before anything is unpacked; then each part is unpacked
once, within those sizes, so that a directory that lies or a part that is cut shows.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import BinaryIO

from config.errors import Refusal


MAX_ENTRIES = 5_000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 150
RATIO_FREE = 10 * 1024 * 1024  # a small file may well be very regular
_MAX_XML = 4 * 1024 * 1024  # read of one part that describes the others

_MACROS = re.compile(
    r"(?i)(?:^|/)(?:vbaproject\.bin|vbadata\.xml|macrosheets/|activex/)|^(?:basic|scripts)/."
)
_PROGRAMS = re.compile(
    r"(?i)\.(?:exe|dll|com|scr|bat|cmd|js|jse|vbs|vbe|ps1|hta|lnk|jar|msi|zip|7z|rar|gz|iso)$"
)
_EMBEDDED = re.compile(r"(?i)(?:^|/)(?:embeddings|objects?[ _-]?\d*)/?")
_PACKAGE = re.compile(rb"(?i)\.(?:exe|dll|com|scr|bat|cmd|js|jse|vbs|vbe|ps1|hta|lnk|jar|msi)\x00")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_EXTERNAL = re.compile(rb"TargetMode\s*=\s*[\"']External[\"']")
_HARMLESS = re.compile(
    rb"Type\s*=\s*[\"'][^\"']*/(?:hyperlink|externalLinkPath|externalLink|image|customXml)[\"']"
)
_ENTITIES = re.compile(rb"<!ENTITY")


def check_archive(label: str, part: str, mimetype: str = "") -> Callable[[BinaryIO], None]:
    """Return the check of a kind of archive.

    Args:
        label: Its name, for the refusals.
        part: The part without which it is something else.
        mimetype: What its ``mimetype`` part must say, for OpenDocument.
    """

    def check(upload: BinaryIO) -> None:
        if upload.read(4) != b"PK\x03\x04":
            raise not_a(label)
        size = upload.seek(0, 2)
        upload.seek(0)
        try:
            with zipfile.ZipFile(upload) as archive:
                _check_bounds(archive.infolist(), size)
                _check_names(archive.namelist(), label)
                _check_kind(archive, label, part, mimetype)
                _check_programs(archive)
                if archive.testzip() is not None:
                    raise not_a(label)
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            ValueError,
            NotImplementedError,
            EOFError,
        ) as error:
            raise not_a(label) from error

    return check


def not_a(label: str) -> Refusal:
    return Refusal(
        f"Ce fichier n’est pas un vrai fichier {label}, ou il est abîmé. "
        "Ouvrez-le, enregistrez-le de nouveau dans ce format, puis déposez-le.",
        code="content",
    )


def _check_bounds(entries: list[zipfile.ZipInfo], size: int) -> None:
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refusal(
            "Ce fichier est protégé par un mot de passe. Enregistrez-en une copie sans protection, "
            "puis déposez-la.",
            code="encrypted",
        )
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    too_dense = unpacked > RATIO_FREE and unpacked > MAX_RATIO * packed
    overlapping = packed > size  # parts that share their bytes
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or too_dense or overlapping:
        raise Refusal(
            "Ce fichier contient beaucoup trop de données une fois ouvert. "
            "Enregistrez-le en PDF, puis déposez le PDF.",
            code="bomb",
        )


def _check_names(names: list[str], label: str) -> None:
    outside = any(
        name.startswith("/") or "\\" in name or ".." in posixpath.normpath(name).split("/")
        for name in names
    )
    if outside or len({name.lower() for name in names}) != len(names):
        raise not_a(label)


def _check_kind(archive: zipfile.ZipFile, label: str, part: str, mimetype: str) -> None:
    names = set(archive.namelist())
    if part not in names:
        raise not_a(label)
    if not mimetype:
        return
    if "mimetype" not in names:
        raise not_a(label)
    with archive.open("mimetype") as declared:
        if declared.read(100).strip() != mimetype.encode():
            raise not_a(label)


def _check_programs(archive: zipfile.ZipFile) -> None:
    for entry in archive.infolist():
        name = entry.filename
        if _MACROS.search(name):
            raise _macros()
        if _PROGRAMS.search(name):
            raise _program()
        if name == "[Content_Types].xml" and b"macroEnabled" in _read(archive, entry):
            raise _macros()
        if name.endswith(".rels"):
            _check_relations(_read(archive, entry))
        if name.endswith((".xml", ".rels")) and _ENTITIES.search(_read(archive, entry, 4096)):
            raise _program()
        if _EMBEDDED.search(name) and not name.endswith("/"):
            _check_embedded(_read(archive, entry))


def _check_relations(content: bytes) -> None:
    """Refuse what would be fetched from elsewhere at opening: templates, objects, frames."""
    for relation in _RELATION.findall(content):
        if _EXTERNAL.search(relation) and not _HARMLESS.search(relation):
            raise Refusal(
                "Ce fichier va chercher une partie de son contenu sur Internet ou sur un autre "
                "ordinateur. Enregistrez-le en PDF, puis déposez le PDF.",
                code="external",
            )


def _check_embedded(content: bytes) -> None:
    if content.startswith(b"MZ") or _PACKAGE.search(content):
        raise _program()


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, size: int = _MAX_XML) -> bytes:
    with archive.open(entry) as part:
        return part.read(size)


def _macros() -> Refusal:
    return Refusal(
        "Ce fichier contient des macros. Enregistrez-le sans macros ou en PDF, puis déposez-le.",
        code="macros",
    )


def _program() -> Refusal:
    return Refusal(
        "Ce fichier contient un programme ou une archive. Enregistrez-le en PDF, "
        "puis déposez le PDF.",
        code="program",
    )
