"""The sheets of a session, and a batch resumed, in a real browser: axe, both widths."""

import re
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.enums import Role
from foundation.jobs.models import Job
from foundation.jobs.running import run_job
from grants.applications.enums import ReviewState
from grants.decisions.services.sessions import add_line
from grants.review.services.assignment import assign_officer, declare_conflict
from territories.loading import load_parameters
from tests.browser.test_review import look, person, sign_in
from tests.factories import EnvelopeFactory, SessionFactory
from tests.review.batch_world import filed


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def head():
    load_parameters()
    return person(Role.UNIT_HEAD, "Hélène", "Rambaud")


def test_a_session_gives_its_sheets_in_one_file(page: Page, live_server, head):
    session, envelope = SessionFactory(), EnvelopeFactory()
    listed, aside = filed(2, review_state=ReviewState.EVALUATED, proposed_amount=Decimal(4000))
    for one in (listed, aside):
        add_line(
            session_id=session.pk,
            application_id=one.pk,
            envelope=envelope,
            by=head,
            at=timezone.now(),
        )
    declare_conflict(person=head, application=aside, reason="Proche", at=timezone.now())
    sign_in(page, live_server, head)
    page.goto(live_server.url + session.get_absolute_url())
    look(page, "seance-fiches")
    page.get_by_role("button", name="Fiches de synthèse (PDF)").click()
    expect(page.get_by_role("button", name="Lancer pour 1 dossier")).to_be_visible()
    look(page, "fiches-verifier")
    page.get_by_role("button", name="Lancer pour 1 dossier").click()
    page.wait_for_url("**/travaux/**")
    run_job(job_id=Job.objects.get().pk, at=timezone.now())
    expect(page.get_by_role("link", name=re.compile("fiches-de-synthese"))).to_be_visible()
    look(page, "fiches-faites")


def test_failures_are_tried_again_by_a_button(page: Page, live_server, head):
    officer = person(Role.CASE_OFFICER, "Karim", "Lestrade")
    moved, _still = filed(2)
    sign_in(page, live_server, head)
    page.goto(f"{live_server.url}/instruction/?liste=tous")
    page.locator('input[name="tous"]').check()
    page.get_by_role("button", name="Affecter", exact=True).click()
    page.get_by_label("Donner ces dossiers à").select_option(str(officer.pk))
    page.get_by_label("Raison").fill("Congés")
    page.get_by_role("button", name="Voir ce qui sera fait").click()
    page.get_by_role("button", name=re.compile("Lancer pour 2")).click()
    page.wait_for_url("**/travaux/**")
    assign_officer(
        application_id=moved.pk, person=head, by=head, at=timezone.now(), reason="Urgence"
    )
    run_job(job_id=Job.objects.get().pk, at=timezone.now())
    expect(page.get_by_role("button", name=re.compile("Reprendre les échecs"))).to_be_visible()
    look(page, "travail-a-reprendre")
    page.get_by_role("button", name=re.compile("Reprendre les échecs")).click()
    expect(page.get_by_text("Ce travail reprend")).to_be_visible()
    look(page, "travail-repris")
    run_job(job_id=Job.objects.get(resumes__isnull=False).pk, at=timezone.now())
    expect(page.get_by_text("Affecté à Karim Lestrade.").first).to_be_visible()
    page.get_by_role("link", name=re.compile("Affecter.*2 dossiers")).click()
    expect(page.get_by_text("est repris dans")).to_be_visible()
    look(page, "travail-repris-par-un-autre")
