"""Reads the ages of a public, as written by people."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .cleaning import fold
from .result import Doubt, make_doubt


FIELD = "target_public"

_RANGE = r"\d{1,2}\s*(?:ans\s*)?(?:[-/]|\b(?:jusqu')?a(?=[\s\d]))\s*\d{1,2}"
_ITEM = rf"(?:{_RANGE}|\d{{1,2}})"
_LIST = re.compile(
    rf"(?<![\d/.,-])({_ITEM}(?:\s*(?:,|;|\bet\b|\bou\b|\bpuis\b)\s*(?:de\s+|les\s+)?{_ITEM}){{0,8}})"
    r"\s*-?ans?\b"
)
_BARE_RANGE = re.compile(
    r"(?:\b(?:les|des|aux)\s+|^\W*|:\s*)(\d{1,2})\s*[-/]\s*(\d{1,2})(?=\s*(?:[,;.()\n]|$|et\b))"
)
_AT_LEAST_BEFORE = re.compile(
    r"(?:a partir (?:de(?: l'age de)?|d')|a compter de|des(?: l'age de)?|au moins"
    r"|(?:\bplus|\+) de)\s*$"
)
_AT_LEAST_AFTER = re.compile(r"\s*(?:(?:et|ou)\s*(?:plus|\+|au[- ]dela)|minimum|au moins|revolus)")
_AT_MOST_BEFORE = re.compile(r"(?:jusqu'a(?: l'age de)?|au plus|maximum)\s*$")
_AT_MOST_AFTER = re.compile(r"\s*(?:(?:et|ou) moins|maximum|au plus|max\b)")
_UNDER_BEFORE = re.compile(r"(?:\bmoins|(?<!\d)-) de\s*$")
_LOW_BEFORE = re.compile(r"(?<!\d)(\d{1,2})\s*(?:ans\s*)?a moins de\s*$")
_MONTHS_BEFORE = re.compile(r"(?<!\d)(\d{1,2})\s*mois\s*(?:a|-|/|jusqu'a)\s*$")
_DURATION_BEFORE = re.compile(
    r"(?:pendant|depuis|\bsur|duree de|tous les|il y a|apres|d'ici|pour une duree de)"
    r"(?:\s+(?:au moins|moins de|plus de|environ|les))?\s*$"
)
_DURATION_AFTER = re.compile(r"\s*(?:d'(?:anciennete|experience|etudes)|de (?:presence|residence))")


@dataclass
class Ages:
    """The youngest and oldest ages of a public, when it says them."""

    low: int | None = None
    high: int | None = None
    doubts: list[Doubt] = field(default_factory=list)


def read_ages(text: str, line: int | None = None) -> Ages:
    """Reads the ages a public names.

    Args:
        text: the clean text of the public.
        line: the source line of the field, for the doubts.

    Returns:
        The bounds, both included; None where the text gives none.
    """
    folded = re.sub("[–—−‐‑]", "-", fold(text).lower())
    ages = Ages()
    bounds: list[tuple[int | None, int | None]] = []
    for found in _LIST.finditer(folded):
        read = _bounds_of(found, folded, ages.doubts, line)
        if bounds and _AT_MOST_BEFORE.search(folded[: found.start()]):
            read = [_extended(bounds[-1], bound) for bound in read]
        bounds += read
    bounds += [
        (int(found[1]), int(found[2]))
        for found in _BARE_RANGE.finditer(_LIST.sub(lambda m: " " * len(m[0]) + "x", folded))
    ]
    bounds = [_ordered(bound, ages.doubts, line) for bound in dict.fromkeys(bounds)]
    if not bounds:
        return ages
    if _complete_each_other(bounds):
        ages.low = next(low for low, _ in bounds if low is not None)
        ages.high = next(high for _, high in bounds if high is not None)
        return ages
    lows = [low for low, _ in bounds]
    highs = [high for _, high in bounds]
    ages.low = None if None in lows else min(lows)
    ages.high = None if None in highs else max(highs)
    if len(bounds) > 1:
        ages.doubts.append(
            make_doubt(
                line,
                FIELD,
                "several_ages",
                "Le public donne plusieurs tranches d’âge : la plus large a été retenue "
                f"({_say(ages)}).",
            )
        )
    return ages


def _bounds_of(
    found: re.Match[str], folded: str, doubts: list[Doubt], line: int | None
) -> list[tuple[int | None, int | None]]:
    before, after = folded[: found.start()], folded[found.end() :]
    if _DURATION_BEFORE.search(before) or _DURATION_AFTER.match(after):
        return []
    items = re.findall(_ITEM, found[1])
    numbers = [[int(number) for number in re.findall(r"\d+", item)] for item in items]
    if len(numbers) > 1 and all(len(item) == 1 for item in numbers):
        flat = [item[0] for item in numbers]
        return [(min(flat), max(flat))]
    if len(numbers) > 1 or len(numbers[0]) == 2:
        return [(item[0], item[-1]) for item in numbers]
    age = numbers[0][0]
    if months := _MONTHS_BEFORE.search(before):
        return [(int(months[1]) // 12, age)]
    if _AT_LEAST_BEFORE.search(before) or _AT_LEAST_AFTER.match(after):
        return [(age, None)]
    if _AT_MOST_BEFORE.search(before) or _AT_MOST_AFTER.match(after):
        return [(None, age)]
    if _UNDER_BEFORE.search(before):
        message = f"« Moins de {age} ans » est lu comme {age - 1} ans au plus."
        doubts.append(make_doubt(line, FIELD, "age_under", message))
        low = _LOW_BEFORE.search(before)
        return [(int(low[1]) if low else None, age - 1)]
    message = f"Le public ne donne qu’un âge ({age} ans) : il sert de minimum et de maximum."
    doubts.append(make_doubt(line, FIELD, "single_age", message))
    return [(age, age)]


def _extended(
    earlier: tuple[int | None, int | None], bound: tuple[int | None, int | None]
) -> tuple[int | None, int | None]:
    """Gives "12-21 ans (jusqu'à 25 ans)" the youngest age of the range it makes longer."""
    low, high = bound
    first, last = earlier
    longer = low is None and None not in (first, last, high) and first <= high
    return (first, high) if longer else bound


def _ordered(
    bound: tuple[int | None, int | None], doubts: list[Doubt], line: int | None
) -> tuple[int | None, int | None]:
    low, high = bound
    if low is None or high is None or low <= high:
        return bound
    message = f"La tranche d’âge « {low}-{high} ans » est à l’envers : {high}-{low} ans est retenu."
    doubts.append(make_doubt(line, FIELD, "ages_reversed", message))
    return high, low


def _complete_each_other(bounds: list[tuple[int | None, int | None]]) -> bool:
    """Tells whether one bound is a minimum alone and the other a maximum alone."""
    if len(bounds) != 2:
        return False
    lows = [low for low, high in bounds if low is not None and high is None]
    highs = [high for low, high in bounds if high is not None and low is None]
    return len(lows) == len(highs) == 1 and lows[0] <= highs[0]


def _say(ages: Ages) -> str:
    if ages.low is None:
        return "sans âge" if ages.high is None else f"jusqu’à {ages.high} ans"
    return f"à partir de {ages.low} ans" if ages.high is None else f"{ages.low}-{ages.high} ans"
