"""Ages, codes, frameworks, labels and typography, one rule at a time."""

import pytest

from grants.calls.importer.ages import read_ages
from grants.calls.importer.cleaning import clean_line, join_lines, shorten, split_bullet
from grants.calls.importer.codes import code_in_title, split_code
from grants.calls.importer.labels import find_label, unknown_label
from grants.calls.importer.titles import read_framework


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("11-15 ans", 11, 15),
        ("11/15 ans", 11, 15),
        ("11 – 15 ans", 11, 15),
        ("de 11 à 15 ans", 11, 15),
        ("de 11 ans à 15 ans", 11, 15),
        ("entre 11 et 15 ans", 11, 15),
        ("Les 11-17", 11, 17),
        ("à partir de 12 ans", 12, None),
        ("dès 6 ans", 6, None),
        ("12 ans et plus", 12, None),
        ("jusqu’à 25 ans", None, 25),
        ("moins de 18 ans", None, 17),
        ("à partir de 16 ans, jusqu’à 25 ans", 16, 25),
        ("6-10, 11-15 et 16-25 ans", 6, 25),
        ("16-25 ans, adultes de plus de 60 ans", 16, None),
        ("20 jeunes, 16-25 ans", 16, 25),
        ("25-16 ans", 16, 25),
        ("16 à25 ans", 16, 25),
        ("enfants de 6 ans jusqu’à 12 ans", 6, 12),
        ("12 à 21 ans (jusqu’à 25 ans si besoin)", 12, 25),
        ("jusqu’à 12 ans, 16-25 ans", None, 25),
        ("16 à moins de 26 ans", 16, 25),
        ("de 18 mois à 3 ans", 1, 3),
    ],
)
def test_ages_are_read(text, low, high):
    ages = read_ages(text)
    assert (ages.low, ages.high) == (low, high)


@pytest.mark.parametrize(
    "text",
    [
        "élèves de CM2",
        "classes de 6e-5e",
        "collégiens de la 6e à la 3e",
        "année scolaire 2027-2028",
        "groupes de 10-12 jeunes",
        "familles arrivées depuis moins de 2 ans",
        "100 jeunes",
        "",
    ],
)
def test_ages_are_not_invented(text):
    ages = read_ages(text)
    assert (ages.low, ages.high, ages.doubts) == (None, None, [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("11-15 ans et 16-25 ans", "several_ages"),
        ("25-16 ans", "ages_reversed"),
        ("moins de 18 ans", "age_under"),
        ("jeunes de 15 ans", "single_age"),
    ],
)
def test_doubtful_ages_are_said(text, code):
    assert [doubt.code for doubt in read_ages(text).doubts] == [code]


@pytest.mark.parametrize(
    ("text", "pillar", "code"),
    [
        ("COHESION SOCIALE / Prévention C1", "COHESION SOCIALE / Prévention", "C1"),
        ("Cohésion sociale   PC5", "Cohésion sociale", "PC5"),
        ("Emploi (p2)", "Emploi", "P2"),
        ("Emploi - PS-5", "Emploi", "PS5"),
        ("Emploi PS 5", "Emploi", "PS5"),
        ("Emploi c1.", "Emploi", "C1"),
        ("Emploi, [C12]", "Emploi", "C12"),
        ("C4", "", "C4"),
        ("PS5 – Cadre de vie", "Cadre de vie", "PS5"),
        ("Cadre de vie, axe 2", "Cadre de vie, axe 2", ""),
        ("CADRE DE VIE AXE 2", "CADRE DE VIE AXE 2", ""),
        ("Parcours des CM2", "Parcours des CM2", ""),
        ("Programme 2027", "Programme 2027", ""),
        ("Emploi (code C4)", "Emploi", "C4"),
        ("Emploi – fiche n° C3", "Emploi", "C3"),
        ("Emploi C1 …", "Emploi", "C1"),
        ("Plan d’action C1", "Plan d’action", "C1"),
    ],
)
def test_code_is_taken_off_the_pillar(text, pillar, code):
    assert split_code(text)[:2] == (pillar, code)


def test_code_may_be_in_the_title_but_a_number_is_none():
    assert code_in_title("FICHE-ACTION N° PS5") == "PS5"
    assert code_in_title("FICHE-ACTION N° 3") == ""


