"""Admissibility and the grid builder in a real browser: axe, both widths, the keyboard."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.enums import Role
from grants.applications.enums import BudgetSide
from grants.applications.models import BudgetLine
from grants.calls.enums import SheetState
from grants.calls.models import RequiredDocument, ScoringGrid
from grants.calls.reference import load_default_grid, load_default_questions
from grants.calls.selectors import default_grid
from grants.decisions.services.sessions import add_line
from grants.review.models import AdmissibilityCheck
from grants.review.services.admissibility import (
    AnswerInput,
    answer_questions,
    propose_rejection,
)
from territories.loading import load_parameters
from tests.browser.test_review import person
from tests.browser.visiting import look, sign_in
from tests.factories import (
    CallSheetFactory,
    EnvelopeFactory,
    GridFactory,
    SessionFactory,
    member_of,
)
from tests.review.world import under_review


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def officer():
    return person(Role.CASE_OFFICER, "Karim", "Lestrade")


@pytest.fixture
def head():
    return person(Role.UNIT_HEAD, "Hélène", "Rambaud")


@pytest.fixture
def admin():
    return person(Role.ADMINISTRATOR, "Solange", "Vautrelle")


@pytest.fixture(autouse=True)
def _reference(db):
    load_parameters()
    load_default_grid()
    load_default_questions()


@pytest.fixture
def dossier(officer, head):
    sheet = CallSheetFactory(readers=0, grid=default_grid())
    RequiredDocument.objects.create(sheet=sheet, kind="rib", label="Relevé d’identité bancaire")
    found = under_review(
        officer,
        head,
        sheet=sheet,
        title="Ateliers de théâtre-forum contre le harcèlement",
        documents_due_on=timezone.localdate() - timedelta(days=2),
    )
    for side, amount in ((BudgetSide.CHARGE, 12000), (BudgetSide.INCOME, 12000)):
        BudgetLine.objects.create(
            application=found, side=side, account="assurance", planned_amount=Decimal(amount)
        )
    return found


def tab_url(live_server, dossier) -> str:
    return live_server.url + reverse("review:tab", args=[dossier.reference, "recevabilite"])


def test_the_questions_are_answered_at_the_keyboard(page: Page, live_server, officer, dossier):
    sign_in(page, live_server, officer)
    page.goto(tab_url(live_server, dossier))
    look(page, "admissibility")
    first = page.get_by_role("group", name="Le dossier est déposé dans les délais.")
    first.get_by_role("radio", name="Suivre Maillage").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(first.get_by_role("radio", name="Non", exact=True)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # a « non » without its reason
    page.get_by_role("heading", name="Recevabilité").wait_for()
    expect(page.locator("[data-portal-error-summary]")).to_be_focused()
    look(page, "admissibility-error")
    assert not AdmissibilityCheck.objects.exists()
    first.get_by_role("textbox").fill("Le cachet de la poste est postérieur à la clôture.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Irrecevable (", exact=False).first).to_be_visible()
    look(page, "admissibility-inadmissible")
    reason = page.get_by_label("Motif d’irrecevabilité")
    assert "cachet" in reason.input_value()
    page.get_by_role("button", name="Proposer le rejet").click()
    expect(page.get_by_text("Rejet proposé au vote").first).to_be_visible()
    look(page, "admissibility-proposed")


def test_the_page_that_closes_says_what_must_be_true(page: Page, live_server, officer, dossier):
    sign_in(page, live_server, officer)
    page.goto(live_server.url + reverse("review:close", args=[dossier.reference]))
    look(page, "close")
    page.get_by_label("Désistement du demandeur").check()
    page.get_by_role("button", name="Continuer").click()
    expect(page.locator("[data-portal-error-summary]")).to_be_focused()
    look(page, "close-error")
    member_of(dossier.organisation)
    page.get_by_label("Comment le désistement a été reçu").select_option("letter")
    page.get_by_label("Jour où il a été reçu").fill(timezone.localdate().isoformat())
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", name="Ce que lira le demandeur")).to_be_visible()
    look(page, "close-read")
    page.get_by_role("button", name="Classer définitivement").click()
    expect(page.get_by_text("est classé sans suite.", exact=False).first).to_be_visible()


def test_a_grid_without_questions_says_so(page: Page, live_server, officer, head):
    sheet = CallSheetFactory(readers=0, grid=GridFactory())
    sign_in(page, live_server, officer)
    page.goto(tab_url(live_server, under_review(officer, head, sheet=sheet)))
    expect(page.get_by_text("Aucune question de recevabilité")).to_be_visible()
    look(page, "admissibility-empty")


def test_the_vote_page_shows_the_proposed_rejection(
    page: Page, live_server, officer, head, dossier
):
    question = default_grid().questions.get(automatic="documents")
    answer_questions(
        application_id=dossier.pk,
        answers={question.pk: AnswerInput("no", "Pas de RIB")},
        by=officer,
        at=timezone.now(),
    )
    propose_rejection(application_id=dossier.pk, reason="Pas de RIB", by=officer, at=timezone.now())
    line = add_line(
        session_id=SessionFactory().pk,
        application_id=dossier.pk,
        envelope=EnvelopeFactory(fiscal_year=dossier.sheet.campaign.fiscal_year),
        by=head,
        at=timezone.now(),
    )
    sign_in(page, live_server, head)
    page.goto(live_server.url + reverse("decisions:line_vote", args=[line.pk]))
    expect(page.get_by_text("Rejet proposé par l’instruction")).to_be_visible()
    look(page, "rejection-vote")


# --- The grid builder ---------------------------------------------------------------------------
def test_a_grid_is_built_with_its_preview_beside(page: Page, live_server, admin):
    sign_in(page, live_server, admin)
    page.goto(live_server.url + reverse("calls:grid_create"))
    look(page, "grid-new")
    page.get_by_label("Nom de la grille").fill("Grille d’essai")
    rows = page.locator("fieldset.g-row")
    for number, name in enumerate(("Qualité", "Budget")):
        if number:
            page.get_by_role("button", name="Ajouter un critère").click()
            expect(rows).to_have_count(2)
        row = rows.nth(number)
        row.get_by_label("Intitulé").fill(name)
        row.get_by_label("Poids").fill("30" if number else "70")
        for level in range(6):
            row.get_by_label(f"Note {level}").fill(f"{name}, niveau {level}")
    preview = page.locator("#apercu")
    expect(preview.get_by_text("Budget, niveau 5")).to_be_visible()
    expect(preview.get_by_text("70\u00a0%")).to_be_visible()
    expect(preview.get_by_role("radio").first).to_be_disabled()
    look(page, "grid-form")
    page.get_by_role("button", name="Descendre Qualité").click()
    expect(rows.first.get_by_label("Intitulé")).to_have_value("Budget")
    expect(page.get_by_role("button", name="Monter Qualité")).to_be_focused()
    rows.first.get_by_label("Poids").fill("0")
    page.get_by_role("button", name="Enregistrer la grille").last.click()
    expect(page.locator("[data-portal-error-summary]")).to_be_focused()
    look(page, "grid-error")
    rows.first.get_by_label("Poids").fill("12,5")
    page.get_by_role("button", name="Enregistrer la grille").last.click()
    expect(page.get_by_role("heading", level=1, name="Grille d’essai")).to_be_visible()
    look(page, "grid-detail")
    assert list(
        ScoringGrid.objects.get(name="Grille d’essai").criteria.values_list("weight", flat=True)
    ) == [Decimal("12.5"), Decimal(70)]


def test_the_other_pages_of_grids(page: Page, live_server, admin):
    grid = default_grid()
    CallSheetFactory(grid=grid)
    draft = CallSheetFactory(state=SheetState.DRAFT, published_at=None, grid=GridFactory())
    sign_in(page, live_server, admin)
    for name, kwargs in (
        ("grid_list", {}),
        ("grid_detail", {"pk": grid.pk}),
        ("grid_duplicate", {"pk": grid.pk}),
        ("grid_edit", {"pk": draft.grid_id}),
        ("grid_delete", {"pk": draft.grid_id}),
    ):
        page.goto(live_server.url + reverse(f"calls:{name}", kwargs=kwargs))
        look(page, name.replace("_", "-"))
    page.goto(live_server.url + reverse("calls:sheet_edit", args=[draft.pk]))
    page.get_by_text("Ce que contient chaque grille").click()
    expect(page.get_by_text("7 questions de recevabilité")).to_be_visible()


def test_the_list_is_empty_without_a_grid(page: Page, live_server, admin):
    ScoringGrid.objects.all().delete()
    sign_in(page, live_server, admin)
    page.goto(live_server.url + reverse("calls:grid_list"))
    expect(page.get_by_text("Aucune grille")).to_be_visible()
    look(page, "grid-list-empty")
