"""Nothing typed is lost: cuts, closed sessions, two tabs, two colleagues, a killed server."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, expect

from grants.applications.enums import Section
from grants.applications.models import Application
from tests.applications.dossiers import a_complete_draft, fresh, load_parameters
from tests.browser.axe import assert_accessible
from tests.browser.visiting import sign_in
from tests.factories import PASSWORD, FiledApplicationFactory, member_of


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAVED = re.compile(r"Enregistré à \d+\u00a0h\u00a0\d\d")
AUTOSAVE = re.compile(r"/brouillon/.+/(projet|budget|public)/$")
KEPT = "Object.keys(localStorage).filter(key => key.startsWith('typed:')).length"
NO_FETCH = "void (window.fetch = () => Promise.reject(new Error('cut')))"
BARE = """() => {
    const field = document.activeElement.getBoundingClientRect();
    const middle = (field.top + Math.min(field.bottom, field.top + 88)) / 2;
    return middle < document.querySelector("#autosave").getBoundingClientRect().top;
}"""
TEXTS = "Object.values({...localStorage}).join()"


@pytest.fixture
def draft() -> Application:
    load_parameters()
    return a_complete_draft()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    contexts = []

    def opened(**options) -> BrowserContext:
        context = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris", **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context

    yield opened
    for context in contexts:
        for page in context.pages:
            page.evaluate(NO_FETCH)  # no last save while the database is emptied
        context.route("**/*", lambda route: route.abort())
        context.close()


@pytest.fixture
def open_section(new_context, live_server, draft) -> Callable[..., Page]:
    """Open a section of the draft, in a browser of one's own unless one is given."""

    def opened(
        section: str = "projet", *, user=None, context: BrowserContext | None = None
    ) -> Page:
        if context is None:
            context = new_context()
            sign_in(context, live_server, user or draft.created_by)
        page = context.new_page()
        page.goto(live_server.url + address(draft, section))
        return page

    return opened


def address(draft: Application, section: str) -> str:
    return reverse("applications:section", args=[draft.uuid, section])


def status(page: Page):
    return page.locator("#autosave")


def write(page: Page, name: str, text: str) -> None:
    field = page.locator(f"form#partie [name={name}]")
    field.fill(text)
    field.blur()


