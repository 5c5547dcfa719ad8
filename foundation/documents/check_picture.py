"""What a picture must be: whole, of its format, of a reasonable size. It is never drawn."""

import struct
import warnings
import zlib
from collections.abc import Callable
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from config.errors import Refusal
from foundation.documents.check_archive import not_a


MAX_PIXELS = 40_000_000
MAX_TEXT = 1024 * 1024  # a comment, unpacked
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_SCAN, _END = b"\xff\xda", b"\xff\xd9"
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


def check_picture(format_name: str, magic: bytes) -> Callable[[BinaryIO], None]:
    """Return the check of a format.

    Args:
        format_name: As Pillow and people call it.
        magic: Its first bytes.
    """
    is_whole = {"JPEG": _is_whole_jpeg, "PNG": _is_whole_png}[format_name]

    def check(upload: BinaryIO) -> None:
        if upload.read(len(magic)) != magic:
            raise not_a(format_name)
        upload.seek(0)
        try:
            width, height = _size(upload, format_name)
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, OverflowError) as error:
            raise not_a(format_name) from error
        if width * height > MAX_PIXELS:
            raise Refusal(
                "Cette image est trop grande (plus de 40 millions de points). "
                "Réduisez-la, puis déposez-la.",
                code="pixels",
            )
        upload.seek(0)
        if not is_whole(upload.read()):
            raise not_a(format_name)

    return check


def _size(upload: BinaryIO, format_name: str) -> tuple[int, int]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(upload, formats=[format_name]) as picture:
                return picture.size
    except Image.DecompressionBombError:
        return MAX_PIXELS, MAX_PIXELS


def _is_whole_png(content: bytes) -> bool:
    """Tell whether every chunk is there, with its right sum, up to the last one."""
    position = len(PNG)
    while position + 12 <= len(content):
        (length,) = struct.unpack_from("!I", content, position)
        end = position + 12 + length
        if end > len(content):
            return False
        name = content[position + 4 : position + 8]
        (expected,) = struct.unpack_from("!I", content, end - 4)
        if zlib.crc32(content[position + 4 : end - 4]) != expected:
            return False
        if name == b"zTXt" and _is_text_bomb(content[position + 8 : end - 4]):
            return False
        if name == b"IEND":
            return True
        position = end
    return False


def _is_text_bomb(chunk: bytes) -> bool:
    packed = chunk.partition(b"\0")[2][1:]
    try:
        return len(zlib.decompressobj().decompress(packed, MAX_TEXT + 1)) > MAX_TEXT
    except zlib.error:
        return True


def _is_whole_jpeg(content: bytes) -> bool:
    """Tell whether the picture's own data ends; the end of a thumbnail does not count."""
    position = 2
    while position + 4 <= len(content):
        if content[position] != 0xFF:  # a few cameras leave something between two segments
            position = content.find(b"\xff", position)
            if position < 0:
                return False
            continue
        marker = content[position + 1]
        if marker == 0xFF:  # padding
            position += 1
            continue
        if marker == _SCAN[1]:
            return content.find(_END, position) >= 0
        if marker in _ALONE:
            position += 2
            continue
        position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    return False
