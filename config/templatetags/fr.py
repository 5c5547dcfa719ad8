"""How numbers, dates and words are written in French.

Every group separator is U+00A0: the narrow one (U+202F) is missing from the portal's typeface,
and a missing glyph would break the PDF files.
"""

import re
from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import timezone

from config import money
from config.text import fold


register = template.Library()

NBSP = "\u00a0"
_VOWEL = re.compile(r"[aeiou]|y[^aeiou]")
_MUTE_H = ("habit", "harmoni", "hebergement", "heure", "histoire", "homme", "hopita", "horizon")
_TOWN = re.compile(r"(commune|ville) d(e |u |es |\W)")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


@register.filter
def euros(value: Decimal | int | None) -> str:
    """Write an amount: « 12 345 € », « 12 345,50 € », « – » when there is none."""
    return money.euros(value)


@register.filter
def date_fr(value: date | datetime | None) -> str:
    """Write a date in full: « 1er mars 2026 »; an instant is read in Paris time."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        value = _local(value)
    day = "1er" if value.day == 1 else str(value.day)
    return f"{day} {MONTHS[value.month - 1]} {value.year}"


@register.filter
def datetime_fr(value: datetime | None) -> str:
    """Write an instant in Paris time: « 20 novembre 2026 à 14 h 32 »."""
    if value is None or value == "":
        return ""
    value = _local(value)
    return f"{date_fr(value)} à {time_fr(value)}"


@register.filter
def time_fr(value: datetime | None) -> str:
    """Write an hour in Paris time: « 14 h 32 »."""
    if value is None or value == "":
        return ""
    value = _local(value)
    return f"{value.hour}{NBSP}h{NBSP}{value.minute:02d}"


@register.filter
def plural_fr(count: int | Decimal | None, forms: str = "s") -> str:
    """Choose an ending: French takes the plural from two on (« 0 dossier », « 2 dossiers »).

    Args:
        count: The number; ``None`` counts as zero.
        forms: The plural ending (``s``), or both endings (``al,aux``).
    """
    singular, _, plural = forms.rpartition(",")
    return plural if abs(count or 0) >= 2 else singular


@register.filter
def number_fr(value: Decimal | int | None) -> str:
    """Write a number: « 12 345 », « 3,5 »."""
    return "" if value is None or value == "" else money.group(Decimal(str(value)))


@register.filter
def percent_fr(value: Decimal | float | None, digits: int = 0) -> str:
    """Write a share between 0 and 1 as a percentage: « 12,5 % », rounded half up.

    Args:
        value: A fraction (0.125 for 12,5 %), never a percentage.
        digits: Decimals kept.
    """
    if value is None or value == "":
        return ""
    share = money.round_half_up(Decimal(str(value)) * 100, digits)
    return f"{money.group(share, digits=digits)}{NBSP}%"


_BEFORE = re.compile(r"[ \u00a0\u202f]*([:;?!€%»])(?=\s|$|[)\].,<])")
_AFTER = re.compile(r"«[ \u00a0\u202f]*")


@register.filter
def nbsp_fr(text: str | None) -> str:
    """Set French spaces and apostrophes in a plain text typed by someone."""
    if not text:
        return ""
    text = str(text).replace("'", "’")
    text = _BEFORE.sub(NBSP + r"\1", text)
    return _AFTER.sub("«" + NBSP, text)


@register.filter
def de_fr(name: object) -> str:
    """Write « de » before a name: « d’Asnières », « des Ateliers », « du Relais », « de Clichy ».

    A town that says what it is takes its article: « de la Commune de Clichy ». An initial h keeps
    « de », but for the words of ``_MUTE_H``: a name does not say that its h is mute.
    """
    words = str(name)
    for article, joined in (("Les ", "des "), ("Le ", "du ")):
        if words.startswith(article):
            return joined + words.removeprefix(article)
    folded = fold(words)
    if _TOWN.match(folded):
        return f"de la {words}"
    is_vowel = _VOWEL.match(folded[:2]) or folded.startswith(_MUTE_H)
    return f"d’{words}" if is_vowel else f"de {words}"


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value
