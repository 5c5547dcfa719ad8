"""Documents of a body used again in its dossiers: valid ones only, its own only, each a copy."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from config.dates import local_date
from config.errors import Refusal
from foundation.documents.enums import FileState, ScanState
from foundation.documents.models import StoredFile
from foundation.documents.services import copy_file, store_upload
from grants.applications.enums import ReviewState
from grants.applications.models import Application, ApplicationDocument
from grants.applications.selectors import asked_documents
from grants.applications.services.documents import (
    give_document,
    keep_document,
    reuse_bank_proof,
    reuse_document,
)
from grants.applications.store import kind_in_store, offered_documents
from grants.calls.models import RequiredDocument
from grants.review.services.documents import check_document
from partners.enums import DocumentKind, DocumentState
from partners.models import BankDetails
from tests.applications.dossiers import a_draft, load_letters
from tests.applications.renewals import (
    a_kept_document,
    a_renewed_draft,
    last_years_dossier,
    this_years_sheet,
)
from tests.factories import MembershipFactory, OrganisationFactory, member_of, person_with_role


pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def _reference():
    load_letters()


@pytest.fixture
def sheet():
    sheet = this_years_sheet()
    for kind, label in (
        ("bylaws", "Statuts"),
        ("accounts", "Comptes"),
        ("mandate", "Mandat"),
        ("financial-report", "Compte rendu financier"),
    ):
        RequiredDocument.objects.create(sheet=sheet, kind=kind, label=label)
    return sheet


@pytest.fixture
def draft(sheet):
    return a_draft(sheet=sheet)


def asked(draft, kind: str) -> RequiredDocument:
    return draft.sheet.documents.get(kind=kind)


def reuse(draft, kind: str, source, by=None, at=None) -> ApplicationDocument:
    return reuse_document(
        application_id=draft.pk,
        required_id=asked(draft, kind).pk,
        source_id=source.pk,
        by=by or draft.created_by,
        at=at or timezone.now(),
    )


def refused(*args, **options) -> str:
    with pytest.raises(Refusal) as found:
        reuse(*args, **options)
    return found.value.code


def give(draft, kind: str) -> ApplicationDocument:
    return give_document(
        application_id=draft.pk,
        required_id=asked(draft, kind).pk,
        label="",
        upload=SimpleUploadedFile("fichier.pdf", PDF, "application/pdf"),
        by=draft.created_by,
        at=timezone.now(),
    )


def page_of(client, draft) -> str:
    client.force_login(draft.created_by)
    response = client.get(reverse("applications:section", args=[draft.uuid, "pieces"]))
    return " ".join(response.content.decode().replace("\u00a0", " ").split())


# --- A copy of a file -----------------------------------------------------------------------------
def test_a_copy_has_its_own_bytes_and_the_same_fingerprint(draft):
    source = a_kept_document(draft.organisation)
    document = reuse(draft, "bylaws", source)
    copy = document.file
    assert copy.sha256 == source.file.sha256
    assert copy.file.name != source.file.file.name
    assert copy.original_name == source.file.original_name
    source.file.file.storage.delete(source.file.file.name)
    assert copy.file.open("rb").read().startswith(b"%PDF")


@pytest.mark.parametrize("state", [ScanState.CLEAN, ScanState.NOT_SCANNED, ScanState.PENDING])
def test_what_the_antivirus_said_holds_for_the_copy(draft, state, monkeypatch):
    asked_again = []
    monkeypatch.setattr(
        "foundation.documents.services.celery.send_task", lambda *a, **k: asked_again.append(a)
    )
    source = a_kept_document(draft.organisation)
    StoredFile.objects.filter(pk=source.file.pk).update(scan_state=state)
    copy = reuse(draft, "bylaws", source).file
    assert copy.scan_state == state


def test_an_infected_file_is_not_copied(draft):
    source = a_kept_document(draft.organisation)
    StoredFile.objects.filter(pk=source.file.pk).update(scan_state=ScanState.INFECTED)
    assert refused(draft, "bylaws", source) == "infected"
    assert not draft.documents.exists()


def test_a_file_whose_bytes_are_gone_is_not_copied(draft):
    source = a_kept_document(draft.organisation)
    stored = source.file
    stored.file.storage.delete(stored.file.name)
    with pytest.raises(Refusal) as found:
        copy_file(stored=stored, owner=draft, kind="x", by=draft.created_by, at=timezone.now())
    assert found.value.code == "lost"


# --- Which documents ------------------------------------------------------------------------------
def test_what_sheets_ask_maps_to_what_bodies_keep():
    for kind in ("bylaws", "registration", "officers", "bank-details", "accounts"):
        assert kind_in_store(kind) in DocumentKind.values
    assert kind_in_store("statuts") == "statuts"
    for kind in ("financial-report", "deliberation", "autre", "funding-plan", "x"):
        assert kind_in_store(kind) == ""


def test_every_kind_of_the_reference_list_is_known_or_of_one_request():
    import json

    from django.conf import settings

    path = settings.BASE_DIR / "fixtures/reference/default_documents.json"
    kinds = {d["kind"] for d in json.loads(path.read_text(encoding="utf-8"))["documents"]}
    assert {k for k in kinds if not kind_in_store(k)} == {
        "auditor-report",
        "financial-report",
        "deliberation",
        "funding-plan",
        "expenditure-report",
        "authorisation",
    }


@pytest.mark.parametrize(("days", "usable"), [(-1, False), (0, True), (1, True)])
def test_a_validity_holds_to_its_last_day_included(draft, days, usable):
    today = local_date(timezone.now())
    source = a_kept_document(draft.organisation, valid_until=today + timedelta(days=days))
    if usable:
        assert reuse(draft, "bylaws", source).source == source
    else:
        assert refused(draft, "bylaws", source) == "not_valid"


def test_a_refused_document_is_not_used(draft):
    source = a_kept_document(
        draft.organisation, state=DocumentState.REFUSED, refusal_reason="Illisible"
    )
    assert refused(draft, "bylaws", source) == "not_valid"


def test_a_document_replaced_since_is_not_used(draft):
    source = a_kept_document(draft.organisation, ended_at=timezone.now())
    assert refused(draft, "bylaws", source) == "not_valid"


def test_a_document_of_another_kind_is_not_used(draft):
    assert refused(draft, "bylaws", a_kept_document(draft.organisation, "comptes")) == "unknown"
    assert refused(draft, "financial-report", a_kept_document(draft.organisation)) == "unknown"


def test_another_bodys_document_is_never_used_even_by_who_belongs_to_both(client, draft):
    person = draft.created_by
    theirs = OrganisationFactory()
    MembershipFactory(user=person, organisation=theirs)
    source = a_kept_document(theirs, label="CANARI", added_by=person)
    assert refused(draft, "bylaws", source) == "not_valid"
    assert "CANARI" not in page_of(client, draft)
    assert all(o.offer is None for o in offered_documents(draft, on=date(2026, 11, 20), by=person))
    client.post(
        reverse("applications:document_reuse", args=[draft.uuid]),
        {"required_id": asked(draft, "bylaws").pk, "source_id": source.pk},
    )
    assert not draft.documents.exists()


def test_who_may_not_edit_uses_nothing(draft):
    source = a_kept_document(draft.organisation)
    assert refused(draft, "bylaws", source, by=member_of(draft.organisation, "sign")) == (
        "not_allowed"
    )


def test_what_the_office_said_of_the_document_holds_in_the_dossier(draft):
    document = reuse(draft, "bylaws", a_kept_document(draft.organisation))
    assert document.state == FileState.ACCEPTED
    unchecked = a_kept_document(draft.organisation, "comptes", state=DocumentState.TO_CHECK)
    assert reuse(draft, "accounts", unchecked).state == FileState.TO_CHECK


def test_using_one_replaces_the_file_of_a_draft(draft, django_capture_on_commit_callbacks):
    old = give(draft, "bylaws").file
    source = a_kept_document(draft.organisation)
    with django_capture_on_commit_callbacks(execute=True):
        document = reuse(draft, "bylaws", source)
    assert [f.sha256 for f in document.files.all()] == [source.file.sha256]
    assert not old.file.storage.exists(old.file.name)


def test_a_file_chosen_after_is_no_copy_any_more(draft):
    reuse(draft, "bylaws", a_kept_document(draft.organisation))
    document = give(draft, "bylaws")
    document.refresh_from_db()
    assert (document.source, document.state) == (None, FileState.TO_CHECK)


def test_a_missing_document_is_given_from_the_store_after_the_deposit(draft):
    Application.objects.filter(pk=draft.pk).update(
        review_state=ReviewState.UNDER_REVIEW, reference="2027-0001", submitted_at=timezone.now()
    )
    reuse(draft, "bylaws", a_kept_document(draft.organisation))
    assert draft.events.filter(kind="document_added").exists()
    assert refused(draft, "bylaws", a_kept_document(draft.organisation)) == "already_given"


# --- At renewal -----------------------------------------------------------------------------------
def test_a_renewal_joins_what_is_valid_and_says_why_not_of_the_rest(client, sheet):
    previous = last_years_dossier()
    body = previous.organisation
    a_kept_document(body, "statuts")
    a_kept_document(body, "comptes", valid_until=date(2020, 1, 1))
    a_kept_document(body, "mandat")  # lets one person sign: never joined by itself
    draft = a_renewed_draft(previous=previous, sheet=sheet)
    given = {a.required.kind for a in asked_documents(draft) if a.given}
    assert given == {"bylaws"}
    client.force_login(draft.created_by)
    page = client.get(reverse("applications:renewed", args=[draft.uuid])).content.decode()
    assert "il n’est plus valable depuis le" in page
    assert "Statuts" in page


def test_a_yearly_paper_without_an_end_is_joined_in_its_year_only(sheet):
    old, recent = last_years_dossier(), last_years_dossier(reference="2026-0043")
    today = local_date(timezone.now())
    a_kept_document(old.organisation, "comptes", issued_on=today - timedelta(days=400))
    a_kept_document(recent.organisation, "comptes", issued_on=today - timedelta(days=300))
    assert not a_renewed_draft(previous=old, sheet=sheet).documents.exists()
    assert a_renewed_draft(previous=recent, sheet=sheet).documents.exists()


def test_the_newest_valid_document_is_the_one_joined(sheet):
    previous = last_years_dossier()
    at = timezone.now()
    body = previous.organisation
    a_kept_document(body, added_at=at - timedelta(days=9))
    newest = a_kept_document(body, added_at=at - timedelta(days=1))
    a_kept_document(body, added_at=at, state="refused", refusal_reason="Illisible")
    draft = a_renewed_draft(previous=previous, sheet=sheet)
    assert [d.source for d in draft.documents.all()] == [newest]


# --- The page -------------------------------------------------------------------------------------
def test_the_page_offers_the_document_of_the_body_in_one_click(client, draft):
    until = local_date(timezone.now()) + timedelta(days=90)
    source = a_kept_document(draft.organisation, valid_until=until)
    assert "Utiliser le document de l’organisation" in page_of(client, draft)
    response = client.post(
        reverse("applications:document_reuse", args=[draft.uuid]),
        {"required_id": asked(draft, "bylaws").pk, "source_id": source.pk},
    )
    assert response.status_code == 302
    page = page_of(client, draft)
    assert "Copie du document de l’organisation" in page
    assert "Utiliser le document" not in page  # the same one, taken already


def test_the_page_says_why_a_kept_document_cannot_be_used(client, draft):
    a_kept_document(
        draft.organisation, state=DocumentState.REFUSED, refusal_reason="Signature absente"
    )
    page = page_of(client, draft)
    assert (
        "L’organisation garde ce document, mais le service l’a refusé : Signature absente" in page
    )


@pytest.mark.parametrize("value", ["", "abc", "99999999999999999999", "-1"])
def test_a_document_that_is_none_changes_nothing(client, draft, value):
    client.force_login(draft.created_by)
    url = reverse("applications:document_reuse", args=[draft.uuid])
    response = client.post(url, {"required_id": asked(draft, "bylaws").pk, "source_id": value})
    assert response.status_code == 302
    assert not draft.documents.exists()


def test_the_page_costs_the_same_whatever_the_store(client, draft, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    a_kept_document(draft.organisation)
    page_of(client, draft)
    with CaptureQueriesContext(connection) as few:
        page_of(client, draft)
    for kind in ("comptes", "mandat", "statuts"):
        a_kept_document(draft.organisation, kind)
    with CaptureQueriesContext(connection) as many:
        page_of(client, draft)
    assert len(few) == len(many)


# --- The bank proof -------------------------------------------------------------------------------
@pytest.fixture
def with_bank(draft):
    RequiredDocument.objects.create(sheet=draft.sheet, kind="bank-details", label="RIB")
    bank = BankDetails.objects.create(
        organisation=draft.organisation,
        holder="Association",
        iban="FR7630006000011234567890189",
        bic="AGRIFRPP",
        state="checked",
        given_at=timezone.now(),
        given_by=draft.created_by,
    )
    upload = SimpleUploadedFile("rib.pdf", PDF, "application/pdf")
    store_upload(owner=bank, kind="rib", upload=upload, by=draft.created_by, at=bank.given_at)
    return bank


def test_the_bank_proof_is_joined_by_who_may_read_it(client, draft, with_bank):
    assert "Relevé joint aux coordonnées bancaires" in page_of(client, draft)
    url = reverse("applications:document_reuse", args=[draft.uuid])
    client.post(url, {"required_id": asked(draft, "bank-details").pk})
    document = draft.documents.get()
    assert document.file.sha256 == with_bank.file.sha256
    assert document.file.file.name != with_bank.file.file.name
    assert document.state == FileState.ACCEPTED
    page = page_of(client, draft)
    assert "Copie du document de l’organisation" in page
    assert "Garder pour mes prochaines demandes" not in page


def test_who_only_fills_the_dossier_is_not_offered_the_bank_proof(client, draft, with_bank):
    editor = member_of(draft.organisation, "edit")
    client.force_login(editor)
    url = reverse("applications:section", args=[draft.uuid, "pieces"])
    assert "Relevé joint" not in client.get(url).content.decode()
    with pytest.raises(Refusal) as found:
        reuse_bank_proof(
            application_id=draft.pk,
            required_id=asked(draft, "bank-details").pk,
            by=editor,
            at=timezone.now(),
        )
    assert found.value.code == "not_valid"


def test_a_bank_proof_left_in_the_store_is_neither_offered_nor_joined(draft, with_bank):
    old = a_kept_document(draft.organisation, "rib")
    editor = member_of(draft.organisation, "edit")
    asked_for = next(
        one
        for one in offered_documents(draft, on=local_date(timezone.now()), by=editor)
        if one.required.kind == "bank-details"
    )
    assert asked_for.offer is None
    assert refused(draft, "bank-details", old, by=editor) == "unknown"


def test_the_copy_of_a_bank_proof_is_read_by_who_may_read_the_account(client, draft, with_bank):
    document = reuse_bank_proof(
        application_id=draft.pk,
        required_id=asked(draft, "bank-details").pk,
        by=draft.created_by,
        at=timezone.now(),
    )
    download = reverse("documents:download", args=[document.file.uuid])
    page = reverse("applications:section", args=[draft.uuid, "pieces"])
    readers = {"edit": 404, "sign": 200, "manage": 200}
    for right, status in readers.items():
        client.force_login(member_of(draft.organisation, right))
        assert client.get(download).status_code == status
    client.force_login(member_of(draft.organisation, "edit"))
    assert download not in client.get(page).content.decode()
    client.force_login(draft.created_by)
    assert download in client.get(page).content.decode()


def test_a_bank_proof_sent_by_hand_is_read_by_who_opens_the_dossier(client, draft, with_bank):
    other = SimpleUploadedFile("rib2.pdf", PDF + b"\n", "application/pdf")
    document = give_document(
        application_id=draft.pk,
        required_id=asked(draft, "bank-details").pk,
        label="",
        upload=other,
        by=draft.created_by,
        at=timezone.now(),
    )
    client.force_login(member_of(draft.organisation, "edit"))
    download = reverse("documents:download", args=[document.file.uuid])
    assert client.get(download).status_code == 200


@pytest.mark.parametrize("state", ["refused", "replaced"])
def test_bank_details_refused_or_replaced_prove_nothing(client, draft, with_bank, state):
    BankDetails.objects.filter(pk=with_bank.pk).update(state=state)
    assert "Relevé joint" not in page_of(client, draft)


def test_the_bank_proof_answers_nothing_else(draft, with_bank):
    with pytest.raises(Refusal) as found:
        reuse_bank_proof(
            application_id=draft.pk,
            required_id=asked(draft, "bylaws").pk,
            by=draft.created_by,
            at=timezone.now(),
        )
    assert found.value.code == "unknown"


def test_a_file_that_cannot_be_copied_stops_no_renewal(sheet):
    previous = last_years_dossier()
    lost = a_kept_document(previous.organisation).file
    lost.file.storage.delete(lost.file.name)
    infected = a_kept_document(previous.organisation, "comptes").file
    StoredFile.objects.filter(pk=infected.pk).update(scan_state=ScanState.INFECTED)
    draft = a_renewed_draft(previous=previous, sheet=sheet)
    assert not draft.documents.exists()


# --- Kept for next time ---------------------------------------------------------------------------
def keep(draft, document, valid_until=None, by=None):
    return keep_document(
        application_id=draft.pk,
        document_id=document.pk,
        valid_until=valid_until,
        by=by or draft.created_by,
        at=timezone.now(),
    )


def test_a_file_of_a_dossier_is_kept_for_the_next_ones(client, draft):
    document = give(draft, "bylaws")
    assert "Garder pour mes prochaines demandes" in page_of(client, draft)
    until = local_date(timezone.now()) + timedelta(days=365)
    client.post(
        reverse("applications:document_keep", args=[draft.uuid, document.pk]),
        {"valid_until": until.isoformat()},
    )
    source = draft.organisation.documents.get()
    assert (source.kind, source.label, source.valid_until) == ("statuts", "Statuts", until)
    assert source.file.sha256 == document.file.sha256
    document.refresh_from_db()
    assert document.source == source
    assert "Garder pour mes prochaines demandes" not in page_of(client, draft)


def test_what_may_not_be_kept(draft):
    report = give(draft, "financial-report")
    with pytest.raises(Refusal) as found:
        keep(draft, report)
    assert found.value.code == "unknown"
    document = give(draft, "bylaws")
    with pytest.raises(Refusal) as found:
        keep(draft, document, valid_until=date(2020, 1, 1))
    assert found.value.code == "dates"
    with pytest.raises(Refusal) as found:
        keep(draft, document, by=member_of(OrganisationFactory()))
    assert found.value.code == "not_allowed"
    keep(draft, document)
    document.refresh_from_db()
    with pytest.raises(Refusal) as found:
        keep(draft, document)
    assert found.value.code == "already_kept"


def test_a_date_that_is_none_is_said_and_nothing_is_kept(client, draft):
    document = give(draft, "bylaws")
    client.force_login(draft.created_by)
    url = reverse("applications:document_keep", args=[draft.uuid, document.pk])
    page = client.post(url, {"valid_until": "31/02/2027"}, follow=True).content.decode()
    assert "Indiquez une date valide" in page
    assert not draft.organisation.documents.exists()


# --- The office judges once -----------------------------------------------------------------------
@pytest.fixture
def copied(draft):
    source = a_kept_document(draft.organisation, state=DocumentState.TO_CHECK)
    document = reuse(draft, "bylaws", source)
    Application.objects.filter(pk=draft.pk).update(
        review_state=ReviewState.UNDER_REVIEW, reference="2027-0001", submitted_at=timezone.now()
    )
    return document


def judge(document, state, reason="") -> None:
    check_document(
        document_id=document.pk,
        state=state,
        reason=reason,
        by=person_with_role("case_officer"),
        at=timezone.now(),
    )
    document.source.refresh_from_db()


def test_what_the_office_says_of_a_copy_holds_for_the_document(copied):
    judge(copied, FileState.ACCEPTED)
    assert copied.source.state == DocumentState.ACCEPTED
    assert copied.source.checked_at is not None


def test_a_copy_refused_refuses_the_document_with_the_reason(copied):
    judge(copied, FileState.REFUSED, "Signature absente")
    assert (copied.source.state, copied.source.refusal_reason) == (
        DocumentState.REFUSED,
        "Signature absente",
    )


def test_a_document_judged_already_keeps_its_answer(copied):
    type(copied.source).objects.filter(pk=copied.source_id).update(state=DocumentState.ACCEPTED)
    judge(copied, FileState.REFUSED, "Mauvais exercice")
    assert copied.source.state == DocumentState.ACCEPTED


def test_a_piece_missing_after_the_deposit_is_joined_from_the_store(client, draft):
    Application.objects.filter(pk=draft.pk).update(
        review_state=ReviewState.UNDER_REVIEW, reference="2027-0001", submitted_at=timezone.now()
    )
    source = a_kept_document(draft.organisation)
    client.force_login(draft.created_by)
    url = reverse("applications:tab", args=["2027-0001", "pieces"])
    assert "Utiliser le document de l’organisation" in client.get(url).content.decode()
    data = {"required_id": asked(draft, "bylaws").pk, "source_id": source.pk}
    response = client.post(reverse("applications:document_reuse", args=[draft.uuid]), data)
    assert response["Location"] == url
    assert "Utiliser le document de l’organisation" not in client.get(url).content.decode()


def test_the_office_reads_what_was_said_of_the_document_that_was_copied(client, copied):
    client.force_login(person_with_role("case_officer"))
    url = reverse("review:tab", args=["2027-0001", "pieces"])
    assert "votre avis vaudra aussi pour elle" in client.get(url).content.decode()
    type(copied.source).objects.filter(pk=copied.source_id).update(state=DocumentState.ACCEPTED)
    assert "que le service a déjà accepté" in client.get(url).content.decode()
