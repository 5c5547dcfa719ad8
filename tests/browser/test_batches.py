"""A batch from the list to its result in a real browser: axe, both widths, no script."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.enums import Role
from foundation.jobs.enums import JobState
from foundation.jobs.models import Job
from foundation.jobs.running import run_job, take_job
from foundation.jobs.services import progress
from grants.applications.enums import ReviewState
from territories.loading import load_parameters
from tests.browser.test_review import person
from tests.browser.visiting import look, sign_in
from tests.factories import FiledApplicationFactory
from tests.review.batch_world import a_sheet_asking, filed


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def head():
    load_parameters()
    return person(Role.UNIT_HEAD, "Hélène", "Rambaud")


def test_dossiers_are_assigned_together(page: Page, live_server, head):
    officer = person(Role.CASE_OFFICER, "Karim", "Lestrade")
    dossiers = filed(3)
    FiledApplicationFactory(review_state=ReviewState.AWARDED)
    sign_in(page, live_server, head)
    page.goto(f"{live_server.url}/instruction/?liste=tous")
    page.locator('input[name="tous"]').check()
    page.get_by_role("button", name="Affecter", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("Dossiers concernés"))).to_be_visible()
    look(page, "lot-affecter")
    page.get_by_role("button", name="Voir ce qui sera fait").click()
    expect(page.get_by_text("Choisissez à qui donner ces dossiers.").first).to_be_visible()
    look(page, "lot-affecter-erreur")
    page.get_by_label("Donner ces dossiers à").select_option(str(officer.pk))
    page.get_by_role("button", name="Voir ce qui sera fait").click()
    expect(page.get_by_role("button", name="Lancer pour 3 dossiers")).to_be_visible()
    look(page, "lot-affecter-verifier")
    page.get_by_role("link", name=dossiers[0].reference).click()
    page.wait_for_url(f"**/instruction/{dossiers[0].reference}/")
    page.go_back()
    expect(page.get_by_role("button", name="Lancer pour 3 dossiers")).to_be_visible()
    page.go_back()  # nothing of it is the answer to a form
    expect(page.get_by_label("Donner ces dossiers à")).to_have_value(str(officer.pk))
    page.go_forward()
    page.get_by_role("button", name="Lancer pour 3 dossiers").click()
    page.wait_for_url("**/travaux/**")
    look(page, "travail-en-attente")
    job = Job.objects.get()
    held = take_job(job_id=job.pk, at=timezone.now())
    progress(held, 2)
    expect(page.get_by_text("2 sur 3")).to_be_visible()  # polled, no reload by hand
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    run_job(job_id=job.pk, at=timezone.now())
    expect(page.get_by_text("Affecté à Karim Lestrade.").first).to_be_visible()
    expect(page.get_by_role("button", name="Retirer de « À faire »")).to_have_count(0)
    look(page, "travail-fini")
    assert Job.objects.get().seen_at is not None  # opened by its author
    page.get_by_role("link", name=re.compile(dossiers[0].reference)).click()
    page.wait_for_url(f"**/instruction/{dossiers[0].reference}/")
    page.goto(live_server.url + reverse("jobs:list"))
    look(page, "travaux")
    page.set_viewport_size({"width": 390, "height": 900})  # a card says what its figures are
    expect(page.locator("thead")).to_be_hidden()
    cell = page.locator('[data-row] [data-label="Demandé"]').first
    assert "Demandé" in cell.evaluate("one => getComputedStyle(one, '::before').content")
    row, cell = page.locator("[data-row]").first.bounding_box(), cell.bounding_box()
    assert cell["width"] > row["width"] / 2


@pytest.mark.parametrize("slug", ["avis", "complements", "seance"])
def test_the_forms_of_the_acts_are_accessible(page: Page, live_server, head, slug):
    fields = {"review_state": ReviewState.UNDER_REVIEW}
    if slug == "seance":  # concluded, at an amount to put to the vote
        fields = {"review_state": ReviewState.EVALUATED, "proposed_amount": Decimal(1000)}
    filed(2, with_member=True, sheet=a_sheet_asking("rib", "statuts"), **fields)
    sign_in(page, live_server, head)
    page.goto(f"{live_server.url}/instruction/lots/{slug}/")
    look(page, f"lot-{slug}-vide")
    page.goto(f"{live_server.url}/instruction/?liste=tous")
    page.locator('input[name="tous"]').check()
    page.locator(
        f'button[formaction$="/lots/{slug}/"], form[action$="/lots/{slug}/"] button'
    ).click()
    look(page, f"lot-{slug}")
    page.get_by_role("button", name="Voir ce qui sera fait").click()
    look(page, f"lot-{slug}-erreur")


def test_a_job_is_followed_without_script(browser, live_server, head):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    filed(1)
    sign_in(page, live_server, head)
    dossier = filed(1)[0]
    page.goto(f"{live_server.url}/instruction/?liste=tous")
    page.locator(f'input[name="dossier"][value="{dossier.pk}"]').check()
    page.get_by_role("button", name="Affecter", exact=True).click()
    page.get_by_label("Donner ces dossiers à").select_option(str(head.pk))
    page.get_by_role("button", name="Voir ce qui sera fait").click()
    page.get_by_role("button", name="Lancer pour 1 dossier").click()
    run_job(job_id=Job.objects.get().pk, at=timezone.now())
    page.get_by_role("link", name="Actualiser").click()
    expect(page.get_by_text("Affecté à Hélène Rambaud.")).to_be_visible()
    page.get_by_role("button", name="Retirer de « À faire »").click()
    expect(page.get_by_role("button", name="Retirer de « À faire »")).to_have_count(0)
    context.close()
