"""Keep out of a letter the characters that its typeface cannot draw.

One missing glyph makes the file invalid (PDF/A and PDF/UA) and prints as an empty box. What people
type stays as typed in the database; only the printed text says that something was left out.
"""

import io
import re
import unicodedata
from functools import lru_cache

from fontTools.ttLib import TTFont

from foundation.documents.pdf.fetcher import static_file


FONT_FILES = tuple(
    f"vendor/atkinson/atkinson-hyperlegible-next-{subset}-{style}.woff2"
    for style in ("400-normal", "700-normal")
    for subset in ("latin", "latin-ext")
)
ONE = "[caractère non imprimable]"
SEVERAL = "[caractères non imprimables]"
_LOOK_ALIKES = {
    0x2000: " ",
    0x2001: " ",
    0x2002: " ",
    0x2003: " ",
    0x2007: "\u00a0",
    0x2009: " ",
    0x200A: " ",
    0x202F: "\u00a0",
    0x2010: "-",
    0x2011: "-",
    0x2015: "–",
    0x02BC: "’",
    0x2032: "’",
    0x2033: "”",
    0x2190: "<-",
    0x2192: "->",
    0x21D2: "=>",
    0x2264: "<=",
    0x2265: ">=",
    0x2713: "x",
    0x2714: "x",
    0x25AA: "•",
    0x25CF: "•",
    0x25E6: "•",
    0x25A0: "•",
    0xF0B7: "•",  # the bullet of Word's Symbol typeface
}


@lru_cache(maxsize=1)
def drawable() -> frozenset[int]:
    """Return the code points that every style of the letters' typeface can draw."""
    styles: dict[str, set[int]] = {}
    for name in FONT_FILES:
        style = name.split("-latin-")[1].removeprefix("ext-")
        with TTFont(io.BytesIO(static_file(name)), lazy=True) as font:
            styles.setdefault(style, set()).update(font.getBestCmap())
    return frozenset(set.intersection(*styles.values()))


@lru_cache(maxsize=1)
def _undrawable() -> re.Pattern[str]:
    """A run of characters that cannot be drawn, spaces inside it included."""
    keep = sorted(drawable() | {9, 10, 13, 32})
    ranges: list[list[int]] = []
    for point in keep:
        if ranges and point == ranges[-1][1] + 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    allowed = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
    return re.compile(f"[^{allowed}]+(?:[ \u00a0]+[^{allowed}]+)*")


def printable(text: str) -> str:
    """Return a text that the letters' typeface can draw entirely.

    Characters with a plain look-alike get it, invisible ones go, and a run of those that cannot be
    drawn (emoji, other scripts) becomes one visible mention in brackets.
    """
    if text.isascii():
        return _CONTROLS.sub("", text)
    text = unicodedata.normalize("NFC", text).translate(_LOOK_ALIKES)
    text = "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE or c in "\t\n\r")
    return _undrawable().sub(_mention, text)


_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Mn", "Me"})  # marks that NFC could not compose


def _mention(match: re.Match[str]) -> str:
    seen = sum(1 for c in match[0] if not c.isspace())
    return ONE if seen == 1 else SEVERAL
