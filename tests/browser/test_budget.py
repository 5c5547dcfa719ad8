"""The budget in a real browser: keyboard, paste, print, narrow screens, sixty lines."""

from decimal import Decimal
from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from grants.applications.models import Application, BudgetLine
from tests.applications.dossiers import a_complete_draft, a_sheet, load_parameters
from tests.browser.axe import assert_accessible
from tests.browser.test_autosave import SAVED, new_context, open_section, status


__all__ = ["new_context", "open_section"]  # fixtures
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft() -> Application:
    load_parameters()
    return a_complete_draft(sheet=a_sheet(rate_ceiling=Decimal("0.30")))


def add_lines(draft: Application) -> None:
    for account, funder in (
        ("etat", "Ministère de la ville et du logement"),
        ("communes", "Ville"),
    ):
        for n in range(30):
            BudgetLine.objects.create(
                application=draft,
                account=account,
                side="income",
                position=10 + n,
                planned_amount=1_234_567,
                funder=f"{funder} {n}",
                status="secured",
            )
    for account, side in (("personnel_benevole", "charge"), ("benevolat", "income")):
        BudgetLine.objects.create(
            application=draft, account=account, side=side, position=90, planned_amount=500
        )


def sheets(page: Page) -> int:
    margin = dict.fromkeys(("top", "right", "bottom", "left"), "12mm")
    return len(PdfReader(BytesIO(page.pdf(format="A4", margin=margin))).pages)


def test_a_pasted_amount_changes_the_totals_and_says_that_it_is_rounded(open_section, draft):
    page = open_section("budget")
    page.get_by_label("Locations").focus()
    page.keyboard.insert_text("1\u202f234,50\u00a0€")
    expect(status(page)).to_contain_text("Montant arrondi à l’euro : 1 235 €.")
    expect(status(page)).to_contain_text("Il manque 1 235 € de produits.")
    expect(page.locator("#id_balance")).to_have_text("Il manque 1 235 € de produits.")
    expect(page.get_by_text("la fiche prévoit 30 % au plus")).to_be_visible()
    assert_accessible(page)


def test_arrows_go_from_one_amount_to_the_next(open_section, draft):
    page = open_section("budget")
    page.get_by_label("Locations").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[name=honoraires-0-amount]")).to_be_focused()
    page.keyboard.type("40")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Locations")).to_be_focused()
    page.keyboard.type("60")
    page.keyboard.press("Enter")
    expect(page.get_by_text("« Budget » est enregistré")).to_be_visible()
    expect(page.locator("#id_balance")).to_have_text("Il manque 100 € de produits.")


def test_a_funder_is_added_and_typed_with_the_keyboard_alone(open_section, draft):
    page = open_section("budget")
    page.get_by_label("Compte à ajouter").select_option("communes")
    page.get_by_role("button", name="Ajouter", exact=True).press("Enter")
    page.wait_for_url("**#id_communes-*-funder")
    page.keyboard.press("Tab")  # the address leads to the new line
    page.keyboard.press("Shift+Tab")
    page.locator("[name=communes-0-funder]").fill("Ville de Sceaux")
    page.locator("[name=communes-0-status]").select_option("Acquis")
    page.locator("[name=communes-0-amount]").fill("70")
    expect(status(page)).to_have_text(SAVED)
    line = draft.budget_lines.get(account="communes", planned_amount=70)
    assert (line.funder, line.status) == ("Ville de Sceaux", "secured")


def test_sixty_lines_fit_a_phone_and_print_whole(open_section, draft):
    page = open_section("budget")
    assert sheets(page) == 1, "the usual budget takes one sheet"
    add_lines(draft)
    page.reload()
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 900})
    assert_accessible(page)
    assert sheets(page) <= 6
