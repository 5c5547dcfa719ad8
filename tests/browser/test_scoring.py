"""Score a dossier with the keyboard alone, saved as it is typed; how scores spread."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from accounts.enums import Role
from grants.calls.models import Criterion
from grants.review.models import Review
from grants.review.services.assignment import assign_reader
from territories.loading import load_parameters
from tests.browser.test_review import CRITERIA, LEVELS
from tests.browser.visiting import look, sign_in
from tests.factories import person_with_role
from tests.review.world import final, under_review


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(db):
    load_parameters()
    return [person_with_role(role) for role in (Role.UNIT_HEAD, *[Role.CASE_OFFICER] * 2)]


@pytest.fixture
def dossier(people):
    head, officer, second = people
    found = under_review(officer, head, readers=2, title="Ateliers théâtre au collège")
    for criterion, (label, help_text) in zip(
        found.sheet.grid.criteria.all(), CRITERIA, strict=True
    ):
        Criterion.objects.filter(pk=criterion.pk).update(
            label=label, help_text=help_text, level_sentences=LEVELS
        )
    assign_reader(application_id=found.pk, person=second, rank=2, by=head, at=timezone.now())
    return found


def test_a_dossier_is_scored_with_the_keyboard_alone(page: Page, live_server, people, dossier):
    _, officer, _ = people
    sign_in(page, live_server, officer)
    page.goto(live_server.url + reverse("review:tab", args=[dossier.reference, "notation"]))
    keys = page.keyboard
    cards = page.locator("[data-portal-card]")
    cards.first.get_by_role("radio").first.focus()
    keys.press("1")
    expect(cards.first.get_by_role("radio", checked=True)).to_have_value("1")
    expect(cards.first.locator("[data-portal-rule]")).to_have_text("obligatoire pour la note 1")
    keys.press("Tab")
    keys.type("Trop court : 3 séances seulement")  # digits and « s » are words here
    expect(cards.first.get_by_role("radio", checked=True)).to_have_value("1")
    keys.press("Tab")
    keys.press("Digit4")
    expect(cards.nth(1).locator("[data-portal-rule]")).to_have_text("facultatif")
    keys.press("Enter")
    keys.press("s")
    expect(cards.nth(2).get_by_role("radio", checked=True)).to_have_value("na")
    expect(page.locator("#total")).to_contain_text("3 critères sur 3")
    expect(page.locator("#autosave")).to_contain_text("le montant proposé, la synthèse")
    assert Review.objects.get().state == "draft"
    look(page, "notation-clavier")
    keys.press("Control+Enter")  # not yet: what lacks is said, nothing is lost
    expect(page.get_by_role("alert").first).to_contain_text("Rédigez la synthèse")
    page.locator("#id_proposed_amount").focus()
    keys.type("1500")
    keys.press("Tab")
    keys.type("Un projet utile, à cadrer.")
    keys.press("Control+Enter")
    expect(page.get_by_text("Votre notation est définitive.")).to_be_visible()
    review = Review.objects.get()
    levels = [(score.level, score.not_applicable) for score in review.scores.all()]
    assert (review.state, levels) == ("final", [(1, False), (4, False), (None, True)])


def test_a_reading_made_final_sends_no_draft_behind(page: Page, live_server, people, dossier):
    _, officer, _ = people
    sign_in(page, live_server, officer)
    page.clock.install()
    page.goto(live_server.url + reverse("review:tab", args=[dossier.reference, "notation"]))
    for card in page.locator("[data-portal-card]").all():
        card.get_by_role("radio").nth(4).check()
        card.locator("textarea").fill("Le projet répond au besoin.")
    page.locator("#id_proposed_amount").fill("1500")
    page.locator("#id_summary").fill("Un projet utile, à cadrer.")
    sent: list[str] = []

    def stay(route: Route) -> None:
        whole = route.request.is_navigation_request()
        sent.append("whole" if whole else "draft")
        if whole:
            route.fulfill(status=204)  # the page stays, as while an answer is awaited
        else:
            route.continue_()

    page.route("**/noter/", stay)
    with page.expect_request(lambda request: request.is_navigation_request()):
        page.get_by_role("button", name="Rendre définitive").click(no_wait_after=True)
    page.clock.run_for(20_000)  # the pause of the autosave passes
    page.wait_for_load_state("networkidle")
    assert sent[sent.index("whole") :] == ["whole"]


def test_two_tabs_choose_what_each_changed(page: Page, live_server, people, dossier):
    _, officer, _ = people
    sign_in(page, live_server, officer)
    url = live_server.url + reverse("review:tab", args=[dossier.reference, "notation"])
    page.goto(url)
    other = page.context.new_page()
    other.goto(url)
    for one, level in ((page, "2"), (other, "5")):
        one.locator("[data-portal-card]").first.get_by_role("radio").first.focus()
        one.keyboard.press(level)
        expect(one.locator("#autosave")).to_contain_text(re.compile("nregistré"))
        one.wait_for_load_state("networkidle")
    other.get_by_role("button", name="Comparer et choisir").click()
    expect(other.get_by_text("Votre notation a changé dans un autre onglet")).to_be_visible()
    look(other, "notation-deux-onglets")
    other.close()


def test_readings_apart_and_their_spread(page: Page, live_server, people, dossier):
    head, officer, second = people
    final(dossier, officer, 5, 4, 5, summary="Projet solide, à soutenir.")
    final(dossier, second, 1, 3, 1, summary="Trop peu de jeunes touchés.")
    sign_in(page, live_server, head)
    page.goto(live_server.url + reverse("review:tab", args=[dossier.reference, "notation"]))
    expect(page.get_by_text("Troisième lecture demandée")).to_be_visible()
    look(page, "notation-troisieme")
    page.goto(live_server.url + reverse("review:score_spread"))
    look(page, "notes-repartition")


def test_a_control_character_pasted_stops_no_save(page: Page, live_server, people, dossier):
    _, officer, _ = people
    sign_in(page, live_server, officer)
    page.goto(live_server.url + reverse("review:tab", args=[dossier.reference, "notation"]))
    page.locator("#id_summary").evaluate(
        """field => {
            field.value = "Un projet\\u0000 utile.\\u0007";
            field.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    expect(page.locator("#autosave")).to_contain_text("Brouillon enregistré")
    assert Review.objects.get().summary == "Un projet utile."
