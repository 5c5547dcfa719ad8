"""The expert's link and page, against those who are not the expert."""

import logging
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts.enums import Role
from config.logs import JsonFormatter
from foundation.notifications.models import OutboxMessage
from grants.applications.enums import ReviewState
from grants.applications.models import Application, ApplicationDocument
from grants.review.models import Opinion, OpinionRequest, OpinionState
from grants.review.services.opinion_answers import MAX_TEXT
from grants.review.services.opinions import revoke_opinion
from territories.loading import load_parameters
from tests.factories import BankDetailsFactory, member_of, person_with_role
from tests.review.opinions import (
    EXPERT,
    QUESTION,
    a_dossier,
    ask_coordinator,
    ask_expert,
    link_of,
    opened,
    page_of,
    text_of,
)
from tests.review.world import final


pytestmark = pytest.mark.django_db
NOW = timezone.now()
GUESS = "/avis/" + "A" * 43 + "/"


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


def typed(version: int = 0, **more) -> dict:
    return {"position": "reserve", "text": "Un point à revoir.", "version": version, **more}


# --- The link -------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_a_link_reveals_and_consumes_nothing(client, method):
    dossier = a_dossier(title="Ateliers du soir")
    asked = ask_expert(dossier)
    for _ in range(3):  # mail scanners
        answer = getattr(client, method)(link_of(asked))
        assert answer.status_code == 200
    page = text_of(client.get(link_of(asked)))
    for words in (dossier.title, dossier.reference, str(dossier.organisation), QUESTION):
        assert escape(words) not in page
    for words in (EXPERT.name, EXPERT.email, str(dossier.officer)):
        assert words not in page
    assert "Unité Prévention et citoyenneté" in page
    asked.refresh_from_db()
    assert asked.token_used_at is None
    assert client.get(page_of(asked)).status_code == 404


def test_the_button_opens_the_dossier_once():
    asked = ask_expert(a_dossier(title="Ateliers du soir"))
    browser = opened(asked)
    page = text_of(browser.get(page_of(asked)))
    assert "Ateliers du soir" in page
    assert QUESTION in page
    assert text_of(browser.get(page_of(asked)))  # it survives a reload
    other = Client()
    for ask in (other.get, other.post):
        answer = ask(link_of(asked))
        assert answer.status_code == 410
        assert "Ce lien a déjà servi" in text_of(answer)
        assert "Recevoir un nouveau lien" in text_of(answer)
    assert other.get(page_of(asked)).status_code == 404
    # The browser that opened it goes on from the mail.
    assert browser.get(link_of(asked))["Location"] == page_of(asked)


def test_a_guessed_link_teaches_nothing(client):
    ask_expert(a_dossier())
    for ask in (client.get, client.post):
        answer = ask(GUESS)
        assert answer.status_code == 404
        assert "Ce lien n’est pas valable" in text_of(answer)
    for wrong in ("/avis/court/", f"/avis/{'A' * 44}/", f"/avis/{'%C3%A9' * 43}/"):
        assert client.get(wrong).status_code == 404


def test_guessing_is_slowed_down(client):
    settings_limit = settings.REQUEST_LIMITS["opinion_link"][0]
    codes = [client.get(GUESS).status_code for _ in range(settings_limit + 1)]
    assert codes[-1] == 429


def test_an_old_link_says_when_it_expired(client):
    asked = ask_expert(a_dossier())
    url = link_of(asked)
    OpinionRequest.objects.update(token_expires_at=NOW - timedelta(days=1))
    for ask in (client.get, client.post):
        answer = ask(url)
        assert answer.status_code == 410
        assert "Ce lien a expiré" in text_of(answer)


def test_the_link_dies_with_the_request(client):
    dossier = a_dossier()
    asked = ask_expert(dossier)
    url = link_of(asked)
    revoke_opinion(request_id=asked.pk, reason="Erreur", by=dossier.officer, at=NOW)
    for ask in (client.get, client.post):
        answer = ask(url)
        assert answer.status_code == 410
        assert "n’est plus attendu" in text_of(answer)
        assert "Recevoir un nouveau lien" not in text_of(answer)


def test_a_member_of_the_body_since_then_does_not_open_it(client):
    dossier = a_dossier()
    asked = ask_expert(dossier)
    member = member_of(dossier.organisation)
    OpinionRequest.objects.update(expert_email=member.email)
    assert client.post(link_of(asked)).status_code == 422
    assert client.get(page_of(asked)).status_code == 404


