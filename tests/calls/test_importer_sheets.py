"""Where a sheet starts, and what happens to lines that belong to none."""

import time

import pytest

from tests.calls.importer_helpers import homes, parse_text, source_lines


FIRST = "PILIER CONCERNE : Un C1\nORIENTATION / ENJEU : A\nRESULTATS ATTENDUS :\n- fin"
SECOND = "PILIER CONCERNE : Deux C2\nORIENTATION / ENJEU : B"


@pytest.mark.parametrize(
    "titles",
    [
        ["CONTRAT DE VILLE 2015-2020", "FICHE-ACTION N° 3"],
        ["VILLE D’EXEMPLE", "CITÉ ÉDUCATIVE 2022-2026"],
        ["Contrat de ville 2015-2020", "Fiche action n° 2"],
        ["APPEL A PROJETS 2027", "Document relu par les élus en séance plénière."],
    ],
)
@pytest.mark.parametrize("gap", ["\n\n", "\n\n\n\n", "\n\n\n\f\n\n\n\n\n"])
def test_title_lines_go_to_the_sheet_below(titles, gap):
    parsed = parse_text(FIRST + gap + "\n".join(titles) + "\n\n" + SECOND)
    assert [sheet.expected_results for sheet in parsed.sheets] == ["- fin", ""]
    assert parsed.sheets[1].source_title_lines == titles


@pytest.mark.parametrize("last", ["NANTERRE, SURESNES", "Réseau actif", "La fin.", "- fin"])
def test_last_lines_of_a_sheet_stay_in_it(last):
    text = (
        f"FICHE ACTION\nPILIER CONCERNE : Un C1\nRESULTATS ATTENDUS :\n{last}\n\n\n\nFICHE ACTION\n"
    )
    parsed = parse_text(text + SECOND)
    assert parsed.sheets[0].expected_results == last
    assert parsed.sheets[1].source_title_lines == ["FICHE ACTION"]


def test_sheet_without_title_lines_and_sheet_without_pillar():
    parsed = parse_text(f"{FIRST}\n\n{SECOND}\n\nFICHE ACTION\nORIENTATION / ENJEU : C")
    assert [sheet.title for sheet in parsed.sheets] == ["A", "B", "C"]
    assert {"no_code", "missing_field"} <= {doubt.code for doubt in parsed.sheets[2].doubts}


def test_unknown_labels_go_to_the_report_with_their_text():
    parsed = parse_text(f"{FIRST}\nCALENDRIER : mars\nà confirmer\nPUBLIC CONCERNE : tous")
    assert [(doubt.line, doubt.code) for doubt in parsed.report] == [
        (5, "unknown_label"),
        (6, "unknown_label_text"),
    ]
    assert parsed.sheets[0].expected_results == "- fin"
    assert parsed.sheets[0].target_public == "tous"


def test_repeated_label_is_added_with_a_doubt():
    parsed = parse_text(f"{FIRST}\nORIENTATION / ENJEU : Z")
    assert parsed.sheets[0].orientation == "A\nZ"
    assert "repeated_label" in {doubt.code for doubt in parsed.sheets[0].doubts}


def test_label_cut_in_two_and_colon_on_the_next_line():
    parsed = parse_text("PILIER\nCONCERNÉ : Un C1\nPUBLIC CONCERNÉ\n: 6-10 ans\nENJEU\nA")
    sheet = parsed.sheets[0]
    assert (sheet.pillar, sheet.target_public, sheet.orientation) == ("Un", "6-10 ans", "A")
    assert sheet.line_fields == {
        1: "pillar",
        2: "pillar",
        3: "target_public",
        4: "target_public",
        5: "orientation",
        6: "orientation",
    }


def test_title_comes_from_the_objective_when_the_orientation_is_boilerplate():
    objective = "Accompagner " + "longuement les familles " * 20
    parsed = parse_text(
        "PILIER : Un C1\nORIENTATION / ENJEU : selon le projet de territoire\n"
        f"OBJECTIF OPERATIONNEL : {objective}"
    )
    title = parsed.sheets[0].title
    assert title.startswith("Accompagner")
    assert title.endswith("…")
    assert len(title) <= 120


def test_ages_come_from_the_public_only():
    parsed = parse_text("PILIER : Un C1\nBESOIN REPERE : les 16-25 ans\nPUBLIC CONCERNE : tous")
    assert (parsed.sheets[0].age_min, parsed.sheets[0].age_max) == (None, None)


def test_debris_lines_are_reported_and_debris_in_a_line_is_removed():
    parsed = parse_text(
        f"{FIRST}\n[image: logo]\n[bookmark: _GoBack]suite\n\u200b\nPage 2/3\n-----"
    )
    assert parsed.sheets[0].expected_results == "- fin\nsuite"
    assert [(doubt.line, doubt.code) for doubt in parsed.report] == [
        (number, "debris") for number in (5, 7, 8, 9)
    ]


