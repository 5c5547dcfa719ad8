"""What is said around the deposit: before it, to those who attest, to those who may not."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from config.templatetags.fr import date_fr
from grants.applications.models import Application
from grants.calls.models import RequiredDocument
from partners.enums import Right
from tests.applications.dossiers import a_complete_draft, a_sheet, load_letters
from tests.factories import FiledApplicationFactory, UserFactory, member_of, person_with_role


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _letters():
    load_letters()


@pytest.fixture
def draft():
    sheet = a_sheet()
    RequiredDocument.objects.create(sheet=sheet, kind="rib", label="RIB de l’organisme")
    return a_complete_draft(sheet=sheet)


def page_of(client, name: str, *args) -> str:
    """Return the words of a page, with ordinary spaces."""
    response = client.get(reverse(f"applications:{name}", args=args))
    assert response.status_code == 200
    return " ".join(response.content.decode().replace("\xa0", " ").split())


def in_days(days: int) -> str:
    return date_fr(timezone.localdate() + timedelta(days=days)).replace("\xa0", " ")


# --- Before -------------------------------------------------------------------------------------
def test_a_signatory_reads_that_filing_attests(client, draft):
    client.force_login(draft.created_by)
    page = page_of(client, "submit", draft.uuid)
    assert "Ce qui va être envoyé" in page
    assert "par vous, au moment du dépôt" in page
    assert f"{draft.created_by}, pour {draft.organisation}" in page
    assert f"À fournir au plus tard le {in_days(30)}" in page
    assert "RIB de l’organisme" in page


def test_an_editor_reads_who_will_attest_and_until_when(client, draft):
    draft.created_by.memberships.update(rights=[Right.EDIT])
    signatory = member_of(
        draft.organisation, "sign", user=UserFactory(first_name="Ysé", last_name="Lormont")
    )
    client.force_login(draft.created_by)
    page = page_of(client, "submit", draft.uuid)
    assert f"demandée par e-mail à {signatory}, à donner au plus tard le {in_days(15)}" in page


def test_an_editor_whose_body_has_no_signatory_reads_it_before_filing(client, draft):
    draft.created_by.memberships.update(rights=[Right.EDIT])
    client.force_login(draft.created_by)
    page = page_of(client, "submit", draft.uuid)
    assert "n’a encore le droit de signer sur le portail" in page


# --- Attesting ----------------------------------------------------------------------------------
@pytest.fixture
def waiting():
    return FiledApplicationFactory(
        sheet=a_sheet(),
        title="Ateliers du soir",
        attested_at=None,
        attested_by=None,
        attestation_due_on=timezone.localdate() - timedelta(days=1),
    )


def test_who_may_not_sign_reads_who_may_and_how_to_give_a_mandate(client, waiting):
    signatory = member_of(
        waiting.organisation, "sign", user=UserFactory(first_name="Ysé", last_name="Lormont")
    )
    client.force_login(member_of(waiting.organisation, "edit"))
    page = page_of(client, "attest", waiting.reference)
    assert "Seul le représentant légal ou une personne mandatée" in page
    assert "Qui peut attester ?" in page
    assert str(signatory) in page
    assert "Le mandat signé se joint sur sa fiche de membre" in page
    assert reverse("partners:organisation_detail", args=[waiting.organisation_id]) in page
    assert "Attester la demande</button>" not in page


def test_a_signatory_reads_the_whole_request_the_statements_and_the_late_date(client, waiting):
    client.force_login(member_of(waiting.organisation, "sign"))
    page = page_of(client, "attest", waiting.reference)
    assert "Délai dépassé" in page
    assert "Elle reste possible" in page
    assert "Vous attestez, comme représentant légal ou par mandat" in page
    assert "Attester la demande</button>" in page


def test_the_office_sees_that_the_delay_is_over_and_is_blocked_by_nothing(client, waiting):
    client.force_login(person_with_role("case_officer"))
    page = client.get(waiting.get_desk_url()).content.decode()
    assert "Attestation attendue, délai dépassé" in page
    assert "M’affecter ce dossier" in page


def test_an_attested_request_says_so(client, waiting):
    Application.objects.filter(pk=waiting.pk).update(attested_at=timezone.now())
    client.force_login(member_of(waiting.organisation, "sign"))
    page = page_of(client, "attest", waiting.reference)
    assert "Cette demande est attestée depuis le" in page


# --- Receipt ------------------------------------------------------------------------------------
def test_the_receipt_says_how_the_decision_will_come(client, waiting):
    member = member_of(waiting.organisation)
    client.force_login(member)
    assert "par courrier" in page_of(client, "receipt", waiting.reference)
    waiting.organisation.notification_consents.create(
        email="a@b.example", text_version="1", given_by=member, given_at=timezone.now()
    )
    page = page_of(client, "receipt", waiting.reference)
    assert "par e-mail. Jusque-là" in page
    assert reverse("applications:dossier_pdf", args=[waiting.reference]) in page


def test_a_withdrawal_names_what_it_withdraws(client, waiting):
    client.force_login(member_of(waiting.organisation))
    page = page_of(client, "withdraw", waiting.reference)
    assert f"{waiting.reference} – Ateliers du soir" in page
    assert waiting.organisation.legal_name in page
