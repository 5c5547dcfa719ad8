"""Text as the portal compares, sorts and cleans it."""

import re
import unicodedata


_BIDI_CONTROLS = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


def fold(text: str) -> str:
    """Return lower-case text without accents, hyphens or apostrophes, to compare and to search."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    letters = letters.replace("œ", "oe").replace("æ", "ae")
    return " ".join(re.sub(r"[^0-9a-z]+", " ", letters).split())


def sort_key(text: str) -> str:
    """Return the key that sorts French names: accents folded, hyphens as spaces."""
    return fold(text)[:100]


def clean_name(text: str) -> str:
    """Return a name in NFC, without bidirectional controls and with single spaces."""
    normal = unicodedata.normalize("NFC", text).translate(_BIDI_CONTROLS)
    return " ".join(normal.split())


def one_line(text: str) -> str:
    """Return a text on one line (a subject, a file name), non-breaking spaces kept."""
    normal = unicodedata.normalize("NFC", text).translate(_BIDI_CONTROLS)
    return re.sub(r"[ \t\r\n\v\f\u2028\u2029]+", " ", normal).strip()


def clean_text(text: str) -> str:
    """Return a text of several lines in NFC, with ``\\n`` line ends and without NUL."""
    normal = unicodedata.normalize("NFC", text)
    return normal.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
