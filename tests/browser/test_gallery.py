"""The components and the public pages in a real browser: axe, both themes, three widths."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from accounts.enums import Role
from foundation.parameters.models import Parameter
from tests.browser.axe import assert_accessible
from tests.factories import person_with_role


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
    Parameter.objects.bulk_create(
        Parameter(key=f"cle-{n}", value="1", label=f"Intitulé {n}", valid_from=date(2026, 1, 1))
        for n in range(60)
    )
    themed.goto(live_server.url + path)
    for width in (1280, 390, 320):
        themed.set_viewport_size({"width": width, "height": 800})
        wide = themed.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} px wide in {width}"
        if width != 390:
            assert_accessible(themed)
    expected = 1 if path == PAGES[-1] else 0  # the browser notes the 404 itself
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


def test_the_menus_of_somebody_signed_in_pass_axe(page: Page, live_server, settings):
    settings.DEMO_MODE = True
    person = person_with_role(Role.UNIT_HEAD)
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    address = {"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}
    page.context.add_cookies([address])
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(live_server.url + "/aide/")
        page.get_by_text("Changer de compte").click()
        if width == 320:
            page.get_by_role("button", name="Menu").click()
        page.locator("[data-portal-menu] summary").last.click()
        expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_hidden()


def test_a_session_about_to_close_is_announced_and_extended(page: Page, live_server, settings):
    person = person_with_role(Role.CASE_OFFICER)
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    address = {"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}
    page.context.add_cookies([address])
    page.clock.install()
    page.goto(live_server.url + "/aide/")
    warning = page.locator("[data-portal-session]")
    expect(warning).to_be_hidden()
    page.clock.fast_forward(26 * 60 * 1000)
    expect(warning).to_contain_text("Votre session se ferme dans 4 minutes.")
    page.get_by_role("button", name="Rester connecté").click()
    expect(warning).to_be_hidden()
    page.clock.fast_forward(40 * 60 * 1000)
    expect(warning).to_contain_text("Votre session est fermée.")
