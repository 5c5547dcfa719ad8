"""Recusals and assignments taken back, in a real browser with axe."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.enums import Role
from grants.applications.models import Application
from grants.decisions.services.sessions import add_line
from grants.review.services.assignment import assign_reader, declare_conflict
from territories.loading import load_parameters
from tests.browser.test_review import look, person, sign_in
from tests.factories import EnvelopeFactory, SessionFactory
from tests.review.world import under_review


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_recusal_then_an_assignment_then_a_reading_are_taken_back(page: Page, live_server):
    load_parameters()
    now = timezone.now()
    head = person(Role.UNIT_HEAD, "Hélène", "Garnier")
    officer = person(Role.CASE_OFFICER, "Claire", "Morel")
    dossier = under_review(officer, head, readers=2, title="Ateliers du soir")
    aside = person(Role.CASE_OFFICER, "Julien", "Petit")
    declare_conflict(person=aside, application=dossier, reason="J’ai accompagné ce projet", at=now)
    assign_reader(application_id=dossier.pk, person=head, rank=2, by=head, at=now)
    sign_in(page, live_server, head)
    page.goto(live_server.url + dossier.get_desk_url())
    page.get_by_role("link", name="Déports").click()
    look(page, "deports")
    page.get_by_role("link", name="Retirer le déport de Julien Petit").click()
    page.get_by_role("button", name="Retirer le déport").click()
    look(page, "deport-retirer-erreur")
    page.get_by_label("Raison du retrait").fill("Déclaré par erreur")
    page.get_by_role("button", name="Retirer le déport").click()
    expect(page.get_by_text("Rien ne lui est rendu d’office")).to_be_visible()
    page.goto(live_server.url + reverse("review:conflict", args=[dossier.reference]))
    look(page, "deport-retire")
    page.goto(live_server.url + dossier.get_desk_url())
    page.get_by_text("Retirer l’affectation").click()
    look(page, "affectation-retirer")
    page.get_by_label("Claire Morel, qui instruit").check()
    page.locator("#id_retrait-reason").fill("Surcharge")
    page.get_by_role("button", name="Retirer", exact=True).click()
    expect(page.get_by_text("L’affectation est retirée.")).to_be_visible()
    Application.objects.filter(pk=dossier.pk).update(
        review_state="evaluated", proposed_amount=Decimal(3000)
    )
    boss = person(Role.UNIT_HEAD, "Anne", "Seule")
    line = add_line(
        session_id=SessionFactory().pk,
        application_id=dossier.pk,
        envelope=EnvelopeFactory(),
        by=boss,
        at=now,
    )
    page.goto(live_server.url + reverse("decisions:line_vote", args=[line.pk]))
    expect(page.get_by_role("heading", name="Votre lecture d’abord")).to_be_visible()
    look(page, "lecture-d-abord")
