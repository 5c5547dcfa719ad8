"""Every mail of the applicant's side: whole words, link, account, reply address, once."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from config.templatetags.fr import date_fr, datetime_fr, de_fr
from foundation.documents.enums import FileState
from foundation.notifications.models import OutboxMessage
from foundation.notifications.reminders import queue_due
from foundation.parameters.models import Parameter
from grants.applications.enums import MessageSide, ReviewState
from grants.applications.mail_kinds import BODY_MAIL_KINDS, MAIL_KINDS
from grants.applications.models import Application, ApplicationDocument
from grants.applications.reminders import morning_of
from grants.applications.services.filing import (
    attest_application,
    submit_application,
    withdraw_application,
)
from grants.applications.services.messages import send_message
from grants.calls.models import RequiredDocument
from grants.calls.services.extensions import grant_extension
from grants.review.services.closing import ClosingProof, close_without_action
from grants.review.services.documents import check_document
from partners.enums import Right
from tests.applications.dossiers import a_complete_draft, a_sheet, fresh, load_letters
from tests.factories import (
    FiledApplicationFactory,
    OrganisationFactory,
    member_of,
    person_with_role,
)


pytestmark = pytest.mark.django_db
OFFICE = "prevention-citoyennete@hauts-de-seine.example"
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _letters():
    load_letters()


def link(name: str, *args) -> str:
    return settings.SITE_URL.rstrip("/") + reverse(f"applications:{name}", args=args)


def footer(address: str) -> str:
    return (
        f"\n--\nCe message s’adresse au compte {address} : ouvrez le lien en étant connecté avec "
        "ce compte.\nPour écrire au service, répondez à ce message.\n"
    )


def the_mail(kind: str, to: str) -> OutboxMessage:
    """Return the only mail of a kind to somebody; its account, link and reply address are right."""
    mail = OutboxMessage.objects.get(kind=kind, to=to)
    assert kind in {one.kind for one in MAIL_KINDS}  # the help page tells of it
    assert mail.reply_to == OFFICE
    assert mail.text.count("http") >= 1
    assert plain(mail.text).endswith(footer(to))
    return mail


def plain(text: str) -> str:
    """Return a text with ordinary spaces: the non-breaking ones are another test's business."""
    return text.replace("\xa0", " ").replace("\u202f", " ")


def body_of(mail: OutboxMessage) -> str:
    return plain(mail.text).removesuffix(footer(mail.to)).strip()


def a_filed(**fields) -> Application:
    return FiledApplicationFactory(sheet=fields.pop("sheet", None) or a_sheet(), **fields)


def unattested(**fields) -> Application:
    return a_filed(
        attested_at=None,
        attested_by=None,
        attestation_due_on=timezone.localdate() + timedelta(days=15),
        **fields,
    )


# --- Whole words --------------------------------------------------------------------------------
def test_a_draft_left_for_a_day_is_called_back_once():
    draft = a_complete_draft()
    member_of(draft.organisation, "edit")  # a colleague who did not begin it
    at = fresh(draft).updated_at + timedelta(days=1, minutes=1)
    assert queue_due(at=at - timedelta(hours=2)) == 0
    assert queue_due(at=at) == 1
    assert queue_due(at=at + timedelta(days=1)) == 0
    mail = the_mail("draft_begun", draft.created_by.email)
    assert plain(mail.subject) == "Retrouvez votre brouillon : Ateliers du soir"
    assert body_of(mail) == (
        "Bonjour,\n\n"
        f"Vous avez commencé un dossier pour {draft.organisation}, sur la fiche "
        f"{draft.sheet.code} – {draft.sheet.title}. Tout ce que vous avez enregistré vous attend ; "
        "rien n’est encore envoyé au service.\n\n"
        f"Les dépôts ferment le {plain(datetime_fr(draft.sheet.closes_at))}.\n\n"
        f"Reprendre le brouillon :\n{link('draft', draft.uuid)}\n\n"
        "Si vous avez renoncé à cette demande, supprimez le brouillon : vous ne recevrez plus "
        "de rappel."
    )