# --- Another link ---------------------------------------------------------------------------------
def test_a_new_link_goes_to_the_same_address_and_kills_the_old(client):
    asked = ask_expert(a_dossier())
    old = link_of(asked)
    opened(asked)
    answer = client.post(f"{old}nouveau-lien/", {"email": "pirate@x.example"})
    assert answer.status_code == 200
    assert EXPERT.email not in text_of(answer)
    mail = OutboxMessage.objects.get(kind="opinion_link")
    assert mail.to == EXPERT.email
    assert not OutboxMessage.objects.filter(to="pirate@x.example").exists()
    new = link_of(asked)
    assert new != old
    assert client.get(old).status_code == 404
    assert client.post(new).status_code == 302


def test_the_answer_is_the_same_whatever_the_link(client):
    dossier = a_dossier()
    asked = ask_expert(dossier)
    good = client.post(f"{link_of(asked)}nouveau-lien/")
    guessed = client.post(f"{GUESS}nouveau-lien/")
    revoke_opinion(request_id=asked.pk, reason="Erreur", by=dossier.officer, at=NOW)
    sent = OutboxMessage.objects.filter(kind="opinion_link").count()
    revoked = client.post(f"{link_of(asked)}nouveau-lien/")
    assert _bare(good) == _bare(guessed) == _bare(revoked)
    assert good.status_code == guessed.status_code == revoked.status_code == 200
    assert OutboxMessage.objects.filter(kind="opinion_link").count() == sent == 1


def _bare(answer) -> str:
    """Return a page without the nonces and the token of its forms."""
    return re.sub(r'(nonce|value|X-CSRFToken)[=":\s]+[^"]*"', "", text_of(answer))


def test_an_address_gets_three_links_an_hour_at_most(client):
    asked = ask_expert(a_dossier())
    for _ in range(6):
        client.post(f"{link_of(asked)}nouveau-lien/")
    assert OutboxMessage.objects.filter(kind="opinion_link").count() == 3


def test_asking_for_links_is_slowed_down(client, settings):
    settings.REQUEST_LIMITS = settings.REQUEST_LIMITS | {"opinion_new_link": (2, 3600)}
    codes = [client.post(f"{GUESS}nouveau-lien/").status_code for _ in range(3)]
    assert codes == [200, 200, 429]


# --- The session ----------------------------------------------------------------------------------
def test_the_session_takes_a_new_name_when_it_opens():
    asked = ask_expert(a_dossier())
    browser = Client()
    session = browser.session
    session["fixed"] = "1"
    session.save()
    before = browser.cookies[settings.SESSION_COOKIE_NAME].value
    browser.post(link_of(asked))
    after = browser.cookies[settings.SESSION_COOKIE_NAME].value
    assert after != before
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = before
    assert thief.get(page_of(asked)).status_code == 404


def test_the_session_opens_no_other_dossier_nor_address():
    asked = ask_expert(a_dossier())
    other = ask_expert(a_dossier())
    browser = opened(asked)
    assert browser.get(page_of(asked)).status_code == 200
    assert browser.get(page_of(other)).status_code == 404
    assert browser.post(page_of(other), typed()).status_code == 404
    assert not Opinion.objects.exists()
    reference = asked.application.reference
    for url in (
        f"/instruction/{reference}/",
        f"/instruction/{reference}/avis/",
        f"/instruction/{reference}/dossier.pdf",
        f"/instruction/{reference}/mon-avis/",
        f"/dossiers/{reference}/",
        "/instruction/",
        "/coordination/avis/",
        "/a-faire/",
    ):
        answer = browser.get(url)
        assert answer.status_code in {302, 404}, url
        assert (
            answer.status_code == 404
            or "/connexion" in answer["Location"]
            or (str(settings.LOGIN_URL) in answer["Location"])
        )


def test_a_request_of_a_coordinator_is_never_opened_by_a_session():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    browser = Client()
    session = browser.session
    session["opinions_opened"] = {str(asked.pk): NOW.isoformat()}
    session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    assert browser.get(f"/avis/dossier/{dossier.reference}/").status_code == 404


def test_the_page_lasts_eight_hours_whatever_is_done_meanwhile():
    asked = ask_expert(a_dossier())
    browser = opened(asked)
    session = browser.session
    long_ago = timezone.now() - timedelta(hours=8, minutes=1)
    session["opinions_opened"] = {str(asked.pk): long_ago.isoformat()}
    session.save()
    OpinionRequest.objects.update(token_used_at=long_ago)
    assert browser.get(page_of(asked)).status_code == 410
    late = browser.post(page_of(asked), typed(text="Après la nuit."))
    assert late.status_code == 409
    assert "Après la nuit." in text_of(late)


