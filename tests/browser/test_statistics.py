"""The desk in figures in a real browser, with axe: empty, full, light and dark, on a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.enums import Role
from grants.applications.enums import ReviewState
from grants.applications.events import append_event
from grants.applications.models import Application
from grants.review.models import Assignment
from tests.browser.test_review import head, officer  # noqa: F401  (fixtures)
from tests.browser.visiting import look, sign_in
from tests.factories import FiledApplicationFactory, person_with_role


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STORY = (
    ("assign", 3, "under_review"),
    ("review_finalised", 11, ""),
    ("evaluate", 13, "evaluated"),
    ("award", 30, "awarded"),
    ("notified", 41, ""),
)


def tell(officer, number: int) -> None:  # noqa: F811
    """File a dossier some weeks ago and stop its story at some step."""
    begun = timezone.now() - timedelta(days=8 * number + 3)
    application = FiledApplicationFactory(submitted_at=begun)
    state = "submitted"
    for kind, days, to_state in STORY:
        at = begun + timedelta(days=days + number % 4)
        if at > timezone.now():
            break
        append_event(application=application, kind=kind, actor=None, at=at, to_state=to_state)
        state = to_state or state
    Application.objects.filter(pk=application.pk).update(review_state=state)
    if state != ReviewState.SUBMITTED:
        Assignment.objects.create(
            application=application,
            person=officer,
            role="officer",
            assigned_by=officer,
            assigned_at=begun,
        )


def test_empty_then_full(page: Page, live_server, head, officer):  # noqa: F811
    sign_in(page, live_server, head)
    page.goto(f"{live_server.url}/instruction/")
    page.get_by_role("link", name="Statistiques").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Statistiques de l’instruction")
    look(page, "statistiques-vide")

    for number in range(12):
        tell(officer, number)
    page.reload()

    expect(page.get_by_role("img", name="Du dépôt à l’affectation")).to_be_visible()
    look(page, "statistiques")
    page.emulate_media(color_scheme="dark")
    look(page, "statistiques-sombre")


def test_a_state_opens_its_list(page: Page, live_server, head, officer):  # noqa: F811
    for number in range(3):
        tell(officer, number)
    sign_in(page, live_server, head)
    page.goto(f"{live_server.url}/instruction/statistiques/")

    page.locator("tr[data-state=under_review] a").click()

    expect(page.locator("tr[data-row]")).to_have_count(
        Application.objects.filter(review_state=ReviewState.UNDER_REVIEW).count()
    )


def test_the_scope_is_chosen_by_keyboard(page: Page, live_server, officer):  # noqa: F811
    administrator = person_with_role(Role.ADMINISTRATOR)
    tell(officer, 1)
    sign_in(page, live_server, administrator)
    page.goto(f"{live_server.url}/instruction/statistiques/")

    page.get_by_label("Territoire").select_option("3")
    page.get_by_role("button", name="Afficher").press("Enter")

    expect(page).to_have_url(
        f"{live_server.url}/instruction/statistiques/?campagne=&fiche=&territoire=3"
    )
    expect(page.get_by_text("Charge par personne")).to_have_count(0)
    look(page, "statistiques-administration")
