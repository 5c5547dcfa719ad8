"""A filed dossier seen by its applicant: page, receipt, thread, missing documents."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.errors import Refusal
from foundation.documents.models import StoredFile
from foundation.notifications.models import OutboxMessage
from grants.applications.enums import MessageSide, ReviewState
from grants.applications.models import ApplicationDocument, Message
from grants.applications.services.documents import give_document, remove_document
from grants.applications.services.messages import mark_read, send_message
from grants.calls.models import RequiredDocument
from tests.applications.dossiers import (
    a_complete_draft,
    a_draft,
    a_sheet,
    fresh,
    load_letters,
    load_parameters,
)
from tests.factories import (
    FiledApplicationFactory,
    OrganisationFactory,
    member_of,
    person_with_role,
)


pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def _parameters():
    load_parameters()


@pytest.fixture
def sheet():
    sheet = a_sheet(contact_email="fiche@essai.example")
    RequiredDocument.objects.create(sheet=sheet, kind="rib", label="RIB")
    return sheet


@pytest.fixture
def dossier(sheet):
    return FiledApplicationFactory(sheet=sheet, title="Ateliers du soir")


@pytest.fixture
def member(dossier):
    return member_of(dossier.organisation)


def a_file(name="rib.pdf", content=PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


# --- Page ---------------------------------------------------------------------------------------
def test_a_filed_dossier_opens_within_twenty_queries(client, dossier, member):
    client.force_login(member)
    for name in ("detail", "receipt"):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(reverse(f"applications:{name}", args=[dossier.reference]))
        assert response.status_code == 200
        assert dossier.reference in response.content.decode()
        assert len(queries) <= 20, [q["sql"][:100] for q in queries]


def test_filing_leads_to_the_receipt(client):
    load_letters()
    draft = a_complete_draft()
    client.force_login(draft.created_by)
    url = reverse("applications:submit", args=[draft.uuid])
    response = client.post(url)
    draft = fresh(draft)
    assert response["Location"] == reverse("applications:receipt", args=[draft.reference])
    assert draft.review_state == ReviewState.SUBMITTED
    page = client.get(response["Location"]).content.decode()
    assert "Votre dossier est déposé" in page
    again = client.post(url)
    assert again["Location"] == response["Location"]


def test_an_incomplete_draft_is_not_filed_and_says_why(client):
    draft = a_draft()
    client.force_login(draft.created_by)
    response = client.post(reverse("applications:submit", args=[draft.uuid]))
    assert response.status_code == 422
    assert "Le dossier n’est pas déposé" in response.content.decode()
    assert fresh(draft).is_draft


def test_a_signatory_attests_from_the_page(client, sheet):
    dossier = FiledApplicationFactory(sheet=sheet, attested_at=None, attested_by=None)
    client.force_login(member_of(dossier.organisation, "edit"))
    url = reverse("applications:attest", args=[dossier.reference])
    assert "Attester la demande</button>" not in client.get(url).content.decode()
    client.post(url)
    assert fresh(dossier).attested_at is None
    client.force_login(member_of(dossier.organisation, "sign"))
    assert "Attester la demande</button>" in client.get(url).content.decode()
    client.post(url)
    assert fresh(dossier).attested_at is not None


def test_withdrawing_asks_then_withdraws(client, dossier, member):
    client.force_login(member)
    url = reverse("applications:withdraw", args=[dossier.reference])
    assert dossier.title in client.get(url).content.decode()
    client.post(url, {"reason": "Projet reporté"})
    assert fresh(dossier).review_state == ReviewState.WITHDRAWN


@pytest.mark.parametrize("state", [ReviewState.AWARDED, ReviewState.REJECTED])
def test_a_refused_withdrawal_does_not_tell_the_vote(client, sheet, state):
    dossier = FiledApplicationFactory(sheet=sheet, review_state=state)
    client.force_login(member_of(dossier.organisation))
    url = reverse("applications:withdraw", args=[dossier.reference])
    page = client.post(url, {"reason": ""}, follow=True).content.decode()
    assert "ne peut plus être retirée ici" in page
    assert "Attribué" not in page
    assert "Non retenu" not in page


# --- Thread -------------------------------------------------------------------------------------
def test_an_applicant_writes_to_the_office(client, dossier, member):
    client.force_login(member)
    url = reverse("applications:message_send", args=[dossier.reference])
    response = client.post(url, {"text": "Bonjour,\r\nune question."})
    assert response["Location"].endswith("#messages")
    message = Message.objects.get()
    assert (message.side, message.text) == (MessageSide.APPLICANT, "Bonjour,\nune question.")
    mail = OutboxMessage.objects.get()
    assert mail.to == "fiche@essai.example"
    assert mail.subject == (
        f"{dossier.organisation}\xa0: message sur la demande {dossier.reference}"
    )
    assert "Bonjour,\nune question." in mail.text
    assert dossier.get_desk_url() in mail.text
    assert fresh(dossier).events.filter(kind="message_sent", visible_to_applicant=True).exists()


def test_the_office_writes_to_those_who_edit(dossier, member):
    member_of(dossier.organisation, "sign")
    send_message(
        application_id=dossier.pk,
        side=MessageSide.OFFICE,
        author=person_with_role("case_officer"),
        text="Précisez les dates.",
        at=timezone.now(),
    )
    mail = OutboxMessage.objects.get()
    assert mail.to == member.email
    assert mail.subject == f"Un message sur votre demande {dossier.reference}"
    assert dossier.get_absolute_url() in mail.text


def test_an_empty_message_is_refused_in_place(client, dossier, member):
    client.force_login(member)
    url = reverse("applications:message_send", args=[dossier.reference])
    response = client.post(url, {"text": "  "})
    assert response.status_code == 422
    assert "Écrivez votre message avant de l’envoyer." in response.content.decode()


def test_a_stranger_and_a_coordinator_cannot_write(dossier):
    stranger = member_of(OrganisationFactory())
    coordinator = person_with_role("coordinator")
    for side, author in ((MessageSide.APPLICANT, stranger), (MessageSide.OFFICE, coordinator)):
        with pytest.raises(Refusal) as refused:
            send_message(
                application_id=dossier.pk, side=side, author=author, text="x", at=timezone.now()
            )
        assert refused.value.code == "not_allowed"


def test_reading_is_an_act_of_its_own(client, dossier, member):
    send_message(
        application_id=dossier.pk,
        side=MessageSide.OFFICE,
        author=person_with_role("case_officer"),
        text="Précisez les dates.",
        at=timezone.now(),
    )
    client.force_login(member)
    page = client.get(dossier.get_absolute_url()).content.decode()
    assert "À lire" in page
    assert Message.objects.get().read_at is None
    client.post(reverse("applications:messages_read", args=[dossier.reference]))
    assert Message.objects.get().read_at is not None
    assert mark_read(application_id=dossier.pk, side=MessageSide.OFFICE, at=timezone.now()) == 0


# --- Documents ----------------------------------------------------------------------------------
def test_a_document_is_joined_replaced_and_taken_out_of_a_draft(client, sheet):
    draft = a_draft(sheet=sheet)
    client.force_login(draft.created_by)
    url = reverse("applications:section", args=[draft.uuid, "pieces"])
    asked = sheet.documents.get()
    for name in ("rib.pdf", "rib-bis.pdf"):
        response = client.post(url, {"required_id": asked.pk, "file": a_file(name)})
        assert response["Location"] == url
    document = ApplicationDocument.objects.get()
    assert document.file.original_name == "rib-bis.pdf"
    assert StoredFile.objects.count() == 1
    assert "rib-bis.pdf" in client.get(url).content.decode()
    client.post(reverse("applications:document_remove", args=[draft.uuid, document.pk]))
    assert not ApplicationDocument.objects.exists()
    assert not StoredFile.objects.exists()


def test_a_file_that_is_no_pdf_is_refused_with_a_link_to_its_control(client, sheet):
    draft = a_draft(sheet=sheet)
    client.force_login(draft.created_by)
    asked = sheet.documents.get()
    response = client.post(
        reverse("applications:section", args=[draft.uuid, "pieces"]),
        {"required_id": asked.pk, "file": a_file(content=b"MZ rien d'un PDF")},
    )
    assert response.status_code == 422
    assert f'href="#id_document_{asked.pk}"' in response.content.decode()
    assert not ApplicationDocument.objects.exists()


def test_another_document_needs_a_name(client, sheet):
    draft = a_draft(sheet=sheet)
    client.force_login(draft.created_by)
    url = reverse("applications:section", args=[draft.uuid, "pieces"])
    assert client.post(url, {"file": a_file()}).status_code == 422
    assert client.post(url, {"file": a_file(), "label": "Plaquette"}).status_code == 302
    assert ApplicationDocument.objects.get().label == "Plaquette"


def test_a_missing_document_is_given_after_the_deposit_once(client, dossier, member, sheet):
    client.force_login(member)
    type(dossier).objects.filter(pk=dossier.pk).update(documents_due_on=timezone.localdate())
    asked = sheet.documents.get()
    page = client.get(dossier.get_absolute_url()).content.decode()
    assert "Pièces à fournir" in page
    url = reverse("applications:document_add", args=[dossier.reference])
    assert client.post(url, {"required_id": asked.pk, "file": a_file()}).status_code == 302
    event = fresh(dossier).events.get(kind="document_added")
    assert event.data == {"label": "RIB"}
    assert fresh(dossier).documents_due_on is None  # nothing is waited for any more
    again = client.post(url, {"required_id": asked.pk, "file": a_file()})
    assert again.status_code == 409
    assert StoredFile.objects.count() == 1


def test_no_document_after_the_decision(dossier, member, sheet):
    type(dossier).objects.filter(pk=dossier.pk).update(review_state=ReviewState.EVALUATED)
    with pytest.raises(Refusal) as refused:
        give_document(
            application_id=dossier.pk,
            required_id=sheet.documents.get().pk,
            label="",
            upload=a_file(),
            by=member,
            at=timezone.now(),
        )
    assert refused.value.code == "closed"


def test_a_filed_document_stays(dossier, member):
    document = ApplicationDocument.objects.create(
        application=dossier, label="RIB", added_at=timezone.now()
    )
    with pytest.raises(Refusal):
        remove_document(
            application_id=dossier.pk, document_id=document.pk, by=member, at=timezone.now()
        )


def test_a_document_of_another_sheet_is_refused(sheet):
    other = RequiredDocument.objects.create(sheet=a_sheet(), kind="rib", label="RIB")
    draft = a_draft(sheet=sheet)
    with pytest.raises(Refusal) as refused:
        give_document(
            application_id=draft.pk,
            required_id=other.pk,
            label="",
            upload=a_file(),
            by=draft.created_by,
            at=timezone.now(),
        )
    assert refused.value.code == "unknown"
