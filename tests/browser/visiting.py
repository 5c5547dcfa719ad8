"""How a browser test signs somebody in and looks at a page."""

import os

from django.test import Client
from playwright.sync_api import BrowserContext, Page

from accounts.models import User
from tests.browser.axe import assert_accessible


#: A folder that keeps a picture of each page looked at, when somebody asks for them.
PICTURES = os.environ.get("MAILLAGE_PICTURES")


def sign_in(browser: Page | BrowserContext, server, user: User) -> None:
    """Give a browser the session of a person, without going through the form."""
    client = Client()
    client.force_login(user)
    value = client.cookies["sessionid"].value
    context = browser.context if isinstance(browser, Page) else browser
    context.add_cookies([{"name": "sessionid", "value": value, "url": server.url}])


def look(page: Page, name: str) -> None:
    """Run axe and look for overflow, wide and narrow; leave the page wide."""
    page.wait_for_load_state()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert_accessible(page)
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, f"{name}: {over} px too wide at {width}"
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
