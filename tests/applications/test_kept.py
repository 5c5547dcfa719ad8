"""A form sent when it cannot be accepted: its text comes back, to nobody else's profit."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.middleware import LAST_SEEN
from config.keep import COOKIE, person_key
from tests.applications.dossiers import a_complete_draft, fresh, load_parameters
from tests.factories import UserFactory, person_with_role


pytestmark = pytest.mark.django_db
HERE = {"Origin": "http://testserver"}
TEXT = "Un long texte que personne ne veut retaper un dimanche soir."


@pytest.fixture
def draft():
    load_parameters()
    return a_complete_draft()


@pytest.fixture
def url(draft) -> str:
    return reverse("applications:section", args=[draft.uuid, "projet"])


def typed(**fields) -> dict:
    return {"kept": "", "version": "", "kind": "project", "objectives": TEXT, **fields}


def test_a_closed_session_gives_the_text_back(client, url):
    referer = f"http://testserver{url}"
    answer = client.post(url, typed(), headers={**HERE, "Referer": referer})
    page = answer.content.decode()
    assert answer.status_code == 401
    assert f'action="{url}"' in page
    assert f'name="objectives" value="{TEXT}"' in page
    assert f">{TEXT}</textarea>" in page
    assert f"{reverse('account_login')}?next={url}" in page
    assert answer["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://ailleurs.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.ailleurs.example"},
        {"Referer": "https://ailleurs.example/http://testserver/"},
        {},
    ],
)
@pytest.mark.parametrize("signed_in", [True, False])
def test_another_site_never_has_its_text_shown(draft, url, headers, signed_in):
    client = Client(enforce_csrf_checks=True)
    if signed_in:
        client.force_login(draft.created_by)
    answer = client.post(url, typed(), headers=headers)
    assert TEXT not in answer.content.decode()


def test_an_idle_session_of_the_office_gives_the_text_back(client):
    client.force_login(person_with_role("case_officer"))
    client.get(reverse("accounts:profile"))
    session = client.session
    session[LAST_SEEN] -= 31 * 60
    session.save()
    answer = client.post(reverse("accounts:profile"), typed(), headers=HERE)
    assert answer.status_code == 401
    assert TEXT in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_an_expired_form_gives_the_text_back_with_a_new_token(draft, url):
    client = Client(enforce_csrf_checks=True)
    client.force_login(draft.created_by)
    client.get(url)
    answer = client.post(url, typed(csrfmiddlewaretoken="x" * 64), headers=HERE)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Votre session a changé" in page
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    version = fresh(draft).saved_sections["projet"]
    again = typed(csrfmiddlewaretoken=token, version=version)
    assert client.post(url, again, headers=HERE).status_code == 302
    assert fresh(draft).objectives == TEXT


def test_the_script_learns_that_the_form_expired(draft, url):
    client = Client(enforce_csrf_checks=True)
    client.force_login(draft.created_by)
    answer = client.post(url, typed(), headers={**HERE, "HX-Request": "true"})
    assert (answer.status_code, answer["X-Form-Expired"]) == (403, "1")
    assert TEXT not in answer.content.decode()


def test_a_password_never_comes_back(client, url):
    answer = client.post(url, typed(password="lampions"), headers=HERE)
    assert answer.status_code == 302
    assert "lampions" not in answer.content.decode()


def test_what_is_typed_comes_back_escaped(client, url):
    hostile = '"><script>alert(1)</script> et un texte assez long pour être montré'
    page = client.post(url, typed(objectives=hostile), headers=HERE).content.decode()
    assert "<script>alert" not in page


def test_a_save_confirms_its_copy(draft, client, url):
    client.force_login(draft.created_by)
    version = fresh(draft).saved_sections["projet"]
    answer = client.post(url, typed(kept="0e89ba74-9578.0", version=version))
    assert answer.cookies[COOKIE].value == "0e89ba74-9578.0"


def test_values_to_correct_are_saved_and_confirmed(draft, client, url):
    client.force_login(draft.created_by)
    version = fresh(draft).saved_sections["projet"]
    answer = client.post(url, typed(kept="abcd.0", version=version, starts_on="31/02/2027"))
    assert answer.status_code == 422
    assert answer.cookies[COOKIE].value == "abcd.0"


@pytest.mark.parametrize("name", ["", "a b", "é" * 9, "x" * 61, "a;b=cd", "a\r\nSet-Cookie: b"])
def test_a_name_that_is_none_is_not_sent_back(draft, client, url, name):
    client.force_login(draft.created_by)
    version = fresh(draft).saved_sections["projet"]
    assert COOKIE not in client.post(url, typed(kept=name, version=version)).cookies


def test_a_refused_save_confirms_nothing(draft, client, url):
    client.force_login(draft.created_by)
    answer = client.post(url, typed(kept="abcd.0", version="2020-01-01T00:00:00+00:00"))
    assert answer.status_code == 409
    assert COOKIE not in answer.cookies


def test_each_person_has_a_name_of_their_own_that_says_nothing():
    one, two = UserFactory(), UserFactory()
    assert person_key(one) != person_key(two)
    assert len(person_key(one)) == 16


def test_an_account_number_never_comes_back_on_a_device_that_may_be_shared(client):
    url = reverse("partners:bank_edit", args=[1])
    fields = {
        "kept": "",
        "holder": "Les Passerelles de Bagneux",
        "iban": "FR14 2004",
        "bic": "PSST",
    }
    page = client.post(url, fields, headers=HERE).content.decode()
    assert "Les Passerelles de Bagneux" in page
    assert "FR14" not in page
    assert "PSST" not in page
