"""The public pages of the territories."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.calls.enums import SheetState
from grants.decisions.models import Decision
from territories.models import Commune, Territory
from tests.factories import (
    CallSheetFactory,
    CommuneFactory,
    EnvelopeFactory,
    FiledApplicationFactory,
    SessionFactory,
    UserFactory,
    person_with_role,
)
from tests.queries import assert_same_queries


AT_MOST = 12


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


# --- The map ------------------------------------------------------------------------------------
def test_the_map_has_36_links_with_names(client, reference):
    html = page(client, "/territoires/")
    svg = re.search(r'<svg class="c-map".*?</svg>', html, re.DOTALL)[0]
    links = re.findall(
        r'<a class="c-map__link c-t(\d)"\s+href="([^"]+)"\s+aria-label="([^"]+)"', svg
    )
    assert len(links) == 36
    for number, url, name in links:
        commune = Commune.objects.get(slug=url.split("/")[2])
        assert name == f"{commune}, territoire {number}"
        assert commune.territory_id == int(number)
    assert not re.search(r"\d,\d+\"", svg), "a number written the French way in an attribute"


def test_the_table_says_what_the_map_shows(client, reference):
    html = page(client, "/territoires/")
    rows = re.findall(r"<tr data-row>(.*?)</tr>", html, re.DOTALL)
    assert len(rows) == 7
    assert sum(row.count('href="/communes/') for row in rows) == 36
    figures = re.findall(r"text-end[^>]*>([^<]+)<", rows[6])
    assert figures == ["174\u00a0808", "4", "12"]
    assert "1\u00a0654\u00a0712" in html


def test_a_neighbourhood_over_four_communes_counts_once(client, reference):
    row = page(client, "/territoires/").split("<tr data-row>")[7]
    assert ">4<" in row  # Noyer Doré, Abbé Grégoire, Cité des Musiciens, Les Blagis


def test_searching_one_commune_goes_there(client, reference):
    response = client.get("/territoires/", {"q": "asnieres"})
    assert (response.status_code, response["Location"]) == (302, "/communes/asnieres-sur-seine/")


def test_an_ambiguous_search_lists_the_communes(client, reference):
    html = page(client, "/territoires/?q=garenne")
    assert "<strong>2 communes</strong> répondent à «\u00a0garenne\u00a0»" in html
    found = re.search(r'<ul class="c-found__list">(.*?)</ul>', html, re.DOTALL)[1]
    assert re.findall(r">([^<]+)</a>", found) == ["La Garenne-Colombes", "Villeneuve-la-Garenne"]


def test_a_slip_gets_a_suggestion_and_nonsense_a_way_out(client, reference):
    assert "Vouliez-vous dire" in page(client, "/territoires/?q=Genevilier")
    html = page(client, "/territoires/?q=%3Cscript%3E")
    assert "&lt;script&gt;" in html
    assert "essayez son code postal" in html


# --- One territory, one commune -----------------------------------------------------------------
@pytest.mark.parametrize("number", range(1, 8))
def test_each_territory_shows_its_communes_and_colleges(client, reference, number: int):
    html = page(client, f"/territoires/{number}/")
    territory = Territory.objects.get(pk=number)
    for commune in territory.communes.all():
        assert f'href="/communes/{commune.slug}/">{commune}</a>' in html
        for school in commune.schools.all():
            assert str(school) in html.replace("&#x27;", "'")
    assert len(re.findall("c-map__link", html)) == territory.communes.count()


def test_a_commune_shows_its_facts_with_year_and_source(client, reference):
    html = page(client, "/communes/gennevilliers/")
    assert "50\u00a0979 (INSEE, population municipale 2023)" in html
    assert "92230" in html
    for name in ("Agnettes", "Les Grésillons", "Luth-Fossé", "Les Courtilles"):
        assert name in html
    assert "du 1er janvier 2015 au 31 décembre 2023" in html
    assert "REP+" in html
    assert "en 2020-2021" in html
    assert 'href="/territoires/1/"' in html


def test_communes_without_neighbourhood_or_college_say_so(client, reference):
    html = page(client, "/communes/marnes-la-coquette/")
    assert "Aucun quartier prioritaire n’est en vigueur dans cette commune." in html
    assert "Cette commune n’a pas de collège" in html


@pytest.mark.parametrize("url", ["/territoires/8/", "/communes/marseille/"])
def test_unknown_places_are_not_found(client, reference, url: str):
    assert client.get(url).status_code == 404


def test_every_page_names_its_sources(client, reference):
    for url in ("/territoires/", "/territoires/7/", "/communes/antony/"):
        html = page(client, url)
        for word in ("IGN", "INSEE", "ANCT", "Éducation nationale", "Licence Ouverte"):
            assert word in html
        assert 'href="/sources/"' in html
    assert "Admin Express" in page(client, "/sources/")


def test_pages_stand_before_the_reference_data_is_loaded(client, db):
    commune = CommuneFactory(insee="92002", name="Antony")
    assert "<td>1 commune</td>" in page(client, "/territoires/")
    assert "Antony" in page(client, f"/territoires/{commune.territory_id}/")
    assert "Antony" in page(client, commune.get_absolute_url())


# --- Panels -------------------------------------------------------------------------------------
def test_the_coordinator_of_the_territory_is_shown_with_phone_and_mail(client, reference):
    today = timezone.localdate()
    own = person_with_role(Role.COORDINATOR, territory_id=7, title="Coordinatrice du territoire 7")
    person_with_role(Role.COORDINATOR, territory_id=1)
    person_with_role(Role.COORDINATOR)
    past = person_with_role(
        Role.COORDINATOR,
        territory_id=7,
        starts_on=today - timedelta(days=400),
        ends_on=today - timedelta(days=1),
    )
    own.phone = "01 99 00 12 34"
    own.save()
    for url in ("/territoires/7/", "/communes/sceaux/"):
        html = page(client, url)
        people = re.findall(r'c-person__name">([^<]+)<', html)
        assert people == [own.get_full_name() or own.email]
        assert "Coordinatrice du territoire 7" in html
        assert 'href="tel:0199001234"' in html
        assert f'href="mailto:{own.email}"' in html
        assert past.email not in html


def test_a_coordinator_of_the_whole_departement_stands_in(client, reference):
    person = person_with_role(Role.COORDINATOR)
    assert person.email in page(client, "/territoires/3/")


def test_without_coordinator_the_office_answers(client, reference):
    html = page(client, "/communes/clichy/")
    assert "Personne ne coordonne ce territoire en ce moment." in html
    assert "prevention-citoyennete@hauts-de-seine.example" in html


def test_open_sheets_of_the_place_are_shown(client, reference):
    here = CallSheetFactory(title="Fiche de Sceaux", whole_department=False)
    here.communes.set(["92071"])
    CallSheetFactory(title="Fiche partout", whole_department=True)
    elsewhere = CallSheetFactory(title="Fiche de Clichy", whole_department=False)
    elsewhere.communes.set(["92024"])
    CallSheetFactory(title="Fiche brouillon", whole_department=True, state=SheetState.DRAFT)
    for url in ("/territoires/7/", "/communes/sceaux/"):
        html = page(client, url)
        assert "Fiche de Sceaux" in html
        assert "Fiche partout" in html
        assert "Fiche de Clichy" not in html
        assert "Fiche brouillon" not in html


def test_only_awarded_and_notified_actions_are_public(client, reference):
    told = award("Action notifiée", notified=True)
    award("Action pas encore notifiée", notified=False)
    award("Action d’ailleurs", notified=True, insee="92024")
    for url in ("/territoires/7/", "/communes/sceaux/"):
        html = page(client, url)
        assert "1 action financée" in html
        assert "Action notifiée" in html
        assert "3\u00a0000\u00a0€" in html
        assert str(told.organisation) in html
        assert "pas encore notifiée" not in html
        assert "d’ailleurs" not in html


def award(title: str, *, notified: bool, insee: str = "92071") -> Application:
    now = timezone.now()
    application = FiledApplicationFactory(
        title=title,
        whole_department=False,
        review_state=ReviewState.AWARDED,
        notified_at=now if notified else None,
    )
    commune = Commune.objects.get(pk=insee)
    application.places.create(commune=commune, territories=[commune.territory_id])
    Decision.objects.create(
        application=application,
        session=SessionFactory(),
        envelope=EnvelopeFactory(),
        outcome=Decision.Outcome.AWARDED,
        awarded_amount=Decimal(3000),
        fiscal_year=2027,
        decided_on=timezone.localdate(),
        recorded_at=now,
        recorded_by=UserFactory(),
        notified_at=application.notified_at,
    )
    return application


# --- Cost ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("url", ["/territoires/", "/territoires/5/", "/communes/nanterre/"])
def test_a_page_of_reference_data_costs_few_queries(
    client, reference, django_assert_max_num_queries, url: str
):
    client.get(url)
    with django_assert_max_num_queries(AT_MOST):
        page(client, url)


def test_funded_actions_cost_the_same_whatever_their_number(client, reference):
    def many() -> None:
        for number in range(9):
            award(f"Action {number}", notified=True)

    assert_same_queries(
        lambda: client.get("/communes/sceaux/"),
        few=lambda: award("Première action", notified=True),
        many=many,
        at_most=AT_MOST,
    )
