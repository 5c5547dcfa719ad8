"""Reads the places of a sheet from the text of its territories."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .cleaning import fold, split_bullet
from .places import Found, Gazetteer
from .result import Doubt, PlaceMatch, make_doubt


FIELD = "territories_text"

_EXCEPT = re.compile(r"(?<!\w)(?:SAUF|HORS|EXCEPTE[ES]?|HORMIS|A L'EXCEPTION|A L'EXCLUSION)(?!\w)")
_SEPARATORS = re.compile(
    r"\s*(?:[,;/•·▪|\n]|\bet\b|\bou\b|\bainsi qu(?:e\b|’)|\bpuis\b|&|\+|\s[-–—]\s|:)\s*",
    re.IGNORECASE,
)
_TERRITORY = re.compile(
    r"(?<!\w)(?:(?:L')?(?:(?:ENSEMBLE|TOTALITE|COMMUNES|VILLES)\s+D(?:U|ES)|TOUT\s+LE|TOUS\s+LES|LES?)\s+)?"
    r"(?:TERRITOIRES?\s*(?:N\s?°\s*)?|T\s?(?=\d))"
    r"(\d{1,2}(?!\d)(?:\s*(?:,|/|ET|-|&)\s*(?:T(?:ERRITOIRE)?\s*)?\d{1,2}(?!\d))*)"
)
_PARENTHESES = re.compile(r"\(([^()]*)\)?")
_ON_SEINE = re.compile(r"\s*(?:\bs\s*)?/\s*(?=seine\b)", re.IGNORECASE)
_PLURAL_MARK = re.compile(r"(?<=\w)\((?:e?s|x)\)", re.IGNORECASE)
_NUMBER_ALONE = re.compile(r"(?:[IVX]{1,4}|\d)(?!\w)")
_NUMBER_LAST = re.compile(r"\s+(?:[IVX]{1,4}|\d)$")
_LONGEST_PIECE = 120
_POSTAL_CODE = re.compile(r"(?<!\d)92\d{3}(?!\d)")
_NAME_DASH = re.compile(r"\s[-–—]\s")


@dataclass
class Territories:
    """The places a text names."""

    places: list[PlaceMatch] = field(default_factory=list)
    whole_department: bool = False
    doubts: list[Doubt] = field(default_factory=list)


def read_territories(text: str, gazetteer: Gazetteer, line: int | None = None) -> Territories:
    """Reads the places a text names; those unknown are kept as text, with a doubt.

    Args:
        text: the clean text of the territories.
        gazetteer: the places there are.
        line: the source line of the field, for the doubts.
    """
    reader = _Reader(gazetteer, line)
    for part in _PLURAL_MARK.sub("s", _ON_SEINE.sub(" sur ", text)).split("\n"):
        reader.read_line(split_bullet(part)[1])
    if not reader.result.places and any(character.isalnum() for character in text):
        reader.read_generic(text)
    return reader.result


class _Reader:
    """Reads one text, line after line."""

    def __init__(self, gazetteer: Gazetteer, line: int | None) -> None:
        self.gazetteer = gazetteer
        self.line = line
        self.result = Territories()
        self.numbered: list[str] = []

    def read_line(self, text: str) -> None:
        """Reads the places of one line."""
        excluded = ""
        if exclusion := _EXCEPT.search(fold(text)):
            start = max(text.rfind(mark, 0, exclusion.start()) for mark in ",;") + 1
            excluded, text = text[start:].strip(), text[:start]
        text = self._read_territory_numbers(text)
        rest = 0
        for inner in _PARENTHESES.finditer(text):
            beside = self.gazetteer.find(inner[1])
            nearby = beside.keys if beside.kind == "commune" else ()
            within = self._read_places(text[rest : inner.start()], nearby)
            self._read_places(inner[1], within)
            rest = inner.end()
        self._read_places(text[rest:])
        if excluded:
            message = f"« {excluded} » exclut des lieux : ces territoires sont à choisir à la main."
            self._keep(excluded, "exclusion", message)

    def read_generic(self, text: str) -> None:
        """Reads a text of which every word only introduces places ("QPV", "92")."""
        if self.gazetteer.is_whole_department(f"tout le {text}"):
            self.result.whole_department = True
            self.result.places.append(PlaceMatch(text, "department", ("92",)))
            return
        message = f"Le lieu « {text} » n’est pas reconnu : il est gardé comme texte."
        self._keep(text, "unknown_place", message)

    def _read_territory_numbers(self, text: str) -> str:
        """Puts a mark in the place of each "Territoire 7" or "T1 et T2", to be read in its turn."""
        spans = [found.span() for found in _TERRITORY.finditer(fold(text))]
        for start, end in reversed(spans):
            self.numbered.append(text[start:end].strip())
            text = f"{text[:start]},\x00{len(self.numbered) - 1},{text[end:]}"
        return text

    def _read_numbered(self, typed: str) -> None:
        """Reads "Territoire 7": all its communes."""
        numbers = [int(number) for number in re.findall(r"\d+", typed)]
        known = [self.gazetteer.territories.get(number, ()) for number in numbers]
        if all(known):
            keys = tuple(dict.fromkeys(key for keys in known for key in keys))
            self.result.places.append(PlaceMatch(typed, "commune", keys))
        else:
            message = f"Le lieu « {typed} » n’est pas reconnu : il est gardé comme texte."
            self._keep(typed, "unknown_place", message)

    def _read_places(self, text: str, within: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Reads the places between separators; gives the keys of the last one if a commune."""
        last: tuple[str, ...] = ()
        before = ""
        for piece, colon in _pieces(text, self.gazetteer):
            if _NUMBER_ALONE.fullmatch(piece.strip()) and _NUMBER_LAST.search(before):
                piece = _NUMBER_LAST.sub(f" {piece.strip()}", before)
            before = piece.strip()
            found = self._read_place(piece, within)
            last = found.keys if found and found.kind == "commune" else ()
            if colon and last:
                within = last
        return last

    def _read_place(self, piece: str, within: tuple[str, ...]) -> Found | None:
        gazetteer = self.gazetteer
        if "\x00" in piece:
            self._read_numbered(self.numbered[int(piece.partition("\x00")[2])])
            return None
        piece = piece.strip(" \u00a0.…,;:'’«»\"-–—()[]!?*")
        piece = _POSTAL_CODE.sub("", piece).strip() or piece
        if not any(character.isalnum() for character in piece):
            return None
        if gazetteer.is_whole_department(piece):
            self.result.whole_department = True
            self.result.places.append(PlaceMatch(piece, "department", ("92",)))
            return None
        found = gazetteer.find(piece, within)
        if not found.kind and not found.doubt:
            if gazetteer.is_generic(piece):
                return None
            for pieces in (gazetteer.names_in(piece), self._place_in_place(piece)):
                if pieces:
                    for name in pieces:
                        found = self._read_place(name, within)
                    return found
        self.result.places.append(PlaceMatch(piece, found.kind, found.keys))
        self._say(piece, found)
        return found

    def _place_in_place(self, piece: str) -> list[str]:
        """Splits "les Agnettes à Gennevilliers" in two, when one of the two is known."""
        if len(piece) > _LONGEST_PIECE:
            return []
        for joint in re.finditer(r"\s(?:à|dans|de|d’|-)\s?(?=\S)", piece):
            parts = [piece[: joint.start()], piece[joint.end() :]]
            if joint[0].strip() not in {"à", "dans"}:
                if not all(self.gazetteer.find(part).kind for part in parts):
                    continue
            elif not any(self.gazetteer.find(part).kind for part in parts):
                continue
            return parts
        return []

    def _say(self, piece: str, found: Found) -> None:
        kept = "il est gardé comme texte"
        messages = {
            "": "",
            "typo": f"« {piece} » a été lu « {found.name} » : à vérifier.",
            "short": f"« {piece} » a été compris comme « {found.name} » : à vérifier.",
            "part": f"« {piece} » a été rattaché à « {found.name} » tout entier : à vérifier.",
            "old": f"« {piece} » est un quartier de l’ancien zonage, qui n’est plus en vigueur.",
            "ambiguous": f"Le lieu « {piece} » peut être {found.name} : {kept}.",
        }
        codes = {"typo": "place_typo", "ambiguous": "ambiguous_place", "old": "old_neighbourhood"}
        message = messages[found.doubt]
        code = codes.get(found.doubt, f"place_{found.doubt}")
        if not found.kind and not found.doubt:
            code, message = "unknown_place", f"Le lieu « {piece} » n’est pas reconnu : {kept}."
        if message:
            self.result.doubts.append(make_doubt(self.line, FIELD, code, message))

    def _keep(self, text: str, code: str, message: str) -> None:
        self.result.places.append(PlaceMatch(text))
        self.result.doubts.append(make_doubt(self.line, FIELD, code, message))


def _pieces(text: str, gazetteer: Gazetteer) -> list[tuple[str, bool]]:
    """Splits a text at its separators, but not inside a known name such as "Luth - Fossé"."""
    pieces: list[tuple[str, bool]] = []
    for part in re.split(r"([,;\n:])", text):
        if part == ":" and pieces:
            pieces[-1] = (pieces[-1][0], True)
        elif part.strip(" \u00a0,;:\n"):
            whole = gazetteer.find(part) if _NAME_DASH.search(part) else Found()
            known = whole.kind and whole.doubt in {"", "old"}
            inner = [part] if known else _SEPARATORS.split(part)
            pieces += [(piece, False) for piece in inner if piece and piece.strip()]
    return pieces
