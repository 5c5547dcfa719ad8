"""What the office knows of a body: its requests, awards, funders, and who may know which."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from grants.applications.enums import BudgetSide, FundingStatus, MoneyState, ReviewState
from grants.applications.models import Application, BudgetLine, Place
from grants.decisions.models import Decision
from grants.review.body_history import body_history, report_due_on
from grants.review.permissions import standing_of
from grants.review.services.assignment import declare_conflict
from territories.loading import load_parameters
from tests.factories import (
    CommuneFactory,
    EnvelopeFactory,
    FiledApplicationFactory,
    OrganisationFactory,
    SessionFactory,
    person_with_role,
)
from tests.review.world import under_review


pytestmark = pytest.mark.django_db
TODAY = date(2031, 3, 10)
YEAR = 2031


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def body():
    return OrganisationFactory(legal_name="Les Passerelles")


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


def filed(body, year=YEAR, **fields) -> Application:
    return FiledApplicationFactory(
        organisation=body, sheet__campaign__fiscal_year=year, whole_department=False, **fields
    )


def decided(body, year, *, asked, awarded=None, told=True, **fields) -> Application:
    """A request voted on, and told or not."""
    outcome = ReviewState.AWARDED if awarded else ReviewState.REJECTED
    application = filed(
        body,
        year,
        review_state=outcome,
        requested_amount=Decimal(asked),
        notified_at=timezone.now() if told else None,
        paper_state="notified" if told else "to_generate",
        money_state=fields.pop("money_state", MoneyState.COMMITTED if awarded else "none"),
        **fields,
    )
    Decision.objects.create(
        application=application,
        session=SessionFactory(),
        envelope=EnvelopeFactory(),
        outcome=outcome,
        awarded_amount=Decimal(awarded) if awarded else None,
        reason_code="" if awarded else "score",
        fiscal_year=year,
        decided_on=date(year, 3, 1),
        recorded_at=timezone.now(),
        recorded_by=person_with_role(Role.UNIT_HEAD),
        notified_at=timezone.now() if told else None,
        notification_channel="post" if told else "",
    )
    return application


def history(user, application):
    return body_history(user, application, standing_of(user, application), on=TODAY)


def outcomes(found) -> dict[str, str]:
    return {one.application.reference: one.headline.label for one in found.requests}


def a_coordinator_of(*applications):
    """A coordinator in whose territory these dossiers have a place."""
    commune = CommuneFactory(territory__number=5)
    for application in applications:
        Place.objects.create(application=application, commune=commune, territories=[5])
    return person_with_role(Role.COORDINATOR, territory=commune.territory)


def funding(application, account, amount, *, funder="", status=FundingStatus.REQUESTED, ours=False):
    BudgetLine.objects.create(
        application=application,
        side=BudgetSide.INCOME,
        account=account,
        funder=funder,
        status=status,
        planned_amount=Decimal(amount),
        is_this_request=ours,
    )


# --- Requests and awards --------------------------------------------------------------------------
def test_the_requests_of_three_years_with_the_ratio_of_what_was_told(body, head):
    now = filed(body)
    decided(body, 2027, asked=9000, awarded=9000)  # too old
    won = decided(body, 2029, asked=8000, awarded=6000)
    lost = decided(body, 2030, asked=4000)
    decided(body, 2030, asked=5000, awarded=5000, told=False)
    filed(body, 2030, requested_amount=Decimal(7000))
    decided(OrganisationFactory(), 2030, asked=99, awarded=99)  # another body
    found = history(head, now)
    assert [one.year for one in found.requests] == [2030, 2030, 2030, 2029]
    assert (found.requested, found.awarded, found.rate) == (12000, 6000, Decimal("0.5000"))
    amounts = {one.application.pk: one.awarded for one in found.requests}
    assert (amounts[won.pk], amounts[lost.pk]) == (Decimal(6000), None)
    assert not found.is_partial


def test_a_body_without_past_says_so(body, head):
    found = history(head, filed(body))
    assert (found.requests, found.rate, found.funders, found.reports) == ([], None, [], [])


def test_an_outcome_not_told_is_for_the_desk_alone(body, head):
    now = filed(body)
    secret = decided(body, 2030, asked=5000, awarded=4321, told=False)
    coordinator = a_coordinator_of(now, secret)
    recused = person_with_role(Role.UNIT_HEAD)
    declare_conflict(person=recused, organisation=body, reason="Proche", at=timezone.now())
    assert outcomes(history(head, now)) == {secret.reference: "Attribué, à notifier"}
    for person in (coordinator, recused):
        found = history(person, now)
        assert outcomes(found) == {secret.reference: "En cours d’examen"}
        assert found.requests[0].awarded is None
        assert found.awarded == 0


def test_a_coordinator_sees_what_they_may_open_and_what_was_funded_anywhere(body):
    now, near = filed(body), filed(body, 2030)
    far = filed(body, 2030)
    funded = decided(body, 2030, asked=5000, awarded=4000)
    renounced = decided(body, 2030, asked=5000, awarded=4000, money_state=MoneyState.RENOUNCED)
    coordinator = a_coordinator_of(now, near)
    found = history(coordinator, now)
    shown = {one.application.pk: one.url for one in found.requests}
    assert shown == {near.pk: near.get_desk_url(), funded.pk: ""}
    assert far.pk not in shown
    assert renounced.pk not in shown
    assert found.is_partial


# --- Reports --------------------------------------------------------------------------------------
def test_a_report_is_due_six_months_after_the_year_of_a_grant_kept(body, head):
    assert report_due_on(2030, months=6) == date(2031, 6, 30)
    now = filed(body)
    paid = decided(body, 2029, asked=5000, awarded=4000)
    recent = decided(body, 2030, asked=5000, awarded=4000)
    decided(body, 2030, asked=5000, awarded=4000, money_state=MoneyState.RENOUNCED)
    decided(body, 2030, asked=5000)
    decided(body, 2030, asked=5000, awarded=4000, told=False)
    owed = history(head, now).reports
    assert [(one.application.pk, one.report_due_on, one.report_is_late) for one in owed] == [
        (paid.pk, date(2030, 6, 30), True),
        (recent.pk, date(2031, 6, 30), False),
    ]


# --- Funders --------------------------------------------------------------------------------------
def test_public_funders_are_added_up_by_year(body, head):
    now, past = filed(body), filed(body, 2030)
    funding(now, "communes", 3000, funder="Ville de Bagneux", status=FundingStatus.SECURED)
    funding(past, "communes", 1000, funder="Ville de Bagneux")
    funding(past, "communes", 500, funder=" Ville de Bagneux")
    funding(now, "departement", 8000, ours=True)
    funding(now, "prestations", 700, funder="Usagers")
    found = history(head, now)
    assert found.years == [2030, 2031]
    (funder,) = found.funders
    assert funder.name == "Ville de Bagneux"
    assert funder.amounts == [Decimal(1500), Decimal(3000)]
    assert funder.secured == 3000


def test_the_funders_of_a_request_one_may_not_open_are_not_told(body):
    now = filed(body)
    funded = decided(body, 2030, asked=5000, awarded=4000)
    funding(funded, "communes", 1000, funder="Ville tenue secrète")
    coordinator = a_coordinator_of(now)
    assert history(coordinator, now).funders == []
    page = page_of(coordinator, now)
    assert "secrète" not in page.content.decode()
    assert funded.reference in page.content.decode()


# --- The page -------------------------------------------------------------------------------------
def page_of(user, application, **headers):
    client = Client()
    client.force_login(user)
    return client.get(reverse("review:body", args=[application.reference]), **headers)


def test_the_part_is_the_same_as_on_the_page(body, head):
    now = filed(body)
    decided(body, 2030, asked=8000, awarded=6000)
    part = page_of(head, now, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="organisation-passe")
    whole = page_of(head, now)
    assert "<html" not in part.content.decode()
    text = "6\u00a0000\u00a0€ attribués sur 8\u00a0000\u00a0€ demandés"
    for page in (part, whole):
        assert text in page.content.decode()
    assert "HX-Target" in part["Vary"]


def test_a_history_costs_four_queries_whatever_its_length(body, head):
    now = filed(body)
    standing = standing_of(head, now)

    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            found = body_history(head, now, standing, on=TODAY)
            assert [str(one.application.sheet.campaign) for one in found.requests]
        return len(queries)

    decided(body, 2030, asked=5000, awarded=4000)
    few = counted()
    for number in range(45):
        past = filed(body, 2028 + number % 3)
        funding(past, "communes", 100 + number, funder=f"Ville {number}")
    assert counted() == few == 4
    found = body_history(head, now, standing, on=TODAY)
    assert found.is_cut
    assert len(found.requests) == 40
    assert len(found.funders) == 25


def test_the_page_of_a_body_costs_twenty_queries_at_most(body):
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    now = under_review(officer, head, organisation=body)
    decided(body, now.sheet.campaign.fiscal_year - 1, asked=5000, awarded=4000)
    page_of(head, now)
    with CaptureQueriesContext(connection) as queries:
        assert page_of(head, now).status_code == 200
    assert len(queries) <= 20
