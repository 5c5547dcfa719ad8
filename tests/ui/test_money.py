"""Amounts: what people type, what the portal writes."""

from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from hypothesis import given, strategies as st

from config.money import EuroField, euros


NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1500", "1500.00"),
        ("1,5", "1.50"),
        ("1.5", "1.50"),
        ("1 500,50", "1500.50"),
        ("1\u00a0500,50", "1500.50"),
        ("1\u202f500,50\u00a0€", "1500.50"),
        ("€ 12", "12.00"),
        ("1.500,50", "1500.50"),
        ("1.500,", "1500.00"),
        ("12.345.678,90 €", "12345678.90"),
        ("1.500.000", "1500000.00"),
        ("1500.5", "1500.50"),
        ("\u2009500\t", "500.00"),
        (" 0 ", "0.00"),
        ("007", "7.00"),
        ("12,", "12.00"),
        ("9999999999,99", "9999999999.99"),
    ],
)
def test_amounts_typed_the_french_way_are_read(typed: str, amount: str):
    assert EuroField().clean(typed) == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("-5", "negative"),
        ("-0,01", "negative"),
        ("１２", "invalid"),
        ("٣", "invalid"),
        ("1_000", "invalid"),
        ("1e9", "invalid"),
        ("NaN", "invalid"),
        ("Infinity", "invalid"),
        ("0x10", "invalid"),
        ("9^400", "invalid"),
        ("+5", "invalid"),
        ("1.50,50", "invalid"),
        ("1.500,500", "cents"),
        (".500,50", "invalid"),
        ("1.5000.000", "invalid"),
        ("1,2,3", "invalid"),
        ("1€500", "invalid"),
        (",50", "invalid"),
        ("=cmd|x", "invalid"),
        ("12\u202e34", "invalid"),
        ("12\u200b34", "invalid"),
        ("\ufeff12", "invalid"),
        ("1.500", "cents"),
        ("0,001", "cents"),
        ("10000000000", "too_large"),
        ("9" * 400, "too_large"),
        ("9" * 100_000, "too_large"),
    ],
)
def test_hostile_numbers_are_refused_with_a_sentence(typed: str, code: str):
    with pytest.raises(ValidationError) as refused:
        EuroField().clean(typed)
    assert refused.value.code == code
    assert refused.value.messages[0].endswith(".")


@given(st.text(max_size=40))
def test_any_text_is_an_amount_in_range_or_a_refusal(text: str):
    try:
        amount = EuroField(required=False).clean(text)
    except ValidationError:
        return
    assert amount is None or Decimal(0) <= amount < Decimal(10) ** 10
    assert amount is None or amount == amount.quantize(Decimal("0.01"))


def test_an_empty_amount_is_nothing_not_zero():
    field = EuroField(required=False)
    assert field.clean("") is None
    assert field.clean(" € ") is None
    with pytest.raises(ValidationError):
        EuroField().clean("  ")


@pytest.mark.parametrize(
    ("typed", "kept", "remark"),
    [
        ("12,49", "12.00", f"Montant arrondi à l’euro{NBSP}: 12{NBSP}€."),
        ("12,50", "13.00", f"Montant arrondi à l’euro{NBSP}: 13{NBSP}€."),
        ("13,50", "14.00", f"Montant arrondi à l’euro{NBSP}: 14{NBSP}€."),
        ("14,00", "14.00", ""),
    ],
)
def test_whole_euros_round_half_up_and_say_so(typed: str, kept: str, remark: str):
    field = EuroField(whole=True)
    assert field.clean(typed) == Decimal(kept)
    assert field.remark == remark


def test_what_the_input_shows_can_be_sent_back_unchanged():
    field = EuroField()
    for amount in ("0", "1500.50", "12345678.90"):
        assert field.clean(field.prepare_value(Decimal(amount))) == Decimal(amount)


def test_a_refused_amount_stays_as_typed():
    class AmountForm(forms.Form):
        amount = EuroField(label="Montant")

    form = AmountForm({"amount": "douze"})
    assert not form.is_valid()
    assert 'value="douze"' in str(form["amount"])
    assert 'inputmode="decimal"' in str(form["amount"])


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (None, "–"),
        (Decimal(0), f"0{NBSP}€"),
        (Decimal("0.004"), f"0{NBSP}€"),
        (Decimal("-0.004"), f"0{NBSP}€"),
        (Decimal("999"), f"999{NBSP}€"),
        (Decimal("12345.00"), f"12{NBSP}345{NBSP}€"),
        (Decimal("12345.5"), f"12{NBSP}345,50{NBSP}€"),
        (Decimal("0.125"), f"0,13{NBSP}€"),
        (Decimal("-1234.5"), f"−1{NBSP}234,50{NBSP}€"),
        (Decimal("-0.5"), f"−0,50{NBSP}€"),
        (1_000_000, f"1{NBSP}000{NBSP}000{NBSP}€"),
    ],
)
def test_amounts_are_written_the_french_way(amount, written: str):
    assert euros(amount) == written