def test_a_later_link_closes_the_page_opened_before(client):
    asked = ask_expert(a_dossier())
    first = opened(asked)
    client.post(f"{link_of(asked)}nouveau-lien/")
    assert first.get(page_of(asked)).status_code == 200  # not before the new one is opened
    second = opened(asked)
    assert second.get(page_of(asked)).status_code == 200
    late = first.post(page_of(asked), typed(text="Écrit sur l’ancienne page."))
    assert late.status_code == 409
    assert "Écrit sur l’ancienne page." in text_of(late)


# --- Reading --------------------------------------------------------------------------------------
def test_the_expert_reads_the_project_without_contacts_bank_files_or_scores():
    dossier = a_dossier(
        title="Ateliers du soir",
        contact_name="Camille Contact",
        contact_email="camille@corps.example",
        contact_phone="0601020304",
    )
    BankDetailsFactory(organisation=dossier.organisation)
    ApplicationDocument.objects.create(application=dossier, label="RELEVE-SECRET", added_at=NOW)
    final(dossier, dossier.officer, 5, 4, 3, summary="NOTE-SECRETE")
    page = text_of(opened(asked := ask_expert(dossier)).get(page_of(asked)))
    assert "Ateliers du soir" in page
    for secret in (
        "Camille Contact",
        "camille@corps.example",
        "0601020304",
        "RELEVE-SECRET",
        "NOTE-SECRETE",
        "IBAN",
        f"/organisations/{dossier.organisation_id}",
    ):
        assert secret not in page, secret


def test_the_pages_stay_out_of_caches_indexes_and_referers():
    asked = ask_expert(a_dossier())
    browser = Client()
    pages = [browser.get(link_of(asked)), browser.post(link_of(asked))]
    pages += [browser.get(page_of(asked)), Client().get(link_of(asked)), Client().get(GUESS)]
    pages += [Client().post(f"{GUESS}nouveau-lien/"), Client().get("/avis/merci/")]
    for answer in pages:
        assert answer["Referrer-Policy"] == "strict-origin"
        assert "no-store" in answer["Cache-Control"]
        assert "noindex" in answer["X-Robots-Tag"]
    secret = link_of(asked).split("/")[2]
    assert secret not in text_of(browser.get(page_of(asked)))


def test_the_secret_of_a_link_is_not_in_the_logs():
    asked = ask_expert(a_dossier())
    record = logging.LogRecord(
        "django.request", 40, "x", 1, "Internal Server Error: %s", (link_of(asked),), None
    )
    line = JsonFormatter().format(record)
    assert link_of(asked).split("/")[2] not in line
    assert "/avis/…" in line


def test_the_outbox_of_administrators_hides_the_secret_of_a_link(client):
    asked = ask_expert(a_dossier())
    mail = OutboxMessage.objects.get(kind="opinion_asked")
    client.force_login(person_with_role(Role.ADMINISTRATOR))
    page = text_of(client.get(f"/messages/{mail.pk}/"))
    assert "Vous n’avez pas de compte à créer" in page
    assert link_of(asked).split("/")[2] not in page


# --- Writing and giving ---------------------------------------------------------------------------
def test_the_expert_writes_leaves_comes_back_and_gives():
    dossier = a_dossier()
    asked = ask_expert(dossier)
    browser = opened(asked)
    saved = browser.post(page_of(asked), typed(), follow=True)
    assert "pas encore rendu" in text_of(saved)
    assert "Un point à revoir." in text_of(browser.get(page_of(asked)))
    given = browser.post(page_of(asked), typed(version=1, give="1"))
    assert given["Location"] == "/avis/merci/"
    assert "data-portal-person" in text_of(browser.get("/avis/merci/"))  # forgets its copy
    assert "data-portal-person" not in text_of(Client().get("/avis/merci/"))
    asked.refresh_from_db()
    assert asked.state == OpinionState.GIVEN
    receipt = OutboxMessage.objects.get(kind="opinion_received")
    assert receipt.to == EXPERT.email
    assert "Un point à revoir." not in receipt.text  # whoever stands aside may read the outbox
    event = dossier.events.get(kind="opinion_given")
    assert (event.actor, event.comment) == (None, EXPERT.name)
    # The page closes, the link too.
    assert browser.get(page_of(asked)).status_code == 410
    assert Client().post(link_of(asked)).status_code == 410
    assert "RÉPONSE-TARDIVE" in text_of(
        browser.post(page_of(asked), typed(version=2, text="RÉPONSE-TARDIVE"))
    )
    assert Opinion.objects.get().text == "Un point à revoir."


