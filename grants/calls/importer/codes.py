"""Finds the code of a sheet ("C1", "PS5") at the end of its pillar line."""

from __future__ import annotations

import re


_TIGHT = r"[A-Za-z]{1,3}[-–.]?\d{1,2}"
_SPACED = r"[A-Z]{1,3} \d{1,2}"
_END = r"\s*[.;,:…]*$"
_WORD = (
    r"(?:\b(?i:fiches?(?:[\s-]*actions?)?|code|r[ée]f(?:[ée]rence|\.)?)\s*(?:(?i:n)\s?[°º]|:)?\s*)?"
)
_AT_END = re.compile(
    rf"(?:^|(?<=[\s/–—:,;-])){_WORD}"
    rf"(?:[(\[]\s*{_WORD}({_TIGHT}|{_SPACED})\s*[)\]]|({_TIGHT}|{_SPACED})){_END}"
)
_AT_START = re.compile(r"^([A-Z]{1,3}[-–.]?\d{1,2})\s*(?:[-–—:.]\s+|\s-)")
_IN_TITLE = re.compile(
    r"^FICHES?[\s-]*(?:ACTIONS?)?\s*(?:N\s?[°ºO]\s*)?[-–:]?\s*([A-Z]{1,3}[-–]?\d{1,2})$", re.I
)
#: Short words and school years that a number may follow without being a code.
_NOT_CODES = {"AXE", "LOT", "ART", "DE", "DU", "LA", "LE", "ET", "EN", "AN", "N", "A", "ACT"}
_SCHOOL_YEARS = {"CP1", "CE1", "CE2", "CM1", "CM2"}


def split_code(text: str) -> tuple[str, str, bool]:
    """Takes the code off a pillar.

    Args:
        text: the pillar as typed, on one line.

    Returns:
        The pillar without its code, the code in capitals ("" when there is none), and whether
        the code was at its usual place, the end.
    """
    text = re.sub(r"\s+", " ", text).strip()
    if (found := _AT_END.search(text)) and (code := _sound(found[1] or found[2])):
        return text[: found.start()].rstrip(" -–—:/,;|(["), code, True
    if (found := _AT_START.match(text)) and (code := _sound(found[1])):
        return text[found.end() :].lstrip(" -–—:/"), code, False
    return text, "", True


def code_in_title(line: str) -> str:
    """Finds a code in a title line such as "FICHE ACTION N° PS5"."""
    found = _IN_TITLE.match(line.strip())
    return _sound(found[1]) if found else ""


def _sound(typed: str) -> str:
    letters = re.match(r"[A-Za-z]+", typed)[0].upper()
    spaced = re.search(r"[\s.]", typed)
    code = re.sub(r"[^A-Z0-9]", "", typed.upper())
    if code in _SCHOOL_YEARS or (spaced and letters in _NOT_CODES) or letters == "AXE":
        return ""
    return code
