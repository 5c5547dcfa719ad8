"""The plain text of a sheet, set as paragraphs and lists."""

import re
from collections.abc import Iterator

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from config.templatetags.fr import nbsp_fr


_BULLET = re.compile(r"^[-•·–]\s+(.*)$")
_NUMBER = re.compile(r"^(\d{1,3})[.)]\s+(.*)$")


def rendered(text: str) -> SafeString:
    """Turn plain text into HTML: « - » lines into bullets, « 1. » lines into numbers.

    Everything is escaped first; a line that goes on in lower case belongs to the one above it.
    """
    return mark_safe("".join(_blocks(text)))  # noqa: S308  (built from escaped parts only)


def _blocks(text: str) -> Iterator[str]:
    kind, items = "", []
    for line_kind, number, words in _lines(text):
        if items and not line_kind and words[:1].islower():
            items[-1][1] += f" {words}"
            continue
        if items and line_kind != kind:
            yield _block(kind, items)
            items = []
        kind = line_kind
        items.append([number, words])
    if items:
        yield _block(kind, items)


def _lines(text: str) -> Iterator[tuple[str, int, str]]:
    for line in text.splitlines():
        line = line.strip()
        if found := _BULLET.match(line):
            yield "ul", 0, found[1]
        elif found := _NUMBER.match(line):
            yield "ol", int(found[1]), found[2]
        elif line:
            yield "", 0, line


def _block(kind: str, items: list) -> str:
    if not kind:
        return "".join(format_html("<p>{}</p>", nbsp_fr(words)) for _, words in items)
    rows = "".join(format_html("<li>{}</li>", nbsp_fr(words)) for _, words in items)
    first = items[0][0]
    start = f' start="{first}"' if kind == "ol" and first != 1 else ""
    return f"<{kind}{start}>{rows}</{kind}>"


def one_line(text: str) -> str:
    """Return the text without its list marks and line breaks, for a card (not escaped)."""
    return nbsp_fr(" ".join(words for _, _, words in _lines(text)))
