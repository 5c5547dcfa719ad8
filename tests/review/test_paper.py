"""A request that came on paper: its real date, its scan, what is refused."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from grants.applications.enums import Channel, ReviewState
from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.letters.reference import load_templates
from grants.review.services.assignment import assign_officer
from territories.loading import load_parameters
from tests.documents.samples import PDF
from tests.factories import (
    CallSheetFactory,
    CommuneFactory,
    OrganisationFactory,
    member_of,
    person_with_role,
)


pytestmark = pytest.mark.django_db
URL = "/instruction/depot-papier/"


@pytest.fixture(autouse=True)
def _reference_data(db):
    load_parameters()
    load_templates()


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


@pytest.fixture
def client(officer) -> Client:
    client = Client()
    client.force_login(officer)
    return client


@pytest.fixture
def request_data() -> dict:
    """A form that is accepted: received two days ago, while the sheet was open."""
    return {
        "sheet": CallSheetFactory().pk,
        "organisation": OrganisationFactory(legal_name="Amicale laïque").pk,
        "received_on": f"{timezone.localdate() - timedelta(days=2):%Y-%m-%d}",
        "title": "Atelier de réparation de vélos",
        "objectives": "Donner envie d’apprendre un métier.",
        "requested_amount": "3 250,50",
    }


def test_the_desk_leads_to_it(client):
    page = client.get(reverse("review:desk")).content.decode()
    assert URL in page
    assert client.get(URL).status_code == 200


def test_a_paper_request_is_filed_at_its_real_date(client, officer, request_data):
    communes = [CommuneFactory(territory__number=number).pk for number in (2, 5)]
    scan = SimpleUploadedFile("demande.pdf", PDF, content_type="application/pdf")
    response = client.post(URL, {**request_data, "communes": communes, "scan": scan})
    application = Application.objects.get()
    assert response.status_code == 302
    assert response.url == application.get_desk_url()
    assert application.channel == Channel.PAPER
    assert application.review_state == ReviewState.SUBMITTED
    assert application.reference == f"{application.sheet.campaign.fiscal_year}-0001"
    assert application.received_on == timezone.localdate() - timedelta(days=2)
    assert application.requested_amount == Decimal("3250.50")
    assert sorted(n for p in application.places.all() for n in p.territories) == [2, 5]
    assert not application.whole_department
    assert application.deposits.count() == 1
    assert verify_chain(application) == []
    page = client.get(application.get_desk_url()).content.decode()
    assert "sur papier, reçu le" in page
    assert "sur le document papier" in page
    received = f"{application.received_on:%d/%m/%Y}"
    assert received in client.get(reverse("review:desk"), {"liste": "tous"}).content.decode()
    pieces = client.get(reverse("review:tab", args=[application.reference, "pieces"]))
    assert "demande.pdf" in pieces.content.decode()
    file = application.documents.get().files.get()
    assert client.get(reverse("documents:download", args=[file.uuid])).status_code == 200


def test_a_form_sent_twice_files_once(client, request_data):
    page = client.get(URL).content.decode()
    key = re.search(r'name="request_key" value="([0-9a-f-]{36})"', page)[1]
    first = client.post(URL, {**request_data, "request_key": key})
    second = client.post(URL, {**request_data, "request_key": key})
    assert (second.status_code, second.url) == (302, first.url)
    assert Application.objects.count() == 1
    again = re.search(r'name="request_key" value="([^"]+)"', client.get(URL).content.decode())[1]
    assert again != key


def test_a_refused_form_keeps_its_key_for_the_corrected_one(client, request_data):
    key = str(uuid4())
    ahead = f"{timezone.localdate() + timedelta(days=3):%Y-%m-%d}"
    refused = client.post(URL, {**request_data, "request_key": key, "received_on": ahead})
    assert refused.status_code == 422
    assert client.post(URL, {**request_data, "request_key": key}).status_code == 302
    assert Application.objects.count() == 1


def test_a_key_tells_nothing_to_somebody_else(client, request_data):
    key = str(uuid4())
    client.post(URL, {**request_data, "request_key": key})
    other = Client()
    other.force_login(person_with_role(Role.CASE_OFFICER))
    answer = other.post(URL, {**request_data, "request_key": key})
    assert (answer.status_code, answer.url) == (302, reverse("review:desk"))
    assert Application.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_at_once_files_once(officer, request_data):
    data = {**request_data, "request_key": str(uuid4())}

    def send(_) -> str:
        client = Client()
        client.force_login(officer)
        try:
            return client.post(URL, data).url
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        addresses = set(pool.map(send, range(3)))
    assert addresses == {Application.objects.get().get_desk_url()}


def test_without_commune_it_concerns_the_whole_department(client, request_data):
    client.post(URL, request_data)
    assert Application.objects.get().whole_department


def test_the_body_finds_its_paper_request_and_the_desk_instructs_it(client, officer, request_data):
    client.post(URL, request_data)
    application = Application.objects.get()
    member = Client()
    member.force_login(member_of(application.organisation))
    assert application.title in member.get(application.get_absolute_url()).content.decode()
    assign_officer(application_id=application.pk, person=officer, by=officer, at=timezone.now())
    application.refresh_from_db()
    assert application.review_state == ReviewState.UNDER_REVIEW


def refused(client, data: dict, field: str) -> str:
    """Send the form, check that nothing is written, return the field's sentence."""
    response = client.post(URL, data)
    assert response.status_code == 422
    assert not Application.objects.exists()
    page = response.content.decode()
    assert data["title"] in page
    assert data["objectives"] in page
    (sentence,) = response.context["form"].errors[field]
    assert f'href="#id_{field}"' in page
    return sentence


