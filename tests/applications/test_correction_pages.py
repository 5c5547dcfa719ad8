"""The pages where a body completes its dossier."""

from datetime import datetime, time, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from foundation.documents.enums import FileState
from foundation.documents.services import store_upload
from foundation.notifications.models import OutboxMessage
from foundation.notifications.reminders import due_candidates
from grants.applications.correction_reminders import lapsed
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.models import ApplicationDocument, CorrectionRequest
from grants.applications.services.corrections import cancel_correction, extend_correction
from grants.calls.models import RequiredDocument
from partners.enums import Right
from portal.demo.requests import a_page
from tests.applications.correcting import (
    ask,
    asked_again,
    colleague,
    officer_of,
    type_in,
    under_review,
)
from tests.applications.dossiers import fresh


pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "autosave"}


@pytest.fixture
def application():
    return asked_again("projet.title", "projet.description")


@pytest.fixture
def client(application) -> Client:
    return signed_in(application.created_by)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(application, *parts: str) -> str:
    return "/".join(["/dossiers", application.reference, "completer", *parts, ""])


def send(client, application, *, follow=False, **data):
    """Open the page that shows what changes, and send from it."""
    seen = client.get(page(application, "envoyer")).context["seen"]
    return client.post(page(application, "envoyer"), {"seen": seen, **data}, follow=follow)


def form_of(application, **typed) -> dict[str, str]:
    correction = application.corrections.get(state=CorrectionState.OPEN)
    return {"version": correction.saved_sections.get("projet", ""), **typed}


# --- Pages ----------------------------------------------------------------------------------------
def test_the_dossier_says_what_is_awaited_on_each_of_its_pages(client, application):
    for tab in ("", "demande/", "pieces/", "echanges/", "historique/"):
        text = client.get(f"{application.get_absolute_url()}{tab}").content.decode()
        assert "À compléter au plus tard le" in text, tab
        assert page(application) in text


def test_the_list_of_what_is_asked_shows_nothing_else(client, application):
    text = client.get(page(application)).content.decode()
    assert "Précisez l’action et son budget." in text
    assert "Intitulé du projet, Description de l’action" in text
    assert page(application, "projet") in text
    assert page(application, "public") not in text
    assert "Vos compléments ne sont pas encore envoyés" in text


def test_a_section_that_is_not_asked_has_no_page(client, application):
    assert client.get(page(application, "public")).status_code == 404
    assert client.get(page(application, "pieces")).status_code == 404
    assert client.get(page(application, "engagements")).status_code == 404


def test_what_is_not_asked_is_shown_closed_and_the_rest_open(client, application):
    text = client.get(page(application, "projet")).content.decode()
    assert f'hx-post="{page(application, "projet")}"' in text  # never the draft's address
    assert "Raccrocher les élèves." in text
    assert '<a href="#id_title">Intitulé du projet</a>' in text
    for name, is_closed in (("title", False), ("description", False), ("objectives", True)):
        control = text[text.index(f'name="{name}"') - 200 :]
        control = control[: control.index(">", control.index(f'name="{name}"'))]
        control = control[control.rindex("<") :]
        assert ("disabled" in control) is is_closed, name


def test_a_save_by_button_keeps_what_was_typed_aside(client, application):
    answer = client.post(
        page(application, "projet"), form_of(application, title="Du matin", description="Mieux.")
    )
    assert (answer.status_code, answer["Location"]) == (302, page(application, "projet"))
    assert fresh(application).title == "Ateliers du soir"
    text = client.get(page(application, "projet")).content.decode()
    assert 'value="Du matin"' in text


def test_an_automatic_save_says_when_and_hostile_values_are_dropped(client, application):
    answer = client.post(
        page(application, "projet"),
        form_of(
            application, title="Du matin", description="", objectives="Piraté", kind="operating"
        ),
        **HTMX,
    )
    assert answer.status_code == 200
    assert "Enregistré à" in answer.content.decode()
    overlay = application.corrections.get().overlay
    assert "Piraté" not in str(overlay)
    assert "operating" not in str(overlay)


