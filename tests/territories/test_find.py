"""Communes are keyed on their INSEE code and found by what people type."""

import pytest

from territories.models import Commune


ASNIERES = ["Asnières-sur-Seine"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Asnières", ASNIERES),
        ("asnieres", ASNIERES),
        ("ASNIÈRES SUR SEINE", ASNIERES),
        ("Asnières s/Seine", ASNIERES),
        ("92600", ASNIERES),
        ("92004", ASNIERES),
        ("92600 Asnières", ASNIERES),
        ("ville d’Asnières-sur-Seine", ASNIERES),
        ("Boulogne", ["Boulogne-Billancourt"]),
        ("saint cloud", ["Saint-Cloud"]),
        ("st cloud", ["Saint-Cloud"]),
        ("St-Cloud", ["Saint-Cloud"]),
        ("Ville-d'Avray", ["Ville-d’Avray"]),
        ("ville d’avray", ["Ville-d’Avray"]),
        ("mairie de Clamart", ["Clamart"]),
        ("issy", ["Issy-les-Moulineaux"]),
        ("chatenay mal", ["Châtenay-Malabry"]),
        ("plessis robinson", ["Le Plessis-Robinson"]),
        ("Colombes", ["Colombes"]),
        ("garenne", ["La Garenne-Colombes", "Villeneuve-la-Garenne"]),
        ("ch", ["Châtenay-Malabry", "Châtillon", "Chaville"]),
        ("92190", ["Meudon"]),
        ("92360", ["Meudon"]),
        ("92600 Boulogne", []),
        ("75001", []),
        ("Marseille", []),
        ("ville", ["Ville-d’Avray", "Villeneuve-la-Garenne"]),
        ("", []),
        ("  ", []),
        ("' % _ \\", []),
    ],
)
def test_find_understands_what_people_type(reference, typed: str, found: list[str]):
    assert [str(commune) for commune in Commune.objects.find(typed)] == found


def test_every_commune_is_found_by_its_own_name_alone(reference):
    for commune in Commune.objects.all():
        assert list(Commune.objects.find(commune.name)) == [commune]
        assert list(Commune.objects.find(str(commune).upper())) == [commune]
        assert list(Commune.objects.find(commune.insee)) == [commune]


@pytest.mark.parametrize(
    ("typed", "first"), [("Genevilier", "Gennevilliers"), ("Montrouje", "Montrouge")]
)
def test_closest_helps_with_a_slip(reference, typed: str, first: str):
    assert first in [str(commune) for commune in Commune.objects.closest(typed)]


@pytest.mark.parametrize("typed", ["Marseille", "xx", ""])
def test_closest_invents_nothing(reference, typed: str):
    assert not Commune.objects.closest(typed)