def test_two_sheets_of_the_same_code_are_told():
    parsed = parse_text(f"{FIRST}\n{FIRST}")
    assert "same_code" in {doubt.code for doubt in parsed.sheets[1].doubts}


@pytest.mark.parametrize("text", ["", "\n\n", "Une lettre\nsans fiche", "FICHE ACTION"])
def test_file_without_a_sheet_says_so(text):
    parsed = parse_text(text)
    assert parsed.sheets == []
    assert parsed.report[0].code == "no_sheet"
    assert homes(parsed) == [line.number for line in source_lines(text) if line.text.strip()]


def test_messages_keep_to_french_typography():
    parsed = parse_text(f"{FIRST}\nCALENDRIER : l'été\nTERRITOIRES CONCERNES : Atlantide, Nantere")
    doubts = parsed.report + [doubt for sheet in parsed.sheets for doubt in sheet.doubts]
    for doubt in doubts:
        assert "'" not in doubt.message
        assert " :" not in doubt.message
        assert "« " not in doubt.message
        assert doubt.message.endswith(".")


@pytest.mark.parametrize("label", ["TERRITOIRES CONCERNES :", "PUBLIC CONCERNE :", "", "ENJEU :"])
@pytest.mark.parametrize("unit", ["1-", "1 , ", "a ", "x - ", "(", '"', ". ", "PILIER ", "[image"])
def test_hostile_long_lines_are_read_in_a_moment(label, unit):
    start = time.process_time()
    parsed = parse_text(f"PILIER : Un C1\n{label} {unit * (18_000 // len(unit))}")
    assert time.process_time() - start < 5
    assert homes(parsed) == [1, 2]


@pytest.mark.parametrize("gap", ["\n\n", "\n\n\n"])
def test_title_told_by_its_capitals_alone(gap):
    parsed = parse_text(f"{FIRST}{gap}VILLE D’EXEMPLE\n\n{SECOND}")
    assert parsed.sheets[0].expected_results == "- fin"
    assert parsed.sheets[1].source_title_lines == ["VILLE D’EXEMPLE"]


@pytest.mark.parametrize("last", ["MOINS DE BRUIT\n\nPLUS DE CALME", "Moins de bruit\n\nDu calme"])
def test_last_paragraph_without_a_title_below_stays_in_its_sheet(last):
    text = f"PILIER : Un C1\nRESULTATS ATTENDUS :\n{last}\n\n{SECOND}"
    parsed = parse_text(text)
    assert parsed.sheets[0].expected_results == last.replace("\n\n", "\n")
    assert parsed.sheets[1].source_title_lines == []


def test_titles_in_small_letters_are_known_from_the_first_sheet():
    titles = "Appel à projets 2027\nFiche action n° "
    parsed = parse_text(
        f"{titles}1\nPilier concerné : A C1\nRésultats attendus : x\n"
        f"{titles}2\nPilier concerné : B C2"
    )
    assert parsed.sheets[0].expected_results == "x"
    assert parsed.sheets[1].source_title_lines == ["Appel à projets 2027", "Fiche action n° 2"]


def test_title_like_paragraph_inside_a_sheet_stays_in_it():
    parsed = parse_text(
        "CONTRAT DE VILLE 2015-2020\nPILIER : A C1\nBESOIN REPERE :\nTexte\n\n"
        "CONTRAT DE VILLE 2015-2020\n\nOBJECTIF OPERATIONNEL : b"
    )
    assert len(parsed.sheets) == 1
    assert parsed.sheets[0].identified_need == "Texte\nCONTRAT DE VILLE 2015-2020"


def test_small_letters_do_not_cut_a_field_of_a_file_in_capitals():
    parsed = parse_text(
        "PILIER CONCERNE : A C1\nORIENTATION / ENJEU : a\nCONDITIONS DE REALISATION :\n"
        "- Territoires concernés : tous\nPublic : accueilli\nPUBLIC CONCERNE : tous"
    )
    assert parsed.sheets[0].territories_text == ""
    assert (
        parsed.sheets[0].conditions
        == "- Territoires concernés\u00a0: tous\nPublic\u00a0: accueilli"
    )


def test_quotes_may_close_on_another_line():
    parsed = parse_text('PILIER : A C1\nENJEU : "un\ndeux" trois')
    assert parsed.sheets[0].orientation == "«\u00a0un\ndeux\u00a0» trois"


@pytest.mark.parametrize("page", ["- 2 -", "2/3", "– 12 –", "Page 2 sur 3"])
def test_page_numbers_are_not_part_of_a_field(page):
    parsed = parse_text(f"{FIRST}\n\n{page}\n\nsuite")
    assert page not in parsed.sheets[0].expected_results
    assert [doubt.code for doubt in parsed.report] == ["debris"]
