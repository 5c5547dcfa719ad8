"""Full-text search of the desk: stems, beginnings, accents; whatever is typed is answered."""

import pytest
from django.db import connection
from django.urls import reverse

from accounts.enums import Role
from grants.review.listing.search import COMMON_WORDS, MOST_WORDS, Search
from territories.loading import load_parameters
from tests.factories import FiledApplicationFactory, person_with_role


pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    load_parameters()
    client.force_login(person_with_role(Role.UNIT_HEAD))

    def search(typed: str):
        page = client.get(reverse("review:desk"), {"liste": "tous", "q": typed})
        assert page.status_code == 200, typed[:80]
        return page

    return search


def titles(page) -> list[str]:
    return sorted(row["application"].title for row in page.context["rows"])


@pytest.fixture
def dossiers():
    FiledApplicationFactory(
        title="Médiations à l’école",
        reference="2031-90012",
        organisation__legal_name="Les Cèdres bleus",
        organisation__short_name="LCB",
        objectives="Prévenir les violences et le harcèlement entre collégiens.",
    )
    FiledApplicationFactory(
        title="Œuvrer ensemble",
        organisation__legal_name="Mairie de Sceaux",
        description="Un atelier d’écriture, chaque semaine, à la médiathèque.",
    )


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("mediation", ["Médiations à l’école"]),
        ("MÉDIATION", ["Médiations à l’école"]),
        ("médi", ["Médiations à l’école", "Œuvrer ensemble"]),  # in the text: « médiathèque »
        ("cedre", ["Médiations à l’école"]),
        ("bleu cèdres", ["Médiations à l’école"]),
        ("lcb", ["Médiations à l’école"]),
        ("2031-90012", ["Médiations à l’école"]),
        ("2031-900", ["Médiations à l’école"]),
        ("harcelements", ["Médiations à l’école"]),
        ("violence collégien", ["Médiations à l’école"]),
        ("violence écriture", []),
        ("oeuvrer", ["Œuvrer ensemble"]),
        ("œuvre", ["Œuvrer ensemble"]),
        ("ateliers d’écriture", ["Œuvrer ensemble"]),
        ("mairie de sceaux", ["Œuvrer ensemble"]),
        ("introuvable", []),
    ],
)
def test_every_word_must_be_there_by_its_beginning_or_its_family(desk, dossiers, typed, found):
    assert titles(desk(typed)) == found


def test_words_too_common_are_looked_for_in_the_names_and_it_is_said(desk, dossiers):
    page = desk("de la")
    assert "mots trop courants" in page.content.decode()
    assert titles(desk("de")) == ["Œuvrer ensemble"]  # « Mairie de Sceaux »
    assert "mots trop courants" not in desk("mairie de").content.decode()


def test_beyond_two_dozen_words_it_is_said_that_the_others_do_not_count(desk, dossiers):
    typed = " ".join(f"mot{n}" for n in range(MOST_WORDS + 3))
    assert "3\u00a0suivants ne comptent pas" in desk(typed).content.decode()


def test_signs_alone_are_looked_for_in_the_names(desk, dossiers):
    FiledApplicationFactory(title="Jeunes & familles")
    assert titles(desk("&")) == ["Jeunes & familles"]
    assert titles(desk("%")) == []
    assert len(titles(desk("   "))) == 3


HOSTILE = [
    "' OR 1=1 --",
    "a & b | !c <-> d:*",
    "!!!",
    "&",
    ":*",
    "'",
    '"',
    "\\",
    "(((",
    "foo:A",
    "<->",
    "%_",
    "★ ♥ 😀",
    "\u202e\u200b",
    "´`^¨",
    "ﷺ İ ß ﬁ",
    "中文 العربية",
    "1e999999 0x41 -1",
    "http://a.example/b?c=d e@f.example",
    "x" * 3000,
    "é" * 10_000,
    "mot " * 2500,
    " ".join(f"m{n}" for n in range(2000)),
    "? " * 5000,
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_whatever_is_typed_is_answered(desk, dossiers, typed):
    desk(typed)


def test_nul_is_refused_before_the_list(client):
    client.force_login(person_with_role(Role.UNIT_HEAD))
    assert client.get(reverse("review:desk"), {"q": "a\x00b"}).status_code == 400


def test_the_common_words_are_those_that_the_index_leaves_out(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w FROM unnest(%s::text[]) w WHERE numnode(plainto_tsquery('french', w)) > 0",
            [sorted(COMMON_WORDS)],
        )
        assert cursor.fetchall() == []


def test_what_is_read_of_the_search():
    assert Search.of("L’Écho des Îles").words == ("echo", "iles")
    assert Search.of("de la").words == ("de", "la")
    assert Search.of("de la").is_common
    assert Search.of("???").words == ()
