"""Text as the portal compares, sorts and cleans it."""

import re
import unicodedata


# Blank though Unicode says letter, mark or symbol: fillers, variation selectors, empty Braille.
_LOOK_BLANK = {
    *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
    *range(0x180B, 0x1810),
    *range(0xFE00, 0xFE10),
    *range(0xE0100, 0xE01F0),
}
_BLANK_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
# Removed from a name: direction marks, and what parts or joins words without being seen. Not the
# two joiners of letters (U+200C and U+200D): Persian names and pictures are written with them.
_HIDDEN = dict.fromkeys(
    [
        *(0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFFF9, 0xFFFC),
    ]
)
# Controls of no use in a text: all but tab and the ends of lines.
_CONTROLS = dict.fromkeys(
    code for code in [*range(0x20), *range(0x7F, 0xA0)] if chr(code) not in "\t\n\r\x85"
)


def is_blank(text: str) -> bool:
    """Tell whether nothing can be seen of a text: spaces, controls, zero-width characters."""
    return all(unicodedata.category(c) in _BLANK_CATEGORIES or ord(c) in _LOOK_BLANK for c in text)


def fold(text: str) -> str:
    """Return lower-case text without accents, hyphens or apostrophes, to compare and to search."""
    # Taken apart first: a sign may hold capitals (№ is « No »), and a mark may fold to a letter.
    decomposed = unicodedata.normalize("NFKD", text)
    letters = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    letters = letters.replace("œ", "oe").replace("æ", "ae")
    return " ".join(re.sub(r"[^0-9a-z]+", " ", letters).split())


def sort_key(text: str) -> str:
    """Return the key that sorts French names: accents folded, hyphens as spaces."""
    return fold(text)[:100]


def clean_name(text: str) -> str:
    """Return a name in NFC, with single spaces and nothing hidden; empty when nothing shows."""
    normal = _shown(text)
    return " ".join(normal.split())


def one_line(text: str) -> str:
    """Return a text on one line (a subject, a file name), non-breaking spaces kept."""
    normal = _shown(text)
    return re.sub(r"[ \t\r\n\v\f\u2028\u2029]+", " ", normal).strip()


def clean_text(text: str) -> str:
    """Return a text of several lines in NFC, with ``\\n`` line ends and without NUL.

    What it hides between words stays; a text of which nothing shows is empty.
    """
    if is_blank(text):
        return ""
    normal = unicodedata.normalize("NFC", text)
    return normal.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def clean_prose(text: str) -> str:
    """Return a text of several lines that shows all it holds, in the order it is written.

    As :func:`clean_text`, without direction marks, invisible characters nor controls other than
    the ends of lines and tabs: for what colleagues and the applicant read of one another.
    """
    return clean_text(text.translate(_HIDDEN | _CONTROLS))


def _shown(text: str) -> str:
    normal = unicodedata.normalize("NFC", text).translate(_HIDDEN)
    return "" if is_blank(normal) else normal
