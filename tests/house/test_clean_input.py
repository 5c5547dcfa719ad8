"""NUL and lone surrogates: refused everywhere, left out of what is looked for."""

import pytest
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from config.middleware import CleanInputMiddleware


def asked(request) -> str:
    seen = CleanInputMiddleware(lambda request: HttpResponse(request.GET.get("q", "")))
    return seen(request).content.decode()


@pytest.mark.parametrize("path", ["/?q=%00", "/?q=a%00b&q=%00", "/?q=%FF%00"])
@pytest.mark.django_db
def test_whatever_is_looked_for_is_answered(path):
    assert Client().get(path).status_code == 200


def test_what_is_looked_for_keeps_its_other_characters():
    get = RequestFactory().get
    assert asked(get("/?q=%00caf%C3%A9%00+noir&page=2")) == "café noir"
    request = get("/")
    request.GET = request.GET.copy()
    request.GET["q"] = "\ud83dnoir"
    assert asked(request) == "noir"


@pytest.mark.parametrize("path", ["/?page=%00", "/?q%00=a", "/?q=a&tri=%00", "/?Q=%00"])
def test_nul_is_refused_elsewhere(path):
    with pytest.raises(BadRequest):
        asked(RequestFactory().get(path))


def test_nul_is_refused_in_what_is_sent():
    for sent in ({"q": "a\x00b"}, {"name": "a\x00b"}):
        with pytest.raises(BadRequest):
            asked(RequestFactory().post("/", sent))
    with pytest.raises(BadRequest):
        asked(RequestFactory().post("/?q=%00", {}))
    with pytest.raises(BadRequest):
        asked(RequestFactory().get("/%00"))
