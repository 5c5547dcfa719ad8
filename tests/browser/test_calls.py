"""Pages of the calls in a real browser, with axe: empty, full, in error, on a phone."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from accounts.enums import Role
from grants.calls.enums import SheetState
from grants.calls.models import CallSheet, Campaign
from tests.browser.visiting import PICTURES, look, sign_in
from tests.calls.reference import load_places
from tests.factories import CallSheetFactory, person_with_role


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAMPLE = Path("fixtures/reference/call_sheets_sample.txt")


@pytest.fixture
def sheets() -> list[CallSheet]:
    """The seven sheets of the sample, open, one of them to come and one closed."""
    load_places()
    call_command("import_call_sheets", str(SAMPLE), "--campaign", "2027", "--apply", verbosity=0)
    now = timezone.now()
    rows = list(CallSheet.objects.order_by("code"))
    for number, sheet in enumerate(rows):
        sheet.whole_department |= not sheet.communes.exists()
        sheet.opens_at, sheet.closes_at = now - timedelta(days=20), now + timedelta(days=3 + number)
        sheet.contact_name, sheet.contact_email = "Service prévention", "service@essai.example"
        if number == 5:
            sheet.opens_at = now + timedelta(days=2)
        if number == 6:
            sheet.closes_at = now - timedelta(days=1)
        sheet.state, sheet.published_at = SheetState.PUBLISHED, now
        sheet.save()
    return rows


def test_list_empty_and_full(page: Page, live_server, db):
    page.goto(live_server.url + "/appels/")
    look(page, "liste-vide")


def test_list_full_and_filtered(page: Page, live_server, sheets):
    page.goto(live_server.url + "/appels/")
    look(page, "liste")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Âge du public").fill("13")
    page.get_by_role("button", name="Appliquer").click()
    page.wait_for_url("**/appels/?*age=13*")
    page.wait_for_selector("text=1 fiche")
    assert page.locator("[data-sheet]").count() == 1
    assert page.evaluate("document.activeElement.id") == "nombre"
    look(page, "liste-filtree")
    page.goto(live_server.url + "/appels/?q=introuvable")
    look(page, "liste-sans-resultat")


def test_sheet_pages(page: Page, live_server, sheets):
    for sheet, name in ((sheets[0], "ouverte"), (sheets[5], "a-venir"), (sheets[6], "close")):
        page.goto(live_server.url + sheet.get_absolute_url())
        look(page, f"fiche-{name}")
    if PICTURES:
        page.goto(live_server.url + sheets[1].get_absolute_url())
        page.emulate_media(media="print")
        page.screenshot(path=f"{PICTURES}/fiche-imprimee.png", full_page=True)
        page.emulate_media(media="screen", color_scheme="dark")
        page.screenshot(path=f"{PICTURES}/fiche-sombre.png", full_page=True)


def test_office_pages(page: Page, live_server, sheets):
    sign_in(page, live_server, person_with_role(Role.UNIT_HEAD))
    campaign = Campaign.objects.get()
    draft = CallSheetFactory(
        campaign=campaign, code="Z9", state=SheetState.DRAFT, published_at=None
    )
    pages = {
        "campagnes": reverse("calls:campaign_list"),
        "campagne": reverse("calls:campaign_detail", args=[campaign.pk]),
        "nouvelle-campagne": reverse("calls:campaign_create"),
        "gestion": reverse("calls:sheet_manage", args=[sheets[0].pk]),
        "gestion-brouillon": reverse("calls:sheet_manage", args=[draft.pk]),
        "formulaire": reverse("calls:sheet_edit", args=[draft.pk]),
        "pieces": reverse("calls:sheet_documents", args=[draft.pk]),
        "publier": reverse("calls:sheet_publish", args=[draft.pk]),
        "dupliquer": reverse("calls:sheet_duplicate", args=[draft.pk]),
        "prolonger": reverse("calls:sheet_extensions", args=[sheets[6].pk]),
        "importer": reverse("calls:import_upload", args=[campaign.pk]),
    }
    for name, url in pages.items():
        page.goto(live_server.url + url)
        look(page, name)


def test_form_in_error(page: Page, live_server, sheets):
    sign_in(page, live_server, person_with_role(Role.UNIT_HEAD))
    campaign = Campaign.objects.get()
    page.goto(live_server.url + reverse("calls:sheet_create", args=[campaign.pk]))
    page.get_by_label("Code").fill("trop long")
    page.get_by_label("Âge minimum").fill("18")
    page.get_by_label("Âge maximum").fill("11")
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    page.wait_for_selector("[data-portal-error-summary]")
    look(page, "formulaire-en-erreur")


def test_import_in_the_browser(page: Page, live_server, db):
    load_places()
    campaign = Campaign.objects.create(fiscal_year=2028, name="Campagne 2028")
    sign_in(page, live_server, person_with_role(Role.UNIT_HEAD))
    page.goto(live_server.url + reverse("calls:import_upload", args=[campaign.pk]))
    page.get_by_label("Fichier des fiches").set_input_files(SAMPLE)
    page.get_by_role("button", name="Lire le fichier").click()
    page.wait_for_selector("text=Vérifier les fiches lues")
    look(page, "apercu")
    page.locator("#id_fiche0-title").fill("Des droits lisibles")
    page.get_by_role("button", name="Créer les fiches cochées").click()
    page.wait_for_url(f"**{campaign.get_absolute_url()}")
    assert campaign.sheets.count() == 7
    assert campaign.sheets.get(code="C1").title == "Des droits lisibles"
