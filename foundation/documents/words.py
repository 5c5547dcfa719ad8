"""Amounts in words, as on the letters that award money."""

from decimal import Decimal

from num2words import num2words

from config.money import round_half_up


MAX_AMOUNT = Decimal("999999999999.99")


def amount_in_words(amount: Decimal) -> str:
    """Write an amount in French words: « mille deux cents euros », « un euro et un centime ».

    Args:
        amount: Euros, rounded half up to the cent, from 0 up to 999 999 999 999,99.

    Raises:
        ValueError: If the amount is negative or too great to be written.
    """
    amount = round_half_up(Decimal(amount))
    if not 0 <= amount <= MAX_AMOUNT:
        raise ValueError(f"no words for {amount}")
    euros = int(amount)
    cents = int((amount - euros) * 100)
    words = f"{_number(euros)} {'d’' if _takes_de(euros) else ''}euro{'s' if euros >= 2 else ''}"
    if not cents:
        return words
    return f"{words} et {_number(cents)} centime{'s' if cents >= 2 else ''}"


def _number(value: int) -> str:
    return num2words(value, lang="fr").replace("'", "’")


def _takes_de(euros: int) -> bool:
    """« un million d’euros », but « un million deux cents euros »."""
    return euros >= 1_000_000 and euros % 1_000_000 == 0