def cut(page: Page, **answer) -> None:
    """Let no save through: an answer of the server, or none."""

    def stop(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
        elif answer:
            route.fulfill(**answer)
        else:
            route.abort()

    page.route(AUTOSAVE, stop)


def leave_and_come_back(page: Page) -> None:
    """Close the page while nothing goes through, open it again once all does."""
    url = page.url
    page.evaluate(NO_FETCH)
    page.goto("about:blank")
    page.unroute(AUTOSAVE)
    page.goto(url)


# --- Saved, and said ----------------------------------------------------------------------------
def test_what_is_typed_before_the_script_runs_is_saved_too(
    new_context, open_section, live_server, draft
):
    context = new_context()
    sign_in(context, live_server, draft.created_by)
    late: list[Route] = []
    context.route("**/js/portal.js", lambda route: late.append(route))
    page = context.new_page()
    page.goto(live_server.url + address(draft, "projet"), wait_until="commit")
    page.locator("[name=objectives]").press_sequentially("Aussitôt. ")
    late[0].continue_()
    expect(status(page)).to_have_text(re.compile(SAVED.pattern + r"\.\s*$"))
    assert "Aussitôt. " in fresh(draft).objectives


@pytest.mark.parametrize("section", [one for one in Section if one != Section.DOCUMENTS])
def test_a_page_left_alone_keeps_nothing(open_section, section):
    page = open_section(section)
    page.wait_for_function("[...document.forms].some(form => form.dataset.portalKept)")
    assert page.evaluate(KEPT) == 0


def test_a_save_is_said_with_its_hour_and_leaves_no_copy(open_section, draft):
    page = open_section()
    expect(status(page)).to_contain_text("Enregistré le")
    page.locator("[name=objectives]").press_sequentially("Et ")
    expect(status(page)).to_have_text("Modifié, pas encore enregistré.")
    assert page.evaluate(KEPT) == 1
    expect(status(page)).to_have_text(re.compile(SAVED.pattern + r"\.\s*$"))
    assert "Et " in fresh(draft).objectives
    assert page.evaluate(KEPT) == 0
    assert_accessible(page)


def test_a_value_that_is_wrong_is_saved_and_said(open_section, draft):
    page = open_section("public")
    write(page, "count_11_15", "une vingtaine")
    expect(status(page)).to_contain_text("1 valeur à corriger")
    assert fresh(draft).invalid_values["public"] == {"count_11_15": "une vingtaine"}
    field = page.locator("[name=count_11_15]")
    expect(field).to_have_attribute("aria-invalid", "true")
    words = page.locator("#id_count_11_15_error")
    expect(words).to_be_visible()
    said = words.text_content()
    expect(field).to_have_accessible_description(re.compile(re.escape(said)))
    step = page.get_by_role("navigation", name="Parties du dossier").locator("[aria-current]")
    expect(step).to_contain_text("à corriger")
    assert_accessible(page)
    page.get_by_role("link", name="1 valeur à corriger").click()
    expect(field).to_be_focused()
    page.reload()
    expect(words).to_have_text(said)  # the whole page says it in the same words
    write(page, "count_11_15", "20")
    expect(words).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(step).to_contain_text("enregistrée")


def test_the_page_agrees_with_what_was_saved_by_itself(open_section, draft):
    draft.annual_budget_lines.all().delete()
    Application.objects.filter(pk=draft.pk).update(saved_sections={})
    page = open_section("demandeur")
    expect(page.locator("#annual-sentence")).to_contain_text("Rien n’est encore indiqué")
    write(page, "annual_60", "1200")
    expect(status(page)).to_have_text(SAVED)
    expect(page.locator("#annual-total-1")).to_have_text(re.compile("1.200.€"))
    expect(page.locator("#annual-sentence")).not_to_contain_text("Rien n’est encore indiqué")
    step = page.get_by_role("navigation", name="Parties du dossier").locator("[aria-current]")
    expect(step).not_to_contain_text("pas encore enregistrée")


def test_a_hurried_click_elsewhere_loses_no_word(open_section, draft):
    page = open_section()
    page.locator("[name=objectives]").fill("Deux éducateurs le mercredi")
    page.get_by_role("navigation", name="Parties du dossier").get_by_role(
        "link", name="Public"
    ).click()
    expect(page).to_have_url(re.compile("/public/$"))
    page.go_back()
    expect(page.locator("[name=objectives]")).to_have_value("Deux éducateurs le mercredi")


# --- The server does not answer -----------------------------------------------------------------
@pytest.mark.parametrize("answer", [{"status": 503}, {"status": 500}, {}])
def test_a_failed_save_is_said_and_tried_again_by_itself(open_section, draft, answer):
    page = open_section()
    page.clock.install()
    cut(page, **answer)
    write(page, "objectives", "Trois bénévoles")
    page.clock.run_for(2000)
    expect(status(page)).to_contain_text("Non enregistré")
    expect(status(page)).to_contain_text("gardé sur cet appareil")
    assert "Trois bénévoles" in page.evaluate(TEXTS)
    assert fresh(draft).objectives != "Trois bénévoles"
    page.unroute(AUTOSAVE)
    page.clock.run_for(2500)
    expect(status(page)).to_have_text(SAVED)
    assert fresh(draft).objectives == "Trois bénévoles"
    assert page.evaluate(KEPT) == 0


def test_a_failed_save_is_tried_again_with_a_button(open_section, draft):
    page = open_section()
    page.clock.install()
    cut(page, status=503)
    write(page, "objectives", "Quatre bénévoles")
    page.clock.run_for(1000)
    again = page.get_by_role("button", name="Réessayer")
    expect(again).to_be_visible()
    assert_accessible(page)
    page.unroute(AUTOSAVE)
    again.press("Enter")
    expect(status(page)).to_have_text(SAVED)
    expect(status(page)).to_be_focused()
    assert fresh(draft).objectives == "Quatre bénévoles"


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568)])
def test_on_a_phone_a_failed_save_stays_in_sight_and_covers_no_field(open_section, width, height):
    page = open_section()
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(reduced_motion="reduce")  # scrolls at once
    cut(page, status=503)
    write(page, "title", "Un titre")
    expect(status(page)).to_contain_text("Non enregistré")
    expect(status(page)).to_be_in_viewport(ratio=1)
    for name in ("description", "starts_on", "ends_on", "steering_body"):
        page.locator(f"[name={name}]").focus()
        assert page.evaluate(BARE)
        expect(status(page)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert_accessible(page)


def test_words_typed_offline_are_saved_when_the_network_is_back(open_section, draft):
    page = open_section()
    page.context.set_offline(True)
    write(page, "objectives", "Cinq bénévoles")
    expect(status(page)).to_contain_text("la connexion est coupée")
    page.context.set_offline(False)
    expect(status(page)).to_have_text(SAVED)
    assert fresh(draft).objectives == "Cinq bénévoles"


def test_unconfirmed_words_come_back_with_the_page(open_section, draft):
    page = open_section()
    cut(page)
    write(page, "objectives", "Six bénévoles")
    expect(status(page)).to_contain_text("Non enregistré")
    leave_and_come_back(page)
    expect(page.get_by_text("Nous avons remis ce que vous aviez tapé")).to_be_visible()
    assert_accessible(page)
    expect(status(page)).to_have_text(SAVED)
    assert fresh(draft).objectives == "Six bénévoles"
    page.reload()
    expect(page.get_by_text("Nous avons remis")).to_have_count(0)
    assert page.evaluate(KEPT) == 0


def test_a_click_on_save_during_a_cut_loses_no_word(open_section, live_server, draft):
    page = open_section()
    cut(page)
    page.locator("[name=objectives]").fill("Sept bénévoles")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_url("chrome-error://chromewebdata/")
    page.unroute(AUTOSAVE)
    page.goto(live_server.url + address(draft, "projet"))
    expect(page.locator("[name=objectives]")).to_have_value("Sept bénévoles")
    expect(status(page)).to_have_text(SAVED)
    assert fresh(draft).objectives == "Sept bénévoles"


# --- The session is closed ----------------------------------------------------------------------
def close_every_session() -> None:
    cache.clear()  # sessions live there


def sign_in_by_hand(page: Page, user) -> None:
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()


def test_a_session_closed_in_the_middle_is_said_and_opened_again_in_a_new_tab(
    open_section, live_server, draft
):
    page = open_section()
    close_every_session()
    write(page, "objectives", "Huit bénévoles")
    expect(status(page)).to_contain_text("votre session est fermée")
    assert_accessible(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Se connecter dans un nouvel onglet").click()
    other = opened.value
    sign_in_by_hand(other, draft.created_by)
    expect(other.get_by_role("heading", level=1)).to_have_text("Projet")
    other.close()
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(status(page)).to_have_text(SAVED)
    assert fresh(draft).objectives == "Huit bénévoles"


def test_another_person_never_sees_the_copies(open_section, live_server, draft):
    page = open_section()
    colleague = member_of(draft.organisation)
    close_every_session()
    write(page, "objectives", "Neuf bénévoles")
    expect(status(page)).to_contain_text("votre session est fermée")
    sign_in(page.context, live_server, colleague)
    page.get_by_role("button", name="Réessayer").click()
    expect(status(page)).to_contain_text("un autre compte est connecté")
    page.reload()
    expect(page.locator("[name=objectives]")).to_have_value("Raccrocher les élèves.")
    expect(page.locator("[data-portal-note]")).to_have_count(0)
    assert fresh(draft).objectives == "Raccrocher les élèves."
    sign_in(page.context, live_server, draft.created_by)
    page.reload()
    expect(page.locator("[name=objectives]")).to_have_value("Neuf bénévoles")
    expect(status(page)).to_have_text(SAVED)


def sign_out(page: Page) -> None:
    page.evaluate("document.querySelector(\"form[action$='/logout/']\").requestSubmit()")


def test_signing_out_saves_then_forgets_every_copy(open_section, live_server, draft):
    page = open_section()
    page.evaluate("localStorage.setItem('typed:autre:x.0:/a/', JSON.stringify({at: Date.now()}))")
    page.locator("[name=objectives]").fill("Dix bénévoles")
    sign_out(page)
    page.wait_for_url(live_server.url + "/")
    assert fresh(draft).objectives == "Dix bénévoles"
    assert page.evaluate(KEPT) == 1, "the copies of somebody else are not ours to forget"


def test_signing_out_asks_before_it_forgets_what_could_not_be_saved(
    open_section, live_server, draft
):
    page = open_section()
    cut(page, status=503)
    write(page, "objectives", "Onze bénévoles")
    expect(status(page)).to_contain_text("Non enregistré")
    answers = iter(["dismiss", "accept"])
    asked = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        getattr(dialog, next(answers))()

    page.on("dialog", answer)
    with page.expect_event("dialog"):
        sign_out(page)
    expect(page.locator("[name=objectives]")).to_have_value("Onze bénévoles")
    assert page.evaluate(KEPT) == 1
    sign_out(page)
    page.wait_for_url(live_server.url + "/")
    assert page.evaluate(KEPT) == 0
    assert asked[0].startswith("Votre dernier texte n’est pas enregistré.")


def test_signing_out_elsewhere_asks_about_words_that_wait_in_a_section(
    open_section, live_server, draft
):
    page = open_section()
    cut(page, status=503)
    write(page, "objectives", "Quinze bénévoles")
    expect(status(page)).to_contain_text("Non enregistré")
    page.evaluate(NO_FETCH)
    page.goto(live_server.url + "/espace/")
    sign_out(page)
    asked = page.get_by_role("alert")
    expect(asked).to_contain_text("du texte qui n’est pas encore enregistré")
    expect(asked).to_be_focused()
    expect(asked.get_by_role("link")).to_have_attribute("href", address(draft, "projet"))
    expect(asked.get_by_role("link")).to_contain_text("Projet")
    assert_accessible(page)
    asked.get_by_role("button", name="Rester connecté").click()
    expect(asked).to_have_count(0)
    assert "Quinze bénévoles" in page.evaluate(TEXTS)
    sign_out(page)
    asked.get_by_role("button", name="Se déconnecter et effacer ce texte").click()
    page.wait_for_url(live_server.url + "/")
    assert page.evaluate(KEPT) == 0


def test_a_message_sent_in_a_closed_session_comes_back_once(open_section, live_server, draft):
    page = open_section()
    dossier = FiledApplicationFactory(organisation=draft.organisation)
    address = live_server.url + reverse("applications:tab", args=[dossier.reference, "echanges"])
    page.goto(address)
    page.get_by_label("Votre message").fill("Le RIB suit demain, dès que la banque nous l’envoie.")
    close_every_session()
    page.get_by_role("button", name="Envoyer au service").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Votre session est fermée")
    assert_accessible(page)
    sign_in(page.context, live_server, draft.created_by)
    page.goto(address)
    expect(page.get_by_label("Votre message")).to_have_value(re.compile("^Le RIB suit demain"))
    page.get_by_role("button", name="Envoyer au service").click()
    expect(page.get_by_text("Votre message est envoyé")).to_be_visible()
    expect(page.get_by_label("Votre message")).to_have_value("")
    page.wait_for_function(f"{KEPT} === 0")


def test_a_text_given_back_goes_with_one_click_once_signed_in_elsewhere(
    open_section, live_server, draft
):
    page = open_section()
    page.evaluate(NO_FETCH)  # the click comes before any save
    text = "Un long texte que personne ne veut retaper un dimanche soir."
    page.locator("[name=objectives]").fill(text)
    close_every_session()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Votre session est fermée")
    page.get_by_role("button", name="Envoyer de nouveau mon texte").click()
    expect(page.get_by_role("status").last).to_contain_text("pas encore connecté")
    other = page.context.new_page()
    other.goto(live_server.url + reverse("account_login"))
    sign_in_by_hand(other, draft.created_by)
    expect(other).not_to_have_url(re.compile("/login/"))
    other.close()
    page.get_by_role("button", name="Envoyer de nouveau mon texte").click()
    expect(page.get_by_text("« Projet » est enregistré")).to_be_visible()
    assert fresh(draft).objectives == text


# --- Two tabs, two colleagues -------------------------------------------------------------------
def test_two_colleagues_on_different_fields_both_keep_their_words(open_section, draft):
    mine = open_section()
    theirs = open_section(user=member_of(draft.organisation))
    write(theirs, "description", "Trois ateliers par semaine.")
    expect(status(theirs)).to_have_text(SAVED)
    write(mine, "objectives", "Accueillir chacun.")
    expect(status(mine)).to_contain_text("Repris de ")
    expect(status(mine)).to_contain_text("Description de l’action")
    expect(mine.locator("[name=description]")).to_have_value("Trois ateliers par semaine.")
    draft = fresh(draft)
    assert draft.objectives == "Accueillir chacun."
    assert draft.description == "Trois ateliers par semaine."
    write(mine, "objectives", "Accueillir chacun, vite.")
    expect(status(mine)).not_to_contain_text("Repris")
    expect(status(mine)).to_have_text(SAVED)
    assert fresh(draft).description == "Trois ateliers par semaine."


def test_two_colleagues_on_one_field_choose(open_section, draft):
    mine = open_section()
    theirs = open_section(user=member_of(draft.organisation))
    write(theirs, "objectives", "Le texte du collègue.")
    write(theirs, "title", "Le titre du collègue")
    expect(status(theirs)).to_have_text(SAVED)
    expect(status(theirs)).to_have_text(SAVED)
    write(mine, "objectives", "Mon texte.")
    expect(status(mine)).to_contain_text("Cette partie a été enregistrée entre-temps")
    assert fresh(draft).objectives == "Le texte du collègue."
    mine.get_by_role("button", name="Comparer et choisir").click()
    expect(mine.get_by_role("row", name=re.compile("Objectifs"))).to_contain_text("Mon texte.")
    expect(mine.locator("[data-portal-note]")).to_have_count(0)
    assert_accessible(mine)
    mine.get_by_role("radio", name=re.compile("Objectifs.*valeur enregistrée")).check()
    mine.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(mine.locator("[name=objectives]")).to_have_value("Le texte du collègue.")
    expect(status(mine)).to_contain_text("Enregistré le")
    assert mine.evaluate(KEPT) == 0


def test_keeping_the_stored_values_leaves_my_text_at_hand(open_section, draft):
    mine = open_section()
    theirs = open_section(user=member_of(draft.organisation))
    write(theirs, "objectives", "Le texte du collègue.")
    expect(status(theirs)).to_have_text(SAVED)
    write(mine, "objectives", "Mon texte à moi.")
    mine.get_by_role("button", name="Comparer et choisir").click()
    mine.get_by_role("button", name="Garder les valeurs enregistrées").click()
    expect(mine.locator("form#partie [name=objectives]")).to_have_value("Le texte du collègue.")
    expect(mine.get_by_role("textbox", name="Objectifs").first).to_have_value("Mon texte à moi.")
    assert_accessible(mine)
    assert "Mon texte à moi." in mine.evaluate(TEXTS)
    mine.get_by_role("link", name="Oublier cette saisie").click()
    expect(mine.locator("[data-portal-aside]")).to_have_count(0)
    expect(mine.locator("[data-portal-note]")).to_have_count(0)
    assert mine.evaluate(KEPT) == 0
    assert fresh(draft).objectives == "Le texte du collègue."


def test_two_tabs_keep_a_copy_each(open_section, live_server, draft):
    one = open_section()
    two = open_section(context=one.context)
    cut(one)
    cut(two)
    write(one, "objectives", "Dans le premier onglet.")
    write(two, "description", "Dans le second onglet.")
    expect(status(one)).to_contain_text("Non enregistré")
    expect(status(two)).to_contain_text("Non enregistré")
    assert one.evaluate(KEPT) == 2
    leave_and_come_back(one)
    expect(one.locator("[name=objectives]")).to_have_value("Dans le premier onglet.")
    expect(one.locator("[data-portal-note]")).to_have_count(1)
    expect(status(one)).to_have_text(SAVED)
    two.evaluate(NO_FETCH)
    two.goto("about:blank")
    one.reload()
    one.get_by_role("button", name="Remettre mon texte").click()
    expect(status(one)).to_contain_text("Repris de votre autre page")
    draft = fresh(draft)
    assert draft.objectives == "Dans le premier onglet."
    assert draft.description == "Dans le second onglet."
    assert one.evaluate(KEPT) == 0


def test_words_typed_offline_are_offered_when_the_section_changed_since(open_section, draft):
    page = open_section()
    cut(page)
    write(page, "objectives", "Quatre vélos")
    expect(status(page)).to_contain_text("Non enregistré")
    colleague = open_section(user=member_of(draft.organisation))
    write(colleague, "title", "Titre du collègue")
    expect(status(colleague)).to_have_text(SAVED)
    leave_and_come_back(page)
    expect(page.locator("[name=title]")).to_have_value("Titre du collègue")
    expect(page.get_by_text("cette partie a changé depuis")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Remettre mon texte").click()
    expect(status(page)).to_contain_text("Repris de")
    expect(page.locator("[name=title]")).to_have_value("Titre du collègue")
    draft = fresh(draft)
    assert (draft.objectives, draft.title) == ("Quatre vélos", "Titre du collègue")


# --- Without script -----------------------------------------------------------------------------
def test_without_script_a_closed_session_gives_the_text_back(new_context, live_server, draft):
    context = new_context(java_script_enabled=False)
    sign_in(context, live_server, draft.created_by)
    page = context.new_page()
    page.goto(live_server.url + address(draft, "projet"))
    text = "Un long texte que personne ne veut retaper un dimanche soir."
    page.locator("[name=objectives]").fill(text)
    close_every_session()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Votre session est fermée")
    expect(page.get_by_label("Texte 1, à copier au besoin")).to_have_value(text)
    expect(page.get_by_text("la page suivante vous le redemandera une fois")).to_be_visible()
    other = context.new_page()
    other.goto(live_server.url + reverse("account_login"))
    sign_in_by_hand(other, draft.created_by)
    expect(other).not_to_have_url(re.compile("/login/"))
    other.close()
    page.get_by_role("button", name="Envoyer de nouveau mon texte").click()
    expect(page.get_by_text("Votre session a changé")).to_be_visible()
    page.get_by_role("button", name="Envoyer de nouveau mon texte").click()
    expect(page.get_by_text("« Projet » est enregistré")).to_be_visible()
    assert fresh(draft).objectives == text


def test_without_script_two_colleagues_choose(new_context, live_server, draft):
    context = new_context(java_script_enabled=False)
    sign_in(context, live_server, draft.created_by)
    mine, theirs = context.new_page(), context.new_page()
    for page, words in ((mine, "Mon texte."), (theirs, "L’autre texte.")):
        page.goto(live_server.url + address(draft, "projet"))
        page.locator("[name=objectives]").fill(words)
    theirs.locator("[name=title]").fill("L’autre titre")
    for page in (theirs, mine):
        page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(mine.get_by_text("Déjà repris de l’autre enregistrement")).to_be_visible()
    mine.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(mine.get_by_text("« Projet » est enregistré")).to_be_visible()
    draft = fresh(draft)
    assert (draft.objectives, draft.title) == ("Mon texte.", "L’autre titre")
    assert json.dumps(draft.invalid_values) == "{}"
