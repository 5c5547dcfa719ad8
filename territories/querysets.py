from __future__ import annotations

import re

from django.db import models
from rapidfuzz import fuzz, process

from config.text import fold


_CODE = re.compile(r"\b\d{5}\b")
_SAINT = {"st": "saint", "ste": "sainte"}
_BEFORE_NAME = re.compile(r"^(?:(?:la )?(?:ville|commune|mairie) )?(?:de |d )?")
_CLOSE_ENOUGH = 80


class CommuneQuerySet(models.QuerySet):
    def find(self, text: str) -> CommuneQuerySet:
        """Return the communes that a typed text means, none when it names none.

        Accents, capitals, hyphens and apostrophes do not count; « st » is « saint »; the beginning
        of each word is enough (« asnieres », « chatenay mal »); a whole name wins over longer ones
        (« Colombes » is not Bois-Colombes). Postal and INSEE codes work, alone or beside a name.

        Args:
            text: « Asnières », « ville de Sèvres », « 92600 », « 92012 Boulogne »…
        """
        codes = _CODE.findall(text)
        words = [_SAINT.get(word, word) for word in fold(_CODE.sub(" ", text)).split()]
        if not codes and not words:
            return self.none()
        rows = list(self.values_list("insee", "sort_name", "postal_codes"))
        if codes:
            rows = [r for r in rows if any(c == r[0] or c in r[2].split() for c in codes)]
        if words:
            rows = _named(rows, words)
        return self.filter(pk__in=[insee for insee, _, _ in rows])

    def closest(self, text: str) -> CommuneQuerySet:
        """Return up to three communes whose name looks like a mistyped one."""
        typed = fold(text)
        if len(typed) < 4:
            return self.none()
        names = dict(self.values_list("insee", "sort_name"))
        found = process.extract(
            typed, names, scorer=fuzz.WRatio, limit=3, score_cutoff=_CLOSE_ENOUGH
        )
        return self.filter(pk__in=[insee for _, _, insee in found])


def _named(rows: list[tuple[str, str, str]], words: list[str]) -> list[tuple[str, str, str]]:
    """Keep the rows named exactly so, else those whose words start so."""
    whole = " ".join(words)
    bare = _BEFORE_NAME.sub("", whole)
    for name in (whole, bare):
        exact = [row for row in rows if row[1] == name]
        if exact:
            return exact
    for name in (whole, bare):
        begun = [row for row in rows if _starts_each_word(name.split(), row[1].split())]
        if name and begun:
            return begun
    return []


def _starts_each_word(typed: list[str], words: list[str]) -> bool:
    """Tell whether the typed words are, in order, beginnings of words of the name."""
    remaining = iter(words)
    return all(any(word.startswith(start) for word in remaining) for start in typed)
