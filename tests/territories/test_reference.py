"""``load_reference``: what it loads, and that it may be run again."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from foundation.parameters.models import Parameter
from territories.geometry import contains, read_path
from territories.models import (
    ActorType,
    Axis,
    Commune,
    Framework,
    PriorityNeighbourhood,
    School,
    Territory,
    Theme,
)
from territories.reference import Loader, loaders, register_loader


MEMBERS = {
    1: "Asnières-sur-Seine, Gennevilliers, Villeneuve-la-Garenne",
    2: "Bois-Colombes, Colombes, Courbevoie, La Garenne-Colombes",
    3: "Clichy, Levallois-Perret, Neuilly-sur-Seine, Puteaux",
    4: "Nanterre, Rueil-Malmaison, Suresnes",
    5: "Boulogne-Billancourt, Chaville, Garches, Issy-les-Moulineaux, Marnes-la-Coquette, "
    "Saint-Cloud, Sèvres, Vanves, Vaucresson, Ville-d’Avray",
    6: "Châtenay-Malabry, Châtillon, Clamart, Le Plessis-Robinson, Malakoff, Meudon, Montrouge",
    7: "Antony, Bagneux, Bourg-la-Reine, Fontenay-aux-Roses, Sceaux",
}
WORDS = (
    "décrochage scolaire, insertion, citoyenneté, bien-être, persévérance scolaire, "
    "réseaux sociaux, santé mentale, addictions, élèves exclus, participation des jeunes, "
    "parentalité, rixes, prostitution des mineurs, harcèlement, égalité filles-garçons, mémoire, "
    "accès aux droits, tranquillité publique, numérique"
)
MODELS = (
    Territory,
    Commune,
    PriorityNeighbourhood,
    School,
    Framework,
    Axis,
    Theme,
    ActorType,
    Parameter,
    PriorityNeighbourhood.communes.through,
    Framework.communes.through,
)


def test_seven_territories_hold_the_36_communes_each_in_the_right_one(reference):
    found = {
        territory.number: ", ".join(str(commune) for commune in territory.communes.all())
        for territory in Territory.objects.prefetch_related("communes")
    }
    assert found == MEMBERS
    assert Commune.objects.count() == 36
    assert {t.number: t.name for t in Territory.objects.all()} == MEMBERS


def test_names_keep_the_official_spelling_and_print_french_apostrophes(reference):
    commune = Commune.objects.get(pk="92077")
    assert (commune.name, str(commune)) == ("Ville-d'Avray", "Ville-d’Avray")
    assert commune.slug == "ville-d-avray"


def test_neighbourhoods_of_both_generations_know_all_their_communes(reference):
    counts = {
        generation: PriorityNeighbourhood.objects.filter(generation=generation).count()
        for generation in (2015, 2024)
    }
    assert counts == {2015: 21, 2024: 19}
    blagis = PriorityNeighbourhood.objects.get(code="QN09219N")
    names = [str(c) for c in blagis.communes.all()]
    assert names == ["Bagneux", "Bourg-la-Reine", "Fontenay-aux-Roses", "Sceaux"]
    assert PriorityNeighbourhood.objects.get(code="QP092001").in_force_to == date(2023, 12, 31)
    assert not Commune.objects.get(name="Clichy").neighbourhoods.filter(generation=2024).exists()


def test_colleges_carry_the_year_of_their_priority_status(reference):
    assert School.objects.count() == 99
    assert School.objects.filter(priority_status="REP").count() == 18
    assert School.objects.filter(priority_status="REP+").count() == 2
    assert not School.objects.exclude(priority_school_year="2020-2021").exists()
    assert not Commune.objects.get(name="Marnes-la-Coquette").schools.exists()


def test_the_vocabulary_holds_the_words_of_the_trade(reference):
    labels = {theme.label.lower() for theme in Theme.objects.all()}
    assert set(WORDS.split(", ")) <= labels
    axes = Axis.objects.filter(framework=None).values_list("label", flat=True)
    assert list(axes) == ["Bien-être et climat scolaire", "Persévérance scolaire", "Citoyenneté"]
    contract = Framework.objects.get(name="Contrat de ville")
    assert (contract.year_from, contract.year_to) == (2015, 2020)
    assert contract.communes.filter(name="Clichy").exists()


def test_each_name_stands_inside_its_commune(reference):
    for commune in Commune.objects.all():
        rings = read_path(commune.svg_path)
        assert contains((commune.label_x, commune.label_y), rings), commune
    for territory in Territory.objects.all():
        rings = read_path(territory.svg_path)
        assert contains((territory.label_x, territory.label_y), rings), territory


def test_each_college_is_drawn_in_its_commune(reference):
    outside = [
        school
        for school in School.objects.select_related("commune")
        if not contains((school.map_x, school.map_y), read_path(school.commune.svg_path))
    ]
    assert not outside


def test_a_second_run_changes_no_row(reference):
    before = _everything()
    call_command("load_reference", stdout=StringIO())
    assert _everything() == before


def test_a_second_run_mends_facts_and_keeps_what_was_edited(reference):
    Commune.objects.filter(pk="92002").update(population=1, territory=1)
    PriorityNeighbourhood.objects.get(code="QN09219N").communes.set(["92002"])
    Parameter.objects.filter(key="agreement.threshold").update(value="30000")
    Theme.objects.filter(slug="rixes").update(label="Rixes entre jeunes")
    call_command("load_reference", stdout=StringIO())
    antony = Commune.objects.get(pk="92002")
    assert (antony.population, antony.territory_id) == (64263, 7)
    assert PriorityNeighbourhood.objects.get(code="QN09219N").communes.count() == 4
    assert Parameter.objects.get(key="agreement.threshold").value == "30000"
    assert Theme.objects.get(slug="rixes").label == "Rixes entre jeunes"


def test_it_prints_what_stands_in_french(reference):
    lines = reference.splitlines()
    for line in ("     7  territoires", "    36  communes", "    40  quartiers prioritaires"):
        assert line in lines
    assert "    99  collèges" in lines
    assert lines[-1].startswith("Données de référence à jour (")


def test_another_app_adds_its_loader_and_a_failure_leaves_nothing(db, monkeypatch):
    monkeypatch.setattr(
        "territories.reference._loaders", {loader.name: loader for loader in loaders()}
    )

    def fail() -> int:
        raise RuntimeError("no such file")

    register_loader("en panne", fail, order=999)
    assert loaders()[-1] == Loader("en panne", fail, 999)
    with pytest.raises(RuntimeError, match="no such file"):
        call_command("load_reference", stdout=StringIO())
    assert not Territory.objects.exists()
    register_loader("en panne", lambda: "Rien à charger.", order=999)
    printed = StringIO()
    call_command("load_reference", stdout=printed)
    assert "Rien à charger." in printed.getvalue()
    assert Territory.objects.count() == 7


def _everything() -> dict:
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in MODELS}