def test_an_invalid_value_is_kept_and_shown_and_blocks_the_sending():
    application = asked_again("projet.starts_on")
    client = signed_in(application.created_by)
    answer = client.post(page(application, "projet"), form_of(application, starts_on="mi-mars"))
    assert answer.status_code == 422
    assert "mi-mars" in answer.content.decode()
    text = client.get(page(application, "envoyer")).content.decode()
    assert "À corriger avant l’envoi" in text
    assert f"{page(application, 'projet')}#id_starts_on" in text
    assert client.post(page(application, "envoyer")).status_code == 422


def test_an_old_version_is_a_conflict_and_nothing_is_overwritten(client, application):
    type_in(application, "projet", title="Le premier", by=colleague(application))
    answer = client.post(
        page(application, "projet"),
        {"version": "", "title": "Le second", "description": "Deux ateliers par semaine."},
    )
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Le premier" in text
    assert "Le second" in text
    assert "Le second" not in str(application.corrections.get().overlay)


def test_a_save_after_the_sending_keeps_the_words_on_the_page(client, application):
    type_in(application, "projet", title="Du matin")
    send(client, application)
    answer = client.post(page(application, "projet"), {"version": "", "title": "Trop tard"})
    assert answer.status_code == 409
    assert "Trop tard" in answer.content.decode()
    assert "envoyés le" in answer.content.decode()


def test_the_sending_shows_what_changes_then_leads_to_the_deposits(client, application):
    type_in(application, "projet", title="Ateliers du matin")
    text = client.get(page(application, "envoyer")).content.decode()
    assert "<del>Ateliers du soir</del>" in text
    assert "<ins>Ateliers du matin</ins>" in text
    assert "Envoyer mes compléments" in text
    answer = send(client, application, comment="Voilà.", follow=True)
    text = answer.content.decode()
    assert "Vos compléments sont envoyés au service." in text
    assert "Dépôt 2" in text
    assert fresh(application).review_state == ReviewState.UNDER_REVIEW
    again = client.post(page(application, "envoyer"), {"comment": "Voilà."}, follow=True)
    assert "déjà envoyés" in again.content.decode()
    assert application.deposits.count() == 2


def test_a_page_opened_before_a_colleague_typed_sends_nothing(client, application):
    type_in(application, "projet", title="Ateliers du matin")
    seen = client.get(page(application, "envoyer")).context["seen"]
    type_in(application, "projet", by=colleague(application), title="Ateliers de nuit")
    data = {"comment": "Un mot tapé.", "seen": seen}
    answer = client.post(page(application, "envoyer"), data)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Quelqu’un a modifié ces compléments" in text
    assert "nuit" in text
    assert "Un mot tapé." in text
    assert application.deposits.count() == 1
    assert client.post(page(application, "envoyer"), {"comment": "Sans marque."}).status_code == 409
    again = client.post(
        page(application, "envoyer"), {"comment": "Un mot.", "seen": answer.context["seen"]}
    )
    assert again.status_code == 302
    assert fresh(application).title == "Ateliers de nuit"


def test_a_document_joined_meanwhile_is_shown_before_it_is_sent(client, application):
    type_in(application, "projet", title="Ateliers du matin")
    seen = client.get(page(application, "envoyer")).context["seen"]
    document = ApplicationDocument.objects.create(
        application=application, label="Devis", added_at=timezone.now()
    )
    store_upload(
        owner=document,
        kind="application_document",
        upload=a_file("devis.pdf"),
        by=application.created_by,
        at=timezone.now(),
    )
    answer = client.post(page(application, "envoyer"), {"seen": seen})
    assert answer.status_code == 409
    assert "Devis" in answer.content.decode()


def test_nothing_changed_is_said_in_words(client, application):
    answer = send(client, application)
    assert answer.status_code == 422
    assert "Rien n’a changé depuis la demande" in answer.context["form"].errors["comment"][0]
    assert "sans lui, rien n’est envoyé" in answer.text


