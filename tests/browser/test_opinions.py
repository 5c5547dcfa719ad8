"""Opinions in a real browser, with axe: the desk's tab, a coordinator's page, an expert's link."""

import pytest
from playwright.sync_api import expect

from accounts.enums import Role
from grants.applications.models import Application
from grants.review.models import Opinion, OpinionRequest
from grants.review.services.opinions import revoke_opinion
from territories.loading import load_parameters
from tests.browser.visiting import look, sign_in
from tests.documents import samples
from tests.factories import person_with_role
from tests.review.opinion_pieces import SECRET, a_document, a_file, ask_with
from tests.review.opinions import a_dossier, ask_coordinator, ask_expert, give, in_days, link_of


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def dossier() -> Application:
    return a_dossier(
        title="Ateliers du soir pour les collégiens",
        objectives="Prévenir le décrochage dès la sixième.",
        description="Deux ateliers par semaine, de septembre à juin.",
    )


def test_the_office_asks_and_follows(page, live_server, dossier):
    coordinator = person_with_role(Role.COORDINATOR)
    sign_in(page, live_server, dossier.officer)
    url = f"{live_server.url}/instruction/{dossier.reference}/avis/"
    page.goto(url)
    look(page, "avis-vide")
    page.get_by_role("button", name="Envoyer la demande d’avis").click()
    expect(page.get_by_text("Choisissez la personne").first).to_be_visible()
    look(page, "avis-erreur")
    page.get_by_label("Un expert extérieur").check()
    expect(page.get_by_label("Nom de l’expert")).to_be_visible()
    expect(page.get_by_label("Coordination", exact=True)).to_be_hidden()
    look(page, "avis-expert")
    page.get_by_label("Une coordination de territoire").check()
    page.get_by_label("Coordination", exact=True).select_option(str(coordinator.pk))
    page.get_by_role("button", name="Envoyer la demande d’avis").click()
    expect(page.get_by_text("La demande d’avis est partie")).to_be_visible()
    give(ask_coordinator(dossier), position="reserve", text="Un point à revoir.")
    give(ask_coordinator(dossier), has_supported=True)
    late = ask_with(dossier, former := a_document(dossier, "Comptes annuels"))
    a_file(former, content=SECRET + b"\n% v2")
    OpinionRequest.objects.filter(pk=late.pk).update(due_on=in_days(-2))
    page.goto(url)
    page.get_by_text("Annuler la demande").first.click()
    row = page.locator(f"#avis-{late.pk}")
    row.get_by_text("Choisir les pièces").click()
    look(page, "avis-plein")
    row.get_by_label("Comptes annuels").check()
    row.get_by_role("button", name="Enregistrer ce choix").click()
    expect(page.get_by_text("à la place de la version du")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    page.reload()
    look(page, "avis-sombre")


def test_a_coordinator_writes_and_gives(page, live_server, dossier):
    asked = ask_coordinator(dossier)
    give(ask_coordinator(a_dossier(), asked.person))
    sign_in(page, live_server, asked.person)
    page.goto(f"{live_server.url}/coordination/avis/")
    look(page, "avis-liste")
    page.get_by_role("link", name=dossier.reference).click()
    look(page, "avis-a-rendre")
    page.get_by_label("Motivation").fill("Le collège attend cette action.")
    expect(page.locator("#autosave")).to_contain_text("Brouillon enregistré", timeout=8000)
    assert Opinion.objects.get(request=asked).text == "Le collège attend cette action."
    page.get_by_label("Favorable avec réserve").check()
    expect(page.locator("#autosave")).to_contain_text("Brouillon enregistré", timeout=8000)
    page.get_by_role("button", name="Rendre mon avis").click()
    expect(page.get_by_text("Votre avis est rendu")).to_be_visible()
    look(page, "avis-rendu")


def test_an_expert_opens_writes_loses_the_request_and_keeps_the_words(page, live_server, dossier):
    kept, former = a_document(dossier, "Bilan moral"), a_document(dossier, "Comptes annuels")
    a_document(dossier, "Relevé d’identité bancaire", kind="rib", content=samples.PDF)
    asked = ask_with(dossier, kept, former)
    a_file(former, content=SECRET + b"\n% v2")
    page.goto(live_server.url + link_of(asked))
    look(page, "expert-lien")
    page.get_by_role("button", name="Ouvrir la demande d’avis").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(dossier.title)
    expect(page.get_by_text("par une version plus récente")).to_be_visible()
    look(page, "expert-page")
    with page.expect_download() as download:
        page.get_by_role("link", name="note.pdf").click()
    assert download.value.suggested_filename == "note.pdf"
    page.get_by_label("Motivation").fill("Premières notes.")
    expect(page.locator("#autosave")).to_contain_text("Brouillon enregistré", timeout=8000)
    page.get_by_role("button", name="Rendre mon avis").click()
    expect(page.get_by_text("Choisissez votre avis.").first).to_be_visible()
    look(page, "expert-erreur")
    revoke_opinion(request_id=asked.pk, reason="Erreur", by=dossier.officer, at=asked.asked_at)
    page.get_by_label("Motivation").fill("Premières notes, et la suite.")
    page.get_by_label("Sans avis").check()
    page.get_by_role("button", name="Rendre mon avis").click()
    expect(page.get_by_label("Ce que vous aviez écrit")).to_have_value(
        "Premières notes, et la suite."
    )
    look(page, "expert-annule")


def test_an_expert_gives_with_the_keyboard_only(page, live_server, dossier):
    asked = ask_expert(dossier)
    page.goto(live_server.url + link_of(asked))
    page.get_by_role("button", name="Ouvrir la demande d’avis").press("Enter")
    page.get_by_label("Favorable", exact=False).first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Rendre mon avis").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Merci, votre avis est rendu")
    look(page, "expert-merci")
    page.goto(live_server.url + link_of(asked))
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre avis est déjà rendu. Merci.")
    look(page, "expert-ferme")


def test_the_button_is_reached_without_scrolling_inside_the_page(page, live_server, dossier):
    asked = ask_coordinator(dossier)
    sign_in(page, live_server, asked.person)
    page.set_viewport_size({"width": 1366, "height": 657})
    page.goto(f"{live_server.url}/instruction/{dossier.reference}/mon-avis/")
    inside = page.locator(".o-page__write")
    assert inside.evaluate("one => one.scrollHeight <= one.clientHeight + 1")
    button = page.get_by_role("button", name="Rendre mon avis")
    bottom = button.evaluate("one => one.getBoundingClientRect().bottom + window.scrollY")
    page.evaluate("bottom => window.scrollTo(0, bottom - window.innerHeight + 8)", bottom)
    expect(button).to_be_in_viewport(ratio=1)