def test_what_lacks_is_said_and_kept():
    asked = ask_expert(a_dossier())
    browser = opened(asked)
    sent = browser.post(page_of(asked), typed(position="unfavourable", text="", give="1"))
    assert sent.status_code == 303  # a page to come back to, not the answer to a form
    answer = browser.get(sent["Location"])
    assert answer.status_code == 422
    assert "Motivez une réserve" in text_of(answer)
    assert Opinion.objects.get().position == "unfavourable"
    answer = browser.post(page_of(asked), typed(version=1, position="pirate"))
    assert answer.status_code == 422
    assert "Choisissez l’un des avis proposés." in text_of(answer)


def test_a_text_too_long_is_saved_and_not_given():
    asked = ask_expert(a_dossier())
    browser = opened(asked)
    text = "mot " * (MAX_TEXT // 4) + "de trop"
    sent = browser.post(page_of(asked), typed(text=text, give="1"))
    answer = browser.get(sent["Location"])
    assert answer.status_code == 422
    assert "raccourcissez-le" in text_of(answer)
    assert Opinion.objects.get().text == text
    fine = browser.post(page_of(asked), typed(version=1, text="x" * MAX_TEXT, give="1"))
    assert fine["Location"] == "/avis/merci/"


def autosave(browser: Client, asked: OpinionRequest, **fields):
    return browser.post(
        page_of(asked),
        typed(**fields),
        headers={"HX-Request": "true", "HX-Target": "autosave"},
    )


def test_each_pause_saves_and_gives_the_next_version():
    asked = ask_expert(a_dossier())
    browser = opened(asked)
    first = autosave(browser, asked, text="Un")
    assert first.status_code == 200
    assert 'name="version" value="1"' in text_of(first)
    assert 'name="version" value="2"' in text_of(autosave(browser, asked, text="Deux", version=1))
    stale = autosave(browser, asked, text="Trois", version=1)
    assert stale.status_code == 409
    assert "Comparer et choisir" in text_of(stale)
    whole = browser.post(page_of(asked), typed(text="Trois", version=1))
    assert whole.status_code == 409
    for words in ("Trois", "Deux", 'name="version" value="2"'):
        assert words in text_of(whole)
    assert Opinion.objects.get().text == "Deux"


@pytest.mark.parametrize("end", ["revoked", "expired", "concluded", "signed_out"])
def test_the_end_while_typing_loses_nothing(end):
    dossier = a_dossier()
    asked = ask_expert(dossier)
    browser = opened(asked)
    autosave(browser, asked, text="Enregistré")
    if end == "revoked":
        revoke_opinion(request_id=asked.pk, reason="Erreur", by=dossier.officer, at=NOW)
        words = "a annulé cette demande"
    elif end == "expired":
        OpinionRequest.objects.update(token_expires_at=NOW - timedelta(minutes=1))
        words = "Votre accès à cette page est fermé"
    elif end == "concluded":
        Application.objects.update(review_state=ReviewState.EVALUATED)
        words = "n’est plus attendu"
    else:
        browser = Client()
        words = "Votre accès à cette page est fermé"
    late = autosave(browser, asked, text="Tapé ensuite", version=1)
    assert late.status_code == 409
    assert words in text_of(late)
    whole = browser.post(page_of(asked), typed(text="Tapé ensuite", version=1, give="1"))
    assert whole.status_code in {404, 409}
    assert words in text_of(whole)
    assert "Tapé ensuite" in text_of(whole)
    assert Opinion.objects.get().text == "Enregistré"
    assert "Enregistré" not in text_of(browser.get(page_of(asked)))


def test_the_words_of_an_expert_are_escaped():
    dossier = a_dossier()
    asked = ask_expert(dossier)
    browser = opened(asked)
    attack = "<script>alert(1)</script>"
    browser.post(page_of(asked), typed(text=attack, give="1"))
    officer = Client()
    officer.force_login(dossier.officer)
    page = text_of(officer.get(f"/instruction/{dossier.reference}/avis/"))
    assert attack not in page
    assert escape(attack) in page


def test_nothing_written_by_a_stranger_reaches_a_dossier(client):
    asked = ask_expert(a_dossier())
    client.force_login(person_with_role(Role.CASE_OFFICER))
    assert client.post(page_of(asked), typed(give="1")).status_code == 404
    assert not Opinion.objects.exists()
