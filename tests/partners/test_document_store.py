from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.documents.models import StoredFile
from foundation.documents.owners import may_read
from foundation.notifications import reminders as engine
from foundation.notifications.models import OutboxMessage
from foundation.notifications.reminders import Reminder, due_candidates, queue_due
from foundation.notifications.rendering import absolute
from foundation.parameters.models import Parameter
from partners.enums import DocumentState, OrganisationKind, Right
from partners.hub import document_badges
from partners.models import OrganisationDocument, OrganisationFlag
from partners.reminders import expiring_documents
from partners.selectors import valid_documents
from partners.services.documents import (
    accept_document,
    add_document,
    refuse_document,
    remove_document,
    replace_document,
)
from portal.todo import todo_items
from tests.documents.samples import PDF
from tests.factories import (
    BankDetailsFactory,
    OrganisationDocumentFactory,
    OrganisationFactory,
    UserFactory,
    member_of,
    person_with_role,
)
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
DAY = timedelta(days=1)


def a_file(name: str = "statuts.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


def add(body, by, **more) -> OrganisationDocument:
    values = {"kind": "statuts", "label": "Statuts 2020", "upload": a_file()}
    return add_document(organisation_id=body.pk, by=by, at=timezone.now(), **(values | more))


@pytest.fixture
def body():
    return OrganisationFactory()


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


# --- Which may be used --------------------------------------------------------------------------
def test_a_document_is_valid_until_its_last_day(body):
    document = OrganisationDocumentFactory(organisation=body, valid_until=TODAY)
    assert list(valid_documents(body, TODAY)) == [document]
    assert not valid_documents(body, TODAY + DAY)


@pytest.mark.parametrize(
    ("fields", "usable"),
    [
        ({}, True),
        ({"state": "accepted"}, True),
        ({"state": "refused", "refusal_reason": "Illisible"}, False),
        ({"ended_at": timezone.now()}, False),
        ({"valid_until": TODAY - DAY}, False),
    ],
)
def test_what_is_refused_ended_or_expired_is_not_used(body, fields, usable):
    OrganisationDocumentFactory(organisation=body, **fields)
    OrganisationDocumentFactory()
    assert valid_documents(body, TODAY).exists() == usable


@pytest.mark.parametrize(
    ("fields", "labels"),
    [
        ({}, ["À vérifier"]),
        ({"state": "accepted"}, ["Accepté"]),
        ({"state": "refused", "refusal_reason": "Illisible"}, ["Refusé"]),
        ({"state": "accepted", "valid_until": TODAY + 31 * DAY}, ["Accepté"]),
        ({"state": "accepted", "valid_until": TODAY + 30 * DAY}, ["Accepté", "Expire bientôt"]),
        ({"valid_until": TODAY}, ["À vérifier", "Expire bientôt"]),
    ],
)
def test_states_are_said_in_words(fields, labels):
    document = OrganisationDocumentFactory.build(organisation=None, added_by=None, **fields)
    assert [badge.label for badge in document_badges(document, TODAY, notice_days=30)] == labels


def test_an_expired_document_says_since_when():
    document = OrganisationDocumentFactory.build(
        organisation=None, added_by=None, valid_until=TODAY - DAY
    )
    assert document_badges(document, TODAY, notice_days=30)[-1].label.startswith("Expiré le ")


# --- Services -----------------------------------------------------------------------------------
def test_who_edits_adds_a_document(body):
    document = add(body, member_of(body, Right.EDIT), label="")
    assert (document.label, document.state) == ("Statuts", DocumentState.TO_CHECK)
    assert document.file.original_name == "statuts.pdf"


def test_who_only_signs_does_not(body):
    with pytest.raises(Refusal) as refusal:
        add(body, member_of(body, Right.SIGN))
    assert refusal.value.status == 403


def test_a_replaced_document_is_kept_and_ended(body):
    editor = member_of(body, Right.EDIT)
    former = add(body, editor)
    newer = replace_document(
        document_id=former.pk, label="", upload=a_file("neuf.pdf"), by=editor, at=timezone.now()
    )
    former.refresh_from_db()
    assert former.ended_at is not None
    assert former.file.original_name == "statuts.pdf"
    assert (newer.kind, newer.label, newer.state) == ("statuts", "Statuts 2020", "to_check")
    with pytest.raises(Refusal) as refusal:
        replace_document(
            document_id=former.pk, label="", upload=a_file(), by=editor, at=timezone.now()
        )
    assert (refusal.value.code, refusal.value.status) == ("ended", 409)


def test_a_replacement_that_fails_ends_nothing(body):
    editor = member_of(body)
    former = add(body, editor)
    with pytest.raises(Refusal):
        replace_document(
            document_id=former.pk,
            label="",
            upload=a_file(content=b"<html>"),
            by=editor,
            at=timezone.now(),
        )
    former.refresh_from_db()
    assert former.ended_at is None
    assert StoredFile.objects.count() == 1


def test_a_removed_document_is_not_used(body):
    editor = member_of(body)
    remove_document(document_id=add(body, editor).pk, by=editor, at=timezone.now())
    assert not valid_documents(body, TODAY)


@pytest.mark.parametrize(
    "dates",
    [{"issued_on": TODAY + DAY}, {"issued_on": TODAY, "valid_until": TODAY - DAY}],
)
def test_dates_that_cannot_be_are_refused(body, dates):
    with pytest.raises(Refusal) as refusal:
        add(body, member_of(body), **dates)
    assert refusal.value.code == "dates"


def test_the_office_accepts(body, officer):
    document = accept_document(
        document_id=add(body, member_of(body)).pk, by=officer, at=timezone.now()
    )
    assert (document.state, document.checked_by) == (DocumentState.ACCEPTED, officer)
    assert not OutboxMessage.objects.exists()


def test_a_refusal_is_told_to_the_managers_with_its_reason(body, officer):
    manager = member_of(body, Right.MANAGE)
    editor = member_of(body, Right.EDIT)
    refuse_document(
        document_id=add(body, editor).pk,
        reason="  Page 2 manquante ",
        by=officer,
        at=timezone.now(),
    )
    message = OutboxMessage.objects.get()
    page = reverse("partners:documents", args=[body.pk])
    assert message.to == manager.email
    assert message.reply_to == "service@essai.example"
    assert message.subject == f"Un document d’{body} est à remplacer"
    assert message.text.replace("\xa0", " ") == (
        "Bonjour,\n\n"
        f"Le service instructeur ne peut pas accepter un document d’{body} : Statuts 2020.\n\n"
        "La raison :\n\nPage 2 manquante\n\n"
        f"Pour le remplacer : {absolute(page)}\n\n"
        "Vos dossiers déjà déposés gardent leur date ; rien n’est à refaire dans ceux-ci si le "
        "service ne vous le demande pas.\n\n"
        "Maillage\n"
        "Portail de la prévention et de la citoyenneté du Département des Hauts-de-Seine\n"
    )


def test_a_second_answer_does_not_erase_the_first(body, officer):
    document = add(body, member_of(body))
    accept_document(document_id=document.pk, by=officer, at=timezone.now())
    with pytest.raises(Refusal) as refusal:
        refuse_document(document_id=document.pk, reason="Non", by=officer, at=timezone.now())
    assert (refusal.value.code, refusal.value.status) == ("already_decided", 409)
    again = refuse_document(
        document_id=document.pk, reason="Non", by=officer, at=timezone.now(), seen="accepted"
    )
    assert again.state == DocumentState.REFUSED


def test_an_answer_needs_a_reason_and_a_desk(body, officer):
    document = add(body, member_of(body))
    with pytest.raises(Refusal) as refusal:
        refuse_document(document_id=document.pk, reason=" ", by=officer, at=timezone.now())
    assert refusal.value.code == "no_reason"
    with pytest.raises(Refusal) as refusal:
        accept_document(
            document_id=document.pk,
            by=person_with_role(Role.COORDINATOR),
            at=timezone.now(),
        )
    assert refusal.value.status == 403


@pytest.mark.parametrize("kind", ["mandat", "rib"])
def test_a_mandate_and_a_bank_proof_are_kept_with_what_they_prove(client, body, officer, kind):
    manager, at = member_of(body), timezone.now()
    kept = OrganisationDocumentFactory(organisation=body, kind=kind)
    acts = [
        lambda: add(body, manager, kind=kind),
        lambda: replace_document(document_id=kept.pk, label="", upload=a_file(), by=manager, at=at),
        lambda: remove_document(document_id=kept.pk, by=manager, at=at),
        lambda: accept_document(document_id=kept.pk, by=officer, at=at),
        lambda: refuse_document(document_id=kept.pk, reason="Flou", by=officer, at=at),
    ]
    for act in acts:
        with pytest.raises(Refusal) as refusal:
            act()
        assert refusal.value.code == "kept_elsewhere"
    client.force_login(officer)
    page = reverse("partners:document_check", args=[body.pk, kept.pk])
    assert client.get(page).status_code == 404


def test_a_document_changes_under_the_lock_of_its_body(body):
    document = add(body, member_of(body))
    with CaptureQueriesContext(connection) as queries:
        remove_document(document_id=document.pk, by=member_of(body), at=timezone.now())
    locks = [row["sql"] for row in queries if "FOR NO KEY UPDATE" in row["sql"]]
    assert [sql.split(" FROM ")[1].split()[0] for sql in locks] == ['"partners_organisation"']


def test_nothing_is_added_to_a_body_joined_to_another(body):
    manager = member_of(body)
    document = add(body, manager)
    body.merged_into = OrganisationFactory()
    body.save()
    for act in (
        lambda: add(body, manager),
        lambda: replace_document(
            document_id=document.pk, label="", upload=a_file(), by=manager, at=timezone.now()
        ),
    ):
        with pytest.raises(Refusal) as refusal:
            act()
        assert (refusal.value.code, refusal.value.status) == ("merged", 409)


# --- Who reads ----------------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "for_editors"), [("statuts", True), ("rib", False)])
def test_who_reads_a_document(body, kind, for_editors):
    document = OrganisationDocumentFactory(organisation=body, kind=kind)
    assert may_read(member_of(body, Right.EDIT), document) == for_editors
    assert may_read(member_of(body, Right.SIGN), document)
    for role in (Role.CASE_OFFICER, Role.UNIT_HEAD, Role.ADMINISTRATOR):
        assert may_read(person_with_role(role), document)
    for stranger in (UserFactory(), member_of(OrganisationFactory())):
        assert not may_read(stranger, document)
    assert not may_read(person_with_role(Role.COORDINATOR), document)


# --- Reminder -----------------------------------------------------------------------------------
@pytest.fixture
def _alone(monkeypatch):
    """Leave this reminder alone in the engine: the others need their own parameters."""
    alone = {"document-expiring": Reminder("document-expiring", expiring_documents)}
    monkeypatch.setattr(engine, "_reminders", alone)


def noon(day):
    return timezone.make_aware(timezone.datetime(day.year, day.month, day.day, 12))


@pytest.mark.usefixtures("_alone")
def test_the_notice_is_the_parameter_in_force(client, body):
    member = member_of(body)
    OrganisationDocumentFactory(organisation=body, valid_until=TODAY + 45 * DAY)
    Parameter.objects.create(key="documents.notice_days", value="60", valid_from=TODAY)
    assert list(expiring_documents(noon(TODAY)))
    client.force_login(member)
    page = reverse("partners:documents", args=[body.pk])
    assert "Expire bientôt" in client.get(page).content.decode()
    form = reverse("partners:document_add", args=[body.pk])
    assert "préviendrons 60\xa0jours avant" in client.get(form).content.decode()


@pytest.mark.usefixtures("_alone")
def test_managers_are_reminded_once_thirty_days_before(body):
    manager = member_of(body, Right.MANAGE)
    member_of(body, Right.EDIT)
    OrganisationDocumentFactory(
        organisation=body,
        label="Assurance",
        valid_until=TODAY + 30 * DAY,
        added_at=timezone.now() - 90 * DAY,
    )
    assert not due_candidates(noon(TODAY - DAY))
    at = noon(TODAY)
    assert queue_due(at=at) == 1
    assert queue_due(at=at + DAY) == 0
    message = OutboxMessage.objects.get()
    assert message.to == manager.email
    assert message.subject.startswith(f"Un document d’{body} expire le ")
    assert "Assurance" in message.text


@pytest.mark.usefixtures("_alone")
@pytest.mark.parametrize(
    "change",
    [
        {"ended_at": timezone.now()},
        {"state": "refused", "refusal_reason": "Illisible"},
        {"valid_until": TODAY - DAY},
    ],
)
def test_a_reminder_without_reason_stops(body, change):
    member_of(body)
    fields = {"valid_until": TODAY + 30 * DAY, "added_at": timezone.now() - 90 * DAY} | change
    OrganisationDocumentFactory(organisation=body, **fields)
    assert not due_candidates(noon(TODAY))


# --- Pages --------------------------------------------------------------------------------------
def form_data(**more) -> dict:
    return {"key": str(uuid4()), "kind": "statuts", "label": "", "file": a_file()} | more


@pytest.fixture
def editor(client: Client, body):
    user = member_of(body, Right.EDIT)
    client.force_login(user)
    return user


def test_a_document_is_added_from_the_page_once(client, body, editor):
    page = reverse("partners:document_add", args=[body.pk])
    assert "10\xa0Mo au plus" in client.get(page).content.decode()
    data = form_data()
    stored = reverse("partners:documents", args=[body.pk])
    assert client.post(page, data)["Location"] == stored
    assert client.post(page, data | {"file": a_file()})["Location"] == stored
    assert body.documents.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence", "anchor"),
    [
        ({"file": ""}, "Choisissez un fichier.", "#id_file"),
        ({"file": a_file("vide.pdf", b"")}, "Ce fichier est vide", "#id_file"),
        ({"file": a_file("virus.exe")}, "n’est pas accepté", "#id_file"),
        ({"kind": "mandat"}, "valide", "#id_kind"),
        ({"valid_until": f"{TODAY - DAY}"}, "n’est plus valable", "#id_valid_until"),
        ({"issued_on": f"{TODAY + DAY}"}, "jour à venir", "#id_issued_on"),
        ({"issued_on": "hier"}, "Indiquez une date valide", "#id_issued_on"),
    ],
)
def test_a_wrong_document_is_explained_and_kept(client, body, editor, changes, sentence, anchor):
    data = form_data(label="Mes statuts", **changes)
    answer = client.post(reverse("partners:document_add", args=[body.pk]), data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert f'href="{anchor}"' in page
    assert 'value="Mes statuts"' in page
    assert not body.documents.exists()


def test_the_list_separates_what_is_kept_from_what_was(client, body, editor):
    OrganisationDocumentFactory(organisation=body, label="Statuts neufs")
    OrganisationDocumentFactory(organisation=body, label="Vieux statuts", ended_at=timezone.now())
    page = client.get(reverse("partners:documents", args=[body.pk])).content.decode()
    kept, former = page.split("Anciens documents (1)")
    assert "Statuts neufs" in kept
    assert "Vieux statuts" in former
    assert "Liste des dirigeants" in kept  # often asked, not there yet


def test_a_document_is_replaced_and_removed_from_its_page(client, body, editor):
    document = add(body, editor)
    client.post(
        reverse("partners:document_replace", args=[body.pk, document.pk]),
        form_data(label="Statuts 2026"),
    )
    newer = body.documents.get(ended_at__isnull=True)
    assert newer.label == "Statuts 2026"
    remove = reverse("partners:document_remove", args=[body.pk, newer.pk])
    assert "Retirer ce document" in client.get(remove).content.decode()
    client.post(remove)
    assert not valid_documents(body, TODAY)


def test_a_replacement_sent_twice_acts_once(client, body, editor):
    document = add(body, editor)
    page = reverse("partners:document_replace", args=[body.pk, document.pk])
    client.post(page, form_data())
    answer = client.post(page, form_data(), follow=True)
    assert "Ce document a déjà été remplacé ou retiré." in answer.content.decode()
    assert body.documents.count() == 2


def test_a_document_of_another_body_is_not_found_here(client, body, editor):
    other = OrganisationDocumentFactory()
    for name in ("document_replace", "document_remove"):
        assert client.get(reverse(f"partners:{name}", args=[body.pk, other.pk])).status_code == 404


def test_a_commune_is_offered_its_own_documents(client):
    commune = OrganisationFactory(kind=OrganisationKind.COMMUNE)
    client.force_login(member_of(commune))
    page = client.get(reverse("partners:document_add", args=[commune.pk])).content.decode()
    assert "Délibération" in page
    assert "Statuts" not in page


def test_the_office_answers_from_the_page_of_the_document(client, body, officer):
    document = add(body, member_of(body))
    client.force_login(officer)
    args = [body.pk, document.pk]
    page = client.get(reverse("partners:document_check", args=args)).content.decode()
    assert "Accepter ce document" in page
    refuse = reverse("partners:document_refuse", args=args)
    answer = client.post(refuse, {"reason": "", "seen": "to_check"})
    assert answer.status_code == 422
    assert 'href="#id_reason"' in answer.content.decode()
    answer = client.post(refuse, {"reason": "Illisible", "seen": "to_check"})
    assert answer["Location"] == reverse("partners:to_check")
    late = client.post(reverse("partners:document_accept", args=args), {"seen": "to_check"})
    assert late.status_code == 409
    document.refresh_from_db()
    assert document.state == DocumentState.REFUSED


# --- The office's list --------------------------------------------------------------------------
def flag(_n: int) -> OrganisationFlag:
    return OrganisationFlag.objects.create(
        organisation=OrganisationFactory(),
        kind="representative",
        text="Changement",
        raised_at=timezone.now(),
        raised_by=UserFactory(),
    )


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("to_check", lambda n: OrganisationDocumentFactory()),
        ("to_check_bank", lambda n: BankDetailsFactory()),
        ("to_check_flags", flag),
    ],
)
def test_the_lists_to_check_cost_the_same_with_fifty_rows(client, name, make):
    client.force_login(person_with_role(Role.UNIT_HEAD))
    assert_same_queries(
        lambda: client.get(reverse(f"partners:{name}")),
        few=lambda: make(0),
        many=lambda: [make(n) for n in range(49)],
        at_most=14,
        row="<tr data-row",
    )