def test_a_date_in_the_future_is_refused(client, request_data):
    tomorrow = timezone.localdate() + timedelta(days=1)
    sentence = refused(client, {**request_data, "received_on": f"{tomorrow}"}, "received_on")
    assert sentence == "La date de réception est dans le futur."


def test_a_paper_received_after_the_closing_is_refused(client, request_data):
    closed = CallSheetFactory(code="P77", closes_at=timezone.now() - timedelta(days=3))
    sentence = refused(client, {**request_data, "sheet": closed.pk}, "received_on")
    assert sentence == (
        "Ce courrier est arrivé après la clôture de la fiche P77. La ou le responsable d’unité "
        "peut prolonger le délai de ce demandeur."
    )


def test_a_paper_received_in_time_is_typed_in_after_the_closing(client, request_data):
    closed = CallSheetFactory(closes_at=timezone.now() - timedelta(days=1))
    assert client.post(URL, {**request_data, "sheet": closed.pk}).status_code == 302
    assert Application.objects.get().received_on == timezone.localdate() - timedelta(days=2)


def test_a_paper_received_before_the_opening_is_refused(client, request_data):
    early = timezone.localdate() - timedelta(days=40)
    assert "ouvrent le" in refused(
        client, {**request_data, "received_on": f"{early}"}, "received_on"
    )


def test_a_scan_that_is_no_document_is_refused_and_nothing_is_filed(client, request_data):
    scan = SimpleUploadedFile("demande.pdf", b"MZ\x90\x00 a program", "application/pdf")
    assert refused(client, {**request_data, "scan": scan}, "scan")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("requested_amount", "-5"),
        ("requested_amount", "0"),
        ("requested_amount", "NaN"),
        ("received_on", "31/02/2026"),
        ("sheet", "99999999"),
        ("organisation", "'; --"),
        ("ends_on", "2001-01-01"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(client, request_data, field, value):
    data = {**request_data, "starts_on": "2002-01-01", field: value}
    assert refused(client, data, field)


def test_a_draft_sheet_is_not_offered(client, request_data):
    draft = CallSheetFactory(state="draft", published_at=None)
    assert refused(client, {**request_data, "sheet": draft.pk}, "sheet")
