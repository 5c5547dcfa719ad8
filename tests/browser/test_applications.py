"""The dossier in a real browser: axe on every page, saving while typing, keyboard, no script."""

from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from grants.applications.enums import MessageSide, Section
from grants.applications.models import Application
from grants.applications.services.messages import send_message
from grants.calls.models import RequiredDocument
from tests.applications.dossiers import a_complete_draft, a_draft, a_sheet, fresh, load_letters
from tests.browser.axe import assert_accessible
from tests.browser.visiting import sign_in
from tests.factories import (
    CommuneFactory,
    FiledApplicationFactory,
    SchoolFactory,
    member_of,
    person_with_role,
)


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sheet():
    load_letters()
    sheet = a_sheet(
        target_public="Collégiens de 11 à 15 ans exclus temporairement",
        territories_text="Bagneux, Clamart, Nanterre",
    )
    for kind, label in (("rib", "RIB de l’organisme"), ("comptes", "Comptes du dernier exercice")):
        RequiredDocument.objects.create(sheet=sheet, kind=kind, label=label)
    return sheet


def broken_draft(sheet) -> Application:
    """Make a draft with a value to correct in every section that can have one."""
    draft = a_complete_draft(sheet=sheet)
    draft.invalid_values = {
        "demandeur": {"contact_email": "ada@", "annual_64": "beaucoup"},
        "projet": {"starts_on": "31/02/2027"},
        "moyens": {"staff_employees_fte": "un mi-temps"},
        "evaluation": {"indicator_0_label": "x" * 260},
        "lieux": {f"share_commune_{draft.places.get().commune_id}": "beaucoup"},
        "public": {"count_11_15": "une vingtaine"},
        "budget": {"remuneration-0-amount": "huit mille", "requested_amount": "?"},
    }
    draft.save()
    return draft


MAKERS = {
    "empty": lambda sheet: a_draft(sheet=sheet),
    "full": lambda sheet: a_complete_draft(sheet=sheet),
    "error": broken_draft,
}


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Open pages in a theme, that remember what the content policy refused."""
    contexts = []

    def opened(theme: str) -> Page:
        contexts.append(browser.new_context(color_scheme=theme, locale="fr-FR"))
        page = contexts[-1].new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()


def look(page: Page, url: str) -> None:
    """Check a page with axe, and that it fits a phone."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(url)
    assert_accessible(page)
    page.set_viewport_size({"width": 320, "height": 900})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320, f"{url} is {wide} px wide in 320"
    assert not page.complaints


@pytest.mark.parametrize(
    ("kind", "theme"),
    [("empty", "light"), ("full", "light"), ("error", "light"), ("error", "dark")],
)
def test_the_pages_of_a_draft_pass_axe(open_page, live_server, sheet, kind: str, theme: str):
    page = open_page(theme)
    nanterre = CommuneFactory(name="Nanterre")
    SchoolFactory(commune=nanterre)
    draft = MAKERS[kind](sheet)
    sign_in(page, live_server, draft.created_by)
    for name in ("draft", "verify", "submit", "delete"):
        look(page, live_server.url + reverse(f"applications:{name}", args=[draft.uuid]))
    for section in Section.values:
        url = reverse("applications:section", args=[draft.uuid, section])
        look(page, live_server.url + url)


def filed_dossier(sheet) -> Application:
    dossier = FiledApplicationFactory(
        sheet=sheet, title="Ateliers du soir", attested_at=None, attested_by=None
    )
    member_of(dossier.organisation)
    send_message(
        application_id=dossier.pk,
        side=MessageSide.OFFICE,
        author=person_with_role("case_officer"),
        text="Pouvez-vous préciser le nombre d’ateliers ?",
        at=timezone.now(),
    )
    return dossier


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_a_filed_dossier_pass_axe(open_page, live_server, sheet, theme: str):
    page = open_page(theme)
    dossier = filed_dossier(sheet)
    sign_in(page, live_server, member_of(dossier.organisation))
    for name in ("detail", "receipt", "attest", "withdraw"):
        url = reverse(f"applications:{name}", args=[dossier.reference])
        look(page, live_server.url + url)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_before_a_dossier_pass_axe(open_page, live_server, sheet, theme: str):
    page = open_page(theme)
    address = {"year": sheet.campaign.fiscal_year, "code": sheet.code}
    look(page, live_server.url + reverse("applications:prepare", kwargs=address))
    draft = a_complete_draft(sheet=sheet)
    sign_in(page, live_server, draft.created_by)
    look(page, live_server.url + reverse("applications:start", kwargs=address))
    look(page, live_server.url + reverse("applications:list"))


def test_what_is_typed_is_saved_without_a_click(page: Page, live_server, sheet):
    draft = a_draft(sheet=sheet)
    sign_in(page, live_server, draft.created_by)
    page.goto(live_server.url + reverse("applications:section", args=[draft.uuid, "budget"]))
    page.get_by_label("Locations").fill("1 200")
    page.keyboard.press("Tab")
    expect(page.locator("#autosave")).to_contain_text("Enregistré à")
    expect(page.locator("#id_balance")).to_have_text("Il manque 1\u00a0200\u00a0€ de produits.")
    page.get_by_label("Autofinancement").fill("1200")
    page.keyboard.press("Tab")
    expect(page.locator("#id_balance")).to_have_text("Le budget est équilibré.")
    page.reload()
    expect(page.get_by_label("Locations")).to_have_value("1\u00a0200")


def test_ticking_a_commune_offers_what_stands_inside(page: Page, live_server, sheet):
    school = SchoolFactory(commune=CommuneFactory(name="Nanterre"), name="Collège Évariste-Galois")
    draft = a_draft(sheet=sheet)
    sign_in(page, live_server, draft.created_by)
    page.goto(live_server.url + reverse("applications:section", args=[draft.uuid, "lieux"]))
    page.get_by_label("Nanterre").check()
    page.locator("summary", has_text="Nanterre").click()
    page.get_by_label("Collège Évariste-Galois").check()
    expect(page.locator("#autosave")).to_contain_text("Enregistré à")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Public")
    assert fresh(draft).places.get().school_id == school.pk


def test_a_dossier_is_filed_with_the_keyboard_alone(page: Page, live_server, sheet):
    draft = a_complete_draft(sheet=sheet)
    sign_in(page, live_server, draft.created_by)
    page.goto(live_server.url + reverse("applications:submit", args=[draft.uuid]))
    button = page.get_by_role("button", name="Déposer le dossier")
    for _ in range(200):
        if button.evaluate("b => b === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre dossier est déposé")


def test_a_section_works_without_script(browser: Browser, live_server, sheet):
    draft = a_draft(sheet=sheet)
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    sign_in(page, live_server, draft.created_by)
    page.goto(live_server.url + reverse("applications:section", args=[draft.uuid, "budget"]))
    page.get_by_label("Locations").fill("300")
    page.get_by_label("Compte à ajouter").select_option("benevolat")
    page.get_by_role("button", name="Ajouter", exact=True).click()
    page.get_by_label("Bénévolat").fill("80")
    page.get_by_label("Bénévolat").press("Enter")
    expect(page.locator("#id_balance")).to_have_text("Il manque 300\u00a0€ de produits.")
    expect(page.locator("#id_in_kind_balance")).to_contain_text("Il manque 80\u00a0€ au compte 86")
    context.close()
