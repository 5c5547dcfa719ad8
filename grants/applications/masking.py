"""Find and mask words in any text, whatever their case, accents, spaces or punctuation.

« Jean Dupont » is found in « JEAN  DUPONT », « Jean-Dupont », « jean dupönt » and « JeanDupont »;
« Ali » is not found in « Alimentation », unless words inside longer ones are asked for too.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Any


MASK = "[masqué]"
MIN_SIGNS, MAX_LENGTH = 2, 200
_MAX_GAP = 3  # signs that may stand between two letters of the words looked for
_AROUND = 45  # characters shown on each side of an occurrence
_CUT_RATE = 0.6  # an excerpt is not cut in a word when a space is near enough
# Letters that Unicode does not decompose, as people type them without the right keyboard.
_UNDECOMPOSED = {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "þ": "th"}
# Values that a machine wrote in a JSON document: dates, amounts, identifiers, digests.
_MACHINE = re.compile(
    r"\d{4}-\d\d-\d\d(?:T[\d:.+Z-]+)?|-?\d+\.\d+"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}"
)
# A value that :mod:`grants.applications.section_values` wrote: ``{"$": its type, "value": …}``.
_TAG, _MAP, _PLAIN = "$", "map", frozenset({"date", "decimal"})
# Keys of a JSON document whose values are words of the portal, never typed by people.
_CODES = frozenset(
    {
        "account",
        "band",
        "category",
        "code",
        "format",
        "kind",
        "period",
        "pk",
        "public_aid_regime",
        "reference",
        "role",
        "sha256",
        "side",
        "state",
        "status",
        "text_version",
        "uuid",
    }
)


@dataclass(frozen=True)
class Excerpt:
    """An occurrence with what stands around it."""

    before: str
    found: str
    after: str


@dataclass(frozen=True)
class Words:
    """What is looked for.

    Attributes:
        text: As typed.
        inside: Also inside longer words.
    """

    text: str
    inside: bool = False

    @cached_property
    def signs(self) -> str:
        """The letters and digits looked for, without case nor accents."""
        return "".join(sign for sign, _, _ in _signs(self.text))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where the words stand in a text, in order, without overlap."""
        stream = list(_signs(text))
        letters = "".join(sign for sign, _, _ in stream)
        found, start = [], 0
        while (at := letters.find(self.signs, start)) >= 0:
            last = at + len(self.signs) - 1
            if self._holds(text, stream, at, last):
                found.append((stream[at][1], stream[last][2]))
                start = last + 1
            else:
                start = at + 1
        return found

    def _holds(self, text: str, stream: list[tuple[str, int, int]], first: int, last: int) -> bool:
        # Half a ligature, or letters too far apart, is something else.
        if first and stream[first - 1][1] == stream[first][1]:
            return False
        if last + 1 < len(stream) and stream[last + 1][1] == stream[last][1]:
            return False
        gaps = (text[stream[n][2] : stream[n + 1][1]] for n in range(first, last))
        if any(len(gap) > _MAX_GAP and len(" ".join(gap.split())) > _MAX_GAP for gap in gaps):
            return False
        if self.inside:
            return True
        before = first > 0 and stream[first - 1][2] == stream[first][1]
        after = last + 1 < len(stream) and stream[last + 1][1] == stream[last][2]
        return not before and not after

    def count(self, text: str) -> int:
        return len(self.spans(text))

    def mask(self, text: str, *, limit: int | None = None) -> str:
        """Return a text with the words masked, cut at ``limit`` characters."""
        pieces, end = [], 0
        for start, stop in self.spans(text):
            pieces += [text[end:start], MASK]
            end = stop
        masked = "".join(pieces) + text[end:]
        return masked if limit is None else masked[:limit]

    def excerpts(self, text: str) -> list[Excerpt]:
        """Return each occurrence with the words around it, on one line."""
        return [
            Excerpt(
                _flat(_cut(text[max(0, start - _AROUND) : start], left=True, cut=start > _AROUND)),
                _flat(text[start:stop]),
                _flat(
                    _cut(text[stop : stop + _AROUND], left=False, cut=stop + _AROUND < len(text))
                ),
            )
            for start, stop in self.spans(text)
        ]

    # --- JSON documents ---------------------------------------------------------------------------
    def mask_json(self, value: Any) -> Any:
        """Return a JSON document with the words masked in what people typed."""
        if isinstance(value, str):
            return value if _MACHINE.fullmatch(value) else self.mask(value)
        if isinstance(value, list):
            return [self.mask_json(one) for one in value]
        if isinstance(value, dict):
            if value.keys() == {_TAG, "value"}:
                return {**value, "value": self._mask_tagged(value[_TAG], value["value"])}
            return {
                key: one if key in _CODES and isinstance(one, str) else self.mask_json(one)
                for key, one in value.items()
            }
        return value

    def _mask_tagged(self, kind: str, value: Any) -> Any:
        """Mask a typed value: neither a date, nor an amount, nor the keys of a table are words."""
        if kind in _PLAIN:
            return value
        if kind == _MAP:
            return [[key, self.mask_json(one)] for key, one in value]
        return self.mask_json(value)

    def texts_of(self, value: Any) -> list[str]:
        """Return the texts of a JSON document that hold the words."""
        if isinstance(value, str):
            return [value] if not _MACHINE.fullmatch(value) and self.spans(value) else []
        if isinstance(value, list):
            return [text for one in value for text in self.texts_of(one)]
        if isinstance(value, dict):
            if value.keys() == {_TAG, "value"}:
                return self._texts_of_tagged(value[_TAG], value["value"])
            return [
                text
                for key, one in value.items()
                if not (key in _CODES and isinstance(one, str))
                for text in self.texts_of(one)
            ]
        return []

    def _texts_of_tagged(self, kind: str, value: Any) -> list[str]:
        if kind in _PLAIN:
            return []
        if kind == _MAP:
            return self.texts_of([one for _, one in value])
        return self.texts_of(value)


def _signs(text: str):
    """Yield each letter or digit, folded, with where it starts and ends in the text."""
    held: tuple[str, int, int] | None = None
    for index, character in enumerate(text):
        category = unicodedata.category(character)
        if category in {"Mn", "Cf"}:  # an accent on its own, an invisible sign: part of the letter
            if held is not None and held[2] == index:
                held = (held[0], held[1], index + 1)
            continue
        if held is not None:
            for sign in held[0]:
                yield sign, held[1], held[2]
            held = None
        folded = _fold(character)
        if folded:
            held = (folded, index, index + 1)
    if held is not None:
        for sign in held[0]:
            yield sign, held[1], held[2]


def _fold(character: str) -> str:
    lower = character.casefold()
    lower = _UNDECOMPOSED.get(lower, lower)
    decomposed = unicodedata.normalize("NFKD", lower)
    return "".join(c for c in decomposed if c.isalnum())


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _cut(text: str, *, left: bool, cut: bool) -> str:
    if not cut:
        return text
    head, _, tail = text.partition(" ") if left else text.rpartition(" ")
    kept = tail if left else head
    kept = kept if len(kept) > len(text) * _CUT_RATE else text
    return f"… {kept}" if left else f"{kept} …"
