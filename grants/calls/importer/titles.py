"""Tells the title lines above a sheet from the last lines of the sheet before it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .cleaning import fold, is_capitals, split_bullet, words_key


_KEYWORDS = (
    r"(?:FICHES?[\s-]*(?:ACTIONS?|PROJETS?|OBJECTIFS?|N\s?°)|FICHE\s*\d"
    r"|APPELS? A (?:PROJETS?|MANIF)|AAP\b|AMI\b|CONTRATS? (?:DE VILLE|LOCA|TERRITORIAL)"
    r"|CITES? EDUCATIVES?|P\.?E\.?D\.?T\b"
    r"|CONTRATS? URBAIN|CUCS\b|PROGRAMMES? DE REUSSITE"
    r"|PEL\b|C\.?L\.?S\.?P\.?D|CISPD|CTG\b|PROJETS? EDUCATIF|QUARTIERS 2030|CONVENTION TERRITORIALE"
    r"|CAMPAGNE 20\d\d|PROGRAMMATION 20\d\d|STRATEGIE TERRITORIALE|PROGRAMME D'ACTIONS?)"
)
_KEYWORD_START = re.compile(rf"^\W*{_KEYWORDS}")
_FRAMEWORK = re.compile(
    r"(?<!\w)(?:CONTRATS? DE VILLE|CONTRATS? (?:LOCAL|LOCAUX|TERRITORIAL|TERRITORIAUX)\b"
    r"|CITES? EDUCATIVES?|P\.?E\.?D\.?T\b|PEL\b|C\.?L\.?S\.?P\.?D\.?R?\b|CISPDR?\b|CTG\b"
    r"|CONVENTION TERRITORIALE|PROJETS? EDUCATIFS?|QUARTIERS 2030|STRATEGIE TERRITORIALE"
    r"|CONTRATS? URBAIN|CUCS\b|PROGRAMMES? DE REUSSITE EDUCATIVE)"
)
#: Words that name a framework only with a period of several years after them.
_FRAMEWORK_WITH_PERIOD = re.compile(
    r"(?<!\w)(?:CONTRATS?|PROGRAMMES?|PLANS?|SCHEMAS?|CONVENTIONS?|PACTES?|PROTOCOLES?|STRATEGIES?"
    r"|CHARTES?|FEUILLES? DE ROUTE|PROJETS? (?:DE TERRITOIRE|SOCIA)|PRE|CLS|CLAS)\b"
)
_YEARS = re.compile(
    r"(?:\bDE\s+)?\(?\s*\b((?:19|20)\d\d)\s*(?:[-/‐‑–—−]|\bA\b|\bAU\b)\s*((?:19|20)\d\d|\d\d)\b\s*\)?"
)
_YEAR = re.compile(r"\(?\s*\b((?:19|20)\d\d)\b\s*\)?")
_FRAMEWORK_END = re.compile(
    r"\s*(?:[-–—/|:]\s*)?\b(?:FICHES?|APPELS? A (?:PROJETS?|MANIF\w*)|AAP|AMI)\b"
)
_JUST_YEARS = re.compile(
    r"^\W*(?:PERIODE\W*)?(?:DE\s+)?(?:19|20)\d\d\s*\D{1,3}\s*(?:19|20)?\d\d\W*$"
)
_PLAIN_MAX = 110


@dataclass(frozen=True)
class Row:
    """A line of the file without its debris, and how many blank lines are above it."""

    number: int
    text: str
    gap: int


def title_key(text: str) -> str:
    """Gives what two title lines have in common when they differ only by a number."""
    return re.sub(r"\d+", "", words_key(text)).strip()


def is_plain(text: str) -> bool:
    """Tells whether a line could be a title: short, no list mark, not a sentence."""
    if split_bullet(text)[0] or len(text) > _PLAIN_MAX or not text[:1].strip():
        return False
    return not text.rstrip().endswith((".", ";", ",", "…", ":")) and not text[0].islower()


def is_strong(row: Row, known: set[str]) -> bool:
    """Tells whether a line alone shows that a new sheet starts."""
    if not is_plain(row.text):
        return False
    if title_key(row.text) in known and (row.gap or is_capitals(row.text)):
        return True
    if not _KEYWORD_START.match(fold(row.text)):
        return False
    if is_capitals(row.text):
        return True
    named = re.search(r"\d|^\W*FICHE", fold(row.text)) and len(row.text) <= 70
    return bool(row.gap and named) or row.gap >= 3


def title_start(
    rows: list[Row], known: set[str], gap_after: int, before_pillar: bool, has_value: bool
) -> int:
    """Finds where the title lines of the next sheet start among the last rows of a sheet.

    Args:
        rows: the rows below the last label.
        known: the keys of title lines already met in the file.
        gap_after: how many blank lines are between the last row and the next label.
        before_pillar: whether the next label is that of the pillar, which starts a sheet.
        has_value: whether the last label has a value on its own line.

    Returns:
        The index of the first title row; ``len(rows)`` when there is none.
    """
    for index, row in enumerate(rows):
        just_below_label = index == 0 and row.gap == 0 and not has_value
        if is_strong(row, known) and not just_below_label:
            return _extend(rows, index, has_value)
    start = _known_start(rows, known) if before_pillar else len(rows)
    if start < len(rows):
        return start
    while before_pillar and start > 0:
        higher = _weak_block_start(rows, start, gap_after, has_value)
        if higher == start:
            break
        start, gap_after = higher, rows[higher].gap
    return start


def _known_start(rows: list[Row], known: set[str]) -> int:
    """Goes up the lines right above a pillar that were already titles in the file."""
    start = len(rows)
    while start > 0 and is_plain(rows[start - 1].text) and title_key(rows[start - 1].text) in known:
        start -= 1
    alone = len(rows) - start == 1 and not _KEYWORD_START.match(fold(rows[-1].text))
    return len(rows) if alone else start


def _block_start(rows: list[Row], end: int) -> int:
    start = end - 1
    while start > 0 and rows[start].gap == 0:
        start -= 1
    return start


def _leaves_a_value(rows: list[Row], start: int, has_value: bool) -> bool:
    """Tells whether the field above would keep a value, or shows by a gap that it has none."""
    return start > 0 or rows[0].gap >= (1 if has_value else 2)


def _extend(rows: list[Row], index: int, has_value: bool) -> int:
    """Goes up from a sure title line to the title lines above it."""
    start = _block_start(rows, index + 1)
    above = rows[start:index]
    capitals = all(is_capitals(row.text) for row in above)
    if (
        not _leaves_a_value(rows, start, has_value)
        or not all(is_plain(row.text) for row in above)
        or rows[start].gap < (1 if capitals else 2)
    ):
        return index
    while start > 0:
        higher = _block_start(rows, start)
        block, gap = rows[higher:start], rows[higher].gap
        apart = gap >= 2 and (gap > rows[start].gap or all(is_capitals(r.text) for r in block))
        plain = all(is_plain(row.text) for row in block) and len(block) <= 4
        if not apart or not plain or not _leaves_a_value(rows, higher, has_value):
            break
        start = higher
    return start


def _weak_block_start(rows: list[Row], end: int, gap_after: int, has_value: bool) -> int:
    """Goes up one block that looks like a title only by its shape; ``end`` when it does not."""
    start = _block_start(rows, end)
    block, gap = rows[start:end], rows[start].gap
    if len(block) > 4 or not all(is_plain(row.text) for row in block):
        return end
    if not _leaves_a_value(rows, start, has_value):
        return end
    if all(is_capitals(row.text) for row in block):
        above_capitals = start > 0 and is_capitals(split_bullet(rows[start - 1].text)[1])
        return start if gap >= 2 or (gap and not above_capitals) else end
    return start if gap >= 3 and gap > gap_after else end


def preamble_start(rows: list[Row]) -> int:
    """Finds where the titles of the first sheet start among the rows above its first label."""
    strong = [index for index, row in enumerate(rows) if is_strong(row, set())]
    index = strong[-1] if strong else len(rows)
    while index > 0 and not split_bullet(rows[index - 1].text)[0]:
        text = rows[index - 1].text
        if len(text) > 150 or (len(text) > 40 and text.endswith((".", ";", "…"))):
            break
        index -= 1
    return index


def read_framework(lines: list[str]) -> tuple[str, tuple[int, int] | None]:
    """Reads the framework the title lines name, and its period.

    Args:
        lines: the clean title lines of a sheet.

    Returns:
        The name as typed without the years, and the first and last years; ("", None) when
        the lines name no framework.
    """
    for index, line in enumerate(lines):
        folded = fold(line)
        found = _FRAMEWORK.search(folded) or _with_period(folded, lines[index + 1 : index + 2])
        if not found:
            continue
        line, folded = line[found.start() :], folded[found.start() :]
        if end := _FRAMEWORK_END.search(folded):
            line, folded = line[: end.start()], folded[: end.start()]
        years = _YEARS.search(folded)
        is_call = fold(lines[index]).lstrip().startswith(("APPEL", "AAP", "AMI"))
        single = None if years else _YEAR.search(folded.replace("QUARTIERS 2030", "_" * 14))
        period = _period(years) if years else None
        if single and not is_call:
            period = (int(single[1]), int(single[1]))
        if cut := years or single:
            line = f"{line[: cut.start()].rstrip(' ,–—-:')} {line[cut.end() :].strip()}"
        elif index + 1 < len(lines) and _JUST_YEARS.match(fold(lines[index + 1])):
            period = _period(_YEARS.search(fold(lines[index + 1])))
        return re.sub(r"\s+", " ", line).strip(" -–—:,/|("), period
    return "", None


def _with_period(folded: str, below: list[str]) -> re.Match[str] | None:
    """Finds a plan, a pact… whose several years are on its line, or alone on the line below."""
    found = _FRAMEWORK_WITH_PERIOD.search(folded)
    if not found:
        return None
    years = _YEARS.search(folded, found.end())
    if not years and below and _JUST_YEARS.match(fold(below[0])):
        years = _YEARS.search(fold(below[0]))
    return found if _period(years) else None


def _period(years: re.Match[str] | None) -> tuple[int, int] | None:
    if not years:
        return None
    first = int(years[1])
    last = int(years[2]) if len(years[2]) == 4 else first // 100 * 100 + int(years[2])
    return (first, last) if first <= last else None
