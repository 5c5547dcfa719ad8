"""What goes with every answer, static files and error pages included."""

from pathlib import Path

import pytest
from django.test import Client


WANTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.fixture
def drawing(settings, tmp_path: Path) -> str:
    """A drawing among the gathered files; a browser opens it as a page."""
    settings.STATIC_ROOT = str(tmp_path)
    (tmp_path / "dessin.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return "/static/dessin.svg"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/nulle-part/", "/dossiers/", "/?page=%00", "/healthz"])
def test_pages_and_errors_carry_the_headers_of_safety(path):
    check(Client().get(path))


@pytest.mark.django_db
def test_a_refused_form_carries_them_too():
    answer = Client(enforce_csrf_checks=True).post("/compte/login/", {})
    assert answer.status_code == 403
    check(answer)


def test_static_files_carry_the_headers_of_safety(drawing):
    answer = Client().get(drawing)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/svg+xml"
    check(answer)


def check(answer) -> None:
    assert {name: answer.get(name) for name in WANTED} == WANTED
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
