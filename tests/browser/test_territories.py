"""The map and the pages of the territories in a real browser."""

from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import assert_accessible


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = (
    "/territoires/",
    "/territoires/?q=garenne",
    "/territoires/?q=Genevilier",
    "/territoires/?q=zzz",
    "/territoires/7/",
    "/territoires/3/",
    "/communes/gennevilliers/",
    "/communes/marnes-la-coquette/",
    "/sources/",
)


@pytest.fixture(autouse=True)
def _reference(transactional_db):
    call_command("load_reference", stdout=StringIO())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_pass_axe_and_fit_every_width(browser: Browser, live_server, scheme: str):
    context = browser.new_context(color_scheme=scheme, locale="fr-FR")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for path in PAGES if scheme == "light" else PAGES[::4]:
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(live_server.url + path)
            page.wait_for_load_state("networkidle")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} px wide in {width}"
            assert_accessible(page)
    assert not complaints
    context.close()


def test_the_map_is_walked_with_the_keyboard(page: Page, live_server):
    page.goto(live_server.url + "/territoires/")
    page.get_by_role("button", name="Chercher").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Passer la carte")).to_be_focused()
    page.keyboard.press("Tab")
    antony = page.get_by_role("link", name="Antony, territoire 7")
    expect(antony).to_be_focused()
    width = antony.locator("path").evaluate("e => getComputedStyle(e).strokeWidth")
    assert width == "5px"
    page.keyboard.press("Enter")
    expect(page).to_have_url(live_server.url + "/communes/antony/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Antony")


def test_the_map_can_be_skipped(page: Page, live_server):
    page.goto(live_server.url + "/territoires/")
    page.get_by_role("link", name="Passer la carte").press("Enter")
    expect(page.get_by_role("heading", name="Les territoires")).to_be_focused()


def test_the_legend_brings_a_territory_forward(page: Page, live_server):
    page.goto(live_server.url + "/territoires/")
    legend = page.get_by_role("navigation", name="Les territoires")
    legend.get_by_role("link", name="Territoire 3").hover()
    opacity = "e => getComputedStyle(e).opacity"
    clichy = page.get_by_role("link", name="Clichy, territoire 3")
    antony = page.get_by_role("link", name="Antony, territoire 7")
    assert clichy.evaluate(opacity) == "1"
    assert antony.evaluate(opacity) == "0.28"


def test_a_commune_is_found_from_the_map(page: Page, live_server):
    page.goto(live_server.url + "/territoires/")
    page.get_by_role("searchbox", name="Trouver une commune").fill("asnieres")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Asnières-sur-Seine")
