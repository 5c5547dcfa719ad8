"""Dates, plurals and typography."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from config.templatetags import fr


NBSP = "\u00a0"


def test_dates_are_written_in_full():
    assert fr.date_fr(date(2026, 11, 20)) == "20 novembre 2026"
    assert fr.date_fr(date(2026, 8, 1)) == "1er août 2026"
    assert fr.date_fr(None) == ""


def test_instants_are_read_in_paris():
    late = datetime(2026, 7, 31, 22, 30, tzinfo=UTC)
    assert fr.datetime_fr(late) == f"1er août 2026 à 0{NBSP}h{NBSP}30"
    assert fr.date_fr(late) == "1er août 2026"


@pytest.mark.parametrize(
    ("count", "ending"),
    [(0, ""), (1, ""), (1.5, ""), (2, "s"), (-1, ""), (-2, "s"), (None, "")],
)
def test_the_plural_starts_at_two(count, ending: str):
    assert fr.plural_fr(count) == ending


def test_both_endings_may_be_given():
    assert fr.plural_fr(1, "al,aux") == "al"
    assert fr.plural_fr(3, "al,aux") == "aux"


@pytest.mark.parametrize(
    ("share", "digits", "written"),
    [
        (Decimal("0.125"), 0, f"13{NBSP}%"),
        (Decimal("0.125"), 1, f"12,5{NBSP}%"),
        (Decimal("1"), 0, f"100{NBSP}%"),
        (12.34, 0, f"1{NBSP}234{NBSP}%"),
        (None, 0, ""),
    ],
)
def test_shares_are_written_as_percentages(share, digits: int, written: str):
    assert fr.percent_fr(share, digits) == written


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("Qui ? L'association !", f"Qui{NBSP}? L’association{NBSP}!"),
        ("Attention: danger", f"Attention{NBSP}: danger"),
        ("« jeunes »", f"«{NBSP}jeunes{NBSP}»"),
        ("http://exemple.fr à 12:30", "http://exemple.fr à 12:30"),
        ("30 €, 20 %.", f"30{NBSP}€, 20{NBSP}%."),
        ("", ""),
    ],
)
def test_typed_text_gets_french_spaces(typed: str, set_: str):
    assert fr.nbsp_fr(typed) == set_


def test_numbers_keep_their_decimals():
    assert fr.number_fr(Decimal("12345.60")) == f"12{NBSP}345,6"
    assert fr.number_fr(0) == "0"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Association Horizon", "d’Association Horizon"),
        ("Élan", "d’Élan"),
        ("Yvette et compagnie", "d’Yvette et compagnie"),
        ("Yamina", "de Yamina"),
        ("Œuvres locales", "d’Œuvres locales"),
        ("Les Ateliers du Rail", "des Ateliers du Rail"),
        ("Le Relais", "du Relais"),
        ("La Passerelle", "de La Passerelle"),
        ("Léo Lagrange", "de Léo Lagrange"),
        ("Hauts de Bagneux", "de Hauts de Bagneux"),
        ("", "de "),
        ("Commune de Nanterre", "de la Commune de Nanterre"),
        ("Ville d’Antony", "de la Ville d’Antony"),
        ("Horizon Jeunes", "d’Horizon Jeunes"),
    ],
)
def test_de_before_a_name(name, written):
    assert fr.de_fr(name) == written
