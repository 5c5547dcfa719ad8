"""Full-text search of the desk: stems, beginnings, accents; whatever is typed is answered."""

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from grants.review.listing.search import COMMON_WORDS, MOST_WORDS, Search
from grants.review.models import Assignment
from territories.loading import load_parameters
from tests.factories import CallSheetFactory, FiledApplicationFactory, person_with_role


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


def test_what_no_text_holds_is_left_out_of_what_is_looked_for(desk, dossiers):
    assert titles(desk("media\x00tion")) == ["Médiations à l’école"]
    assert len(titles(desk("\x00"))) == 2


@pytest.fixture
def placed():
    names = {"user__first_name": "Zoé", "user__last_name": "Quéméneur"}
    zoe = person_with_role(Role.CASE_OFFICER, **names)
    hers = {"person": zoe, "role": "officer", "assigned_by": zoe, "assigned_at": timezone.now()}
    rest = {"organisation__legal_name": "Les Pins", "organisation__short_name": ""}
    sheet = CallSheetFactory(code="C2", title="Vivre les citoyennetés numériques")
    FiledApplicationFactory(title="Un", sheet=sheet, reference="2027-0043", **rest)
    other = CallSheetFactory(code="C21", title="Prévenir les violences")
    two = FiledApplicationFactory(title="Deux", sheet=other, reference="2027-0044", **rest)
    Assignment.objects.create(application=two, **hers)
    three = FiledApplicationFactory(title="Trois", sheet=other, reference="2028-0043", **rest)
    Assignment.objects.create(application=three, ended_at=timezone.now(), **hers)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("C2", ["Un"]),
        ("c21", ["Deux", "Trois"]),
        ("citoyennete numérique", ["Un"]),
        ("violence", ["Deux", "Trois"]),
        ("numériques pins", ["Un"]),  # a word of the sheet, another of the body
        ("C2 violences", []),
        ("quemeneur", ["Deux"]),  # not those they had before
        ("Zoé Quém", ["Deux"]),
        ("zoe trois", []),
        ("C21 zoé pins", ["Deux"]),
        ("20270043", ["Un"]),
        ("2027004", ["Deux", "Un"]),
        ("2027-0043", ["Un"]),
    ],
)
def test_the_words_of_the_sheet_and_who_instructs_are_found_too(desk, placed, typed, found):
    assert titles(desk(typed)) == found


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
