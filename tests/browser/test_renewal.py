"""Renewing a request in a real browser: axe on its pages, and the keyboard alone."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from grants.applications.models import Application
from grants.calls.models import RequiredDocument
from tests.applications.dossiers import a_draft, load_letters
from tests.applications.renewals import (
    a_kept_document,
    a_renewed_draft,
    last_years_dossier,
    this_years_sheet,
)
from tests.browser.axe import assert_accessible
from tests.browser.test_applications import look, open_page  # noqa: F401  (a fixture)
from tests.browser.visiting import sign_in
from tests.factories import member_of, person_with_role


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sheet():
    load_letters()
    sheet = this_years_sheet()
    for kind, label in (("bylaws", "Statuts"), ("accounts", "Comptes"), ("officers", "Dirigeants")):
        RequiredDocument.objects.create(sheet=sheet, kind=kind, label=label)
    return sheet


@pytest.fixture
def previous(sheet):
    previous = last_years_dossier(notified_at=None)
    a_kept_document(previous.organisation)
    a_kept_document(
        previous.organisation, "comptes", state="refused", refusal_reason="Page du bilan absente"
    )
    return previous


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_a_renewal_pass_axe(open_page, live_server, sheet, previous, theme):  # noqa: F811
    page = open_page(theme)
    by = member_of(previous.organisation)
    sign_in(page, live_server, by)
    this_years_sheet(code="A1", title="Une autre fiche")
    site = live_server.url
    start = reverse("applications:start", args=[sheet.campaign.fiscal_year, sheet.code])
    renew = reverse("applications:renew", args=[previous.reference])
    look(page, site + start)
    look(page, site + renew)
    look(page, site + previous.get_absolute_url())
    draft = a_renewed_draft(previous=previous, sheet=sheet, by=by)
    a_kept_document(previous.organisation, "liste-dirigeants", state="to_check")
    look(page, site + reverse("applications:renewed", args=[draft.uuid]))
    for section in ("projet", "public", "evaluation", "budget", "pieces"):
        look(page, site + reverse("applications:section", args=[draft.uuid, section]))
    # The draft exists: the choice is shown.
    page.goto(site + renew)
    page.get_by_role("button", name="Renouveler sur cette fiche").click()
    expect(page.get_by_role("button", name="Commencer un autre brouillon")).to_be_visible()
    assert_accessible(page)


def test_the_office_reads_a_renewal_with_axe(open_page, live_server, sheet, previous):  # noqa: F811
    page = open_page("light")
    draft = a_renewed_draft(previous=previous, sheet=sheet)
    Application.objects.filter(pk=draft.pk).update(
        review_state="under_review", reference="2027-0007", submitted_at=draft.created_at
    )
    sign_in(page, live_server, person_with_role("case_officer"))
    for tab in ("resume", "budget"):
        url = f"/instruction/2027-0007/{tab}/" if tab != "resume" else "/instruction/2027-0007/"
        page.goto(live_server.url + url)
        assert_accessible(page)


def press_until(page: Page, button) -> None:
    """Walk with the Tab key to a control, then press Enter."""
    for _ in range(150):
        if button.evaluate("b => b === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def test_a_request_is_renewed_and_read_again_with_the_keyboard_alone(
    page: Page, live_server, sheet, previous
):
    by = member_of(previous.organisation)
    a_draft()  # of somebody else
    sign_in(page, live_server, by)
    page.goto(live_server.url + previous.get_absolute_url())
    press_until(page, page.get_by_role("link", name="Renouveler 2026-0042"))
    press_until(page, page.get_by_role("button", name="Renouveler sur cette fiche"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce qui est repris de 2026-0042")
    press_until(page, page.get_by_role("link", name="Public", exact=True))
    expect(page.get_by_text("Repris de votre demande 2026-0042").first).to_be_visible()
    press_until(page, page.get_by_role("button", name="Enregistrer et continuer"))
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Public")
    draft = Application.objects.drafts().get(organisation=previous.organisation)
    page.goto(live_server.url + reverse("applications:section", args=[draft.uuid, "public"]))
    expect(page.get_by_text("Repris de votre demande")).to_have_count(0)
    draft.refresh_from_db()
    assert "public" in draft.saved_sections
    page.goto(live_server.url + reverse("applications:section", args=[draft.uuid, "pieces"]))
    expect(page.get_by_text("Copie du document de l’organisation")).to_be_visible()
