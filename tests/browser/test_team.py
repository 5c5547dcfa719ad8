"""The team, and a dossier changed by the office, in a real browser with axe."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.enums import Role
from grants.applications.services.office_edit import start_edit
from grants.review.services.replacements import declare_replacement
from grants.review.services.rules import save_rule
from territories.loading import load_parameters
from tests.applications.correcting import officer_of, under_review
from tests.browser.test_review import person
from tests.browser.visiting import look, sign_in
from tests.factories import CallSheetFactory, FiledApplicationFactory, TerritoryFactory
from tests.review.world import under_review as instructed


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TODAY = timezone.localdate()


def a_team():
    load_parameters()
    head = person(Role.UNIT_HEAD, "Hélène", "Garnier")
    first = person(Role.CASE_OFFICER, "Claire", "Morel")
    second = person(Role.CASE_OFFICER, "Julien", "Petit")
    at = timezone.now()
    for _ in range(3):
        instructed(first, head, title="Ateliers du soir")
    save_rule(sheet=CallSheetFactory(code="2"), territory=None, people=[first], by=head, at=at)
    save_rule(
        sheet=None,
        territory=TerritoryFactory(number=5),
        people=[first, second],
        by=head,
        at=at,
    )
    save_rule(sheet=None, territory=None, people=[first, second, head], by=head, at=at)
    for starts, ends in ((-20, -10), (-1, 8)):
        replacement = declare_replacement(
            person=second,
            substitute=first,
            starts_on=TODAY + timedelta(days=max(0, starts)),
            ends_on=TODAY + timedelta(days=max(0, ends)),
            by=head,
            at=at,
        )
        replacement.starts_on = TODAY + timedelta(days=starts)
        replacement.ends_on = TODAY + timedelta(days=ends)
        replacement.save()
    for _ in range(2):
        FiledApplicationFactory(title="Parentalité")
    return head, first


def test_the_team_empty_full_and_in_error(page: Page, live_server):
    load_parameters()
    lonely = person(Role.UNIT_HEAD, "Anne", "Seule")
    sign_in(page, live_server, lonely)
    page.goto(live_server.url + reverse("review:team"))
    look(page, "equipe-vide")
    head, first = a_team()
    sign_in(page, live_server, head)
    for name, url in (
        ("equipe", reverse("review:team")),
        ("equipe-regle", reverse("review:rule_new")),
        ("equipe-absence", reverse("review:replacement_new")),
        ("equipe-depot-tardif", reverse("review:late_filing")),
    ):
        page.goto(live_server.url + url)
        look(page, name)
    page.goto(live_server.url + reverse("review:rule_new"))
    page.get_by_role("button", name="Enregistrer la règle").click()
    expect(page.get_by_text("Choisissez au moins une personne.").first).to_be_visible()
    look(page, "equipe-regle-erreur")
    page.goto(live_server.url + reverse("review:team"))
    page.get_by_role("link", name="Supprimer la règle 1").click()
    look(page, "equipe-regle-supprimer")
    sign_in(page, live_server, first)
    page.goto(live_server.url + reverse("review:team"))
    expect(page.get_by_role("heading", name="Ma charge et mes absences")).to_be_visible()
    look(page, "equipe-agent")


def test_the_rules_move_at_the_keyboard(page: Page, live_server):
    head, _first = a_team()
    sign_in(page, live_server, head)
    page.goto(live_server.url + reverse("review:team"))
    page.get_by_role("button", name="Descendre la règle 1").press("Enter")
    rules = page.locator("ol.t-list > li")
    expect(rules.nth(1)).to_contain_text("fiche 2")


def test_a_dossier_changed_by_the_office_from_end_to_end(page: Page, live_server):
    application = under_review()
    officer = officer_of(application)
    sign_in(page, live_server, officer)
    url = live_server.url + reverse("review:edit", args=[application.reference])
    page.goto(live_server.url + application.get_desk_url())
    page.get_by_role("link", name="Modifier le dossier").click()
    look(page, "modifier")
    page.get_by_role("button", name="Commencer").click()
    look(page, "modifier-erreur")
    start_edit(
        application_id=application.pk,
        fields=["projet.title", "budget"],
        reason="Erreur de saisie signalée par téléphone",
        by=officer,
        at=timezone.now(),
    )
    page.goto(url)
    look(page, "modifier-parties")
    page.goto(
        live_server.url + reverse("review:edit_section", args=[application.reference, "projet"])
    )
    title = page.get_by_label("Intitulé", exact=False).first
    title.fill("Ateliers du soir et du mercredi")
    expect(page.get_by_text("Enregistré à").first).to_be_visible(timeout=15_000)
    look(page, "modifier-projet")
    page.goto(live_server.url + reverse("review:edit_apply", args=[application.reference]))
    look(page, "modifier-verifier")
    page.get_by_role("button", name="Enregistrer la modification").click()
    expect(page.get_by_text("Le dossier est modifié (dépôt 2)")).to_be_visible()
