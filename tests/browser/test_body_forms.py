"""Forms of a body in a real browser: nothing typed is lost, no file is chosen twice."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from partners.models import BankDetails
from territories.loading import load_parameters
from tests.browser.axe import assert_accessible
from tests.browser.visiting import sign_in
from tests.documents import samples
from tests.factories import MembershipFactory


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

COPIES = "Object.keys(localStorage).filter(key => key.startsWith('typed:')).length"
TEXTS = "Object.values({...localStorage}).join()"
IBAN = "FR14 2004 1010 0505 0001 3M02 606"


@pytest.fixture
def manager():
    load_parameters()
    return MembershipFactory(rights=["manage", "edit"], organisation__legal_name="Les Passerelles")


@pytest.fixture
def proof(tmp_path):
    path = tmp_path / "RIB signé.pdf"
    path.write_bytes(samples.PDF)
    return path


def go(page: Page, live_server, manager, name: str) -> None:
    page.goto(live_server.url + reverse(f"partners:{name}", args=[manager.organisation_id]))


def test_what_is_typed_of_a_body_comes_back_and_goes_once_saved(page: Page, live_server, manager):
    sign_in(page, live_server, manager.user)
    go(page, live_server, manager, "representatives")
    page.get_by_label("Prénom et nom").first.fill("Nadia Estrade")
    page.get_by_role("button", name="Ajouter une personne").click()
    page.get_by_label("Prénom et nom").nth(1).fill("Théo Ythier")
    page.goto("about:blank")
    go(page, live_server, manager, "representatives")
    expect(page.get_by_label("Prénom et nom").first).to_have_value("Nadia Estrade")
    expect(page.get_by_text("Il manque ici des lignes")).to_contain_text("Théo Ythier")
    assert_accessible(page)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Les représentants sont enregistrés")).to_be_visible()
    page.wait_for_function(f"{COPIES} === 0")
    assert manager.organisation.representatives.get().name == "Nadia Estrade"


def test_a_cancelled_form_is_forgotten(page: Page, live_server, manager):
    sign_in(page, live_server, manager.user)
    go(page, live_server, manager, "organisation_edit")
    page.get_by_label("Objet").fill("Un texte auquel on renonce.")
    assert page.evaluate(COPIES) == 1
    page.get_by_role("link", name="Annuler").click()
    expect(page.get_by_role("heading", name="Les Passerelles", level=1)).to_be_visible()
    page.wait_for_function(f"{COPIES} === 0")


def test_an_account_is_never_kept_on_the_device_and_its_proof_is_chosen_once(
    page: Page, live_server, manager, proof
):
    sign_in(page, live_server, manager.user)
    go(page, live_server, manager, "bank_edit")
    page.get_by_label("Titulaire du compte").fill("Les Passerelles de Bagneux")
    page.locator("[name=iban]").fill("FR14 faux")
    page.get_by_label("BIC").fill("PSSTFRPP")
    page.get_by_label("Relevé d’identité bancaire").set_input_files(proof)
    kept = page.evaluate(TEXTS)
    assert "Bagneux" in kept
    assert "FR14" not in kept
    assert "PSSTFRPP" not in kept
    # The network fails: said, and the file stays chosen.
    page.route("**/banque/modifier/", lambda route: route.abort())
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("La connexion s’est interrompue")).to_be_visible()
    page.unroute("**/banque/modifier/")
    # Another field is wrong: the file is not chosen again.
    page.get_by_role("button", name="Réessayer").click()
    expect(page.locator("[data-portal-error-summary]")).to_be_focused()
    assert_accessible(page)
    name = page.get_by_label("Relevé d’identité bancaire").evaluate("field => field.files[0].name")
    assert name == "RIB signé.pdf"
    expect(page.locator("[data-portal-file-lost]")).to_have_count(0)
    assert "FR14" not in page.evaluate(TEXTS)
    page.locator("[name=iban]").fill(IBAN)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Les coordonnées bancaires sont enregistrées")).to_be_visible()
    assert page.url.endswith("/banque/")
    assert BankDetails.objects.get().holder == "Les Passerelles de Bagneux"
    page.reload()
    assert page.evaluate(COPIES) == 0
    page.go_back()
    expect(page.get_by_role("heading", name="Changer de compte")).to_be_visible()


def test_a_session_opened_again_sends_the_file_that_was_chosen(
    page: Page, live_server, manager, proof
):
    sign_in(page, live_server, manager.user)
    go(page, live_server, manager, "document_add")
    page.get_by_label("Nature").select_option(index=1)
    page.get_by_label("Fichier").set_input_files(proof)
    page.context.clear_cookies()
    page.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_text("Vous n’êtes plus connecté")).to_be_visible()
    sign_in(page, live_server, manager.user)
    page.get_by_role("button", name="Réessayer").click()
    expect(page.get_by_text("Le document est ajouté")).to_be_visible()
    assert manager.organisation.documents.count() == 1
