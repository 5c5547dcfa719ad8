"""Matches places typed by people to communes and priority neighbourhoods."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein

from .cleaning import words_key


#: Names in use that are neither the official name nor its beginning.
_USUAL_NAMES = {"clichy la garenne": "clichy", "issy les moulinaux": "issy les moulineaux"}
#: A longer text is a sentence, not the name of a place.
_LONGEST_PLACE = 120
_ARTICLES = {"le", "la", "les", "l"}
#: Words that may come before a name without being part of it.
_LEADS = _ARTICLES | {
    *("a", "au", "aux", "de", "du", "des", "d", "en", "et", "sur", "dans", "ainsi", "que", "puis"),
    *("ville", "villes", "commune", "communes", "quartier", "quartiers", "qpv", "cite", "secteur"),
    *("notamment", "dont"),
}
#: Words that say how much of a place is meant: the place itself is still meant.
_EXTENTS = {
    *("tout", "toute", "tous", "toutes", "ensemble", "totalite", "integralite", "entiere"),
    *("priorite", "prioritairement", "particulier", "particulierement", "principalement"),
}
#: Words that make a commune named after them less than the whole commune.
_NARROWING = {"quartier", "quartiers", "qpv", "cite", "secteur"}
_GENERIC = _LEADS | {
    *("territoire", "territoires", "concerne", "concernes", "concernees", "prioritaire"),
    *("prioritaires", "politique", "92"),
}
#: Words too common to stand for the one name that starts with them.
_TOO_SHORT = {"saint", "sainte", "ville", "bois", "bourg", "cite", "petit", "secteur", "chemin"}
#: Qualifiers that narrow a commune down to less than itself.
_QUALIFIERS = _GENERIC | {"centre", "nord", "sud", "est", "ouest", "haut", "bas", "partie"}
_DEPARTMENT_WORDS = _ARTICLES | {
    *("tout", "toute", "toutes", "tous", "ensemble", "totalite", "integralite", "du", "de", "des"),
    *("d", "sur", "dans", "a", "echelle", "communes", "villes", "territoire", "territoires"),
    *("entier", "36", "departement", "departemental", "departementale", "hauts", "seine", "92"),
}


@dataclass(frozen=True)
class Found:
    """What a text stands for, and how sure that is.

    ``doubt`` is "", or one of "typo", "ambiguous", "old", "part", "short".
    """

    kind: str | None = None
    keys: tuple[str, ...] = ()
    name: str = ""
    doubt: str = ""


@dataclass(frozen=True)
class _Entry:
    kind: str
    key: str
    name: str
    generation: int
    communes: frozenset[str]


class Gazetteer:
    """The communes, neighbourhoods and territories a place may be.

    Args:
        communes: (INSEE code, name) rows.
        neighbourhoods: (code, name, generation, INSEE codes) rows.
        territories: (number, INSEE codes) rows, when there are territories.
    """

    def __init__(
        self,
        communes: Iterable[tuple[str, str]],
        neighbourhoods: Iterable[tuple[str, str, int | str, Sequence[str]]] = (),
        territories: Iterable[tuple[int | str, Sequence[str]]] = (),
    ) -> None:
        self.territories = {int(number): tuple(keys) for number, keys in territories}
        self._entries: dict[str, list[_Entry]] = {}
        for insee, name in communes:
            self._add(_Entry("commune", insee, name, 0, frozenset({insee})))
        for code, name, generation, insee_codes in neighbourhoods:
            entry = _Entry("neighbourhood", code, name, int(generation), frozenset(insee_codes))
            self._add(entry)
        for usual, official in _USUAL_NAMES.items():
            if official in self._entries and usual not in self._entries:
                self._entries[usual] = self._entries[official]
        for key, found in list(self._entries.items()):
            self._entries.setdefault(_in_figures(key), found)
        self._by_code = {e.key.lower(): e for found in self._entries.values() for e in found}
        self._by_compact = {key.replace(" ", ""): found for key, found in self._entries.items()}
        self._longest = max((len(key.split()) for key in self._entries), default=0)

    def _add(self, entry: _Entry) -> None:
        self._entries.setdefault(place_key(entry.name), []).append(entry)

    def find(self, text: str, within: tuple[str, ...] = ()) -> Found:
        """Finds what one place stands for.

        Args:
            text: the place as typed.
            within: INSEE codes of the commune named beside it, to choose between namesakes.
        """
        if len(text) > _LONGEST_PLACE:
            return Found()
        key = place_key(text)
        candidates = list(_without_leads(key))
        if code := [entry for name in candidates if (entry := self._by_code.get(name))]:
            return self._choose(code[:1], within) or Found()
        if found := self._inside(candidates, within):
            return found
        for candidate in candidates:
            if found := self._choose(self._exact(candidate), within):
                return _narrowed(found, key, candidate)
        for candidate in candidates:
            if found := self._choose(self._starting_with(candidate), within, short=True):
                return found
        if found := self._part(key):
            return found
        return self._near(candidates, within) or Found()

    def names_in(self, text: str) -> list[str] | None:
        """Splits "Bagneux Nanterre" into known names; None when another word is there."""
        if len(text) > _LONGEST_PLACE:
            return None
        tokens = list(re.finditer(r"[^\s\-–—]+", text))
        keys = [place_key(token[0]) for token in tokens]
        names: list[str] = []
        start = 0
        while start < len(tokens):
            for end in range(min(len(tokens), start + self._longest), start, -1):
                if self._exact(" ".join(keys[start:end])):
                    names.append(text[tokens[start].start() : tokens[end - 1].end()])
                    start = end
                    break
            else:
                if keys[start] not in {"", "et", "a", "de", "ou"}:
                    return None
                start += 1
        return names if len(names) > 1 else None

    def is_whole_department(self, text: str) -> bool:
        """Tells whether a text names the whole department, and nothing less."""
        words = set(place_key(text).split())
        all_territories = {str(len(self.territories)), "territoires"}
        if not words or not words <= _DEPARTMENT_WORDS | all_territories:
            return False
        return bool(
            words & {"departement", "departemental", "departementale"}
            or {"hauts", "seine"} <= words
            or {"36", "communes"} <= words
            or (words & {"communes", "villes"} and words & {"toutes", "ensemble"})
            or ("territoires" in words and words & {"tous", "ensemble"})
            or all_territories <= words
            or ("92" in words and words & {"tout", "ensemble", "totalite", "integralite"})
        )

    def is_generic(self, text: str) -> bool:
        """Tells whether a text only introduces places ("Communes :", "QPV", "(92)")."""
        return all(word in _GENERIC or word.isdigit() for word in place_key(text).split())

    def _exact(self, key: str) -> list[_Entry]:
        if key in self._entries:
            return self._entries[key]
        bare = _bare(key)
        same = [entries for name, entries in self._entries.items() if _bare(name) == bare]
        found = [entry for entries in same for entry in entries]
        return found or self._by_compact.get(key.replace(" ", ""), [])

    def _starting_with(self, key: str) -> list[_Entry]:
        bare = _bare(key)
        if len(bare) < 4 or bare in _TOO_SHORT:
            return []
        found = [
            entry
            for name, entries in self._entries.items()
            if f"{_bare(name).removeprefix('secteur ')} ".startswith(f"{bare} ")
            for entry in entries
        ]
        return [entry for entry in found if entry.kind == "commune"] or found

    def _inside(self, candidates: list[str], within: tuple[str, ...]) -> Found | None:
        """Finds a neighbourhood of a commune from some of the words of its name."""
        here = [
            entry
            for entries in self._entries.values()
            for entry in entries
            if entry.kind == "neighbourhood" and entry.communes & set(within)
        ]
        for candidate in candidates:
            if exact := [e for e in self._exact(candidate) if e in here]:
                return self._choose(exact, within)
        bare = _bare(candidates[-1]) if candidates else ""
        if len(bare) < 4 or bare in _TOO_SHORT or bare in self._entries:
            return None
        partly = [e for e in here if f" {bare} " in f" {place_key(e.name)} "]
        return self._choose(partly, within, short=True)

    def _choose(
        self, entries: list[_Entry], within: tuple[str, ...], short: bool = False
    ) -> Found | None:
        """Keeps the one place entries stand for, those in force first."""
        if not entries:
            return None
        here = [entry for entry in entries if entry.communes & set(within)]
        entries = here or entries
        generation = max(entry.generation for entry in entries)
        if communes := [entry for entry in entries if entry.kind == "commune"]:
            entries = communes
        else:
            entries = [entry for entry in entries if entry.generation == generation]
        keys = {entry.key for entry in entries}
        if len(keys) > 1:
            names = ", ".join(sorted({entry.name for entry in entries}))
            return Found(name=names, doubt="ambiguous")
        entry = entries[0]
        newest = max((e.generation for es in self._entries.values() for e in es), default=0)
        doubt = "old" if 0 < entry.generation < newest else ""
        if short and entry.kind == "neighbourhood":
            doubt = doubt or "short"
        return Found(entry.kind, (entry.key,), entry.name, doubt)

    def _part(self, key: str) -> Found | None:
        """Finds the commune in "centre-ville de Nanterre"."""
        words = key.split()
        for start in range(len(words)):
            for end in range(len(words), start, -1):
                others = words[:start] + words[end:]
                name = " ".join(words[start:end])
                if not others or not set(others) <= _QUALIFIERS or name not in self._entries:
                    continue
                found = self._choose(self._entries[name], ())
                if found and found.keys:
                    return Found(found.kind, found.keys, found.name, "part")
        return None

    def _near(self, candidates: list[str], within: tuple[str, ...]) -> Found | None:
        """Finds the one name a letter or two away."""
        for key in candidates:
            bare = _bare(key)
            allowed = 0 if len(bare) < 5 else 1 if len(bare) < 9 else 2
            scores: dict[str, int] = {}
            for name in self._entries:
                if _number(name) == _number(key) and allowed:
                    scores[name] = DamerauLevenshtein.distance(_bare(name), bare)
            best = min(scores.values(), default=99)
            names = [name for name, score in scores.items() if score == best]
            if best <= allowed and names:
                entries = [entry for name in names for entry in self._entries[name]]
                found = self._choose(entries, within)
                if found and found.keys:
                    return Found(found.kind, found.keys, found.name, "typo")
        return None


def place_key(text: str) -> str:
    """Gives the key of a place name: no accent, case, hyphen; "St" spelt out."""
    key = f" {words_key(text)} "
    key = re.sub(r" st (?=\S)", " saint ", key)
    key = re.sub(r" ste (?=\S)", " sainte ", key)
    return re.sub(r" s(?:s|ur)? seine ", " sur seine ", key).strip()


def _bare(key: str) -> str:
    first, _, rest = key.partition(" ")
    return rest if rest and first in _ARTICLES else key


def _without_leads(key: str) -> Iterable[str]:
    """Gives a key, then what is left of it as the words that introduce it are taken off."""
    words = key.split()
    while words:
        yield " ".join(words)
        if words[0] not in _LEADS | _EXTENTS:
            return
        words = words[1:]


def _narrowed(found: Found, key: str, candidate: str) -> Found:
    """Doubts a commune that "QPV de" comes before: only a part of it is meant."""
    leads = key.removesuffix(candidate).split()
    if found.kind == "commune" and _NARROWING & set(leads):
        return Found(found.kind, found.keys, found.name, "part")
    return found


def _in_figures(key: str) -> str:
    """Gives "universite 2" for "universite ii"."""
    figures = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
    return " ".join(figures.get(word, word) for word in key.split())


def _number(key: str) -> str:
    """Gives the numbers of a name ("Université II"), which a typo never changes."""
    return " ".join(word for word in key.split() if re.fullmatch(r"[ivx]+|\d+", word))
