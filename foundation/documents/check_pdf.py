"""What a PDF must be: whole, open, reasonable once unpacked, without programs.

Nothing is drawn: names are looked for in the bytes and in the compressed objects, which are
unpacked within bounds.
"""

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from config.errors import Refusal


MAX_PAGES = 2_000
MAX_STREAM = 256 * 1024 * 1024  # one stream, unpacked
MAX_DENSE = 200 * 1024 * 1024  # all streams together, when they are denser than MAX_RATIO
MAX_RATIO = 150
MAX_LOOKED_AT = 600 * 1024 * 1024  # beyond, a large honest file is not unpacked further
MAX_OBJECTS = 32 * 1024 * 1024  # what the compressed objects may hold
MAX_DEPTH = 200
_CHUNK = 1024 * 1024

_STREAM = re.compile(rb"stream\r?\n")
_DICTIONARY = 2048  # bytes before a stream in which its dictionary is looked for
_FLATE = re.compile(rb"/(?:FlateDecode|Fl)(?![A-Za-z])")
_OBJECTS = re.compile(rb"/Type\s*/ObjStm")
_ESCAPED_NAME = re.compile(rb"/[^\s/<>\[\](){}%]*#[0-9A-Fa-f]{2}[^\s/<>\[\](){}%]*")
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
# Possessive: a run is read once, whatever follows it.
_NESTED = re.compile(rb"(?:\[\s*+)++|(?:<<\s*+(?:/[^\s/<>\[\]()]++\s*+)?+)++")
_LAUNCH = re.compile(rb"/S\s*/(?:Launch|ImportData|Rendition)(?![A-Za-z])|/RichMedia(?![A-Za-z])")
_PROGRAM = re.compile(
    rb"(?i)\.(?:exe|bat|cmd|com|scr|js|jse|vbs|vbe|ps1|hta|lnk|jar|msi|dll)\s{0,3}\)"
)
_EMBEDDED = re.compile(rb"/EmbeddedFiles?(?![A-Za-z])")
_OPENING = re.compile(
    rb"/OpenAction\s{0,9}(?:(\d{1,10})\s{1,9}\d{1,5}\s{1,9}R|<<(.{0,400}))", re.DOTALL
)
_SCRIPT = re.compile(rb"/S\s*/JavaScript(?![A-Za-z])")
_MAX_OPENINGS = 20
_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_ENCRYPT = re.compile(rb"/Encrypt\s*(?:\d|<<)")
_OTHER_FORMAT = re.compile(rb"^\s*(?:<[!?a-zA-Z]|MZ|PK\x03\x04)|PK\x05\x06")

NOT_A_PDF = Refusal(
    "Ce fichier n’est pas un vrai fichier PDF, ou il est abîmé. "
    "Ouvrez-le, enregistrez-le de nouveau dans ce format, puis déposez-le.",
    code="content",
)
BOMB = Refusal(
    "Ce PDF contient beaucoup trop de données une fois ouvert. "
    "Enregistrez-en une copie (par exemple « Imprimer en PDF »), puis déposez-la.",
    code="bomb",
)
ENCRYPTED = Refusal(
    "Ce PDF est protégé par un mot de passe ou des restrictions. Enregistrez-en une copie "
    "sans protection (par exemple « Imprimer en PDF »), puis déposez-la.",
    code="encrypted",
)
PROGRAM = Refusal(
    "Ce PDF contient un programme ou une action qui se lance seule. Enregistrez-en une copie "
    "simple (par exemple « Imprimer en PDF »), puis déposez-la.",
    code="program",
)


def check_pdf(upload: BinaryIO) -> None:
    """Refuse what is no honest PDF.

    Raises:
        Refusal: ``content``, ``encrypted``, ``bomb``, ``program`` or ``pages``.
    """
    content = upload.read()
    end = content.rfind(b"%%EOF")
    if not content.startswith(b"%PDF-") or end < max(0, len(content) - 2048):
        raise _again(NOT_A_PDF)
    if _OTHER_FORMAT.search(content[end + 5 :]):  # another file hides behind this one
        raise _again(NOT_A_PDF)
    objects = _plain_names(_read_streams(content))
    outside = _plain_names(content)
    for part in (outside, objects):
        _check_names(part)
    _check_opening(outside + b"\n" + objects)
    if len(_PAGE.findall(outside)) + len(_PAGE.findall(objects)) > MAX_PAGES:
        raise Refusal(f"Ce PDF a plus de {MAX_PAGES} pages.", code="pages")


