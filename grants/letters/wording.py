"""The small language of letter templates: paragraphs, facts, lists, conditions, variables.

It is data, never code: no loop, no call, no attribute. A template is cut into blocks first and the
values are put in afterwards, escaped, so that whatever somebody typed stays plain words.

::

    Madame, Monsieur,                      a paragraph (blank lines part them)
    ## Versement                           a heading
    | Montant | [[decision.montant]]       a row of facts
    - une obligation                       an item; alone, a list variable gives one item a line
    > Voies et délais de recours           a framed paragraph in small type
    [[si beneficiaire.prive]]              what follows only if yes (or not empty)…
    [[si pas dossier.papier]]              …only if no (or empty)
    [[fin]]
    [[signature]]                          the signature block
    **important**                          bold
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from config.templatetags.fr import nbsp_fr


_CONDITION = re.compile(r"\[\[\s*si\s+(pas\s+)?([a-z_]+\.[a-z_]+)\s*\]\]")
_END = re.compile(r"\[\[\s*fin\s*\]\]")
_SIGNATURE = re.compile(r"\[\[\s*signature\s*\]\]")
_TOKEN = re.compile(r"\[\[\s*([a-z_]+\.[a-z_]+)\s*(?:\|\s*([a-z]+)\s*)?\]\]|(\*\*)")
_ALONE = re.compile(r"\[\[\s*([a-z_]+\.[a-z_]+)\s*\]\]")
_LEFTOVER = re.compile(r"\[\[[^\]]*\]?\]?")

Write = Callable[[str, str], str]  # (variable, format) → words
Holds = Callable[[str], bool]  # variable → present and not false


class WordingError(ValueError):
    """A template is badly written. The message is a French sentence for its author."""


@dataclass(frozen=True)
class Block:
    """A part of a letter: ``p``, ``h2``, ``facts``, ``list``, ``notice`` or ``signature``."""

    kind: str
    lines: tuple[str, ...] = ()


def blocks(text: str, holds: Holds) -> list[Block]:
    """Cut a template into blocks, leaving out those whose condition does not hold.

    Raises:
        WordingError: If a condition is not closed, or closed twice.
    """
    found: list[Block] = []
    kind, lines = "", []

    def close() -> None:
        nonlocal kind, lines
        if kind:
            found.append(Block(kind, tuple(lines)))
        kind, lines = "", []

    for line in _kept_lines(text, holds):
        line_kind, words = _read(line)
        if line_kind != kind or line_kind == "h2":
            close()
        if line_kind == "signature":
            found.append(Block("signature"))
        elif line_kind:
            kind = line_kind
            lines.append(words)
    close()
    return found


def _kept_lines(text: str, holds: Holds) -> Iterator[str]:
    shown: list[bool] = []
    for line in text.splitlines():
        stripped = line.strip()
        if match := _CONDITION.fullmatch(stripped):
            shown.append(holds(match[2]) != bool(match[1]))
        elif _END.fullmatch(stripped):
            if not shown:
                raise WordingError("Une condition est fermée sans avoir été ouverte.")
            shown.pop()
        elif all(shown):
            yield stripped
    if shown:
        raise WordingError("Une condition n’est pas fermée par [[fin]].")


def _read(line: str) -> tuple[str, str]:
    if not line:
        return "", ""
    if _SIGNATURE.fullmatch(line):
        return "signature", ""
    for mark, kind in (("## ", "h2"), ("- ", "list"), ("| ", "facts"), ("> ", "notice")):
        if line.startswith(mark):
            return kind, line.removeprefix(mark).strip()
    return "p", line


def variables_of(text: str, holds: Holds) -> set[tuple[str, str]]:
    """Return the (variable, format) pairs that a template would print.

    Raises:
        WordingError: If something in double brackets is not understood.
    """
    used: set[tuple[str, str]] = set()
    for block in blocks(text, holds):
        for line in block.lines:
            rest = _TOKEN.sub("", line)
            if match := _LEFTOVER.search(rest):
                raise WordingError(f"« {match[0]} » n’est pas compris.")
            used |= {(m[1], m[2] or "") for m in _TOKEN.finditer(line) if m[1]}
    return used


def conditions_of(text: str) -> set[str]:
    """Return the variables that decide what a template shows."""
    return {match[2] for match in _CONDITION.finditer(text)}


def plain(text: str, write: Write) -> str:
    """Return one line of plain words (a subject)."""
    words = _TOKEN.sub(lambda m: write(m[1], m[2] or "") if m[1] else "", nbsp_fr(text))
    return " ".join(words.split(" ")).replace("\n", " ").strip()


def to_html(text: str, *, holds: Holds, write: Write, signature: SafeString) -> SafeString:
    """Return a letter's body as HTML; every value is escaped.

    Args:
        text: The template.
        holds: Decides the conditions.
        write: Gives the words of a variable.
        signature: What stands for ``[[signature]]``.
    """
    parts = [_block_html(block, write, signature) for block in blocks(text, holds)]
    return mark_safe("\n".join(parts))  # noqa: S308  (each part is escaped)


def _block_html(block: Block, write: Write, signature: SafeString) -> SafeString:
    match block.kind:
        case "signature":
            return signature
        case "h2":
            return format_html("<h2>{}</h2>", _inline(block.lines[0], write))
        case "list":
            items = [item for line in block.lines for item in _items(line, write)]
            return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", items))
        case "facts":
            rows = [_fact(line, write) for line in block.lines]
            body = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', rows)
            return format_html('<table class="facts table"><tbody>{}</tbody></table>', body)
        case "notice":
            inside = format_html_join("", "<p>{}</p>", ((_inline(x, write),) for x in block.lines))
            return format_html('<div class="notice">{}</div>', inside)
        case _:
            lines = [_inline(line, write) for line in block.lines]
            return format_html("<p>{}</p>", mark_safe("<br>".join(lines)))  # noqa: S308


def _items(line: str, write: Write) -> Iterator[tuple[SafeString]]:
    if match := _ALONE.fullmatch(line):
        for one in write(match[1], "").split("\n"):
            yield (_broken(one),)
    else:
        yield (_inline(line, write),)


def _fact(line: str, write: Write) -> tuple[SafeString, SafeString]:
    label, _, value = line.partition("|")
    return _inline(label.strip(), write), _inline(value.strip(), write)


def _inline(text: str, write: Write) -> SafeString:
    """Escape a line, put the values in, set bold runs and French spaces."""
    out: list[str] = []
    position, bold = 0, False
    for match in _TOKEN.finditer(text):
        out.append(format_html("{}", nbsp_fr(text[position : match.start()])))
        position = match.end()
        if match[3]:
            out.append("</strong>" if bold else "<strong>")
            bold = not bold
        else:
            out.append(_broken(write(match[1], match[2] or "")))
    out.append(format_html("{}", nbsp_fr(text[position:])))
    if bold:
        out.append("</strong>")
    return mark_safe("".join(out))  # noqa: S308  (each part is escaped)


def _broken(words: str) -> SafeString:
    """Escape words typed by someone, keeping their line breaks."""
    return mark_safe(  # noqa: S308
        "<br>".join(format_html("{}", line) for line in words.splitlines())
    )
