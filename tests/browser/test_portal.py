"""The pages that gather, in a real browser, with axe: empty, full, filtered, on a phone."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.enums import Role
from grants.applications.enums import ReviewState
from grants.applications.models import Message
from grants.calls.models import CallSheet
from grants.decisions.models import Decision
from grants.review.models import Assignment
from partners.models import Organisation
from territories.models import Commune, Territory
from tests.browser.visiting import look, sign_in
from tests.factories import (
    ApplicationFactory,
    CallSheetFactory,
    CampaignFactory,
    FiledApplicationFactory,
    OrganisationFactory,
    member_of,
    person_with_role,
)
from tests.portal.actions import a_decision, count_public, take_place


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _reference(transactional_db):
    call_command("load_reference", stdout=StringIO())


NAMES = (
    ("Les ateliers du mercredi", "Association Les Passerelles", ("Antony", "Bagneux")),
    ("Médiation au collège et lien avec les familles", "Ville de Bagneux", ("Bagneux",)),
    ("Chantiers éducatifs des vacances", "Jeunes en marche", ("Sceaux",)),
    ("Permanence d’accès aux droits pour les 16–25 ans", "Maison des droits 92", ()),
    ("Un été pour raccrocher", "Association Les Passerelles", ("Fontenay-aux-Roses",)),
)


@pytest.fixture
def year() -> list[Decision]:
    """Five awards told, and a dossier in each other state, on real communes."""
    campaign = CampaignFactory()
    sheets = [
        CallSheetFactory(
            campaign=campaign, code=code, title=title,
            closes_at=timezone.now() + timedelta(days=days),
        )
        for code, title, days in (
            ("C1", "Prévenir le décrochage scolaire", 12),
            ("P3", "Accueillir les élèves exclus", 30),
        )
    ]  # fmt: skip
    communes = {commune.name: commune for commune in Commune.objects.all()}
    decisions = []
    for number, (title, body, places) in enumerate(NAMES):
        organisation = Organisation.objects.filter(legal_name=body).first() or OrganisationFactory(
            legal_name=body
        )
        decision = a_decision(
            sheet=sheets[number % 2],
            organisation=organisation,
            title=title,
            amount=Decimal(2500 + 1750 * number),
            requested_amount=Decimal(9000 + 500 * number),
            objectives="Redonner confiance à des élèves qui décrochent.\n\nOuvrir des pistes.",
            description="Deux ateliers par semaine, avec le collège et les parents.",
            girls_count=14,
            boys_count=16,
        )
        if places:
            take_place(decision.application, *(communes[name] for name in places))
        count_public(decision.application, **{"11_15": 22, "16_17": 8, "parents": 3})
        decisions.append(decision)
    for state in (
        ReviewState.SUBMITTED,
        ReviewState.UNDER_REVIEW,
        ReviewState.EVALUATED,
        ReviewState.REJECTED,
    ):
        application = FiledApplicationFactory(
            sheet=sheets[0], review_state=state, title=f"Projet {state.label.lower()}"
        )
        take_place(application, communes["Antony"], communes["Clichy"])
    return decisions


def test_funded_actions(page: Page, live_server, year):
    page.goto(f"{live_server.url}/actions/")
    look(page, "actions")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Action ou bénéficiaire").fill("passerelles")
    page.get_by_role("button", name="Appliquer").click()
    page.wait_for_url("**/actions/?*q=passerelles*")
    expect(page.get_by_role("heading", level=2, name="2 actions")).to_be_focused()
    look(page, "actions-filtrees")
    page.goto(f"{live_server.url}/actions/?q=introuvable")
    look(page, "actions-sans-resultat")
    page.goto(f"{live_server.url}/actions/?commune=zzz")
    look(page, "actions-filtre-faux")
    page.goto(f"{live_server.url}/actions/{year[0].application.reference}/")
    look(page, "action")


def test_funded_actions_before_any(page: Page, live_server):
    page.goto(f"{live_server.url}/actions/")
    look(page, "actions-vide")


def test_the_coordinator(page: Page, live_server, year):
    sign_in(page, live_server, person_with_role(Role.COORDINATOR, territory=_seven()))
    page.goto(f"{live_server.url}/coordination/")
    look(page, "coordination")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="1 dossier : Instruit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dossiers 1")
    look(page, "coordination-dossiers-filtres")
    page.goto(f"{live_server.url}/coordination/dossiers/")
    look(page, "coordination-dossiers")
    page.goto(f"{live_server.url}/coordination/dossiers/?q=introuvable")
    look(page, "coordination-dossiers-sans-resultat")
    with page.expect_download() as download:
        page.goto(f"{live_server.url}/coordination/")
        page.get_by_role("link", name="Exporter").click()
    assert download.value.suggested_filename == "maillage-dossiers-territoire.xlsx"


def test_the_coordinator_of_the_département(page: Page, live_server, year):
    sign_in(page, live_server, person_with_role(Role.COORDINATOR))
    page.goto(f"{live_server.url}/coordination/")
    look(page, "coordination-departement")


def test_the_coordinator_before_any_filing(page: Page, live_server):
    sign_in(page, live_server, person_with_role(Role.COORDINATOR, territory=_seven()))
    for path, name in (("", "coordination-vide"), ("dossiers/", "coordination-dossiers-vide")):
        page.goto(f"{live_server.url}/coordination/{path}")
        look(page, name)


def _seven() -> Territory:
    return Territory.objects.get(pk=7)


def test_the_reports(page: Page, live_server, year):
    sign_in(page, live_server, person_with_role(Role.ADMINISTRATOR))
    page.goto(f"{live_server.url}/rapports/")
    look(page, "rapports")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_text("Colonnes des fichiers (").click()
    look(page, "rapports-colonnes")


def test_the_reports_before_any_filing(page: Page, live_server):
    sign_in(page, live_server, person_with_role(Role.ADMINISTRATOR))
    page.goto(f"{live_server.url}/rapports/")
    look(page, "rapports-vide")


def test_what_is_to_do(page: Page, live_server, year):
    head = person_with_role(Role.UNIT_HEAD)
    for application in (decision.application for decision in year[:2]):
        Message.objects.create(
            application=application, side="applicant", author=application.created_by,
            text="Bonjour", sent_at=timezone.now(),
        )  # fmt: skip
        Assignment.objects.create(
            application=application, person=head, role="officer", assigned_by=head,
            assigned_at=timezone.now(),
        )  # fmt: skip
    sign_in(page, live_server, head)
    page.goto(f"{live_server.url}/a-faire/")
    look(page, "a-faire")


def test_what_an_applicant_has_to_do(page: Page, live_server, year):
    sheet = CallSheet.objects.order_by("closes_at").first()
    organisation = year[0].application.organisation
    ApplicationFactory(sheet=sheet, organisation=organisation, title="Ateliers du soir")
    FiledApplicationFactory(
        sheet=sheet, organisation=organisation, attested_at=None, attested_by=None,
        attestation_due_on=timezone.localdate() - timedelta(days=2), title="Un été actif",
    )  # fmt: skip
    sign_in(page, live_server, member_of(organisation))
    for path, name in (("a-faire/", "a-faire-demandeur"), ("espace/", "espace")):
        page.goto(f"{live_server.url}/{path}")
        look(page, name)


def test_nothing_to_do(page: Page, live_server):
    sign_in(page, live_server, person_with_role(Role.COORDINATOR))
    page.goto(f"{live_server.url}/a-faire/")
    look(page, "a-faire-vide")
