"""What stands around every page, for whom."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.access import Access
from accounts.enums import Role
from config import errors
from config.templatetags.fr import datetime_fr
from portal import frame as frame_module
from portal.frame import DEMO_ACCOUNTS, Frame, Scope, links_for
from tests.factories import CallSheetFactory


PUBLIC_PAGES = (
    "/",
    "/aide/",
    "/accessibilite/",
    "/mentions-legales/",
    "/donnees-personnelles/",
    "/plan-du-site/",
    "/composants/",
)


class Person:
    is_authenticated = True

    def __init__(self, *roles: str) -> None:
        self.access = Access(roles=frozenset(roles))

    def get_full_name(self) -> str:
        return "Ana Diop"


def a_frame(path: str = "/", user: object = None) -> Frame:
    request = RequestFactory().get(path)
    if user is not None:
        request.user = user
    return Frame(request)


@pytest.mark.parametrize(
    ("roles", "first", "last"),
    [
        ((), "Mon espace", "Aide"),
        ((Role.CASE_OFFICER,), "À faire", "Territoires"),
        ((Role.UNIT_HEAD,), "À faire", "Courriers"),
        ((Role.UNIT_HEAD, Role.ADMINISTRATOR), "À faire", "Courriers"),
        ((Role.COORDINATOR,), "À faire", "Appels à projets"),
        ((Role.ADMINISTRATOR,), "À faire", "Administration"),
        ((Role.READER,), "Actions financées", "Appels à projets"),
        ((Role.SCHOOL,), "Appels à projets", "Aide"),
    ],
)
def test_each_role_has_its_own_navigation_of_six_at_most(roles, first: str, last: str):
    links = links_for(Person(*roles))
    assert (links[0][0], links[-1][0]) == (first, last)
    assert len(links) <= 6


def test_an_administrator_reaches_the_desk_and_everything_else():
    frame = a_frame(user=Person(Role.ADMINISTRATOR))
    assert [entry.label for entry in frame.navigation][:2] == ["À faire", "Instruction"]
    links = {entry.label for entry in frame.account_links}
    assert {"Rapports", "Messages"} <= links
    assert {"Rapports", "Messages"} <= {entry.label for entry in frame.own_addresses}
    coordinator = a_frame(user=Person(Role.COORDINATOR))
    assert "Statistiques" in {entry.label for entry in coordinator.account_links}


def test_the_public_has_its_own_navigation():
    assert links_for(AnonymousUser())[0][0] == "Appels à projets"


def test_no_link_is_dead():
    for roles in ((), *((role,) for role in Role)):
        frame = a_frame(user=Person(*roles))
        assert all(entry.url.startswith("/") for entry in frame.navigation)


def test_the_entry_of_the_page_shown_is_marked():
    entries = {entry.label: entry.current for entry in a_frame("/aide/").navigation}
    assert entries["Aide"]
    assert sum(entries.values()) == 1
    assert not any(entry.current for entry in a_frame("/").navigation)


def test_counters_add_up_for_those_who_have_the_page(monkeypatch):
    monkeypatch.setattr(frame_module, "todo_counters", [lambda user: 3, lambda user: 4])
    monkeypatch.setattr(frame_module, "address", lambda name: f"/{name}/")
    assert a_frame(user=Person(Role.CASE_OFFICER)).todo_count == 7
    assert a_frame(user=Person()).todo_count == 0


def test_the_first_provider_that_answers_gives_the_scope(monkeypatch):
    scope = Scope("Les Passerelles", "Changer d’organisation")
    providers = [lambda request: None, lambda request: scope]
    monkeypatch.setattr(frame_module, "scope_providers", providers)
    assert a_frame(user=Person()).scope == scope
    assert a_frame().scope is None


def test_only_the_office_is_warned_of_a_session_that_closes(settings):
    assert a_frame(user=Person(Role.READER)).idle_minutes == settings.STAFF_IDLE_MINUTES
    assert a_frame(user=Person()).idle_minutes == 0
    assert a_frame().idle_minutes == 0


@pytest.mark.django_db
@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_a_public_page_has_one_of_each_landmark(client: Client, path: str):
    html = client.get(path).content.decode()
    for landmark in ("<h1", "<main ", "<header ", "<footer ", "<title>"):
        assert html.count(landmark) == 1, landmark
    for target in ("contenu", "navigation", "pied"):
        assert f'href="#{target}"' in html
        assert html.count(f'id="{target}"') == 1
    assert '<html lang="fr"' in html


@pytest.mark.django_db
@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_no_page_needs_what_the_policy_forbids(client: Client, path: str):
    html = client.get(path).content.decode()
    assert not re.search(r"<[^>]+\sstyle=", html)
    assert not re.search(r"<[^>]+\son[a-z]+=", html)
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert all("nonce=" in tag for tag in re.findall(r"<script[^>]*>", html))


@pytest.mark.django_db
@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_french_punctuation_has_its_space(client: Client, path: str):
    html = re.sub(
        r"<(script|style|code)\b.*?</\1>", "", client.get(path).content.decode(), flags=re.S
    )
    text = re.sub(r"<[^>]*>", "\n", html)
    assert not re.findall(r".*\w [:;?!»€%](?:\s|$).*", text)
    assert not re.findall(r".*« .*", text)
    assert "'" not in text.replace("&#x27;", "'")


@pytest.mark.django_db
def test_the_demonstration_offers_its_ten_accounts(client: Client, settings):
    settings.DEMO_MODE = True
    html = client.get("/").content.decode()
    assert html.count('name="account"') == len(DEMO_ACCOUNTS) == 11
    settings.DEMO_MODE = False
    assert 'name="account"' not in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("answer", "status", "sentence"),
    [
        (errors.bad_request, 400, "Cette demande est illisible"),
        (errors.permission_denied, 403, "Cette page ne vous est pas ouverte"),
        (errors.page_not_found, 404, "Nous ne trouvons pas cette page"),
        (errors.csrf_failure, 403, "Ce formulaire a expiré"),
        (errors.server_error, 500, "Le portail a un empêchement"),
    ],
)
def test_an_error_page_needs_no_session_and_no_database(answer, status: int, sentence: str):
    response = answer(RequestFactory().get("/x/"))
    assert response.status_code == status
    assert sentence in response.content.decode()


def test_a_refusal_has_its_sentence_and_its_status():
    refusal = errors.Refusal("L’appel est fermé.", code="late", status=409)
    response = errors.refused(RequestFactory().get("/x/"), refusal)
    assert response.status_code == 409
    assert "L’appel est fermé." in response.content.decode()


@pytest.mark.django_db
def test_home_shows_the_open_sheets_the_soonest_to_close_first(client: Client):
    now = timezone.now()
    late = CallSheetFactory(title="Insertion", closes_at=now + timedelta(days=20))
    soon = CallSheetFactory(title="Citoyenneté", closes_at=now + timedelta(days=2))
    CallSheetFactory(title="Fermée", closes_at=now - timedelta(minutes=1))
    CallSheetFactory(title="Brouillon", state="draft")
    html = client.get("/").content.decode()
    assert html.index(soon.title) < html.index(late.title)
    assert "Fermée" not in html
    assert "Brouillon" not in html
    assert "2 appels ouverts" in html
    assert datetime_fr(soon.closes_at) in html


@pytest.mark.django_db
def test_home_counts_all_the_open_sheets_and_shows_seven(client: Client):
    for _ in range(9):
        CallSheetFactory()
    html = client.get("/").content.decode()
    assert html.count('class="c-sheet"') == 7
    assert "Voir les 9 appels ouverts" in html


@pytest.mark.django_db
def test_an_empty_home_says_what_to_do(client: Client):
    html = client.get("/").content.decode()
    assert "Aucun appel à projets n’est ouvert aujourd’hui" in html
    assert "Créer un compte" in html
