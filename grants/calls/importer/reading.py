"""Opens a call-sheet file and gives its lines, whatever the encoding or the container."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO

from .errors import SheetFileError
from .result import SourceLine
from .word import word_paragraphs


__all__ = ["SheetFileError", "read_lines"]

#: The container of old Word files, and of .docx files that ask for a password.
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_LINES = 50_000
MAX_LINE_LENGTH = 20_000


def read_lines(source: str | os.PathLike[str] | BinaryIO, name: str = "") -> list[SourceLine]:
    """Reads the lines of a ``.txt`` or ``.docx`` file.

    Args:
        source: a path, or a file open for reading bytes.
        name: the name of the file, which tells its kind; by default, that of the path.

    Returns:
        Every line of the file, blank ones too, numbered from 1.

    Raises:
        SheetFileError: the file cannot be read; the message says why in French.
    """
    name = name or (os.fspath(source) if not hasattr(source, "read") else "")
    suffix = Path(name).suffix.lower()
    if suffix not in {".txt", ".docx"}:
        raise SheetFileError(
            f"Le fichier « {Path(name).name} » n’est ni un fichier .txt ni un fichier .docx."
        )
    data = _read_bytes(source)
    if suffix == ".docx" and data.startswith(_OLD_OFFICE):
        raise SheetFileError(
            "Le fichier est protégé par un mot de passe ou d’un ancien format : "
            "enregistrez-le en .docx sans mot de passe."
        )
    texts = word_paragraphs(data) if suffix == ".docx" else _text_lines(data)
    if len(texts) > MAX_LINES:
        raise SheetFileError(f"Le fichier compte trop de lignes (plus de {MAX_LINES}).")
    if any(len(text) > MAX_LINE_LENGTH for text in texts):
        raise SheetFileError(
            f"Une ligne du fichier est trop longue (plus de {MAX_LINE_LENGTH} caractères)."
        )
    return [SourceLine(number, text) for number, text in enumerate(texts, start=1)]


def _read_bytes(source: str | os.PathLike[str] | BinaryIO) -> bytes:
    try:
        if hasattr(source, "read"):
            data = source.read(MAX_FILE_BYTES + 1)
        else:
            with Path(source).open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SheetFileError("Le fichier est introuvable ou illisible.") from error
    if isinstance(data, str):
        data = data.encode()
    if len(data) > MAX_FILE_BYTES:
        raise SheetFileError(
            f"Le fichier est trop gros (plus de {MAX_FILE_BYTES // 1024 // 1024} Mo)."
        )
    return data


def _text_lines(data: bytes) -> list[str]:
    if data.startswith((b"PK\x03\x04", b"%PDF", _OLD_OFFICE)):
        raise SheetFileError(
            "Le fichier n’est pas du texte, malgré son nom : enregistrez-le en .txt ou en .docx."
        )
    text = _decode(data)
    if text.count("\x00"):
        raise SheetFileError("Le fichier n’est pas du texte : il contient des octets nuls.")
    lines = re.split(r"\r\n|\n|\r", text)
    return lines[:-1] if lines[-1] == "" else lines


def _decode(data: bytes) -> str:
    encodings = ["utf-8-sig", "cp1252", "latin-1"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in data[:4000]:
        even, odd = data[0:4000:2].count(0), data[1:4000:2].count(0)
        encodings = ["utf-16-le" if odd > even else "utf-16-be"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetFileError("L’encodage du fichier n’est pas reconnu : enregistrez-le en UTF-8.")
