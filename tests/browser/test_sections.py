"""The sections of the dossier in a real browser: help, counted words, places, a commune's own."""

from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from grants.applications.enums import Section
from grants.applications.models import StaffLine
from partners.models import Representative
from tests.applications.dossiers import a_complete_draft, a_draft, a_sheet, fresh, load_letters
from tests.browser.axe import assert_accessible
from tests.browser.test_applications import look
from tests.browser.visiting import sign_in
from tests.factories import CommuneFactory, OrganisationFactory


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page that remembers what the content policy refused."""
    contexts = []

    def opened(**options) -> Page:
        contexts.append(browser.new_context(locale="fr-FR", **options))
        page = contexts[-1].new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()


def address(live_server, draft, section: str) -> str:
    return live_server.url + reverse("applications:section", args=[draft.uuid, section])


@pytest.fixture
def commune_draft():
    load_letters()
    return a_complete_draft(sheet=a_sheet(), organisation=OrganisationFactory(kind="commune"))


def test_a_commune_s_pages_and_opened_helps_pass_axe(open_page, live_server, commune_draft):
    page = open_page()
    draft = commune_draft
    StaffLine.objects.create(application=draft, category="employees", people=2)
    draft.invalid_values = {"demandeur": {"deliberation_on": "hier", "contact_email": "ada@"}}
    draft.save()
    sign_in(page, live_server, draft.created_by)
    look(page, address(live_server, draft, Section.APPLICANT))
    look(page, live_server.url + reverse("applications:submit", args=[draft.uuid]))
    for section in (Section.PROJECT, Section.MEANS):
        page.goto(address(live_server, draft, section))
        for fold in page.locator(".a-help summary").all():
            fold.press("Enter")
        expect(page.locator(".a-help:not([open])")).to_have_count(0)
        assert_accessible(page)
    assert not page.complaints


def test_a_help_opens_without_script(open_page, live_server, commune_draft):
    page = open_page(java_script_enabled=False)
    sign_in(page, live_server, commune_draft.created_by)
    page.goto(address(live_server, commune_draft, Section.MEANS))
    page.get_by_text("Qu’est-ce qu’un ETPT").click()
    expect(page.get_by_text("L’équivalent temps plein travaillé")).to_be_visible()
    expect(page.get_by_text("0 mot\u00a0; 20 à 150 conseillés")).to_be_visible()


def test_words_are_counted_while_typing_and_told_after_a_pause(
    open_page, live_server, commune_draft
):
    page = open_page()
    sign_in(page, live_server, commune_draft.created_by)
    page.goto(address(live_server, commune_draft, Section.MEANS))
    line = page.locator("[data-portal-words=id_means]")
    page.locator("#id_means").fill("Deux éducateurs, l’un à mi-temps – et une salle")
    expect(line.locator("span").first).to_have_text("8 mots\u00a0; 20 à 150 conseillés")
    spoken = line.get_by_role("status")
    expect(spoken).to_have_text("")
    page.locator("#id_means").fill("mot " * 151)
    expect(spoken).to_have_text("151 mots\u00a0; 20 à 150 conseillés\u00a0: un peu long")
    assert not page.complaints


def test_places_are_searched_and_the_whole_departement_hides_them(open_page, live_server):
    load_letters()
    for name in ("Asnières-sur-Seine", "Nanterre"):
        CommuneFactory(name=name)
    draft = a_draft()
    page = open_page()
    sign_in(page, live_server, draft.created_by)
    page.goto(address(live_server, draft, Section.PLACES))
    page.get_by_label("Nanterre").check()
    expect(page.locator("#autosave")).to_contain_text("Enregistré à")
    find = page.get_by_label("Chercher une commune")
    find.fill("asnieres sur")
    expect(page.get_by_label("Nanterre")).to_be_hidden()
    expect(page.get_by_label("Asnières-sur-Seine")).to_be_visible()
    expect(page.get_by_text("1 commune affichée")).to_be_visible()
    find.press("Enter")
    expect(find).to_be_visible()
    find.fill("")
    page.get_by_label("Tout le département").check()
    expect(page.get_by_label("Nanterre")).to_be_hidden()
    expect(page.get_by_text("l’emporte")).to_be_visible()
    expect(page.locator("#autosave")).to_contain_text("Enregistré à")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.wait_for_load_state()
    assert fresh(draft).whole_department
    assert draft.places.count() == 1, "what was ticked is kept"
    assert_accessible(page)
    page.get_by_label("Tout le département").uncheck()
    expect(page.get_by_label("Nanterre")).to_be_checked()


def test_the_profile_is_completed_from_the_section(open_page, live_server):
    load_letters()
    draft = a_draft()
    page = open_page()
    sign_in(page, live_server, draft.created_by)
    page.goto(address(live_server, draft, Section.APPLICANT))
    expect(page.get_by_text("Il manque le nom du représentant légal.")).to_be_visible()
    page.get_by_role("link", name="Compléter la fiche").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(str(draft.organisation))
    Representative.objects.create(
        organisation=draft.organisation, role="legal", name="Ada Diallo", email="ada@club.example"
    )
    page.go_back()
    page.reload()
    expect(page.get_by_text("Ada Diallo")).to_be_visible()
