"""Filing: once, dated, numbered without a gap, receipted; attesting and withdrawing."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import connection
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from foundation.notifications.reminders import queue_due
from grants.applications.enums import ReviewState
from grants.applications.events import verify_chain
from grants.applications.labels import applicant_headline
from grants.applications.models import Application, Deposit, ReferenceSequence
from grants.applications.services.filing import (
    attest_application,
    submit_application,
    withdraw_application,
)
from grants.calls.models import ClosingExtension
from grants.letters.models import Letter
from grants.letters.reference import load_templates
from partners.enums import MembershipState, Right
from tests.applications.dossiers import a_complete_draft, a_draft, a_sheet, fresh, load_parameters
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    RoleAssignmentFactory,
    UserFactory,
)


@pytest.fixture(autouse=True)
def reference_data(db):
    load_parameters()
    load_templates()


def member(application: Application, *rights: str):
    return MembershipFactory(organisation=application.organisation, rights=list(rights)).user


def file(application: Application, by=None, at=None) -> Application:
    return submit_application(
        application_id=application.pk, by=by or application.created_by, at=at or timezone.now()
    )


def test_a_filed_dossier_is_dated_numbered_frozen_and_receipted():
    application = file(a_complete_draft())
    year = application.sheet.campaign.fiscal_year
    assert application.reference == f"{year}-0001"
    assert application.review_state == ReviewState.SUBMITTED
    deposit = Deposit.objects.get()
    assert deposit.sha256 == sha256(bytes(deposit.payload)).hexdigest()
    content = json.loads(bytes(deposit.payload))
    assert content["project"]["title"] == "Ateliers du soir"
    assert content["budget"]["requested"] == "3000.00"
    assert verify_chain(application) == []
    assert Letter.objects.get().kind == "receipt"


def test_the_receipt_says_what_the_law_asks():
    application = file(a_complete_draft())
    message = OutboxMessage.objects.get(kind="receipt")
    assert message.subject == f"Accusé de réception de votre demande {application.reference}"
    assert message.to == application.created_by.email
    for words in (
        application.reference,
        "Déposée le",
        "Dossier incomplet" if application.documents_due_on else "Ce que vaut le silence",
        "réputée rejetée",
        "devant le tribunal administratif de Cergy-Pontoise, 2-4, boulevard de l’Hautil, 95000",
        "Téléphone",
        "E-mail",
        "Voies et délais de recours",
    ):
        assert words in message.text
    assert message.text.count("Unité Prévention et citoyenneté") == 1


def test_missing_documents_do_not_block_and_are_listed_with_their_date():
    sheet = a_sheet()
    sheet.documents.create(kind="rib", label="Relevé d’identité bancaire")
    application = file(a_complete_draft(sheet=sheet))
    assert application.documents_due_on is not None
    message = OutboxMessage.objects.get(kind="receipt")
    assert "- Relevé d’identité bancaire" in message.text
    assert "pièces à fournir au plus tard le" in message.text


def test_an_incomplete_dossier_is_not_filed():
    draft = a_draft()
    with pytest.raises(Refusal) as refusal:
        file(draft)
    assert refusal.value.code == "incomplete"
    assert fresh(draft).is_draft
    assert not ReferenceSequence.objects.filter(last__gt=0).exists()


def test_late_is_refused_with_a_sentence_and_the_draft_is_kept():
    draft = a_complete_draft()
    closing = draft.sheet.closes_at
    with pytest.raises(Refusal) as refusal:
        file(draft, at=closing + timedelta(seconds=1))
    assert refusal.value.code == "late"
    assert "Votre brouillon est conservé" in refusal.value.sentence
    assert fresh(draft).is_draft
    assert file(draft, at=closing).reference


def test_the_head_s_extension_reopens_for_one_body():
    sheet = a_sheet()
    lucky, other = a_complete_draft(sheet=sheet), a_complete_draft(sheet=sheet)
    late = sheet.closes_at + timedelta(days=1)
    ClosingExtension.objects.create(
        sheet=sheet,
        organisation=lucky.organisation,
        until=sheet.closes_at + timedelta(days=2),
        reason="Panne",
        granted_by=RoleAssignmentFactory(role=Role.UNIT_HEAD).user,
        granted_at=timezone.now(),
    )
    assert file(lucky, at=late).reference
    with pytest.raises(Refusal, match="délai de dépôt est dépassé"):
        file(other, at=late)


def test_who_may_edit_files_and_the_signatory_attests():
    draft = a_complete_draft()
    editor, signatory = member(draft, Right.EDIT), member(draft, Right.SIGN)
    application = file(draft, by=editor)
    assert application.awaits_attestation
    assert application.attestation_due_on is not None
    assert applicant_headline(application).label == "Déposé, attestation attendue"
    asked = OutboxMessage.objects.filter(kind="attestation_request")
    assert signatory.email in asked.values_list("to", flat=True)
    with pytest.raises(Refusal) as refusal:
        attest_application(application_id=application.pk, by=editor, at=timezone.now())
    assert (refusal.value.code, refusal.value.status) == ("not_allowed", 403)
    attested = attest_application(application_id=application.pk, by=signatory, at=timezone.now())
    assert applicant_headline(attested).label == "Déposé"
    with pytest.raises(Refusal) as refusal:
        attest_application(application_id=application.pk, by=signatory, at=timezone.now())
    assert refusal.value.status == 409


def test_a_signatory_who_files_attests_at_once():
    draft = a_complete_draft()
    both = member(draft, Right.EDIT, Right.SIGN)
    assert not file(draft, by=both).awaits_attestation


@pytest.mark.parametrize("state", [MembershipState.ENDED, MembershipState.REFUSED])
def test_a_former_member_does_not_file(state):
    draft = a_complete_draft()
    former = member(draft, Right.EDIT)
    former.memberships.update(state=state)
    with pytest.raises(Refusal) as refusal:
        file(draft, by=former)
    assert refusal.value.status == 403


def test_a_stranger_does_not_file():
    with pytest.raises(Refusal) as refusal:
        file(a_complete_draft(), by=UserFactory())
    assert refusal.value.code == "not_allowed"


def test_filing_twice_gives_one_reference():
    application = file(a_complete_draft())
    with pytest.raises(Refusal) as refusal:
        file(application)
    assert (refusal.value.code, refusal.value.status) == ("already_filed", 409)
    assert ReferenceSequence.objects.get().last == 1


def test_a_failure_after_the_number_gives_it_back(monkeypatch):
    first = a_complete_draft()
    sheet = first.sheet

    def fail(*_args, **_kwargs):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("grants.applications.services.filing.queue_receipt", fail)
        with pytest.raises(RuntimeError):
            file(first)
    second = file(a_complete_draft(sheet=sheet))
    assert second.reference.endswith("-0001")


def test_a_body_withdraws_its_request_and_nobody_else():
    application = file(a_complete_draft())
    with pytest.raises(Refusal):
        withdraw_application(application_id=application.pk, by=UserFactory(), at=timezone.now())
    withdrawn = withdraw_application(
        application_id=application.pk, by=application.created_by, at=timezone.now(), reason="Report"
    )
    assert withdrawn.review_state == ReviewState.WITHDRAWN
    assert OutboxMessage.objects.filter(kind="withdrawal").exists()


def test_drafts_are_reminded_a_week_and_two_days_before_closing_then_never():
    draft = a_complete_draft()
    closing = draft.sheet.closes_at
    assert queue_due(at=closing - timedelta(days=8)) == 0
    assert queue_due(at=closing - timedelta(days=6, hours=23)) == 1
    assert queue_due(at=closing - timedelta(days=6)) == 0
    assert queue_due(at=closing - timedelta(hours=47)) == 1
    message = OutboxMessage.objects.filter(kind="draft_closing").first()
    assert "n’est pas déposé" in message.subject
    assert "Enregistré ne veut pas dire déposé." in message.text
    file(draft)
    assert queue_due(at=closing - timedelta(hours=1)) == 0


@pytest.mark.django_db(transaction=True)
def test_many_filing_at_once_get_one_reference_each_without_a_gap():
    load_parameters()
    load_templates()
    sheet = a_sheet()
    drafts = [a_complete_draft(sheet=sheet, organisation=OrganisationFactory()) for _ in range(6)]

    def try_to_file(draft: Application) -> str:
        try:
            return file(draft).reference
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:  # each is filed twice
        results = list(pool.map(try_to_file, [*drafts, *drafts]))
    year = sheet.campaign.fiscal_year
    assert sorted(set(results) - {"already_filed"}) == [f"{year}-{n:04d}" for n in range(1, 7)]
    assert results.count("already_filed") == 6
    assert Deposit.objects.count() == 6
    assert Letter.objects.count() == 6
