"""Who signs by mandate: the document, the office's answer, and what it allows."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from grants.applications import recipients
from grants.applications.models import Application
from grants.applications.views.filing import signatory_names
from partners.enums import DocumentKind, DocumentState, FlagKind, Right, SigningCapacity
from partners.holdings import is_last_signatory
from partners.models import OrganisationDocument, OrganisationFlag
from partners.permissions import may_sign_for, signing_obstacle
from partners.services.mandates import accept_mandate, give_mandate, refuse_mandate
from portal.todo_tasks.applicants import applicant_tasks
from tests.factories import (
    FiledApplicationFactory,
    MembershipFactory,
    UserFactory,
    member_of,
    person_with_role,
)


pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
TODAY = date(2026, 11, 20)


def a_pdf(name: str = "mandat.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF, content_type="application/pdf")


@pytest.fixture
def holder():
    return MembershipFactory(capacity=SigningCapacity.MANDATE)


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


def given(holder, **values) -> OrganisationDocument:
    values = {
        "by": holder.user,
        "upload": a_pdf(),
        "issued_on": None,
        "valid_until": None,
        "at": timezone.now(),
    } | values
    return give_mandate(membership_id=holder.pk, **values)


# --- What a mandate allows ------------------------------------------------------------------------
def test_a_mandate_that_is_missing_or_not_yet_checked_lets_sign(holder):
    assert may_sign_for(holder.user, holder.organisation, TODAY)
    given(holder)
    assert may_sign_for(holder.user, holder.organisation, TODAY)


def test_a_refused_mandate_no_longer_lets_sign(holder, officer):
    mandate = given(holder)
    refuse_mandate(by=officer, document_id=mandate.pk, reason="Non signé", at=timezone.now())
    sentence = signing_obstacle(holder.user, holder.organisation, TODAY)
    assert sentence == (
        "Votre mandat a été refusé par le service (Non signé)\u00a0: donnez-en un autre, ou faites "
        "attester le représentant légal."
    )
    given(holder)
    assert may_sign_for(holder.user, holder.organisation, TODAY)


def test_a_mandate_lets_sign_until_its_last_day_included(holder):
    last = timezone.localdate() + timedelta(days=3)
    given(holder, valid_until=last)
    assert may_sign_for(holder.user, holder.organisation, last)
    after = last + timedelta(days=1)
    assert not may_sign_for(holder.user, holder.organisation, after)
    assert "était valable jusqu’au" in signing_obstacle(holder.user, holder.organisation, after)


def test_a_representative_needs_no_mandate_and_a_member_without_the_right_may_not_sign():
    representative = MembershipFactory(capacity=SigningCapacity.REPRESENTATIVE)
    assert may_sign_for(representative.user, representative.organisation, TODAY)
    editor = member_of(representative.organisation, Right.EDIT)
    assert not may_sign_for(editor, representative.organisation, TODAY)
    assert not may_sign_for(UserFactory(), representative.organisation, TODAY)


def bring_mandate(holder, case) -> None:
    """Bring the mandate of a member to a state."""
    if case == "none":
        return
    given(holder)
    OrganisationDocument.objects.filter(membership=holder).update(
        state=DocumentState.REFUSED if case == "refused" else DocumentState.TO_CHECK,
        refusal_reason="Non signé" if case == "refused" else "",
        valid_until=TODAY - timedelta(days=1) if case == "ended" else None,
    )


@pytest.mark.parametrize(
    ("case", "signs"), [("none", True), ("given", True), ("refused", False), ("ended", False)]
)
def test_whoever_is_named_or_written_to_as_a_signatory_may_sign(holder, case, signs):
    bring_mandate(holder, case)
    application = FiledApplicationFactory(
        organisation=holder.organisation, attested_at=None, attested_by=None
    )
    many = recipients.with_signatories(Application.objects.all(), TODAY).get()
    at = datetime.combine(TODAY, time(12), tzinfo=UTC)
    waits = {task.key: task.rows.count() for task in applicant_tasks(holder.user, at)}
    found = [
        may_sign_for(holder.user, holder.organisation, TODAY),
        not signing_obstacle(holder.user, holder.organisation, TODAY),
        recipients.signatories(application, TODAY) == [holder.user.email],
        recipients.fetched_signatories(many) == [holder.user.email],
        signatory_names(application, TODAY) == [str(holder.user)],
        waits["to-attest"] == 1,
    ]
    assert found == [signs] * 6
    other = MembershipFactory(
        organisation=holder.organisation, capacity=SigningCapacity.REPRESENTATIVE
    )
    assert is_last_signatory(other, TODAY) is not signs


# --- Give -----------------------------------------------------------------------------------------
def test_a_new_mandate_replaces_the_former_which_is_kept(holder):
    first, second = given(holder), given(holder)
    first.refresh_from_db()
    assert first.ended_at is not None
    assert second.ended_at is None
    assert [str(f) for f in second.files.all()] == ["mandat.pdf"]


def test_a_mandate_is_flagged_to_the_office_until_checked(holder, officer):
    mandate = given(holder)
    flag = OrganisationFlag.objects.get(kind=FlagKind.MANDATE, handled_at__isnull=True)
    assert flag.text == f"Mandats à regarder : {holder.user} (à vérifier)."
    accept_mandate(by=officer, document_id=mandate.pk, at=timezone.now())
    flag.refresh_from_db()
    assert flag.handled_by == officer


def test_giving_a_mandate_says_that_one_signs_by_mandate():
    member = MembershipFactory(capacity="")
    given(member)
    member.refresh_from_db()
    assert member.capacity == SigningCapacity.MANDATE


@pytest.mark.parametrize(
    ("dates", "code"),
    [
        ({"valid_until": -1}, "expired"),
        ({"issued_on": 1}, "wrong_dates"),
        ({"issued_on": 0, "valid_until": -1}, "expired"),
    ],
)
def test_dates_that_make_no_sense_are_refused(holder, dates, code):
    days = {name: timezone.localdate() + timedelta(days=n) for name, n in dates.items()}
    with pytest.raises(Refusal) as refused:
        given(holder, **days)
    assert refused.value.code == code
    assert not OrganisationDocument.objects.exists()


def test_another_member_without_the_right_to_manage_gives_no_mandate(holder):
    other = member_of(holder.organisation, Right.EDIT)
    with pytest.raises(Refusal) as refused:
        given(holder, by=other)
    assert refused.value.code == "forbidden"


def test_a_file_that_is_no_document_leaves_nothing_behind(holder):
    with pytest.raises(Refusal):
        given(holder, upload=SimpleUploadedFile("mandat.pdf", b"<html>", "application/pdf"))
    assert not OrganisationDocument.objects.exists()


# --- Check ----------------------------------------------------------------------------------------
def test_only_the_office_checks_and_only_once(holder, officer):
    mandate = given(holder)
    with pytest.raises(Refusal) as refused:
        accept_mandate(by=holder.user, document_id=mandate.pk, at=timezone.now())
    assert refused.value.code == "forbidden"
    accept_mandate(by=officer, document_id=mandate.pk, at=timezone.now())
    with pytest.raises(Refusal) as refused:
        refuse_mandate(by=officer, document_id=mandate.pk, reason="Trop tard", at=timezone.now())
    assert refused.value.code == "not_waiting"


def test_a_refusal_is_told_with_its_reason(holder, officer, settings):
    settings.SITE_URL = "https://maillage.example"
    mandate = given(holder)
    refuse_mandate(by=officer, document_id=mandate.pk, reason="Non signé.", at=timezone.now())
    message = OutboxMessage.objects.get(kind="mandate-refused")
    page = reverse("partners:mandate", args=[holder.organisation_id, holder.pk])
    assert message.to == holder.user.email
    assert message.reply_to == "service@essai.example"
    assert message.subject == f"Votre mandat pour {holder.organisation} est refusé"
    assert message.text == (
        "Bonjour,\n\n"
        f"Le mandat qui vous permet de signer pour {holder.organisation} est refusé, pour cette "
        "raison\u00a0:\n\nNon signé.\n\n"
        "En attendant un autre mandat, vous pouvez préparer et déposer des dossiers\u00a0; le "
        "représentant légal les atteste.\n\n"
        f"Pour donner un autre mandat\u00a0: https://maillage.example{page}\n\n"
        "Maillage\n"
        "Portail de la prévention et de la citoyenneté du Département des Hauts-de-Seine\n"
    )


# --- Pages ----------------------------------------------------------------------------------------
def page_of(holder) -> str:
    return reverse("partners:mandate", args=[holder.organisation_id, holder.pk])


def test_the_holder_gives_a_mandate_and_the_officer_accepts_it(client: Client, holder, officer):
    client.force_login(holder.user)
    assert "Aucun mandat n’est encore donné" in client.get(page_of(holder)).content.decode()
    answer = client.post(page_of(holder), {"upload": a_pdf(), "valid_until": "2099-01-31"})
    assert answer["Location"] == page_of(holder)
    assert "À vérifier par le service" in client.get(page_of(holder)).content.decode()
    client.force_login(officer)
    page = client.get(page_of(holder)).content.decode()
    assert "Accepter ce mandat" in page
    assert "Remplacer le mandat" not in page
    client.post(f"{page_of(holder)}accepter/")
    assert OrganisationDocument.objects.get().state == DocumentState.ACCEPTED


def test_a_wrong_mandate_keeps_the_dates_typed(client: Client, holder):
    client.force_login(holder.user)
    answer = client.post(page_of(holder), {"valid_until": "2099-01-31"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choisissez le fichier du mandat." in page
    assert 'value="2099-01-31"' in page


def test_a_refusal_without_reason_shows_its_sentence(client: Client, holder, officer):
    given(holder)
    client.force_login(officer)
    answer = client.post(f"{page_of(holder)}refuser/", {"reason": " "})
    assert answer.status_code == 422
    client.post(f"{page_of(holder)}refuser/", {"reason": "Non signé"})
    assert OrganisationDocument.objects.get(kind=DocumentKind.MANDATE).refusal_reason == "Non signé"


def test_the_mandate_of_a_colleague_is_not_shown_to_who_does_not_manage(client: Client, holder):
    client.force_login(member_of(holder.organisation, Right.EDIT))
    assert client.get(page_of(holder)).status_code == 404
