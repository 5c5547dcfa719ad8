"""The desk's lists in a real browser: axe with every panel open, at both widths, no script."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.enums import Role
from foundation.jobs.models import SavedView
from grants.review.models import ScoreSummary
from territories.loading import load_parameters
from tests.browser.test_review import person
from tests.browser.visiting import look, sign_in
from tests.factories import FiledApplicationFactory


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EVERYTHING = (
    "demandeur.nature.type.campagne.fiche.territoires.communes.qpv.etat.charge.depot.attendu."
    "silence.avis.demande.propose.note"
)


@pytest.fixture
def head():
    load_parameters()
    return person(Role.UNIT_HEAD, "Hélène", "Rambaud")


@pytest.fixture
def dossiers():
    made = FiledApplicationFactory.create_batch(
        30, title="Ateliers de médiation au collège et dans le quartier"
    )
    for number, one in enumerate(made):
        ScoreSummary.objects.create(application=one, total=Decimal(number), finals_count=1)
    return made


def test_the_list_with_its_panels(page: Page, live_server, head, dossiers):
    sign_in(page, live_server, head)
    page.goto(f"{live_server.url}/instruction/?liste=tous")
    look(page, "liste")
    for name in ("Mes vues", "Colonnes", "Exporter"):
        page.locator("summary", has_text=name).click()
        look(page, f"liste-{name}")
        page.keyboard.press("Escape")
    page.goto(f"{live_server.url}/instruction/?liste=tous&q=de&col={EVERYTHING}&note_min=5")
    look(page, "liste-toutes-colonnes")
    page.set_viewport_size({"width": 390, "height": 900})
    page.locator("summary", has_text="Trier").click()
    page.get_by_role("link", name="Note", exact=True).click()
    page.wait_for_url(re.compile("tri=-note"))
    look(page, "liste-triee")


def test_boxes_are_counted_and_the_page_is_ticked_at_once(page: Page, live_server, head, dossiers):
    sign_in(page, live_server, head)
    page.goto(f"{live_server.url}/instruction/?liste=tous")
    page.get_by_label(f"Choisir {dossiers[-1].reference}").check()
    expect(page.get_by_role("status").filter(has_text="1 dossier choisi.")).to_be_visible()
    page.get_by_label("Choisir les dossiers de cette page").check()
    expect(page.get_by_role("status").filter(has_text="25 dossiers choisis.")).to_be_visible()
    look(page, "liste-choix")


def test_views_are_kept_without_script(browser, live_server, head, dossiers):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, head)
    page.goto(f"{live_server.url}/instruction/?liste=tous&etat=submitted")
    page.locator("summary", has_text="Colonnes").click()
    page.locator(".k-checks").get_by_label("Fiche").check()
    page.locator(".k-checks + button").click()
    expect(page.get_by_role("columnheader", name="Fiche")).to_be_visible()
    page.locator("summary", has_text="Mes vues").click()
    page.get_by_label("Enregistrer cette liste sous le nom").fill("Arrivés")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_text("enregistrée.").first).to_be_visible()
    expect(page.get_by_role("columnheader", name="Fiche")).to_be_visible()
    assert "etat=submitted" in SavedView.objects.get().query
    context.close()


def test_the_page_of_my_views(page: Page, live_server, head):
    sign_in(page, live_server, head)
    page.goto(f"{live_server.url}/instruction/vues/")
    look(page, "vues-vide")
    for name in ("Mes gros dossiers", "À relire"):
        SavedView.objects.create(
            person=head, list_key="desk", name=name, created_at=head.date_joined
        )
    page.goto(f"{live_server.url}/instruction/vues/")
    look(page, "vues")
    page.locator("input[name=nom]").first.fill("Mes gros dossiers")
    page.get_by_role("button", name=re.compile("Renommer")).first.click()
    expect(page.get_by_text("s’appelle déjà").first).to_be_visible()
    look(page, "vues-erreur")
