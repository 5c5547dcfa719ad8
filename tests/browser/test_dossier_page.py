"""The page of a dossier in a real browser, with axe: marked, recused, with a colleague, printed."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.enums import Role
from grants.applications.enums import MessageSide
from grants.applications.services.completing import answer_correction
from grants.applications.services.messages import send_message
from grants.review.models import Visit
from grants.review.presence import say_present
from grants.review.services.assignment import declare_conflict
from grants.review.services.closing import write_note
from grants.review.services.notes import pin_note
from grants.review.views.scope import TABS
from territories.loading import load_parameters
from tests.applications import correcting
from tests.browser.test_review import (
    dossier,  # noqa: F401  (a fixture)
    head,  # noqa: F401
    officer,  # noqa: F401
    person,
    second,  # noqa: F401
    tab,
)
from tests.browser.visiting import look, sign_in
from tests.factories import FiledApplicationFactory


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SLUGS = [slug for slug, _label in TABS]


def visited(user, application) -> None:
    now = timezone.now()
    Visit.objects.update_or_create(
        person=user, application=application, defaults={"seen_at": now, "previous_at": now}
    )


@pytest.fixture
def moved(db):
    """A dossier that changed in every part since its officer and the head saw it."""
    load_parameters()
    application = correcting.under_review()
    reader = correcting.officer_of(application)
    colleague = person(Role.UNIT_HEAD, "Hélène", "Garnier")
    visited(reader, application)
    correcting.ask(application, "projet.title", "projet.objectives")
    correcting.type_in(application, "projet", title="Ateliers du matin, pour les familles aussi")
    answer_correction(application_id=application.pk, by=application.created_by, at=timezone.now())
    send_message(
        application_id=application.pk,
        side=MessageSide.OFFICE,
        author=colleague,
        text="Merci de joindre le relevé d’identité bancaire signé.",
        at=timezone.now(),
    )
    note = write_note(
        application_id=application.pk,
        text="Le collège confirme\u00a0: deux classes volontaires.",
        by=colleague,
        at=timezone.now(),
    )
    pin_note(note_id=note.pk, is_pinned=True, by=colleague, at=timezone.now())
    return application, reader, colleague


def test_each_tab_with_its_marks(page: Page, live_server, moved):
    application, reader, _colleague = moved
    sign_in(page, live_server, reader)
    for slug in SLUGS:
        answer = page.goto(tab(live_server, application, slug))
        if answer.status == 404:  # no grid: no scores
            continue
        look(page, f"marques-{slug}")
    page.goto(tab(live_server, application))
    expect(page.get_by_text("Depuis votre dernière visite", exact=True)).to_be_visible()
    expect(page.locator("#organisation-passe")).to_contain_text("Autres financeurs publics")
    page.get_by_role("button", name="Tout marquer comme vu").click()
    expect(page.get_by_text("marqués comme vus")).to_be_visible()
    expect(page.get_by_text("Depuis votre dernière visite", exact=True)).to_have_count(0)


def test_each_tab_of_who_stands_aside(page: Page, live_server, dossier):  # noqa: F811
    aside = person(Role.CASE_OFFICER, "Yanis", "Haddad")
    declare_conflict(person=aside, application=dossier, reason="Proche", at=timezone.now())
    sign_in(page, live_server, aside)
    for slug in SLUGS:
        answer = page.goto(tab(live_server, dossier, slug))
        if answer.status == 404:
            continue
        look(page, f"deport-{slug}")
        assert page.get_by_text("Notes internes", exact=True).count() == 0


def test_a_colleague_on_the_same_page_is_announced(page: Page, live_server, moved):
    application, reader, colleague = moved
    say_present(colleague, application, at=timezone.now())
    sign_in(page, live_server, reader)
    page.goto(tab(live_server, application, "budget"))
    said = page.locator("[data-review-said]")
    assert said.get_attribute("role") == "status"
    expect(said).to_contain_text("Hélène Garnier consulte aussi ce dossier")
    look(page, "presence")
    assert Visit.objects.get(person=reader).seen_at > timezone.now() - timedelta(minutes=5)


def test_the_body_the_administrator_and_the_empty_past(page: Page, live_server, head):  # noqa: F811
    bare = FiledApplicationFactory(title="")
    sign_in(page, live_server, head)
    page.goto(live_server.url + reverse("review:body", args=[bare.reference]))
    look(page, "organisation-vide")
    sign_in(page, live_server, person(Role.ADMINISTRATOR, "Ada", "Roy"))
    page.goto(tab(live_server, bare, "historique"))
    page.get_by_text("Comment cela se vérifie").click()
    look(page, "historique-verifie")


def test_the_list_is_followed_with_a_combination_of_keys(page: Page, live_server, head):  # noqa: F811
    for number in range(3):
        FiledApplicationFactory(title=f"Médiation {number}")
    sign_in(page, live_server, head)
    page.goto(live_server.url + reverse("review:desk") + "?liste=tous")
    page.locator("[data-row] a").first.click()
    page.wait_for_url("**liste=tous**")
    first = page.url
    page.keyboard.press("PageDown")
    assert page.url == first
    page.keyboard.press("Alt+PageDown")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("Alt+PageUp")
    page.wait_for_url(first)


def test_the_page_prints_without_its_buttons(page: Page, live_server, moved):
    application, reader, _colleague = moved
    sign_in(page, live_server, reader)
    page.goto(tab(live_server, application))
    page.emulate_media(media="print")
    for name in ("Enregistrer la note", "Tout marquer comme vu", "Épingler"):
        for one in page.get_by_role("button", name=name).all():
            expect(one).to_be_hidden()
    expect(page.locator(".r-axes")).to_be_visible()
