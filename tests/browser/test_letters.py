"""Pages of the letters in a real browser, with axe: empty, full, in error, on a phone."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from playwright.sync_api import Page

from accounts.models import User
from grants.letters import services
from grants.letters.models import Letter, LetterKind
from grants.letters.reference import load_templates
from grants.letters.services import generate_letter, sign_letter
from territories.loading import load_parameters
from tests.browser.visiting import look
from tests.factories import person_with_role
from tests.letters.conftest import AT, a_filed_dossier, a_letter


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def head(page: Page, live_server) -> User:
    person = person_with_role("unit_head")
    client = Client()
    client.force_login(person)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return person


@pytest.fixture
def letters(head, monkeypatch) -> dict[str, Letter]:
    """One letter in each state that the head meets."""
    load_parameters()
    load_templates()
    made = {}
    states = ("ready", "signed", "failed", "waiting", "receipt")
    for number, state in enumerate(states, start=1):
        dossier = a_filed_dossier(reference=f"2027-{number:04d}")
        kind = LetterKind.RECEIPT if state == "receipt" else LetterKind.AWARD
        made[state] = a_letter(dossier, kind, made=state in {"ready", "signed", "receipt"})
    content = made["signed"].pdf.file.read() + b"\n%%EOF\n"
    upload = ContentFile(content, name="signé.pdf")
    sign_letter(letter_id=made["signed"].pk, upload=upload, by=head, at=AT)
    with monkeypatch.context() as broken:
        broken.setattr(services, "render_letter", lambda letter: 1 / 0)
        generate_letter(letter_id=made["failed"].pk, at=AT)
    return made


def test_an_empty_list(page: Page, live_server, head):
    page.goto(live_server.url + "/courriers/")
    look(page, "courriers-vide")


def test_the_list_follows_the_making(page: Page, live_server, letters):
    page.goto(live_server.url + "/courriers/")
    page.get_by_text("3 sur 5 courriers produits, 1 en cours").wait_for()
    look(page, "courriers")
    with page.expect_response(lambda response: "progress" in str(response.request.headers)):
        generate_letter(letter_id=letters["waiting"].pk, at=AT)
    page.get_by_text("1 courrier n’a pas pu être produit").wait_for()


@pytest.mark.parametrize("state", ["ready", "signed", "failed", "waiting", "receipt"])
def test_a_letter_in_each_state(page: Page, live_server, letters, state):
    page.goto(f"{live_server.url}/courriers/{letters[state].reference}/")
    look(page, f"courrier-{state}")


def test_a_refused_signed_file(page: Page, live_server, letters):
    page.goto(f"{live_server.url}/courriers/{letters['ready'].reference}/")
    page.get_by_role("button", name="Joindre le fichier signé").click()
    page.get_by_text("Un point est à corriger").wait_for()
    look(page, "courrier-erreur")


def test_the_public_check(page: Page, live_server, letters):
    page.goto(live_server.url + "/verifier/")
    look(page, "verifier")
    page.get_by_label("Code de contrôle").fill(letters["ready"].check_code)
    page.get_by_role("button", name="Vérifier").click()
    page.get_by_text("Authentique", exact=True).wait_for()
    look(page, "verifier-authentique")
    page.get_by_label("Code de contrôle").fill("AAAA-AAAA-AAAA")
    page.get_by_role("button", name="Vérifier").click()
    page.get_by_text("Inconnu", exact=True).wait_for()
    look(page, "verifier-inconnu")
    page.get_by_label("Code de contrôle").fill("")
    page.get_by_role("button", name="Vérifier").click()
    page.get_by_text("Un point est à corriger").wait_for()
    look(page, "verifier-erreur")
