import csv
from pathlib import Path

import pytest

from partners.identifiers import IdentifierError, check_rna, check_siren, check_siret, display_siret


VECTORS = Path(__file__).parent / "data" / "validation_vectors.csv"
CHECKS = {"SIREN": check_siren, "SIRET": check_siret, "RNA": check_rna}
SENTENCES = {
    ("SIREN", "21920050"): "Un numéro SIREN compte 9 chiffres\u00a0; celui-ci en a 8.",
    ("SIREN", "21920O508"): "Un numéro SIREN ne contient que des chiffres.",
    ("SIRET", "219200508"): "Ce numéro a neuf chiffres\u00a0: c’est un SIREN. "
    "Le SIRET en compte cinq de plus.",
    ("SIRET", "73282932100007"): "Ce numéro SIRET est inexact\u00a0: "
    "vérifiez chacun de ses quatorze chiffres.",
    ("SIRET", "２２９２００５０６００６１１"): "Un numéro SIRET ne contient que des chiffres.",
    ("RNA", "0922012345"): "Un numéro RNA s’écrit W suivi de neuf caractères, "
    "par exemple W922000001.",
}


def vectors() -> list[dict]:
    with VECTORS.open(encoding="utf-8", newline="") as source:
        return [row for row in csv.DictReader(source) if row["type"] in CHECKS]


@pytest.mark.parametrize("vector", vectors(), ids=lambda v: f"{v['id']}-{v['type']}")
def test_the_published_vectors(vector: dict):
    check = CHECKS[vector["type"]]
    if vector["expected_valid"] == "true":
        assert check(vector["input"]) == vector["normalized"]
    else:
        with pytest.raises(IdentifierError):
            check(vector["input"])


def test_there_are_vectors_of_each_kind():
    assert {row["type"] for row in vectors()} == set(CHECKS)
    assert len(vectors()) == 24


@pytest.mark.parametrize(("typed", "sentence"), SENTENCES.items())
def test_a_refusal_says_what_is_wrong(typed: tuple[str, str], sentence: str):
    kind, number = typed
    with pytest.raises(IdentifierError) as refused:
        CHECKS[kind](number)
    assert str(refused.value) == sentence


def test_a_siret_is_shown_in_groups():
    assert display_siret("22920050600611") == "229\u00a0200\u00a0506\u00a000611"
