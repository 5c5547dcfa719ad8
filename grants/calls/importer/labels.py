"""Recognises the labels of a sheet, however they are typed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from .cleaning import fold, is_capitals, split_bullet


_S = r"(?:S|X|\s?\((?:S|X)\))?"
_A = r"(?:E?S|E|\s?\(?E?\(?S\)|\(E\)S?)?"
_ABOUT = rf"\s+(?:CONCERNE|CIBLE|VISE|PRIORITAIRE){_A}"
_SLASH = r"\s*(?:[/\\|&,–—-]|\bET\b|\bOU\b)?\s*"

#: For each field, its labels: the full ones, then the one-word ones, which need capitals.
_FULL = {
    "pillar": rf"PILIER{_S}\s+CONCERNE{_A}",
    "orientation": rf"ORIENTATION{_S}{_SLASH}ENJEU{_S}|ENJEU{_S}{_SLASH}ORIENTATION{_S}",
    "identified_need": rf"BESOIN{_S}\s+(?:REPERE|IDENTIFIE|CONSTATE){_A}",
    "operational_objective": rf"OBJECTIF{_S}\s+OPERATIONNEL{_S}",
    "objective_elements": rf"ELEMENT{_S}\s+DE\s+(?:LA\s+)?DEFINITION"
    rf"(?:\s+(?:DE\s+L\s?['\s]\s?|DES?\s+|DU\s+|D\s?'\s?)OBJECTIF{_S}(?:\s+OPERATIONNEL{_S})?)?",
    "territories_text": rf"TERRITOIRE{_S}{_ABOUT}",
    "target_public": rf"PUBLIC{_S}{_ABOUT}",
    "conditions": rf"CONDITION{_S}\s+DE\s+(?:LA\s+)?REALISATION{_S}",
    "expected_results": rf"RESULTAT{_S}\s+ATTENDU{_S}",
}
_ONE_WORD = {
    "pillar": rf"PILIER{_S}",
    "orientation": rf"ORIENTATION{_S}|ENJEU{_S}",
    "identified_need": rf"BESOIN{_S}",
    "operational_objective": rf"OBJECTIF{_S}",
    "territories_text": rf"TERRITOIRE{_S}",
    "target_public": rf"PUBLIC{_S}",
    "expected_results": rf"RESULTAT{_S}",
}
_START = r"^(?:\*{2})?\s*"
_TAIL = (
    r"(?!\w)\s*(?P<extra>(?:N\s?°\s*)?\d{1,2}(?!\w))?\s*(?P<note>\([^()]{1,80}\))?\s*(?:\*{2})?\s*"
)
_FULL_RES = {
    name: re.compile(f"{_START}(?:{label}){_TAIL}(?P<end>[:=;]|\\.?$)")
    for name, label in _FULL.items()
}
_WORD_RES = {
    name: re.compile(f"{_START}(?:{label}){_TAIL}(?P<end>[:=;]|\\.?$)")
    for name, label in _ONE_WORD.items()
}
_UNMARKED_RES = {
    name: re.compile(f"{_START}(?:{label})(?!\\w)\\s*(?P<end>[-–—.]?)\\s*(?=\\S)")
    for name, label in _FULL.items()
}
_INSIDE = re.compile(r"(?<=\S)\s+(?:" + "|".join(_FULL.values()) + r")\s*:")
_CANONICAL = {
    "PILIER CONCERNE": "pillar",
    "ORIENTATION / ENJEU": "orientation",
    "BESOIN REPERE": "identified_need",
    "OBJECTIF OPERATIONNEL": "operational_objective",
    "ELEMENTS DE DEFINITION DE L'OBJECTIF OPERATIONNEL": "objective_elements",
    "TERRITOIRES CONCERNES": "territories_text",
    "TERRITOIRE CONCERNE": "territories_text",
    "PUBLIC CONCERNE": "target_public",
    "PUBLICS CONCERNES": "target_public",
    "CONDITIONS DE REALISATION": "conditions",
    "RESULTATS ATTENDUS": "expected_results",
}
#: What may number the labels of a sheet ("III - ", "b) ").
_NUMBERING = re.compile(r"^(?:[IVX]{1,5}|[A-Za-z])\s?[-–—.)/]+\s*(?=\S{4})")
_PREFIX = re.compile(r"^\s*([^:]{3,70}?)\s*:")
#: Labels of neighbouring layouts, known to be none of the fields of a sheet.
_OTHER_LABELS = re.compile(
    r"^(?:CALENDRIER|ECHEANCIER|BUDGET|FINANCEMENT|COUT|MONTANT|PILOTE|PILOTAGE|PORTEUR|PARTENAIRE"
    r"|CONTACT|DUREE|DATE|LIEU|MOYEN|INDICATEUR|EVALUATION|REFERENT|OBSERVATION|REMARQUE)"
    r"[SX]?\b(?: [^\s:]+){0,4}$"
)


@dataclass(frozen=True)
class Label:
    """A label found at the start of a line."""

    field: str
    value: str
    typed: str
    capitals: bool
    full: bool
    oddity: str = ""
    marked: bool = False


def find_label(text: str) -> Label | None:
    """Finds the label a line starts with.

    Args:
        text: the line, debris removed.

    Returns:
        The label and what follows it on the line, or None.
    """
    mark, bare = split_bullet(text)
    for full, patterns in ((True, _FULL_RES), (False, _WORD_RES)):
        for name, pattern in patterns.items():
            if found := pattern.match(fold(bare)):
                label = _label(name, bare, found, full)
                if _acceptable(label, mark, found):
                    return replace(label, marked=bool(mark))
    if not mark and (numbered := _NUMBERING.match(bare)):
        inside = find_label(bare[numbered.end() :])
        return inside if inside and inside.full else None
    return _without_colon(bare, mark) or _misspelt(bare, mark)


def _label(name: str, bare: str, found: re.Match[str], full: bool) -> Label:
    typed = bare[: found.start("end")].strip(" \t\u00a0*")
    oddity = " ".join(part for part in (found["extra"], found["note"]) if part)
    head = bare[: found.start("extra")] if found["extra"] else typed
    head = head[: head.find("(")] if found["note"] and "(" in head else head
    capitals = is_capitals(re.sub(r"\(?e?\(?[sx]\)", "", head))
    value = bare[found.end() :].lstrip(" \t\u00a0:：*=")
    return Label(name, value, typed, capitals, full, oddity)


def _acceptable(label: Label, mark: str, found: re.Match[str]) -> bool:
    if found["extra"] and label.field == "territories_text":
        return False
    if found["end"] == "" and (found["extra"] or found["note"] or not label.full):
        return label.capitals and not found["note"] and not mark
    return label.capitals or label.full or not mark


def _without_colon(bare: str, mark: str) -> Label | None:
    """Finds a label that the value follows without a colon: in capitals, or with a dash."""
    for name, pattern in _UNMARKED_RES.items():
        found = pattern.match(fold(bare))
        if not found or mark:
            continue
        dash = re.search(r"\s[-–—]\s", bare[found.start("end") - 1 : found.end()])
        if dash or is_capitals(bare[: found.start("end")]):
            value = bare[found.end() :].strip()
            typed = bare[: found.start("end")].strip(" \t\u00a0*")
            longer = _PREFIX.match(value.replace("：", ":"))
            if longer and is_capitals(longer[1]) and not dash and len(longer[1]) <= 40:
                value = value[longer.end() :].strip()
                return Label(name, value, f"{typed} {longer[1]}", True, True, "longer")
            return Label(name, value, typed, is_capitals(typed), True, "no_colon")
    return None


def _misspelt(bare: str, mark: str) -> Label | None:
    """Finds a label in capitals with a letter or two wrong."""
    found = _PREFIX.match(bare.replace("：", ":"))
    if not found or mark or not is_capitals(found[1]):
        return None
    typed = re.sub(r"\s+", " ", fold(found[1]))
    best = max(_CANONICAL, key=lambda label: fuzz.ratio(label, typed))
    if fuzz.ratio(best, typed) < 88:
        return None
    value = bare[found.end() :].lstrip(" \t\u00a0:：")
    return Label(_CANONICAL[best], value, found[1], True, True, "misspelt")


def unknown_label(text: str, capitals_file: bool) -> str:
    """Gives the text of a label that no field of a sheet has ("BUDGET PRÉVISIONNEL :"), or "".

    Args:
        text: the line, debris removed.
        capitals_file: whether the file types its labels in capitals.
    """
    mark, bare = split_bullet(text)
    if mark:
        return ""
    folded = fold(bare)
    found = _PREFIX.match(folded)
    name = re.sub(r"\s+", " ", (found[1] if found else folded).strip())
    typed = bare[: found.end(1)] if found else bare
    known = bool(_OTHER_LABELS.match(name))
    if not found:
        return bare.strip() if known and is_capitals(bare) and len(name.split()) < 4 else ""
    if is_capitals(re.sub(r"\((?:s|x)\)", "", typed)):
        long_enough = any(len(word) >= 6 for word in re.findall(r"[A-Z]+", name))
        return typed.strip() if known or (long_enough and len(name.split()) <= 8) else ""
    return typed.strip() if known and not capitals_file else ""


def label_inside(text: str) -> str:
    """Gives a full label in capitals found inside a line, or ""."""
    found = _INSIDE.search(fold(text))
    typed = text[found.start() : found.end()].strip(" :：\u00a0") if found else ""
    return typed if is_capitals(typed) else ""