def test_a_draft_begun_near_its_closing_gets_the_reminders_of_the_closing_only():
    draft = a_complete_draft()
    Application.objects.filter(pk=draft.pk).update(
        updated_at=draft.sheet.closes_at - timedelta(days=5)
    )
    queue_due(at=draft.sheet.closes_at - timedelta(days=3))
    kinds = OutboxMessage.objects.values_list("kind", flat=True)
    assert set(kinds) == {"draft_closing"}


def test_a_former_member_is_reminded_of_nothing():
    draft = a_complete_draft()
    draft.created_by.memberships.update(state="ended")
    assert queue_due(at=draft.sheet.closes_at - timedelta(days=6)) == 0
    assert queue_due(at=fresh(draft).updated_at + timedelta(days=2)) == 0


def test_an_extension_is_told_to_those_who_have_a_draft():
    draft = a_complete_draft()
    other = a_complete_draft(sheet=draft.sheet)
    until = draft.sheet.closes_at + timedelta(days=3)
    grant_extension(
        sheet=draft.sheet,
        organisation=draft.organisation,
        until=until,
        reason="Panne",
        by=person_with_role("unit_head"),
        at=NOW,
    )
    mail = the_mail("extension", draft.created_by.email)
    assert not OutboxMessage.objects.filter(to=other.created_by.email).exists()
    assert plain(mail.subject) == (
        f"Fiche {draft.sheet.code} ({draft.sheet.campaign.fiscal_year}) : votre délai de "
        f"dépôt est prolongé jusqu’au {plain(datetime_fr(until))}"
    )
    assert body_of(mail) == (
        "Bonjour,\n\n"
        f"Vous avez un brouillon pour {draft.organisation} sur la fiche {draft.sheet.code} – "
        f"{draft.sheet.title} (exercice {draft.sheet.campaign.fiscal_year}). "
        "Votre délai de dépôt est prolongé jusqu’au "
        f"{plain(datetime_fr(until))}.\n\n"
        "Enregistré ne veut pas dire déposé : pensez à déposer le dossier avant cette date.\n\n"
        f"Terminer et déposer le dossier :\n{link('draft', draft.uuid)}"
    )


def test_a_body_given_more_time_is_told_even_without_a_draft():
    sheet = a_sheet()
    organisation = OrganisationFactory()
    editor = member_of(organisation, "edit")
    member_of(organisation, "sign")
    until = sheet.closes_at + timedelta(days=3)
    grant_extension(
        sheet=sheet,
        organisation=organisation,
        until=until,
        reason="Panne",
        by=person_with_role("unit_head"),
        at=NOW,
    )
    assert OutboxMessage.objects.count() == 1
    mail = the_mail("extension", editor.email)
    assert body_of(mail) == (
        "Bonjour,\n\n"
        f"Le service reporte le délai de dépôt {de_fr(organisation)} au "
        f"{plain(datetime_fr(until))} sur la fiche {sheet.code} – {sheet.title} "
        f"(exercice {sheet.campaign.fiscal_year}).\n\n"
        f"Commencer le dossier :\n{link('start', sheet.campaign.fiscal_year, sheet.code)}"
    )


def test_a_draft_says_that_its_closing_was_extended(client):
    draft = a_complete_draft()
    client.force_login(draft.created_by)
    page = reverse("applications:draft", args=[draft.uuid])
    assert "Le service a prolongé le délai." not in client.get(page).content.decode()
    grant_extension(
        sheet=draft.sheet,
        until=draft.sheet.closes_at + timedelta(days=3),
        reason="Panne",
        by=person_with_role("unit_head"),
        at=NOW,
    )
    assert "Le service a prolongé le délai." in client.get(page).content.decode()