def test_a_reader_of_the_body_sees_and_does_not_fill(application):
    client = signed_in(colleague(application, Right.MANAGE))
    assert client.get(page(application)).status_code == 200
    assert client.get(page(application, "projet")).status_code == 403
    assert client.post(page(application, "projet"), {"title": "X"}).status_code == 403
    assert client.post(page(application, "envoyer"), {"comment": "X"}).status_code == 403


def test_the_office_does_not_see_what_waits(application):
    type_in(application, "projet", title="Pas encore envoyé")
    office = signed_in(officer_of(application))
    for tab in ("", "projet/", "complements/"):
        text = office.get(f"/instruction/{application.reference}/{tab}").content.decode()
        assert "Pas encore envoyé" not in text, tab


def test_once_cancelled_the_pages_lead_back(client, application):
    cancel_correction(
        application_id=application.pk,
        reason="Trouvé.",
        by=officer_of(application),
        at=timezone.now(),
    )
    answer = client.get(page(application), follow=True)
    assert "n’attend plus de compléments" in answer.content.decode()
    assert signed_in(under_review().created_by).get(page(application)).status_code == 404


# --- Documents ------------------------------------------------------------------------------------
def with_document(state: str = FileState.ACCEPTED):
    application = under_review()
    required = RequiredDocument.objects.create(
        sheet=application.sheet, kind="statuts", label="Statuts", mandatory=True
    )
    document = ApplicationDocument.objects.create(
        application=application,
        required=required,
        label="Statuts",
        state=state,
        added_at=timezone.now(),
    )
    return application, required, document


