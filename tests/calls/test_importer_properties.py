"""Files made at random: every line in one place, nothing lost, nothing invented."""

import re
import string
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings, strategies as st

from grants.calls.importer import SourceLine, parse
from grants.calls.importer.cleaning import strip_debris, words_key
from grants.calls.importer.result import FIELD_NAMES
from tests.calls.importer_helpers import gazetteer, homes, parse_text, source_lines


LABELS = {
    "pillar": ["PILIER CONCERNÉ", "PILIER CONCERNE", "Pilier concerné", "PILIERS CONCERNÉS"],
    "orientation": ["ORIENTATION / ENJEU", "ORIENTATIONS/ENJEUX", "Orientation / Enjeu"],
    "identified_need": ["BESOIN REPÉRÉ", "BESOINS REPERES", "Besoin(s) repéré(s)"],
    "operational_objective": ["OBJECTIF OPÉRATIONNEL", "OBJECTIFS OPERATIONNELS"],
    "objective_elements": [
        "ELEMENTS DE DEFINITION DE L’OBJECTIF OPERATIONNEL",
        "ÉLÉMENTS DE DÉFINITION DE L'OBJECTIF OPÉRATIONNEL",
    ],
    "territories_text": ["TERRITOIRES CONCERNÉS", "TERRITOIRE CONCERNE"],
    "target_public": ["PUBLIC CONCERNÉ", "PUBLICS CONCERNES", "Public concerné"],
    "conditions": ["CONDITIONS DE REALISATION", "CONDITIONS DE RÉALISATION"],
    "expected_results": ["RESULTATS ATTENDUS", "RÉSULTATS ATTENDUS"],
}
TITLES = [
    ["APPEL A PROJETS PREVENTION ET CITOYENNETE 2027", "FICHE ACTION"],
    ["CONTRAT DE VILLE 2015-2020", "FICHE-ACTION N° 3"],
    ["FICHE ACTION"],
]
WORDS = [
    *(
        "accueil",
        "élèves",
        "l'école",
        "aujourd’hui",
        "médiation",
        "été",
        "ville",
        "parents",
        "soir",
    ),
    *("week-end", "Œuvre", "collège", "rue", "santé", "écoute", "jeunes", "atelier", "17", "C1"),
]
DEBRIS = ["[bookmark: _GoBack]", "\u200b", "\ufeff", "[image: logo]"]
BULLETS = ["- ", "– ", "• ", "·\t", "* ", "➢ ", "o ", "\uf0b7 "]
COLONS = [" :", "\u00a0:", "  :", ":", "\t:", " \uff1a"]


@dataclass
class Written:
    """A sheet as it was written: the lines of the file, and the words of each field."""

    lines: list[str] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    homes: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)

    def add(self, home: str, text: str) -> None:
        self.lines.append(text)
        self.homes.append(home)


def _phrase(draw):
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6, unique=True))
    return " ".join(["Texte", *words]) + draw(st.sampled_from(["", ".", "..", " …", " ;"]))


def _blank(draw, written, most=3):
    for _ in range(draw(st.integers(0, most))):
        written.add("", draw(st.sampled_from(["", " ", "\t", "\u00a0"])))


@st.composite
def written_sheets(draw):
    """Draws a sheet in the layout, decorated as office files are."""
    written = Written(titles=draw(st.sampled_from(TITLES)))
    for title in written.titles:
        written.add("title_lines", draw(st.sampled_from(["", *DEBRIS])) + title)
        _blank(draw, written, 1)
    names = [name for name in FIELD_NAMES if name == "pillar" or draw(st.booleans())]
    for name in names:
        label = draw(st.sampled_from(LABELS[name])) + draw(st.sampled_from(COLONS))
        value = _phrase(draw).rstrip(".…; ") if name == "pillar" or draw(st.booleans()) else ""
        if name == "pillar":
            value += " pilier"
        written.add(name, f"{label} {value} C9" if name == "pillar" else f"{label} {value}")
        said = [value]
        for _ in range(0 if name == "pillar" else draw(st.integers(0, 3))):
            _blank(draw, written, 2)
            text = _phrase(draw)
            said.append(text)
            mark = draw(st.sampled_from(["", *BULLETS]))
            written.add(name, f"{draw(st.sampled_from(['', *DEBRIS]))}{mark}{text}")
        written.words[name] = words_key(" ".join(said))
        _blank(draw, written)
    return written


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(written_sheets(), min_size=1, max_size=3), st.integers(1, 4))
def test_every_field_gets_its_own_words(sheets, gap):
    lines: list[str] = []
    expected: list[dict[int, str]] = []
    for sheet in sheets:
        lines += [""] * gap
        start = len(lines) + 1
        expected.append({start + i: home for i, home in enumerate(sheet.homes) if home})
        lines += sheet.lines
    parsed = parse_text("\n".join(lines))
    assert len(parsed.sheets) == len(sheets)
    assert parsed.report == []
    for found, written, line_fields in zip(parsed.sheets, sheets, expected, strict=True):
        assert found.line_fields == line_fields
        assert found.source_title_lines == written.titles
        assert found.code == "C9"
        for name in FIELD_NAMES:
            assert words_key(getattr(found, name)) == written.words.get(name, "")


ANY_LINE = st.one_of(
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=60),
    st.sampled_from([label for labels in LABELS.values() for label in labels]),
    st.builds(
        "{}{} {}".format,
        st.sampled_from([label for labels in LABELS.values() for label in labels]),
        st.sampled_from(COLONS),
        st.text(string.printable.replace("\n", "").replace("\r", ""), max_size=30),
    ),
    st.sampled_from([title for titles in TITLES for title in titles]),
    st.sampled_from(["CALENDRIER : mars", "BUDGET PRÉVISIONNEL : 3 000 €", "-----", "Page 1/2"]),
    st.sampled_from([*DEBRIS, *BULLETS, "1.", "1. un", ":", "PILIER", "CONCERNÉ :", "«", '"']),
    st.sampled_from(["", "", " ", "\t"]),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(ANY_LINE, max_size=25))
def test_any_lines_end_in_exactly_one_place(texts):
    lines = source_lines("\n".join(texts))
    parsed = parse(lines, gazetteer())
    assert homes(parsed) == [line.number for line in lines if line.text.strip()]
    for sheet in parsed.sheets:
        assert set(sheet.line_fields.values()) <= {*FIELD_NAMES, "title_lines"}


@settings(max_examples=200, deadline=None)
@given(st.lists(ANY_LINE, max_size=20))
def test_no_word_is_invented(texts):
    """What a field of a sheet says was on the lines that went to that field."""
    lines = source_lines("\n".join(texts))
    for sheet in parse(lines, gazetteer()).sheets:
        typed: dict[str, set[str]] = {}
        for number, name in sheet.line_fields.items():
            letters = re.findall(r"[a-z]{3,}", words_key(strip_debris(lines[number - 1].text)))
            typed.setdefault(name, set()).update(letters)
        for name in FIELD_NAMES:
            kept = set(re.findall(r"[a-z]{3,}", words_key(getattr(sheet, name))))
            assert kept <= typed.get(name, set())


def test_line_numbers_are_those_of_the_file():
    lines = [SourceLine(40, "PILIER : Un C1"), SourceLine(44, "ENJEU : A")]
    assert parse(lines, gazetteer()).sheets[0].line_fields == {40: "pillar", 44: "orientation"}
