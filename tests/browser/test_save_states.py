"""What the save bar says, in the dark theme and at every width; it never covers the field."""

import os
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from grants.applications.models import Application
from grants.applications.sections import read
from grants.applications.services.drafts import save_section
from tests.applications.dossiers import fresh
from tests.browser.axe import assert_accessible
from tests.browser.test_autosave import (
    cut,
    draft,
    leave_and_come_back,
    new_context,
    open_section,
    status,
    write,
)
from tests.browser.visiting import sign_in


__all__ = ["draft", "new_context", "open_section"]  # fixtures
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SAVE_SHOTS", "")
COVERED = """() => [...document.querySelector('form#partie').elements]
    .filter(field => field.checkVisibility() && !field.closest('.a-save') && field.tabIndex >= 0)
    .filter(field => {
        field.focus();
        const bar = document.querySelector('.a-save').getBoundingClientRect();
        const own = field.getBoundingClientRect();
        const used = field.matches('textarea') ? own.top + 48 : own.bottom; // its first lines
        return used > bar.top + 1;
    }).map(field => field.name)"""


def look(page: Page, name: str) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        too_wide = "() => document.documentElement.scrollWidth > window.innerWidth"
        assert not page.evaluate(too_wide), f"{name} is too wide at {width}"
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png")
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-full.png", full_page=True)
        assert_accessible(page)
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture
def open_dark(new_context, open_section, live_server, draft):
    def opened(section: str = "projet") -> Page:
        context = new_context(color_scheme="dark", reduced_motion="reduce")
        sign_in(context, live_server, draft.created_by)
        return open_section(section, context=context)

    return opened


def test_saved_failed_and_restored_in_the_dark_theme(open_dark):
    page = open_dark()
    write(page, "objectives", "Trois éducateurs le mercredi.")
    expect(status(page)).to_contain_text("Enregistré à")
    look(page, "saved")
    cut(page)
    write(page, "objectives", "Quatre éducateurs le mercredi.")
    expect(status(page)).to_contain_text("Non enregistré")
    look(page, "failed")
    leave_and_come_back(page)
    expect(page.get_by_text("Nous avons remis ce que vous aviez tapé")).to_be_visible()
    look(page, "restored")


def test_a_conflict_in_the_dark_theme(open_dark, draft: Application):
    page = open_dark()
    stored = fresh(draft)
    save_section(
        application_id=draft.pk,
        section="projet",
        values=read(stored, "projet") | {"objectives": "Ce qu’une collègue a écrit entre-temps."},
        invalid={},
        expected=stored.saved_sections.get("projet", ""),
        by=draft.created_by,
        at=timezone.now(),
    )
    write(page, "objectives", "Ce que j’ai écrit moi-même au même moment.")
    expect(page.get_by_role("button", name="Réessayer")).to_have_count(0)
    expect(status(page)).to_contain_text("enregistré")
    look(page, "conflict")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".a-compare")).to_be_visible()
    look(page, "conflict-page")


def test_a_budget_in_error_in_the_dark_theme(open_dark):
    page = open_dark("budget")
    fields = page.locator(".a-budget input:visible")
    for n, typed in enumerate(("douze", "-5", "1e9")):
        fields.nth(n).fill(typed)
        fields.nth(n).blur()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator("[data-portal-error-summary]")).to_be_visible()
    look(page, "budget-error")


@pytest.mark.parametrize("section", ["demandeur", "projet"])
@pytest.mark.parametrize("height", [900, 620])
def test_the_bar_never_covers_the_field_that_is_filled(open_section, section, height):
    page = open_section(section)
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": height})
    assert page.evaluate(COVERED) == []
    cut(page)
    page.context.set_offline(True)
    field = page.locator("form#partie :is(input[type=text], input:not([type]), textarea)").first
    field.fill("Zoé")
    field.blur()
    expect(status(page)).to_contain_text("Non enregistré")
    assert page.evaluate(COVERED) == []
