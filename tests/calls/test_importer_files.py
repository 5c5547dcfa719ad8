"""Whole files, ours and the sample, against results written down and checked by hand."""

import json
import re
import unicodedata

import pytest

from grants.calls.importer import parse, read_lines
from tests.calls.importer_helpers import REFERENCE, SHEETS, as_data, gazetteer, homes, parse_text


FILES = {
    "call_sheets_sample": REFERENCE / "call_sheets_sample.txt",
    "contrat_de_ville": SHEETS / "contrat_de_ville.txt",
    "prevention_2028": SHEETS / "prevention_2028.txt",
    "labels_en_desordre": SHEETS / "labels_en_desordre.txt",
    "sans_lignes_vides": SHEETS / "sans_lignes_vides.txt",
    "contrat_de_ville_2027": SHEETS / "contrat_de_ville_2027.txt",
    "trois_cadres": SHEETS / "trois_cadres.txt",
    "fin_de_journee": SHEETS / "fin_de_journee.txt",
    "douze_fiches": SHEETS / "douze_fiches.txt",
    "une_fiche_sans_titre": SHEETS / "une_fiche_sans_titre.txt",
    "cadres_divers": SHEETS / "cadres_divers.txt",
}


@pytest.mark.parametrize("name", FILES)
def test_file_gives_its_expected_sheets(name):
    expected = json.loads((SHEETS / f"{name}.expected.json").read_text(encoding="utf-8"))
    found = as_data(parse(read_lines(FILES[name]), gazetteer()))
    assert [sheet["code"] for sheet in found["sheets"]] == [
        sheet["code"] for sheet in expected["sheets"]
    ]
    for sheet, wanted in zip(found["sheets"], expected["sheets"], strict=True):
        assert sheet == wanted
    assert found["report"] == expected["report"]


@pytest.mark.parametrize("name", FILES)
def test_every_line_of_a_file_has_one_home(name):
    lines = read_lines(FILES[name])
    parsed = parse(lines, gazetteer())
    assert homes(parsed) == [line.number for line in lines if line.text.strip()]


def test_sample_is_read_whole_and_without_a_false_alarm():
    parsed = parse(read_lines(FILES["call_sheets_sample"]), gazetteer())
    assert [sheet.code for sheet in parsed.sheets] == ["C1", "C2", "C3", "C4", "PC5", "PC6", "PC7"]
    assert parsed.report == []
    third, fourth = parsed.sheets[2], parsed.sheets[3]
    assert third.target_public == "16-25 ans"
    assert (third.age_min, third.age_max) == (16, 25)
    assert [place.keys for place in third.places] == [("92050",), ("92073",)]
    assert fourth.whole_department
    codes = {doubt.code for sheet in parsed.sheets for doubt in sheet.doubts}
    assert codes == {"doubled_word", "missing_field"}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace(" :", "\u00a0:"),
        lambda text: text.replace("'", "’"),
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: re.sub(r"(?m)^[-·] ", "▪\t", text),
        lambda text: re.sub(r"(?m)^(\S.*)$", r"   \1  ", text),
        lambda text: re.sub(r"(?m)^([A-ZÉ /’]{5,} *:)", lambda label: label[1].lower(), text),
        lambda text: re.sub(r"(?m)^([A-ZÉ /’]{5,}) *:", lambda label: label[1].title() + ":", text),
        lambda text: re.sub(r"(?m)^([A-ZÉ /’]{5,} *:) *(\S)", r"\1\n\2", text),
    ],
)
def test_sample_typed_another_way_gives_the_same_sheets(change):
    text = FILES["call_sheets_sample"].read_text(encoding="utf-8")
    same, changed = (as_data(parse_text(version)) for version in (text, change(text)))
    for sheets in (same["sheets"], changed["sheets"]):
        for sheet in sheets:
            del sheet["line_fields"], sheet["doubts"]
    assert changed["sheets"] == same["sheets"]
