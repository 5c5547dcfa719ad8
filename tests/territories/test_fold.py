"""``maillage_fold`` in SQL and ``fold`` in Python agree on texts in Latin letters."""

import unicodedata

import pytest
from django.db import connection
from django.db.models import Value
from hypothesis import HealthCheck, example, given, settings
from hypothesis.strategies import characters, one_of, sampled_from, text

from config.text import fold
from territories.functions import Fold
from territories.models import Commune


LATIN = one_of(
    characters(min_codepoint=0x20, max_codepoint=0x7E),
    characters(min_codepoint=0xA0, max_codepoint=0x17F),
    characters(min_codepoint=0x1E00, max_codepoint=0x1EFF),
    characters(min_codepoint=0x300, max_codepoint=0x344),
    sampled_from("œŒæÆßẞ’‘“”–—…\u00a0\u202f"),
)


@pytest.mark.django_db
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text(LATIN, max_size=60))
@example("Œuvre d’été à l’Haÿ – Ça Straße, ÆON")
@example("E\u0301cole")
@example(" ' % _ \\ ")
def test_sql_and_python_fold_alike(typed: str):
    with connection.cursor() as cursor:
        cursor.execute("SELECT maillage_fold(%s)", [typed])
        assert cursor.fetchone()[0] == fold(typed)


def test_every_letter_and_sign_folds_alike(db):
    """Alone and inside a word: № holds capitals, U+0345 is a mark that folds to a letter."""
    shown = [chr(code) for code in range(0x20, 0x10000) if chr(code).isprintable()]
    marks = {c for c in shown if unicodedata.combining(c) and not "\u0300" <= c <= "\u036f"}
    typed = [f"x{c}y" for c in shown if not marks & set(unicodedata.normalize("NFKD", c))]
    with connection.cursor() as cursor:
        cursor.execute("SELECT one, maillage_fold(one) FROM unnest(%s::text[]) AS one", [typed])
        apart = {one: folded for one, folded in cursor.fetchall() if folded != fold(one)}
    assert apart == {}


def test_the_function_may_stand_in_an_index(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT provolatile, proparallel, proisstrict FROM pg_proc "
            "WHERE proname = 'maillage_fold'"
        )
        assert cursor.fetchall() == [("i", "s", True)]


def test_fold_searches_a_column(reference):
    found = Commune.objects.annotate(folded=Fold("name")).filter(folded__contains=fold("d’Avray"))
    assert [c.insee for c in found] == ["92077"]
    assert Commune.objects.annotate(f=Fold(Value(None))).values_list("f", flat=True)[0] is None
