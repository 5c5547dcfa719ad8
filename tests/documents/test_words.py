from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from foundation.documents.words import amount_in_words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "zéro euro"),
        ("1", "un euro"),
        ("2", "deux euros"),
        ("21", "vingt et un euros"),
        ("80", "quatre-vingts euros"),
        ("81", "quatre-vingt-un euros"),
        ("200", "deux cents euros"),
        ("201", "deux cent un euros"),
        ("1200", "mille deux cents euros"),
        ("1200.50", "mille deux cents euros et cinquante centimes"),
        ("1.01", "un euro et un centime"),
        ("80000", "quatre-vingt mille euros"),
        ("1000000", "un million d’euros"),
        ("2000000.10", "deux millions d’euros et dix centimes"),
        ("1200000", "un million deux cent mille euros"),
        ("0.005", "zéro euro et un centime"),
    ],
)
def test_amounts_are_written_as_on_a_cheque(amount, words):
    assert amount_in_words(Decimal(amount)) == words


@pytest.mark.parametrize("amount", ["-1", "1000000000000"])
def test_amounts_without_words_are_refused(amount):
    with pytest.raises(ValueError, match="no words"):
        amount_in_words(Decimal(amount))


@given(st.decimals(min_value=0, max_value=Decimal("9999999999.99"), places=2))
def test_every_amount_has_words_without_digits(amount):
    words = amount_in_words(amount)
    assert not any(c.isdigit() for c in words)
    assert "euro" in words