@pytest.mark.parametrize(
    ("lines", "name", "period"),
    [
        (["CONTRAT DE VILLE 2015-2020", "FICHE ACTION"], "CONTRAT DE VILLE", (2015, 2020)),
        (["CONTRAT DE VILLE (2015/2020)"], "CONTRAT DE VILLE", (2015, 2020)),
        (["Cité éducative 2022 – 2026"], "Cité éducative", (2022, 2026)),
        (["PEDT DE SCEAUX", "2024-2027"], "PEDT DE SCEAUX", (2024, 2027)),
        (["PEL 2026"], "PEL", (2026, 2026)),
        (["CLSPD – FICHE ACTION N° 3"], "CLSPD", None),
        (["APPEL A PROJETS CONTRAT DE VILLE 2027"], "CONTRAT DE VILLE", None),
        (["APPEL A PROJETS PREVENTION ET CITOYENNETE 2027"], "", None),
        (["APPEL A PROJETS 2026-2027"], "", None),
        (["CONTRAT DE VILLE 2015-2020 – APPEL A PROJETS 2027"], "CONTRAT DE VILLE", (2015, 2020)),
        (
            ["PROGRAMME DE RÉUSSITE ÉDUCATIVE DE BAGNEUX"],
            "PROGRAMME DE RÉUSSITE ÉDUCATIVE DE BAGNEUX",
            None,
        ),
        (["Plan pauvreté 2023-2027"], "Plan pauvreté", (2023, 2027)),
        (["PACTE LOCAL", "2026 – 2028"], "PACTE LOCAL", (2026, 2028)),
        (["Plan pauvreté"], "", None),
        (["PROGRAMME DEPARTEMENTAL 2027"], "", None),
        ([], "", None),
    ],
)
def test_framework_and_period_come_from_the_title_lines(lines, name, period):
    assert read_framework(lines) == (name, period)


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("PILIER CONCERNÉ : a", "pillar", "a"),
        ("PILIER CONCERNE\u00a0\t: a", "pillar", "a"),
        ("PILIER\uff1aa", "pillar", "a"),
        ("ORIENTATION / ENJEU : a", "orientation", "a"),
        ("ORIENTATIONS/ENJEUX: a", "orientation", "a"),
        ("ENJEU : a", "orientation", "a"),
        ("BESOIN REPÉRÉ   :", "identified_need", ""),
        ("BESOIN(S) REPÉRÉ(S) : a", "identified_need", "a"),
        ("Objectifs opérationnels : a", "operational_objective", "a"),
        ("ELEMENTS DE DEFINITION DE L’OBJECTIF OPERATIONNEL :", "objective_elements", ""),
        ("ÉLÉMENTS DE DÉFINITION DE L'OBJECTIF OPÉRATIONNEL", "objective_elements", ""),
        ("TERRITOIRE(S) CONCERNÉ(S) : a", "territories_text", "a"),
        ("PUBLICS CONCERNÉS : a", "target_public", "a"),
        ("PUBLIC CONCERNE 11-15 ans", "target_public", "11-15 ans"),
        ("- CONDITION DE RÉALISATION : a", "conditions", "a"),
        ("RESULATS ATTENDUS : a", "expected_results", "a"),
        ("III - BESOIN REPÉRÉ : Agir", "identified_need", "Agir"),
        ("b) Public concerné : tous", "target_public", "tous"),
    ],
)
def test_labels_are_found_however_typed(line, field, value):
    label = find_label(line)
    assert (label.field, label.value) == (field, value)


@pytest.mark.parametrize(
    "line",
    [
        "- Orientation écrite vers le service compétent",
        "Police municipale : la rencontrer autrement",
        "Axe persévérance : ne laisser personne",
        "Rapprocher l’information des habitants :",
        "Public nombreux attendu",
        "TERRITOIRE 7 : Antony",
    ],
)
def test_text_is_not_a_label(line):
    assert find_label(line) is None
    assert not unknown_label(line, True) or line.startswith("TERRITOIRE")


def test_labels_of_other_layouts_are_told_apart():
    assert unknown_label("BUDGET PRÉVISIONNEL : 5 000 €", True) == "BUDGET PRÉVISIONNEL"
    assert unknown_label("CALENDRIER", True) == "CALENDRIER"
    assert unknown_label("Calendrier : mars", False) == "Calendrier"
    assert unknown_label("Calendrier : mars", True) == ""
    assert unknown_label("QPV : Agnettes", True) == ""


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("tous..", "tous."),
        ("à suivre...", "à suivre…"),
        ("jusqu'au terme …", "jusqu’au terme …"),
        ("a ;; b", "a\u00a0; b"),
        ("quoi ??", "quoi\u00a0?"),
        ('l\'eau : "la" source', "l’eau\u00a0: «\u00a0la\u00a0» source"),
        ("“ville”", "«\u00a0ville\u00a0»"),
        ("les 'invisibles' d'ici", "les ‘invisibles’ d’ici"),
        ("12 000 €", "12\u00a0000\u00a0€"),
        ("nous nous retrouvons", "nous nous retrouvons"),
    ],
)
def test_typography_is_put_right(typed, clean):
    assert clean_line(typed) == (clean, [])


def test_a_word_typed_twice_stays_once_and_is_said():
    assert clean_line("16-25 ans ans, de de Sceaux") == ("16-25 ans, de Sceaux", ["ans", "de"])


@pytest.mark.parametrize(
    "bullet",
    [
        "- ",
        "– ",
        "— ",
        "•\t",
        "· ",
        "* ",
        "o ",
        "▪ ",
        "➢ ",
        "→",
        "\uf0b7",
        "\uf0a8 ",
        "☑ ",
        "=> ",
        "Ø\t",
    ],
)
def test_bullets_of_every_style(bullet):
    assert split_bullet(f"{bullet}Accueil") == ("-", "Accueil")


@pytest.mark.parametrize("text", ["> 18 ans", "+ de 60 ans", "Océan", "ouvrir"])
def test_signs_that_mean_something_are_not_bullets(text):
    assert split_bullet(text) == ("", text)


def test_numbers_are_counted_anew_only_when_they_do_not_rise():
    assert join_lines([("1.", "a"), ("1.", "b"), ("1.", "c")]) == "1. a\n2. b\n3. c"
    assert join_lines([("1.", "a"), ("2.", "b"), ("", "Puis"), ("1.", "c")]) == (
        "1. a\n2. b\nPuis\n1. c"
    )


@pytest.mark.parametrize(
    ("typed", "mark", "text"),
    [
        ("1- un référent", "1.", "un référent"),
        ("2 – un bureau", "2.", "un bureau"),
        ("3/ un téléphone", "3.", "un téléphone"),
        ("1° une salle", "1.", "une salle"),
        ("10-12 jeunes", "", "10-12 jeunes"),
        ("2 / 3 des places", "", "2 / 3 des places"),
    ],
)
def test_numbers_of_every_style(typed, mark, text):
    assert split_bullet(typed) == (mark, text)


def test_long_titles_are_cut_between_words():
    assert shorten("un deux trois", 9) == "un deux…"
    assert shorten("un deux", 9) == "un deux"