def test_the_attestation_is_asked_of_those_who_sign_then_told_to_those_who_edit():
    draft = a_complete_draft(by=None)
    draft.created_by.memberships.update(rights=[Right.EDIT])
    signatory = member_of(draft.organisation, "sign")
    submit_application(application_id=draft.pk, by=draft.created_by, at=NOW)
    dossier = fresh(draft)
    mail = the_mail("attestation_request", signatory.email)
    assert plain(mail.subject) == f"Une demande attend votre attestation : {dossier.reference}"
    assert body_of(mail) == (
        "Bonjour,\n\n"
        f"La demande « Ateliers du soir » ({dossier.reference}) vient d’être déposée au nom "
        f"d’{dossier.organisation}.\n\n"
        "La personne qui l’a déposée n’a pas le droit de signer : il vous revient d’attester la "
        f"demande au plus tard le {plain(date_fr(dossier.attestation_due_on))}. "
        "Sa date de dépôt reste acquise.\n\n"
        f"Lire la demande et l’attester :\n{link('attest', dossier.reference)}"
    )
    attest_application(application_id=dossier.pk, by=signatory, at=NOW)
    told = the_mail("attested", draft.created_by.email)
    assert plain(told.subject) == f"Votre demande {dossier.reference} est attestée"
    assert body_of(told) == (
        "Bonjour,\n\n"
        f"{signatory} a attesté la demande « Ateliers du soir » ({dossier.reference}) "
        f"d’{dossier.organisation}, le {plain(datetime_fr(NOW))}.\n\n"
        f"Suivre le dossier :\n{link('detail', dossier.reference)}"
    )


def test_a_body_where_nobody_signs_is_told_what_to_do():
    draft = a_complete_draft()
    draft.created_by.memberships.update(rights=[Right.EDIT])
    submit_application(application_id=draft.pk, by=draft.created_by, at=NOW)
    dossier = fresh(draft)
    mail = the_mail("attestation_request", draft.created_by.email)
    assert plain(mail.subject) == (
        f"Personne ne peut encore attester votre demande {dossier.reference}"
    )
    assert link("attest", dossier.reference) in mail.text


def test_an_attestation_is_reminded_of_twice_then_once_late_then_never():
    dossier = unattested(title="Ateliers du soir")
    signatory = member_of(dossier.organisation, "sign")
    member_of(dossier.organisation, "edit")
    due = dossier.attestation_due_on
    end = morning_of(due)
    assert queue_due(at=end - timedelta(days=7, minutes=1)) == 0
    assert queue_due(at=end - timedelta(days=7)) == 1
    assert queue_due(at=end - timedelta(days=3)) == 0
    assert queue_due(at=end - timedelta(hours=48)) == 1
    assert queue_due(at=end + timedelta(hours=5)) == 0
    assert queue_due(at=end + timedelta(days=1)) == 1
    assert queue_due(at=end + timedelta(days=2)) == 0
    assert queue_due(at=end + timedelta(days=60)) == 0
    mails = OutboxMessage.objects.filter(kind="attestation_due").order_by("created_at", "pk")
    assert {mail.to for mail in mails} == {signatory.email}
    first, _, late = mails
    day = plain(date_fr(due))
    assert plain(first.subject) == f"À attester au plus tard le {day} : demande {dossier.reference}"
    assert body_of(first) == (
        "Bonjour,\n\n"
        f"La demande « Ateliers du soir » ({dossier.reference}) d’{dossier.organisation} attend "
        f"toujours votre attestation. Le délai court jusqu’au {day}.\n\n"
        f"Lire la demande et l’attester :\n{link('attest', dossier.reference)}\n\n"
        f"Si vous ne signez plus pour {dossier.organisation}, dites-le en répondant à ce message."
    )
    assert plain(late.subject) == (
        f"Attestation attendue, délai dépassé : demande {dossier.reference}"
    )
    assert body_of(late) == (
        "Bonjour,\n\n"
        f"Le délai pour attester la demande « Ateliers du soir » ({dossier.reference}) "
        f"d’{dossier.organisation} a pris fin le {day}.\n\n"
        "La demande n’est pas annulée et l’examen se poursuit, mais elle reste à attester : vous "
        "pouvez encore le faire.\n\n"
        f"Lire la demande et l’attester :\n{link('attest', dossier.reference)}"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"attested_at": NOW},
        {"review_state": ReviewState.WITHDRAWN},
        {"review_state": ReviewState.CLOSED_WITHOUT_ACTION},
    ],
)
def test_no_reminder_of_an_attestation_that_is_not_awaited(change):
    dossier = unattested()
    member_of(dossier.organisation, "sign")
    Application.objects.filter(pk=dossier.pk).update(**change)
    assert queue_due(at=morning_of(dossier.attestation_due_on) - timedelta(hours=1)) == 0


