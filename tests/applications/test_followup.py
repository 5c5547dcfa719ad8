"""A filed dossier seen by its applicant: tabs, receipt, thread, missing documents."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.errors import Refusal
from config.templatetags.fr import date_fr, datetime_fr
from foundation.documents.models import StoredFile
from foundation.documents.services import store_upload
from foundation.notifications.models import OutboxMessage
from grants.applications.enums import MessageSide, ReviewState
from grants.applications.events import append_event
from grants.applications.journey import journey
from grants.applications.models import Application, ApplicationDocument, Deposit, Message
from grants.applications.services.documents import give_document, remove_document
from grants.applications.services.messages import mark_read, send_message
from grants.calls.models import RequiredDocument
from grants.review.models import Assignment
from partners.enums import MembershipState
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
TABS = ("demande", "budget", "pieces", "echanges", "historique")
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


def tab(dossier, slug: str) -> str:
    return reverse("applications:tab", args=[dossier.reference, slug])


# --- Pages --------------------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [1, 50])
def test_every_page_of_a_filed_dossier_takes_at_most_twenty_queries(
    client, dossier, member, sheet, rows
):
    officer = person_with_role("case_officer")
    for number in range(rows):
        message = Message.objects.create(
            application=dossier,
            side=MessageSide.OFFICE,
            author=officer,
            text=f"Question {number}",
            sent_at=timezone.now(),
        )
        store_upload(owner=message, kind="message", upload=a_file(), by=officer, at=timezone.now())
        ApplicationDocument.objects.create(
            application=dossier, label=f"Pièce {number}", added_at=timezone.now()
        )
    client.force_login(member)
    receipt = reverse("applications:receipt", args=[dossier.reference])
    attest = reverse("applications:attest", args=[dossier.reference])
    for url in (dossier.get_absolute_url(), receipt, attest, *(tab(dossier, t) for t in TABS)):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url)
        assert response.status_code == 200, url
        assert dossier.reference in response.content.decode()
        assert len(queries) <= 20, "\n".join(q["sql"][:130] for q in queries)
    thread = client.get(tab(dossier, "echanges")).content.decode()
    assert thread.count("<article") == rows


def test_each_tab_is_an_address_and_says_where_one_is(client, dossier, member):
    client.force_login(member)
    for slug, label in (("demande", "Demande"), ("budget", "Budget"), ("pieces", "Pièces")):
        page = client.get(tab(dossier, slug)).content.decode()
        assert re.search(rf'aria-current="page">{label}', page)
    assert client.get(f"{dossier.get_absolute_url()}suivi/").status_code == 404


@pytest.mark.parametrize(
    "state",
    [
        ReviewState.UNDER_REVIEW,
        ReviewState.EVALUATED,
        ReviewState.PROPOSED,
        ReviewState.AWARDED,
        ReviewState.REJECTED,
        ReviewState.DEFERRED,
    ],
)
def test_every_state_between_filing_and_notification_reads_the_same(sheet, state):
    dossier = FiledApplicationFactory(sheet=sheet, review_state=state)
    reference = FiledApplicationFactory(
        sheet=sheet,
        review_state=ReviewState.UNDER_REVIEW,
        submitted_by=dossier.submitted_by,
        submitted_at=dossier.submitted_at,
        attested_by=dossier.attested_by,
        attested_at=dossier.attested_at,
    )
    steps = journey(dossier, by_email=False)
    assert steps == journey(reference, by_email=False)
    assert [s.state for s in steps] == ["done", "current", "todo"]


def test_a_notified_decision_ends_the_way(sheet):
    dossier = FiledApplicationFactory(
        sheet=sheet, review_state=ReviewState.REJECTED, notified_at=timezone.now()
    )
    last = journey(dossier, by_email=True)[-1]
    assert (last.label, last.state) == ("Décision\xa0: non retenu", "done")


def test_the_first_tab_says_what_is_awaited_and_until_when(client, sheet):
    today = timezone.localdate()
    dossier = FiledApplicationFactory(
        sheet=sheet,
        attested_at=None,
        attested_by=None,
        attestation_due_on=today - timedelta(days=1),
        documents_due_on=today + timedelta(days=4),
    )
    client.force_login(member_of(dossier.organisation))
    page = client.get(dossier.get_absolute_url()).content.decode()
    assert "Attestation de la demande" in page
    assert "Délai dépassé" in page
    assert "1 pièce à fournir" in page
    assert date_fr(today + timedelta(days=4)) in page
    assert tab(dossier, "pieces") in page


def test_a_dossier_without_anything_awaited_says_so(client):
    dossier = FiledApplicationFactory(sheet=a_sheet(), review_state=ReviewState.UNDER_REVIEW)
    client.force_login(member_of(dossier.organisation))
    page = client.get(dossier.get_absolute_url()).content.decode()
    assert "Ce qui est attendu de vous" not in page
    assert "Rien n’est attendu de vous pour l’instant." in page


def test_the_history_tells_the_applicant_only_their_part(client, dossier, member):
    dossier = fresh(dossier)
    append_event(application=dossier, kind="amount_proposed", actor=None, at=timezone.now())
    append_event(
        application=dossier, kind="assign", actor=None, at=timezone.now(), visible_to_applicant=True
    )
    client.force_login(member)
    page = client.get(tab(dossier, "historique")).content.decode()
    assert "Dossier affecté" in page
    assert "Montant proposé" not in page


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
    page = client.get(url)
    assert "Attester la demande</button>" in page.content.decode()
    client.post(url, {"seen": page.context["seen"]})
    assert fresh(dossier).attested_at is not None


def test_figures_that_were_not_read_are_not_attested(client, sheet):
    dossier = FiledApplicationFactory(sheet=sheet, attested_at=None, attested_by=None)
    client.force_login(member_of(dossier.organisation, "sign"))
    url = reverse("applications:attest", args=[dossier.reference])
    seen = client.get(url).context["seen"]
    Application.objects.filter(pk=dossier.pk).update(requested_amount=Decimal(7654))
    Deposit.objects.create(
        application=dossier,
        number=dossier.deposits.count() + 1,
        payload=b"{}",
        sha256="b" * 64,
        filed_at=timezone.now(),
        filed_by=dossier.created_by,
    )
    for posted in ({"seen": seen}, {}):
        answer = client.post(url, posted)
        assert answer.status_code == 409
        assert "Le dossier a changé depuis que vous avez ouvert cette page" in (
            answer.content.decode()
        )
        assert fresh(dossier).attested_at is None
    assert "7 654" in answer.content.decode().replace("\u202f", " ").replace("\xa0", " ")
    client.post(url, {"seen": answer.context["seen"]})
    assert fresh(dossier).attested_at is not None


def test_withdrawing_asks_then_withdraws(client, dossier, member):
    client.force_login(member)
    url = reverse("applications:withdraw", args=[dossier.reference])
    assert dossier.title in client.get(url).content.decode()
    client.post(url, {"reason": "Projet reporté"})
    assert fresh(dossier).review_state == ReviewState.WITHDRAWN


@pytest.mark.parametrize(
    ("rights", "may"), [(["edit"], True), (["sign"], True), (["manage"], False)]
)
def test_the_withdrawal_is_offered_to_whom_it_is_allowed(client, dossier, rights, may):
    client.force_login(member_of(dossier.organisation, *rights))
    url = reverse("applications:withdraw", args=[dossier.reference])
    assert (url in client.get(dossier.get_absolute_url()).content.decode()) is may
    assert client.get(url).status_code == (200 if may else 403)
    client.post(url, {"reason": ""})
    assert (fresh(dossier).review_state == ReviewState.WITHDRAWN) is may


def test_an_author_whose_membership_waits_is_not_offered_the_withdrawal(client, dossier, member):
    member.memberships.update(state=MembershipState.PENDING)
    type(dossier).objects.update(created_by=member)
    client.force_login(member)
    url = reverse("applications:withdraw", args=[dossier.reference])
    assert url not in client.get(dossier.get_absolute_url()).content.decode()
    assert client.get(url).status_code == 403


def test_a_member_of_a_body_merged_since_is_still_named(client, dossier, member):
    former = OrganisationFactory(merged_into=dossier.organisation)
    actor = member_of(former, state=MembershipState.ENDED)
    append_event(
        application=dossier,
        kind="attested",
        actor=actor,
        at=timezone.now(),
        visible_to_applicant=True,
    )
    client.force_login(member)
    url = reverse("applications:tab", args=[dossier.reference, "historique"])
    assert str(actor) in client.get(url).content.decode()


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
    assert response["Location"] == tab(dossier, "echanges")
    message = Message.objects.get()
    assert (message.side, message.text) == (MessageSide.APPLICANT, "Bonjour,\nune question.")
    mail = OutboxMessage.objects.get()
    assert mail.to == "fiche@essai.example"
    assert mail.subject == (
        f"{dossier.organisation}\xa0: message sur la demande {dossier.reference}"
    )
    assert "une question" not in mail.text  # what is written stays on the portal
    assert mail.reply_to == member.email
    assert reverse("review:tab", args=[dossier.reference, "echanges"]) in mail.text
    assert fresh(dossier).events.filter(kind="message_sent", visible_to_applicant=True).exists()


def test_an_applicant_writes_to_whoever_instructs_the_dossier(client, dossier, member):
    officer = person_with_role("case_officer")
    Assignment.objects.create(
        application=dossier,
        person=officer,
        role="officer",
        assigned_by=officer,
        assigned_at=timezone.now(),
    )
    client.force_login(member)
    client.post(
        reverse("applications:message_send", args=[dossier.reference]), {"text": "Bonjour."}
    )
    assert OutboxMessage.objects.get().to == officer.email


def test_the_office_writes_to_all_those_who_edit(dossier, member):
    colleague = member_of(dossier.organisation, "edit")
    member_of(dossier.organisation, "sign")
    member_of(dossier.organisation, "edit", state="ended")
    send_message(
        application_id=dossier.pk,
        side=MessageSide.OFFICE,
        author=person_with_role("case_officer"),
        text="Précisez les dates.",
        at=timezone.now(),
    )
    mails = OutboxMessage.objects.order_by("to")
    assert {mail.to for mail in mails} == {member.email, colleague.email}
    for mail in mails:
        assert mail.subject == f"Un message sur votre demande {dossier.reference}"
        assert tab(dossier, "echanges") in mail.text
        assert f"au compte {mail.to}" in mail.text
        assert mail.reply_to == "prevention-citoyennete@hauts-de-seine.example"


def test_a_message_carries_several_files_that_both_sides_may_open(client, dossier, member):
    client.force_login(member)
    url = reverse("applications:message_send", args=[dossier.reference])
    files = [a_file("devis.pdf"), a_file("plan.pdf")]
    assert client.post(url, {"text": "Voici.", "files": files}).status_code == 302
    stored = list(Message.objects.get().files.order_by("pk"))
    assert [file.original_name for file in stored] == ["devis.pdf", "plan.pdf"]
    page = client.get(tab(dossier, "echanges")).content.decode()
    assert "non analysé par un antivirus" in page
    for person in (member, person_with_role("case_officer")):
        client.force_login(person)
        for file in stored:
            answer = client.get(reverse("documents:download", args=[file.uuid]))
            assert answer.status_code == 200
    client.force_login(member_of(OrganisationFactory()))
    download = reverse("documents:download", args=[stored[0].uuid])
    assert client.get(download).status_code == 404


def test_a_refused_file_keeps_the_words_and_sends_nothing(client, dossier, member):
    client.force_login(member)
    url = reverse("applications:message_send", args=[dossier.reference])
    files = [a_file(), a_file("virus.exe", b"MZ")]
    response = client.post(url, {"text": "Voici le plan.", "files": files})
    assert response.status_code == 422
    page = response.content.decode()
    assert "Voici le plan." in page
    assert "virus.exe" in page
    assert not Message.objects.exists()
    assert not StoredFile.objects.exists()


def test_six_files_are_too_many(client, dossier, member):
    client.force_login(member)
    url = reverse("applications:message_send", args=[dossier.reference])
    files = [a_file(f"{n}.pdf") for n in range(6)]
    response = client.post(url, {"text": "Voici.", "files": files})
    assert response.status_code == 422
    assert "Joignez 5 fichiers au plus." in response.content.decode()


def test_a_double_click_sends_once(client, dossier, member):
    client.force_login(member)
    url = reverse("applications:message_send", args=[dossier.reference])
    data = {"text": "Une seule fois.", "request_key": str(uuid4())}
    assert client.post(url, data).status_code == 302
    assert client.post(url, data).status_code == 302
    assert Message.objects.count() == 1
    officer = person_with_role("case_officer")
    client.force_login(officer)
    data = {"text": "Réponse.", "request_key": str(uuid4())}
    for _ in range(2):
        assert client.post(reverse("review:message", args=[dossier.reference]), data)
    assert Message.objects.count() == 2


def test_the_office_answers_with_a_file(client, dossier):
    client.force_login(person_with_role("case_officer"))
    url = reverse("review:message", args=[dossier.reference])
    client.post(url, {"text": "Voici le modèle.", "files": [a_file("modele.pdf")]})
    assert Message.objects.get().files.get().original_name == "modele.pdf"
    page = client.get(reverse("review:tab", args=[dossier.reference, "echanges"]))
    assert "modele.pdf" in page.content.decode()


def test_an_infected_file_is_shown_and_not_offered(client, dossier, member):
    client.force_login(member)
    url = reverse("applications:message_send", args=[dossier.reference])
    client.post(url, {"text": "Voici.", "files": [a_file("devis.pdf")]})
    stored = StoredFile.objects.get()
    StoredFile.objects.update(scan_state="infected")
    page = client.get(tab(dossier, "echanges")).content.decode()
    assert "Refusé par l’antivirus" in page
    assert str(stored.uuid) not in page


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
    page = client.get(tab(dossier, "echanges")).content.decode()
    assert "À lire" in page
    assert Message.objects.get().read_at is None
    url = reverse("applications:messages_read", args=[dossier.reference])
    part = client.post(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    read_at = Message.objects.get().read_at
    assert read_at is not None
    words = f"Lu le {datetime_fr(read_at)}"
    assert words in client.get(tab(dossier, "echanges")).content.decode()
    client.force_login(person_with_role("case_officer"))
    desk = client.get(reverse("review:tab", args=[dossier.reference, "echanges"]))
    assert words in desk.content.decode()
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
    page = client.get(tab(dossier, "pieces")).content.decode()
    assert "Pièces à fournir" in page
    url = reverse("applications:document_add", args=[dossier.reference])
    assert client.post(url, {"required_id": asked.pk, "file": a_file()}).status_code == 302
    event = fresh(dossier).events.get(kind="document_added")
    # What people typed stays out; the wait it ends is in.
    assert set(event.data) == {"label", "awaited_since", "awaited_until"}
    assert event.data["label"] == "RIB"
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


def test_the_withdrawal_goes_with_the_session_whatever_is_voted_then(client, dossier, member):
    client.force_login(member)
    url = reverse("applications:withdraw", args=[dossier.reference])
    for state, offered in (
        (ReviewState.EVALUATED, True),
        (ReviewState.PROPOSED, False),
        (ReviewState.AWARDED, False),
        (ReviewState.DEFERRED, False),
    ):
        type(dossier).objects.filter(pk=dossier.pk).update(review_state=state)
        assert (url in client.get(dossier.get_absolute_url()).text) is offered
        assert client.get(url).status_code == (200 if offered else 302)