def _check_names(part: bytes) -> None:
    if _ENCRYPT.search(part):
        raise _again(ENCRYPTED)
    if any(run.count(b"[") + run.count(b"<<") >= MAX_DEPTH for run in _runs(part)):
        raise _again(NOT_A_PDF)
    if _LAUNCH.search(part) or (_EMBEDDED.search(part) and _PROGRAM.search(part)):
        raise _again(PROGRAM)


def _runs(part: bytes) -> Iterator[bytes]:
    """Yield the openings of arrays and dictionaries that follow one another."""
    return (found.group() for found in _NESTED.finditer(part))


def _check_opening(part: bytes) -> None:
    """Refuse a script that runs by itself; those of a form's fields wait for their reader."""
    openings = set(_OPENING.findall(part))
    if len(openings) > _MAX_OPENINGS:
        raise _again(NOT_A_PDF)
    for number, inline in openings:
        action = inline
        if number:
            found = re.search(
                rb"(?<!\d)%s\s{1,9}\d{1,5}\s{1,9}obj(.{0,400})" % number, part, re.DOTALL
            )
            action = found.group(1) if found else b""
        if _SCRIPT.search(action.split(b"endobj")[0]):
            raise _again(PROGRAM)


def _read_streams(content: bytes) -> bytes:
    """Unpack every stream within bounds; return what the compressed objects hold."""
    kept: list[bytes] = []
    packed = unpacked = objects = 0
    for start, stop, dictionary in _streams(content):
        filters = len(_FLATE.findall(dictionary))
        if filters > 1:  # a file packed twice hides how large it is
            raise _again(BOMB)
        if not filters or unpacked > MAX_LOOKED_AT:
            continue
        is_objects = bool(_OBJECTS.search(dictionary))
        size = 0
        for piece in _inflate(content[start:stop]):
            size += len(piece)
            if is_objects:
                objects += len(piece)
                kept.append(piece)
            if size > MAX_STREAM or objects > MAX_OBJECTS:
                raise _again(BOMB)
        packed += stop - start
        unpacked += size
        if unpacked > MAX_DENSE and unpacked > MAX_RATIO * packed:
            raise _again(BOMB)
    return b"".join(kept)


def _streams(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield where each stream starts and stops, with the dictionary before it."""
    position = 0
    while found := _STREAM.search(content, position):
        start = found.end()
        if content[max(0, found.start() - 3) : found.start()] == b"end":
            position = start
            continue
        stop = content.find(b"endstream", start)
        stop = len(content) if stop < 0 else stop
        dictionary = content[max(position, found.start() - _DICTIONARY) : found.start()]
        yield start, stop, dictionary[dictionary.rfind(b" obj") + 1 :]
        position = stop


def _inflate(packed: bytes) -> Iterator[bytes]:
    """Yield what a stream holds, piece by piece; a damaged one ends there, as in readers."""
    machine = zlib.decompressobj()
    try:
        piece = machine.decompress(packed, _CHUNK)
        while piece:
            yield piece
            if machine.eof:
                return
            piece = machine.decompress(machine.unconsumed_tail, _CHUNK)
    except zlib.error:
        return


def _plain_names(part: bytes) -> bytes:
    """Return objects with their names in clear: ``/J#61vaScript`` is ``/JavaScript``."""

    def clear(found: re.Match[bytes]) -> bytes:
        return _HEX.sub(lambda one: bytes([int(one.group(1), 16)]), found.group(0))

    return _ESCAPED_NAME.sub(clear, part)


def _again(refusal: Refusal) -> Refusal:
    """Return a new exception each time: one that was raised carries its traceback."""
    return Refusal(refusal.sentence, code=refusal.code, status=refusal.status)
