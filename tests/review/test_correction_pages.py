"""Correction requests from the desk: ask, follow, compare, list."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from accounts.enums import Role
from foundation.notifications.models import OutboxMessage
from grants.applications import differences
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.models import CorrectionRequest
from grants.applications.services.completing import answer_correction
from grants.calls.models import RequiredDocument
from grants.review.services.assignment import declare_conflict
from portal.invariants import all_faults
from tests.applications.correcting import (
    MESSAGE,
    ask,
    asked_again,
    officer_of,
    type_in,
    under_review,
)
from tests.applications.dossiers import a_sheet, fresh
from tests.factories import GridFactory, person_with_role
from tests.review.world import final


pytestmark = pytest.mark.django_db


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def application():
    return under_review()


@pytest.fixture
def client(application) -> Client:
    return signed_in(officer_of(application))


def page(application, *parts: str) -> str:
    return "/".join(["/instruction", application.reference, *parts, ""])


def request_of(*fields: str, days: int = 15, **more) -> dict:
    due_on = (timezone.localdate() + timedelta(days=days)).isoformat()
    return {"fields_asked": list(fields), "message": MESSAGE, "due_on": due_on, **more}


def text_of(response) -> str:
    return response.content.decode()


# --- Asking ---------------------------------------------------------------------------------------
def test_the_form_lists_every_part_with_what_it_holds(client, application):
    text = text_of(client.get(page(application, "complements")))
    for words in ("Intitulé du projet", "Ateliers du soir", "Toute la partie", "20 personnes"):
        assert words in text
    assert (timezone.localdate() + timedelta(days=15)).isoformat() in text


def test_missing_documents_are_ticked_beforehand(client, application):
    required = RequiredDocument.objects.create(
        sheet=application.sheet, kind="statuts", label="Statuts", mandatory=True
    )
    text = text_of(client.get(page(application, "complements")))
    box = text[text.index(f'value="pieces.{required.pk}"') :]
    assert "checked" in box[: box.index(">")]
    assert "manquante" in text


def test_a_ready_sentence_joins_the_message(client, application):
    answer = client.post(
        page(application, "complements", "demander"),
        request_of("projet.title", add="1", sentence="0"),
    )
    text = text_of(answer)
    assert f"{MESSAGE}\nMerci de joindre" in text.replace("\r\n", "\n")
    assert not application.corrections.exists()


def test_the_preview_is_the_mail_and_sends_nothing(client, application):
    answer = client.post(
        page(application, "complements", "demander"),
        request_of("projet.title", "budget", preview="1"),
    )
    text = text_of(answer)
    assert "Aperçu du message" in text
    assert "- Projet\u00a0: Intitulé du projet" in text
    assert not OutboxMessage.objects.filter(kind="correction_asked").exists()
    client.post(page(application, "complements", "demander"), request_of("projet.title", "budget"))
    mail = OutboxMessage.objects.get(kind="correction_asked")
    assert escape(mail.text.split("http")[0]) in text


@pytest.mark.parametrize("days", [0, -2000, 4000])
def test_the_preview_refuses_the_date_that_sending_would(client, application, days):
    values = request_of("projet.title", days=days, preview="1")
    answer = client.post(page(application, "complements", "demander"), values)
    assert answer.status_code == 422
    assert "due_on" in answer.context["ask_form"].errors
    assert "Aperçu du message</h2>" not in answer.text


def test_a_request_is_sent_once_and_followed(client, application):
    url = page(application, "complements", "demander")
    answer = client.post(url, request_of("projet.title"), follow=True)
    assert "La demande est envoyée au demandeur." in text_of(answer)
    assert "en attente de réponse" in text_of(answer)
    again = client.post(url, request_of("projet.title", message="Tapé en même temps."))
    assert again.status_code == 409
    assert "ne peuvent plus être demandés" in text_of(again)
    assert "Tapé en même temps." in text_of(again)
    assert "en attente de réponse" in text_of(again)
    assert application.corrections.count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (request_of(), "Choisissez ce que le demandeur doit compléter."),
        (request_of("projet.inconnu"), "Une des parties choisies n’existe pas."),
        (request_of("projet.title", message=""), "Dites au demandeur"),
        (request_of("projet.title", days=0), "Choisissez un jour après"),
    ],
)
def test_what_is_wrong_is_said_and_kept(client, application, data, words):
    answer = client.post(page(application, "complements", "demander"), data)
    assert answer.status_code == 422
    assert words in text_of(answer)


def test_who_stands_aside_does_not_ask(application):
    other = person_with_role(Role.CASE_OFFICER)
    declare_conflict(person=other, application=application, reason="Voisin.", at=timezone.now())
    answer = signed_in(other).post(
        page(application, "complements", "demander"), request_of("projet.title")
    )
    assert answer.status_code == 403


# --- Following ------------------------------------------------------------------------------------
def test_the_delay_is_prolonged_and_the_wait_stopped_from_the_page(client, application):
    correction = ask(application)
    later = (correction.due_on + timedelta(days=7)).isoformat()
    url = page(application, "complements", "prolonger")
    wrong = client.post(url, {"prolonger-due_on": later, "prolonger-reason": ""})
    assert wrong.status_code == 422
    done = client.post(url, {"prolonger-due_on": later, "prolonger-reason": "Congés."}, follow=True)
    assert "Le délai est prolongé" in text_of(done)
    stop = page(application, "complements", "reprendre")
    assert client.post(stop, {"reprendre-reason": ""}).status_code == 422
    assert "L’instruction reprend" in text_of(
        client.post(stop, {"reprendre-reason": "Trouvé."}, follow=True)
    )
    assert application.corrections.get().state == CorrectionState.CANCELLED
    # A colleague had the page open: they learn that it is over, and keep their words.
    for address, data in (
        (url, {"prolonger-due_on": later, "prolonger-reason": "Travaux en cours."}),
        (stop, {"reprendre-reason": "Travaux en cours."}),
    ):
        late = client.post(address, data)
        assert late.status_code == 409
        assert "n’attend pas de compléments" in text_of(late)
        assert "Travaux en cours." in text_of(late)


def test_a_passed_delay_is_said_and_changes_nothing(client, application):
    correction = ask(application)
    CorrectionRequest.objects.filter(pk=correction.pk).update(
        first_due_on=timezone.localdate() - timedelta(days=2),
        due_on=timezone.localdate() - timedelta(days=2),
    )
    text = text_of(client.get(page(application, "complements")))
    assert "Délai dépassé" in text
    assert "Rien ne change tout seul" in text
    assert f'href="{page(application, "classer")}"' in text
    assert fresh(application).review_state == ReviewState.CORRECTION_REQUESTED


def test_only_the_tab_shown_weaves_the_texts_that_changed(client, application, monkeypatch):
    ask(application, "projet.description")
    type_in(application, "projet", description="Deux ateliers par semaine, le mardi et le jeudi.")
    answer_correction(application_id=application.pk, by=application.created_by, at=timezone.now())
    woven = []
    monkeypatch.setattr(differences, "weave", lambda *texts: woven.append(texts) or ())
    text = text_of(client.get(page(application, "budget")))
    assert "modifié" in text  # the other tab is marked
    assert woven == []
    client.get(page(application, "projet"))
    assert len(woven) == 1


def test_the_answer_marks_the_tabs_until_it_is_accepted(client, application):
    ask(application, "projet.title")
    type_in(application, "projet", title="Ateliers du matin")
    answer_correction(application_id=application.pk, by=application.created_by, at=timezone.now())
    text = text_of(client.get(page(application, "projet")))
    assert "Modifié depuis le dépôt précédent" in text
    assert "<ins>Ateliers du matin</ins>" in text
    assert "modifié" in text
    assert "Modifié depuis" not in text_of(client.get(page(application, "budget")))
    client.post(page(application, "complements", "accepter"))
    assert "Modifié depuis" not in text_of(client.get(page(application, "projet")))
    again = client.post(page(application, "complements", "accepter"))
    assert again.status_code == 409
    assert "n’a pas de compléments à vérifier" in text_of(again)


def test_two_deposits_are_compared_and_a_wrong_number_is_not_an_error(client, application):
    assert "Un seul dépôt" in text_of(client.get(page(application, "depots")))
    ask(application, "projet.description")
    long = "Deux ateliers par semaine, avec une éducatrice et un conteur du quartier."
    type_in(application, "projet", description=long)
    answer_correction(application_id=application.pk, by=application.created_by, at=timezone.now())
    text = text_of(client.get(page(application, "depots")))
    assert "Du dépôt 1 au dépôt 2" in text
    assert "éducatrice" in text
    for query in ("?avant=2&apres=1", "?avant=9&apres=x", "?avant=1&apres=1"):
        assert client.get(page(application, "depots") + query).status_code == 200


def test_a_review_of_an_older_deposit_says_so_after_a_real_redeposit():
    application = under_review(sheet=a_sheet(readers=1, grid=GridFactory()))
    officer = officer_of(application)
    final(application, officer, 4, 4, 4, summary="Solide", amount=3000)
    client = signed_in(officer)
    assert "dépôt antérieur" not in text_of(client.get(page(application, "notation")))
    ask(application, "projet.title")
    type_in(application, "projet", title="Ateliers du matin")
    answer_correction(application_id=application.pk, by=application.created_by, at=timezone.now())
    assert "dépôt antérieur" in text_of(client.get(page(application, "notation")))


def test_every_invariant_holds_after_a_redeposit(application):
    ask(application, "projet.title", "budget")
    type_in(application, "projet", title="Ateliers du matin")
    answer_correction(application_id=application.pk, by=application.created_by, at=timezone.now())
    faults = {name: found for name, found in all_faults().items() if found}
    assert faults == {}


# --- Lists ----------------------------------------------------------------------------------------
def test_the_desk_lists_what_is_awaited_late_first_and_filters_it():
    late, soon, later = (asked_again() for _ in range(3))
    today = timezone.localdate()
    for application, days in ((late, -3), (soon, 4), (later, 20)):
        CorrectionRequest.objects.filter(application=application).update(
            first_due_on=today + timedelta(days=days), due_on=today + timedelta(days=days)
        )
    client = signed_in(person_with_role(Role.UNIT_HEAD))
    text = text_of(client.get("/instruction/?liste=en-attente"))
    order = [text.index(one.reference) for one in (late, soon, later)]
    assert order == sorted(order)
    assert text.count("délai dépassé") == 1
    for asked, kept in (("retard", [late]), ("semaine", [soon])):
        shown = text_of(client.get(f"/instruction/?liste=en-attente&attente={asked}"))
        assert [one for one in (late, soon, later) if one.reference in shown] == kept


def test_both_sides_find_it_among_what_they_must_do(application):
    correction = ask(application)
    applicant = signed_in(application.created_by)
    officer = signed_in(officer_of(application))
    assert "dossier à compléter" in text_of(applicant.get("/a-faire/"))
    CorrectionRequest.objects.filter(pk=correction.pk).update(
        first_due_on=timezone.localdate() - timedelta(days=2),
        due_on=timezone.localdate() - timedelta(days=2),
    )
    assert "délai des compléments est dépassé" in text_of(officer.get("/a-faire/"))
    answer_correction(
        application_id=application.pk,
        by=application.created_by,
        at=timezone.now(),
        comment="Rien à changer.",
    )
    assert "dossier à compléter" not in text_of(applicant.get("/a-faire/"))
    text = text_of(officer.get("/a-faire/"))
    assert "compléments reçus à relire" in text
    assert "est dépassé" not in text


@pytest.mark.parametrize("tab", ["", "complements", "depots", "projet"])
def test_a_page_costs_twenty_queries_at_most(client, application, tab):
    ask(application, "projet.title")
    type_in(application, "projet", title="Ateliers du matin")
    answer_correction(application_id=application.pk, by=application.created_by, at=timezone.now())
    url = page(application, *filter(None, [tab]))
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    assert len(queries) <= 20, "\n".join(q["sql"][:150] for q in queries)


def test_a_body_without_an_account_is_said_to_hear_nothing(client, application):
    url = page(application, "complements")
    assert "Personne à prévenir" not in text_of(client.get(url))
    application.organisation.memberships.all().delete()
    assert "Personne à prévenir sur le portail" in text_of(client.get(url))