def test_a_body_with_many_documents_costs_the_same(client, body):
    client.force_login(member_of(body))
    assert_same_queries(
        lambda: client.get(reverse("partners:documents", args=[body.pk])),
        few=lambda: add(body, member_of(body)),
        many=lambda: [add(body, member_of(body)) for _ in range(49)],
        at_most=14,
        row='<li class="p-document"',
    )


def test_the_list_is_filtered_by_body_and_document(client, officer):
    wanted = OrganisationDocumentFactory(
        organisation__legal_name="Les Passerelles", kind="assurance"
    )
    OrganisationDocumentFactory(organisation__legal_name="La Boussole")
    client.force_login(officer)
    page = client.get(
        reverse("partners:to_check"), {"q": "passerelle", "document": "assurance"}
    ).content.decode()
    assert wanted.organisation.legal_name in page
    assert "La Boussole" not in page


def test_a_flag_looked_at_leaves_the_list(client, officer):
    row = flag(0)
    client.force_login(officer)
    page = reverse("partners:to_check_flags")
    assert "Marquer comme vu" in client.get(page).content.decode()
    client.post(reverse("partners:flag_handle", args=[row.pk]))
    assert "Tout est vérifié" in client.get(page).content.decode()
    row.refresh_from_db()
    assert row.handled_by == officer