def a_file(name: str = "statuts.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, a_page("Statuts"), "application/pdf")


def test_an_accepted_document_is_replaced_only_when_it_is_named():
    application, required, document = with_document()
    ask(application, "projet.title")
    client = signed_in(application.created_by)
    refused = client.post(
        f"{application.get_absolute_url()}pieces/joindre/",
        {"required_id": required.pk, "file": a_file()},
    )
    assert refused.status_code == 409
    cancel_correction(
        application_id=application.pk,
        reason="Oubli.",
        by=officer_of(application),
        at=timezone.now(),
    )
    ask(application, f"pieces.{required.pk}")
    url = page(application, "pieces")
    text = client.get(url).content.decode()
    assert "Une pièce jointe est reçue tout de suite" in text
    given = client.post(url, {"required_id": required.pk, "file": a_file()}, follow=True)
    assert "La pièce est reçue par le service." in given.content.decode()
    document.refresh_from_db()
    assert document.state == FileState.TO_CHECK
    assert document.files.count() == 1
    send(client, application)  # a document alone is an answer
    assert application.deposits.count() == 2


def test_a_document_that_is_not_named_is_not_taken_here():
    application, required, _document = with_document()
    ask(application, "pieces")
    client = signed_in(application.created_by)
    url = page(application, "pieces")
    assert client.post(url, {"required_id": required.pk, "file": a_file()}).status_code == 404
    other = client.post(url, {"label": "Budget détaillé", "file": a_file("budget.pdf")})
    assert other.status_code == 302
    assert application.documents.filter(label="Budget détaillé").exists()


# --- Pins -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("part", ["", "projet", "envoyer"])
def test_a_page_costs_twenty_queries_at_most(client, application, part):
    url = page(application, *filter(None, [part]))
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    assert len(queries) <= 20, "\n".join(q["sql"][:150] for q in queries)


def test_a_save_costs_fifteen_queries_at_most(client, application):
    data = form_of(application, title="Du matin", description="Mieux.")
    with CaptureQueriesContext(connection) as queries:
        assert client.post(page(application, "projet"), data, **HTMX).status_code == 200
    found = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(found) <= 15, "\n".join(sql[:150] for sql in found)


# --- Reminders ------------------------------------------------------------------------------------
def reminders(kind: str, at) -> list[str]:
    return [candidate.key.split(":")[1] for found, candidate in due_candidates(at) if found == kind]


def at_ten(day):
    return datetime.combine(day, time(10), tzinfo=timezone.get_default_timezone())


def test_reminders_leave_seven_days_and_two_days_before_then_tell_the_officer(application):
    correction = application.corrections.get()
    due_on = correction.due_on
    told = reminders("correction_due", at_ten(due_on - timedelta(days=8)))
    assert told == []
    assert reminders("correction_due", at_ten(due_on - timedelta(days=7))) == ["j7"]
    assert reminders("correction_due", at_ten(due_on - timedelta(days=2))) == ["48h"]
    assert reminders("correction_due", at_ten(due_on + timedelta(days=1))) == []
    assert reminders("correction_lapsed", at_ten(due_on)) == []
    late = [c for kind, c in due_candidates(at_ten(due_on + timedelta(days=1))) if "lapsed" in kind]
    assert [candidate.to for candidate in late] == [officer_of(application).email]


def test_late_answers_are_told_at_a_constant_cost(application, django_assert_max_num_queries):
    others = [under_review() for _ in range(4)]
    for other in others:
        ask(other)
    expected = {officer_of(one).email for one in (application, *others)}
    last = max(CorrectionRequest.objects.values_list("due_on", flat=True))
    with django_assert_max_num_queries(8):
        told = list(lapsed(at_ten(last + timedelta(days=1))))
    assert {candidate.to for candidate in told} == expected


def test_reminders_follow_the_new_date_and_stop_with_the_wait(application):
    correction = application.corrections.get()
    old = correction.due_on
    extend_correction(
        application_id=application.pk,
        due_on=old + timedelta(days=10),
        reason="Congés.",
        by=officer_of(application),
        at=timezone.now(),
    )
    assert reminders("correction_due", at_ten(old)) == []
    assert reminders("correction_lapsed", at_ten(old + timedelta(days=1))) == []
    assert reminders("correction_due", at_ten(old + timedelta(days=8))) == ["48h"]
    CorrectionRequest.objects.filter(pk=correction.pk).update(state=CorrectionState.ANSWERED)
    assert reminders("correction_due", at_ten(old + timedelta(days=8))) == []


# --- Words ----------------------------------------------------------------------------------------
def test_the_mail_of_a_request_is_whole(application, settings):
    mail = OutboxMessage.objects.get(kind="correction_asked")
    correction = application.corrections.get()
    subject = mail.subject.replace("\u00a0", " ")
    assert subject.startswith(f"{application.reference} : compléments à envoyer au plus tard le ")
    text = mail.text.replace("\u00a0", " ")
    assert text.startswith(
        "Bonjour,\n\n"
        f"Le service instruit votre demande « Ateliers du soir » ({application.reference}). "
        "Il vous demande de la compléter au plus tard le "
    )
    assert (
        "Ce que dit le service :\nPrécisez l’action et son budget.\n\n"
        "À compléter :\n- Projet : Intitulé du projet, Description de l’action\n" in text
    )
    assert f"{settings.SITE_URL.rstrip('/')}{page(application)}\n" in text
    assert "ce qui est seulement enregistré n’est pas envoyé" in text
    assert f"Ce message s’adresse au compte {application.created_by.email}" in text
    assert mail.reply_to
    assert correction.message in mail.text


def test_the_mails_of_the_answer_are_whole(application):
    type_in(application, "projet", title="Ateliers du matin")
    send(signed_in(application.created_by), application, comment="Voilà.")
    deposit = application.deposits.get(number=2)
    receipt = OutboxMessage.objects.get(kind="correction_received")
    assert receipt.to == application.created_by.email
    assert "C’est le dépôt 2 du dossier ; l’instruction reprend." in receipt.text.replace(
        "\u00a0", " "
    )
    assert deposit.sha256 in receipt.text
    office = OutboxMessage.objects.get(kind="correction_answered")
    assert office.to == officer_of(application).email
    assert "Voilà." in office.text
    assert f"/instruction/{application.reference}/depots/" in office.text
    assert "après la date" not in office.text
