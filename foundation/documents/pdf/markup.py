"""What the validators cannot see in a PDF is checked on its HTML, before rendering."""

from itertools import pairwise
from xml.etree.ElementTree import Element

from foundation.documents.pdf.printable import printable


FORBIDDEN = frozenset(
    {"script", "iframe", "object", "embed", "base", "form", "input", "textarea", "select", "button"}
)
WORDS_IN = ("alt", "title", "aria-label", "content")


class MarkupError(ValueError):
    """The HTML of a document would make a file that assistive technologies misread."""


def check_markup(root: Element) -> None:
    """Check what makes a tagged file usable: language, title, table headers, links with words.

    Raises:
        MarkupError: Naming the first thing wrong.
    """
    if not root.get("lang"):
        raise MarkupError("the document has no language")
    if not _words(root.find(".//title")):
        raise MarkupError("the document has no title")
    headings = [int(e.tag[1]) for e in root.iter() if _is_heading(e)]
    if headings.count(1) != 1 or headings[0] != 1:
        raise MarkupError("the document must start with its one h1")
    for above, level in pairwise(headings):
        if level > above + 1:
            raise MarkupError(f"heading h{level} follows h{above}")
    for element in root.iter():
        _check_element(element)


def _check_element(element: Element) -> None:
    tag = element.tag
    if tag in FORBIDDEN:
        raise MarkupError(f"a document has no <{tag}>")
    if tag == "table" and element.find(".//th") is None:
        raise MarkupError("a table has no header cell")
    if tag == "a" and element.get("href") and not _words(element):
        raise MarkupError("a link has no words")
    if tag == "img" and not (element.get("alt") or "").strip():
        raise MarkupError("an image has no alternative (a decorative one is a background)")
    if (element.get("rel") or "").lower() == "attachment":
        raise MarkupError("a document carries no attachment")
    if tag == "link" and not (element.get("href") or "").startswith("maillage:"):
        raise MarkupError("a document links our own style sheets only")


def _is_heading(element: Element) -> bool:
    return (
        isinstance(element.tag, str)
        and len(element.tag) == 2
        and element.tag[0] == "h"
        and (element.tag[1] in "123456")
    )


def _words(element: Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def make_printable(root: Element) -> None:
    """Replace, in every text of a document, the characters that its typeface cannot draw."""
    for element in root.iter():
        if not isinstance(element.tag, str):  # a comment
            continue
        if element.text and element.tag != "style":
            element.text = printable(element.text)
        if element.tail:
            element.tail = printable(element.tail)
        for name in WORDS_IN:
            if value := element.get(name):
                element.set(name, printable(value))