def test_documents_are_reminded_of_a_week_before_and_on_the_day():
    sheet = a_sheet()
    asked = RequiredDocument.objects.create(sheet=sheet, kind="rib", label="RIB")
    due = timezone.localdate() + timedelta(days=20)
    dossier = a_filed(sheet=sheet, documents_due_on=due, title="Ateliers du soir")
    editor = member_of(dossier.organisation, "edit")
    assert queue_due(at=morning_of(due) - timedelta(days=8)) == 0
    assert queue_due(at=morning_of(due - timedelta(days=7))) == 1
    assert queue_due(at=morning_of(due) - timedelta(days=2)) == 0
    assert queue_due(at=morning_of(due)) == 1
    assert queue_due(at=morning_of(due) + timedelta(hours=6)) == 0
    first, last = OutboxMessage.objects.filter(kind="documents_due").order_by("created_at", "pk")
    day = plain(date_fr(due))
    assert plain(first.subject) == (
        f"Avant le {day} : pièces à fournir, demande {dossier.reference}"
    )
    assert body_of(first) == (
        "Bonjour,\n\n"
        f"La demande « Ateliers du soir » ({dossier.reference}) d’{dossier.organisation} est "
        "déposée, mais il lui manque :\n\n- RIB\n\n"
        f"Le délai court jusqu’au {day}. Le délai d’examen est suspendu jusqu’à leur réception."
        f"\n\nJoindre les pièces :\n{link('tab', dossier.reference, 'pieces')}"
    )
    assert plain(last.subject) == (f"Dernier jour : pièces à fournir, demande {dossier.reference}")
    assert f"Le délai prend fin aujourd’hui, {day}." in plain(last.text)
    assert {first.to, last.to} == {editor.email}
    OutboxMessage.objects.all().delete()
    ApplicationDocument.objects.create(
        application=dossier, required=asked, label="RIB", added_at=NOW
    )
    assert queue_due(at=morning_of(due)) == 0


def test_a_refused_document_is_asked_again():
    sheet = a_sheet()
    asked = RequiredDocument.objects.create(sheet=sheet, kind="rib", label="RIB")
    dossier = a_filed(sheet=sheet, title="Ateliers du soir")
    editor = member_of(dossier.organisation, "edit")
    document = ApplicationDocument.objects.create(
        application=dossier, required=asked, label="RIB", added_at=NOW
    )
    check_document(
        document_id=document.pk,
        state=FileState.REFUSED,
        reason="Illisible, au nom de Mme Untel",
        by=person_with_role("case_officer"),
        at=NOW,
    )
    mail = the_mail("document_refused", editor.email)
    assert plain(mail.subject) == f"Une pièce est à renvoyer : demande {dossier.reference}"
    assert "Untel" not in mail.text
    day = plain(date_fr(fresh(dossier).documents_due_on))
    assert body_of(mail) == (
        "Bonjour,\n\n"
        "Le service n’a pas pu accepter la pièce « RIB » de la demande « Ateliers du soir » "
        f"({dossier.reference}). La page du dossier dit pourquoi.\n\n"
        f"Une nouvelle version est attendue au plus tard le {day}.\n\n"
        f"Lire la raison et renvoyer la pièce :\n{link('tab', dossier.reference, 'pieces')}"
    )