def test_a_case_officer_sees_accounts_but_does_not_answer(client, officer):
    BankDetailsFactory()
    client.force_login(officer)
    page = client.get(reverse("partners:to_check_bank")).content.decode()
    assert "Vérifier<span" not in page
    assert "FR••" in page


# --- À faire ------------------------------------------------------------------------------------
def waits_for(user) -> dict[str, int]:
    return {item.task.key: item.count for item in todo_items(user, timezone.now())}


def test_what_bodies_gave_waits_for_the_office(officer):
    OrganisationDocumentFactory.create_batch(2)
    OrganisationDocumentFactory(state="accepted")
    BankDetailsFactory()
    flag(0)
    head = person_with_role(Role.UNIT_HEAD)
    assert waits_for(officer) == {"body-documents-to-check": 2, "body-flags": 1}
    assert waits_for(head) == {"bank-details-to-check": 1, "body-flags": 1}


def test_what_is_refused_or_expired_waits_for_the_body(body):
    OrganisationDocumentFactory(organisation=body)
    OrganisationDocumentFactory(organisation=body, state="refused", refusal_reason="Illisible")
    OrganisationDocumentFactory(organisation=body, valid_until=TODAY - DAY)
    OrganisationDocumentFactory(valid_until=TODAY - DAY)
    BankDetailsFactory(organisation=body, state="refused", refusal_reason="Autre titulaire")
    editor, manager = member_of(body, Right.EDIT), member_of(body, Right.MANAGE)
    assert waits_for(editor) == {"body-documents-to-replace": 2}
    assert waits_for(manager) == {"body-documents-to-replace": 2, "bank-details-to-correct": 1}
    assert waits_for(member_of(body, Right.SIGN)) == {}
