"""Fragments for htmx, and safe returns."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from config.http import htmx_or_page, safe_next


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
