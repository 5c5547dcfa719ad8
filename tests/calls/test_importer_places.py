"""Places: communes, neighbourhoods, territories and the whole department."""

import pytest

from grants.calls.importer import Gazetteer
from grants.calls.importer.territories import read_territories
from tests.calls.importer_helpers import gazetteer


def _keys(text):
    return [key for place in read_territories(text, gazetteer()).places for key in place.keys]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Nanterre, Suresnes", ["92050", "92073"]),
        ("Nanterre et Suresnes / Garches ; Sceaux", ["92050", "92073", "92033", "92071"]),
        ("Communes de Nanterre et de Suresnes", ["92050", "92073"]),
        ("- Asnières\n- Clichy-la-Garenne\n- Villeneuve", ["92004", "92024", "92078"]),
        ("Boulogne, Issy, Rueil, Le Plessis", ["92012", "92040", "92063", "92060"]),
        ("St-Cloud, SAINT CLOUD, Ville d'Avray", ["92064", "92064", "92077"]),
        ("Neuilly s/Seine, Bourg la Reine.", ["92051", "92014"]),
        ("92000 Nanterre", ["92050"]),
        ("BAGNEUX-NANTERRE", ["92007", "92050"]),
        ("Bagneux (quartier Les Blagis)", ["92007", "QN09219N"]),
        ("quartier des Agnettes à Gennevilliers", ["QN09211M", "92036"]),
        ("NANTERRE : Petit Nanterre, Chemin de l’Île", ["92050", "QN09213M", "QN09205I"]),
        ("Bagneux (Musiciens)", ["92007", "QN09216M"]),
        ("Abbé Grégoire - Mirabeau - Lincoln", ["QN09207M"]),
        ("Nanterre - Suresnes", ["92050", "92073"]),
        ("T7", ["92002", "92007", "92014", "92032", "92071"]),
        ("NEUILLY/SEINE, Asnières/Seine", ["92051", "92004"]),
        ("Université 1, QN09205I", ["QN09201M", "QN09205I"]),
        ("QPV Université I et II", ["QN09201M", "QN09202I"]),
        ("l’ensemble de la ville de Bagneux", ["92007"]),
        ("en priorité Nanterre", ["92050"]),
        ("l’ensemble du territoire 4", ["92050", "92063", "92073"]),
        ("Sceaux, Territoire 3", ["92071", "92024", "92044", "92051", "92062"]),
    ],
)
def test_places_are_matched(text, keys):
    assert _keys(text) == keys


@pytest.mark.parametrize(
    "text",
    [
        "tout le département",
        "Ensemble du département",
        "les 36 communes",
        "Hauts-de-Seine",
        "92",
        "tout le 92",
        "Les 7 territoires",
        "Département des Hauts-de-Seine (92)",
        "Toutes les communes du département",
    ],
)
def test_whole_department_is_understood(text):
    read = read_territories(text, gazetteer())
    assert read.whole_department
    assert read.doubts == []


@pytest.mark.parametrize(
    "text",
    [
        "Nord du département",
        "Est du département",
        "QPV du département",
        "tout le département sauf Sceaux",
        "Val-de-Marne",
    ],
)
def test_less_than_the_department_is_not_the_department(text):
    read = read_territories(text, gazetteer())
    assert not read.whole_department
    assert [place.kind for place in read.places] == [None]
    assert len(read.doubts) == 1


@pytest.mark.parametrize(
    ("text", "code", "matched"),
    [
        ("Villeneuve la Garene", "place_typo", True),
        ("centre-ville de Nanterre", "place_part", True),
        ("Luth", "place_short", True),
        ("Anatole-France", "place_short", True),
        ("Les QPV de Gennevilliers", "place_part", True),
        ("Quartiers prioritaires", "unknown_place", False),
        ("Les Courtilles", "old_neighbourhood", True),
        ("Université", "ambiguous_place", False),
        ("Montfleury", "unknown_place", False),
        ("Clichy-sous-Bois", "unknown_place", False),
        ("Fontenay-sous-Bois", "unknown_place", False),
        ("Université III", "unknown_place", False),
        ("Porte de Clichy", "unknown_place", False),
        ("Territoire 9", "unknown_place", False),
        ("Clichy hors Entrée de Ville", "exclusion", False),
    ],
)
def test_doubtful_places_are_said_and_kept_as_text(text, code, matched):
    read = read_territories(text, gazetteer(), line=4)
    assert [(doubt.line, doubt.code) for doubt in read.doubts] == [(4, code)]
    assert [place.text for place in read.places] == [text]
    assert bool(read.places[0].keys) is matched


def test_the_zoning_in_force_is_preferred():
    rows = [("OLD", "Le Parc", 2015, ["1"]), ("NEW", "Le Parc", 2024, ["1"])]
    assert Gazetteer([("1", "Ville")], rows).find("le parc").keys == ("NEW",)


def test_namesakes_are_not_chosen_between():
    rows = [("A", "Le Parc", 2024, ["1"]), ("B", "Le Parc", 2024, ["2"])]
    places = Gazetteer([("1", "Unetelle"), ("2", "Autreville")], rows)
    assert places.find("Le Parc").doubt == "ambiguous"
    assert places.find("Le Parc", within=("2",)).keys == ("B",)


def test_territories_without_rows_stay_text():
    read = read_territories("Territoire 7", Gazetteer([("1", "Ville")]))
    assert [(place.kind, place.text) for place in read.places] == [(None, "Territoire 7")]
    assert [doubt.code for doubt in read.doubts] == ["unknown_place"]