def test_a_message_of_the_office_is_announced_without_its_words():
    dossier = a_filed(title="Ateliers du soir")
    editor = member_of(dossier.organisation, "edit")
    send_message(
        application_id=dossier.pk,
        side=MessageSide.OFFICE,
        author=person_with_role("case_officer"),
        text="Le petit Kévin a-t-il son attestation ?",
        at=NOW,
    )
    mail = the_mail("message", editor.email)
    assert body_of(mail) == (
        "Bonjour,\n\n"
        f"Le service vous a écrit au sujet de la demande « Ateliers du soir » ({dossier.reference})"
        f" d’{dossier.organisation}.\n\n"
        f"Lire le message et y répondre :\n{link('tab', dossier.reference, 'echanges')}\n\n"
        "Répondez de préférence sur cette page : vos collègues y suivent l’échange."
    )


def test_a_withdrawal_and_a_closing_are_confirmed_to_the_body():
    withdrawn, closed = a_filed(title="Ateliers"), a_filed(title="Vacances")
    member = member_of(withdrawn.organisation)
    signatory = member_of(closed.organisation, "sign")
    other = a_filed(organisation=closed.organisation, sheet=closed.sheet)
    withdraw_application(application_id=withdrawn.pk, by=member, at=NOW, reason="Reporté")
    close_without_action(
        application_id=closed.pk,
        reason="duplicate",
        comment="voir l’autre",
        proof=ClosingProof(duplicate_of=other.reference),
        by=person_with_role("case_officer"),
        at=NOW,
    )
    mail = the_mail("withdrawal", member.email)
    assert plain(mail.subject) == f"Votre demande {withdrawn.reference} est retirée"
    assert body_of(mail) == (
        "Bonjour,\n\n"
        f"La demande « Ateliers » ({withdrawn.reference}) d’{withdrawn.organisation} a été "
        "retirée. Elle ne sera pas examinée.\n\n"
        f"Le dossier reste lisible dans votre espace :\n{link('detail', withdrawn.reference)}"
    )
    mail = the_mail("closing", signatory.email)
    assert plain(mail.subject) == f"Votre demande {closed.reference} est classée sans suite"
    assert body_of(mail) == (
        "Bonjour,\n\n"
        f"La demande « Vacances » ({closed.reference}) d’{closed.organisation} est classée sans "
        "suite : elle ne sera pas soumise au vote. La page du dossier explique pourquoi.\n\n"
        f"Lire la raison, ou écrire au service :\n{link('detail', closed.reference)}"
    )


# --- The table ----------------------------------------------------------------------------------
def test_the_help_page_lists_every_kind(client):
    page = client.get(reverse("applications:mail_help")).content.decode()
    kinds = [*MAIL_KINDS, *BODY_MAIL_KINDS]
    for one in kinds:
        assert one.label in page
    assert len({one.kind for one in kinds}) == len(kinds)
    folder = settings.BASE_DIR / "templates/partners/email"
    texts = [path.name.removesuffix("_subject.txt") for path in folder.glob("*_subject.txt")]
    assert {name.replace("_", "-") for name in texts} <= {one.kind for one in kinds}


def test_the_help_page_tells_the_delays_in_force(client):
    page = plain(client.get(reverse("applications:mail_help")).content.decode())
    assert "7 jours, puis 48 heures avant la clôture." in page
    assert "1 jour après la dernière modification" in page
    Parameter.objects.create(key="reminder.first_days", value="10", valid_from=timezone.localdate())
    page = plain(client.get(reverse("applications:mail_help")).content.decode())
    assert "10 jours, puis 48 heures avant la clôture." in page


def test_many_late_dossiers_never_storm():
    """A portal that was down for months wakes up: nothing leaves for what is long past."""
    sheet = a_sheet()
    for _ in range(5):
        dossier = unattested(sheet=sheet)
        member_of(dossier.organisation, "sign", "edit")
    later = morning_of(dossier.attestation_due_on) + timedelta(days=90)
    assert queue_due(at=later) == 0
