"""The components and the public pages in a real browser: axe, both themes, three widths."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import assert_accessible


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = (
    "/composants/",
    "/",
    "/aide/",
    "/accessibilite/",
    "/mentions-legales/",
    "/donnees-personnelles/",
    "/plan-du-site/",
    "/cette-page-n-existe-pas/",
)


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, browser: Browser, live_server) -> Iterator[Page]:
    """A page in one theme, that remembers what the content policy refused."""
    context = browser.new_context(color_scheme=request.param, locale="fr-FR")
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_pages_pass_axe_and_fit_every_width(themed: Page, live_server, path: str):
    for width in (1280, 390, 320):
        themed.set_viewport_size({"width": width, "height": 800})
        themed.goto(live_server.url + path)
        themed.wait_for_load_state("networkidle")
        wide = themed.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} px wide in {width}"
        assert_accessible(themed)
    expected = 3 if path == PAGES[-1] else 0  # the browser notes the 404 itself
    assert len(themed.complaints) == expected, themed.complaints


def test_the_theme_chosen_is_kept(page: Page, live_server):
    page.goto(live_server.url + "/")
    page.get_by_role("radio", name="Sombre").check()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.goto(live_server.url + "/aide/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.get_by_role("radio", name="Sombre")).to_be_checked()


def test_the_menu_of_a_small_screen_opens_with_the_keyboard(page: Page, live_server):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(live_server.url + "/")
    link = page.get_by_role("navigation", name="Navigation principale").get_by_role("link").last
    expect(link).to_be_hidden()
    menu = page.get_by_role("button", name="Menu")
    menu.focus()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    expect(menu).to_have_attribute("aria-expanded", "true")
    assert_accessible(page)


def test_without_script_everything_is_there(browser: Browser, live_server):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(live_server.url + "/composants/")
    navigation = page.get_by_role("navigation", name="Navigation principale")
    expect(navigation.get_by_role("link").last).to_be_visible()
    expect(page.get_by_role("button", name="Imprimer cette page")).to_be_hidden()
    expect(page.get_by_role("group", name="Apparence")).to_be_hidden()
    context.close()


def test_the_first_tab_stop_leads_to_the_content(page: Page, live_server):
    page.goto(live_server.url + "/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Aller au contenu")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#contenu")).to_be_focused()


def test_the_errors_of_a_form_take_the_focus_and_lead_to_the_field(page: Page, live_server):
    page.goto(live_server.url + "/composants/")
    summary = page.locator("[data-portal-error-summary]")
    expect(summary).to_be_focused()
    page.get_by_role("link", name="Montant demandé").click()
    expect(page.locator("#id_faux-amount")).to_be_focused()
