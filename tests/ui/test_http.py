"""Fragments for htmx, and safe returns."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from accounts.enums import Role
from config.http import htmx_or_page, safe_next
from tests.factories import SessionFactory, person_with_role


def a_request(**headers: str) -> HttpRequest:
    request = RequestFactory().get("/aide/", headers=headers)
    request.htmx = HtmxDetails(request)
    return request


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, "page.html"),
        ({"HX-Request": "true", "HX-Target": "results"}, "page.html#results"),
        ({"HX-Request": "true", "HX-Target": "other"}, "page.html"),
        ({"HX-Request": "true", "HX-Boosted": "true"}, "page.html"),
        (
            {
                "HX-Request": "true",
                "HX-Target": "results",
                "HX-History-Restore-Request": "true",
            },
            "page.html",
        ),
    ],
)
def test_the_partial_goes_only_to_who_swaps_it(headers: dict, name: str, monkeypatch):
    rendered = []

    def note(request, template, context, status):
        rendered.append(template)
        return HttpResponse(status=status)

    monkeypatch.setattr("config.http.render", note)
    response = htmx_or_page(a_request(**headers), "page.html", status=422)
    assert rendered == [name]
    assert response.status_code == 422
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("/dossiers/?page=2", "/dossiers/?page=2"),
        ("https://ailleurs.example/", "/"),
        ("//ailleurs.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\\ailleurs.example", "/"),
        ("", "/"),
    ],
)
def test_a_return_stays_on_this_site(asked: str, kept: str):
    assert safe_next(RequestFactory().get("/", {"next": asked}), "/") == kept
    assert safe_next(RequestFactory().post("/", {"next": asked}), "/") == kept


# --- Addresses that only take a form ------------------------------------------------------------
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def head_client(client: Client) -> Client:
    client.force_login(person_with_role(Role.UNIT_HEAD))
    return client


@pytest.mark.django_db
def test_a_form_address_typed_in_the_browser_gives_a_page_with_a_way_back(head_client):
    session = SessionFactory()
    url = reverse("decisions:session_close", args=[session.pk])
    answer = head_client.get(url, headers=BROWSER)
    page = answer.content.decode()
    assert answer.status_code == 405
    assert "POST" in answer["Allow"]
    assert "no-store" in answer["Cache-Control"]
    assert "Cette adresse ne s’ouvre pas directement" in page
    assert f'href="{reverse("decisions:session_detail", args=[session.pk])}"' in page
    from_desk = BROWSER | {"Referer": "http://testserver/instruction/?liste=tous"}
    assert 'href="/instruction/?liste=tous"' in head_client.get(url, headers=from_desk).text
    elsewhere = BROWSER | {"Referer": "https://ailleurs.example/piege/"}
    assert "ailleurs.example" not in head_client.get(url, headers=elsewhere).text


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, BROWSER | {"HX-Request": "true"}])
def test_a_script_keeps_the_empty_answer(head_client, headers):
    url = reverse("decisions:session_close", args=[SessionFactory().pk])
    answer = head_client.get(url, headers=headers)
    assert (answer.status_code, answer.content) == (405, b"")


# --- Pages that are refused -----------------------------------------------------------------------
@pytest.mark.django_db
def test_a_refused_page_tells_staff_and_others_whom_to_ask(client: Client):
    url = reverse("accounts:role_list")
    client.force_login(person_with_role(Role.READER))
    assert "l’administration du portail" in client.get(url).text
    client.force_login(person_with_role(Role.PROFESSIONAL))
    assert "la personne qui gère votre organisation" in client.get(url).text
