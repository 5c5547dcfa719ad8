"""The tab « Avis », a coordinator's list and page."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import RoleAssignment
from foundation.notifications.models import OutboxMessage
from grants.applications.enums import ReviewState
from grants.applications.models import Application, Deposit
from grants.applications.redactable import traces_in_rows
from grants.applications.services.redaction import words_to_mask
from grants.review.models import Opinion, OpinionRequest, OpinionState
from grants.review.services.assignment import declare_conflict
from grants.review.services.opinions import revoke_opinion
from territories.loading import load_parameters
from tests.factories import CommuneFactory, TerritoryFactory, member_of, person_with_role
from tests.queries import assert_same_queries
from tests.review.opinions import (
    QUESTION,
    a_dossier,
    ask_coordinator,
    ask_expert,
    give,
    in_days,
    opened,
    page_of,
    text_of,
    write,
)


pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def tab(dossier) -> str:
    return f"/instruction/{dossier.reference}/avis/"


def mine(dossier) -> str:
    return f"/instruction/{dossier.reference}/mon-avis/"


def asking(**more) -> dict:
    data = {"source": "coordinator", "question": QUESTION, "due_on": in_days(9).isoformat()}
    return {f"avis-{name}": value for name, value in (data | more).items()}


# --- The desk -------------------------------------------------------------------------------------
def test_the_office_asks_from_the_tab():
    dossier = a_dossier()
    person = person_with_role(Role.COORDINATOR)
    client = signed_in(dossier.officer)
    empty = text_of(client.get(tab(dossier)))
    assert "Aucun avis demandé" in empty
    assert in_days(15).isoformat() in empty  # the dated parameter
    done = client.post(f"{tab(dossier)}demander/", asking(person=person.pk), follow=True)
    page = text_of(done)
    assert f"La demande d’avis est partie\u00a0: {person}" in page
    assert "0/1 reçu" in page
    assert "attendu le" in page
    expert = {"source": "expert", "expert_name": "Ana Roux", "expert_email": "ana@x.example"}
    assert client.post(f"{tab(dossier)}demander/", asking(**expert)).status_code == 302
    assert "0/2 reçu" in text_of(client.get(tab(dossier)))
    assert "lien pas encore ouvert" in text_of(client.get(tab(dossier)))


def test_the_coordinators_of_the_territories_come_first():
    near, far = TerritoryFactory(), TerritoryFactory()
    dossier = a_dossier(whole_department=False)
    dossier.places.create(commune=CommuneFactory(territory=near), territories=[near.number])
    here = person_with_role(Role.COORDINATOR, territory=near)
    there = person_with_role(Role.COORDINATOR, territory=far)
    person_with_role(Role.COORDINATOR, territory=near, ends_on=in_days(-1))
    page = text_of(signed_in(dossier.officer).get(tab(dossier)))
    first, second = page.index("Territoires du projet"), page.index("Autres territoires")
    assert first < page.index(f"{here} (T{near.number})") < second
    assert second < page.index(f"{there} (T{far.number})")
    assert page.count(f"(T{near.number})") == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choisissez la personne dont vous attendez l’avis."),
        ({"person": "999999"}, "Choisissez une personne de la liste."),
        ({"source": "expert"}, "Indiquez le nom de l’expert."),
        (
            {"source": "expert", "expert_name": "A", "expert_email": "a@b"},
            "adresse e-mail complète",
        ),
        ({"source": "pirate"}, "Sélectionnez un choix valide"),
        ({"due_on": "31/02/2027"}, "Indiquez une date valide"),
        ({"due_on": ""}, "Indiquez la date limite."),
        ({"question": "x" * 4001}, "4000"),
    ],
)
def test_what_is_wrong_is_said_and_kept(data, words):
    dossier = a_dossier()
    answer = signed_in(dossier.officer).post(f"{tab(dossier)}demander/", asking(**data))
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert data.get("question", QUESTION) in text_of(answer).replace("&#x27;", "’")
    assert not OpinionRequest.objects.exists()


def test_a_member_of_the_body_is_refused_beside_their_address():
    dossier = a_dossier()
    member = member_of(dossier.organisation)
    data = asking(source="expert", expert_name="Ami", expert_email=member.email)
    answer = signed_in(dossier.officer).post(f"{tab(dossier)}demander/", data)
    assert answer.status_code == 422
    assert "ne peut pas donner d’avis sur sa propre demande" in text_of(answer)


def test_a_concluded_dossier_says_that_it_is_too_late_and_keeps_the_question():
    dossier = a_dossier()
    person = person_with_role(Role.COORDINATOR)
    client = signed_in(dossier.officer)
    Application.objects.update(review_state=ReviewState.EVALUATED)
    assert "on ne demande plus d’avis" in text_of(client.get(tab(dossier)))
    answer = client.post(f"{tab(dossier)}demander/", asking(person=person.pk))
    assert answer.status_code == 409
    assert "son instruction est close" in text_of(answer)
    assert QUESTION in text_of(answer)


def test_the_office_follows_from_the_tab():
    dossier = a_dossier()
    asked = ask_coordinator(dossier, at=NOW - timedelta(days=3))
    client = signed_in(dossier.officer)
    base = f"{tab(dossier)}{asked.pk}"
    assert "La relance est partie" in text_of(client.post(f"{base}/relancer/", follow=True))
    again = client.post(f"{base}/relancer/")
    assert again.status_code == 409
    assert "attendez demain" in text_of(again)
    assert "Relancé aujourd’hui." in text_of(client.get(tab(dossier)))
    early = client.post(f"{base}/prolonger/", {f"prolonger-{asked.pk}-due_on": in_days(2)})
    assert early.status_code == 422
    assert "Choisissez un jour après le" in text_of(early)
    done = client.post(f"{base}/prolonger/", {f"prolonger-{asked.pk}-due_on": in_days(30)})
    assert done.status_code == 302
    mute = client.post(f"{base}/annuler/", {f"annuler-{asked.pk}-reason": " "})
    assert mute.status_code == 422
    assert "Indiquez pourquoi" in text_of(mute)
    gone = client.post(f"{base}/annuler/", {f"annuler-{asked.pk}-reason": "Erreur"}, follow=True)
    assert "est annulée" in text_of(gone)
    assert "annulé le" in text_of(gone)
    late = client.post(f"{base}/annuler/", {f"annuler-{asked.pk}-reason": "Deux fois"})
    assert late.status_code == 409
    assert "Deux fois" in text_of(late)


def test_a_request_of_another_dossier_is_not_found():
    dossier, other = a_dossier(), a_dossier()
    asked = ask_coordinator(other, at=NOW - timedelta(days=3))
    client = signed_in(dossier.officer)
    for act in ("relancer", "prolonger", "annuler"):
        assert client.post(f"{tab(dossier)}{asked.pk}/{act}/").status_code == 404
    assert not OutboxMessage.objects.filter(kind="opinion_due").exists()


def test_the_tab_says_each_state_in_words():
    dossier = a_dossier()
    late = ask_coordinator(dossier)
    OpinionRequest.objects.filter(pk=late.pk).update(due_on=in_days(-2))
    give(ask_coordinator(dossier), has_supported=True, position="reserve", text="À préciser")
    draft = ask_coordinator(dossier)
    write(draft, text="BROUILLON-SECRET")
    revoked = ask_expert(dossier)
    revoke_opinion(request_id=revoked.pk, reason="RAISON", by=dossier.officer, at=NOW)
    page = text_of(signed_in(dossier.officer).get(tab(dossier)))
    for words in (
        "1/3 reçu",
        "en retard depuis le",
        "attendu le",
        "reçu le",
        "annulé le",
        "Favorable avec réserve",
        "À préciser",
        "A accompagné ce projet",
    ):
        assert words in page, words
    assert "BROUILLON-SECRET" not in page


def test_a_new_deposit_marks_the_opinions_given_before():
    dossier = a_dossier()
    give(ask_coordinator(dossier))
    client = signed_in(dossier.officer)
    assert "dépôt antérieur" not in text_of(client.get(tab(dossier)))
    Deposit.objects.create(
        application=dossier,
        number=2,
        payload=b"{}",
        sha256="0" * 64,
        filed_at=NOW,
        filed_by=dossier.created_by,
    )
    assert "Rendu sur un dépôt antérieur" in text_of(client.get(tab(dossier)))


def test_who_stands_aside_reads_no_opinion():
    dossier = a_dossier()
    give(ask_coordinator(dossier), text="AVIS-SECRET")
    for role in (Role.CASE_OFFICER, Role.UNIT_HEAD, Role.ADMINISTRATOR, Role.COORDINATOR):
        person = person_with_role(role)
        declare_conflict(person=person, application=dossier, reason="Proche", at=NOW)
        client = signed_in(person)
        assert client.get(tab(dossier)).status_code == 404
        for slug in ("", "historique/", "echanges/"):
            page = client.get(f"/instruction/{dossier.reference}/{slug}")
            assert "AVIS-SECRET" not in text_of(page)


@pytest.mark.parametrize("act", ["demander", "relancer", "prolonger", "annuler"])
def test_who_stands_aside_asks_and_follows_nothing(act):
    dossier = a_dossier()
    asked = ask_coordinator(dossier, at=NOW - timedelta(days=3))
    for role in (Role.CASE_OFFICER, Role.UNIT_HEAD):
        for target in ({"application": dossier}, {"organisation": dossier.organisation}):
            person = person_with_role(role)
            declare_conflict(person=person, reason="Proche", at=NOW, **target)
            events = dossier.events.count()
            where = act if act == "demander" else f"{asked.pk}/{act}"
            assert signed_in(person).post(f"{tab(dossier)}{where}/").status_code == 403
            assert dossier.events.count() == events


def test_a_coordinator_reads_the_others_only_after_the_vote():
    dossier = a_dossier()
    own = ask_coordinator(dossier, _coordinator())
    give(own, text="AVIS-À-MOI")
    give(ask_coordinator(dossier, _coordinator()), text="AVIS-D-UN-AUTRE")
    expert = ask_expert(dossier)
    opened(expert).post(
        page_of(expert), {"position": "none", "text": "AVIS-EXPERT", "version": 0, "give": 1}
    )
    client = signed_in(own.person)
    for state in (ReviewState.UNDER_REVIEW, ReviewState.EVALUATED, ReviewState.PROPOSED):
        Application.objects.update(review_state=state)
        page = text_of(client.get(tab(dossier)))
        assert "AVIS-À-MOI" in page
        assert "AVIS-D-UN-AUTRE" not in page
        assert "AVIS-EXPERT" not in page
        assert "reçu" not in page.split("c-tabs")[1].split("o-opinion")[0]  # no count either
    Application.objects.update(review_state=ReviewState.AWARDED, notified_at=timezone.now())
    page = text_of(client.get(tab(dossier)))
    assert "AVIS-D-UN-AUTRE" in page
    assert "AVIS-EXPERT" in page


def _coordinator():
    """A coordinator of a territory of their own, on a dossier of the whole département."""
    return person_with_role(Role.COORDINATOR, territory=TerritoryFactory())


def test_the_applicant_never_sees_anything_of_opinions():
    dossier = a_dossier()
    member = member_of(dossier.organisation)
    asked = ask_coordinator(dossier)
    give(asked, text="AVIS-SECRET")
    expert = ask_expert(dossier)
    revoke_opinion(request_id=expert.pk, reason="RAISON-SECRETE", by=dossier.officer, at=NOW)
    client = signed_in(member)
    for slug in ("", "suivi/", "historique/", "echanges/", "pieces/"):
        page = client.get(f"/dossiers/{dossier.reference}/{slug}")
        for secret in ("AVIS-SECRET", "RAISON-SECRETE", "Avis demandé", "Avis rendu"):
            assert secret not in text_of(page), (slug, secret)
    assert client.get(tab(dossier)).status_code == 404
    assert client.get(mine(dossier)).status_code == 404
    assert not OutboxMessage.objects.filter(to=member.email, kind__startswith="opinion").exists()


def test_a_redaction_finds_the_words_of_opinions():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    OpinionRequest.objects.filter(pk=asked.pk).update(question="Le petit Zébulon Martin ?")
    give(asked, text="Zébulon Martin ira mieux.")
    places = {trace.place for trace in traces_in_rows(dossier, words_to_mask("Zébulon Martin"))}
    assert "Avis, motivation" in places
    assert "Demande d’avis, ce qui est demandé" in places


# --- The coordinator ------------------------------------------------------------------------------
def test_a_coordinator_answers_from_their_list():
    dossier = a_dossier(title="Ateliers du soir")
    asked = ask_coordinator(dossier)
    client = signed_in(asked.person)
    listed = text_of(client.get("/coordination/avis/"))
    assert mine(dossier) in listed
    page = text_of(client.get(mine(dossier)))
    assert QUESTION in page
    assert "Ateliers du soir" in page
    saved = client.post(
        mine(dossier), {"position": "", "text": "Commencé", "version": 0}, follow=True
    )
    assert "pas encore rendu" in text_of(saved)
    lacks = client.post(
        mine(dossier),
        {"position": "unfavourable", "text": "", "version": 1, "give": 1},
        follow=True,
    )
    assert lacks.status_code == 422
    assert "Motivez" in text_of(lacks)
    done = client.post(
        mine(dossier),
        {"position": "reserve", "text": "Revu", "version": 2, "has_supported": "on", "give": 1},
        follow=True,
    )
    assert "Votre avis est rendu" in text_of(done)
    assert "Favorable avec réserve" in text_of(done)
    assert "Rouvrir mon avis" in text_of(done)
    assert Opinion.objects.get().has_supported
    reopened = client.post(f"{mine(dossier)}rouvrir/", {"demande": asked.pk}, follow=True)
    assert "est rouvert" in text_of(reopened)
    assert "Revu" in text_of(reopened)


def test_a_coordinator_of_elsewhere_reads_what_they_are_asked_about():
    near, far = TerritoryFactory(), TerritoryFactory()
    dossier = a_dossier(whole_department=False)
    dossier.places.create(commune=CommuneFactory(territory=near), territories=[near.number])
    asked = ask_coordinator(dossier, person_with_role(Role.COORDINATOR, territory=far))
    client = signed_in(asked.person)
    page = client.get(mine(dossier))
    assert page.status_code == 200
    assert "Dossier complet" not in text_of(page)  # which they may not open
    assert client.get(f"/instruction/{dossier.reference}/").status_code == 404


def test_a_replacement_finds_the_requests_of_their_territory():
    territory = TerritoryFactory()
    dossier = a_dossier()
    asked = ask_coordinator(dossier, person_with_role(Role.COORDINATOR, territory=territory))
    newcomer = person_with_role(Role.COORDINATOR, territory=territory)
    client = signed_in(newcomer)
    assert "Demandés à la coordination de votre territoire" in text_of(
        client.get("/coordination/avis/")
    )
    data = {"demande": asked.pk, "position": "favourable", "text": "", "version": 0, "give": 1}
    assert client.post(mine(dossier), data).status_code == 302
    page = text_of(signed_in(dossier.officer).get(tab(dossier)))
    assert f"rendu par {newcomer}" in page


def test_nobody_else_answers():
    dossier = a_dossier()
    asked = ask_coordinator(dossier, _coordinator())
    others = [
        _coordinator(),
        dossier.officer,
        person_with_role(Role.UNIT_HEAD),
        person_with_role(Role.ADMINISTRATOR),
        member_of(dossier.organisation),
    ]
    data = {"demande": asked.pk, "position": "favourable", "version": 0, "give": 1}
    for person in others:
        client = signed_in(person)
        assert client.get(f"{mine(dossier)}?demande={asked.pk}").status_code == 404
        assert client.post(mine(dossier), data).status_code == 404
        assert client.post(f"{mine(dossier)}rouvrir/", data).status_code == 404
    for wrong in ("0", "abc", "9" * 30, "-1", "²"):
        answer = signed_in(asked.person).get(mine(dossier), {"demande": wrong})
        assert answer.status_code in {200, 404}
    assert not Opinion.objects.exists()


def test_a_request_taken_back_while_typing_gives_the_text_back():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    client = signed_in(asked.person)
    client.post(mine(dossier), {"position": "", "text": "Commencé", "version": 0})
    revoke_opinion(request_id=asked.pk, reason="Erreur", by=dossier.officer, at=NOW)
    data = {"demande": asked.pk, "position": "", "text": "Tapé ensuite", "version": 1}
    late = client.post(mine(dossier), data)
    assert late.status_code == 409
    assert "a annulé cette demande" in text_of(late)
    assert "Tapé ensuite" in text_of(late)
    page = text_of(client.get(mine(dossier)))
    assert "n’est plus attendu" in page
    assert "Commencé" in page


def test_the_recused_coordinator_is_refused():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    declare_conflict(person=asked.person, application=dossier, reason="Proche", at=NOW)
    client = signed_in(asked.person)
    assert client.get(mine(dossier)).status_code == 403
    assert client.post(mine(dossier), {"give": 1}).status_code == 403
    assert asked.application.reference not in text_of(client.get("/coordination/avis/"))


# --- Cost -----------------------------------------------------------------------------------------
def test_the_list_costs_the_same_with_one_and_fifty():
    person = person_with_role(Role.COORDINATOR)
    client = signed_in(person)
    assert_same_queries(
        lambda: client.get("/coordination/avis/"),
        few=lambda: ask_coordinator(a_dossier(), person),
        many=lambda: [ask_coordinator(a_dossier(), person) for _ in range(49)],
        row="<tr data-row",
    )


def test_the_given_ones_cost_the_same_with_one_and_fifty():
    person = person_with_role(Role.COORDINATOR)
    client = signed_in(person)
    assert_same_queries(
        lambda: client.get("/coordination/avis/"),
        few=lambda: give(ask_coordinator(a_dossier(), person)),
        many=lambda: [give(ask_coordinator(a_dossier(), person)) for _ in range(49)],
        row="<tr data-row",
    )


def test_the_tab_costs_the_same_with_one_and_many():
    dossier = a_dossier()
    client = signed_in(dossier.officer)
    counts = []
    for number in (1, 9):
        for _ in range(number):
            give(ask_coordinator(dossier))
            ask_coordinator(dossier)
        client.get(tab(dossier))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(tab(dossier)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20, counts


def test_an_expert_page_is_cheap():
    asked = ask_expert(a_dossier())
    browser = opened(asked)
    browser.get(page_of(asked))
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(page_of(asked)).status_code == 200
    assert len(queries) <= 20, len(queries)


def test_the_mails_are_told_in_the_help():
    page = text_of(Client().get(reverse("applications:mail_help")))
    assert "Votre avis est demandé" in page
    assert "3\u00a0jours avant la date limite" in page
    assert "30\u00a0jours" in page


def test_a_request_hangs_on_no_role_once_made():
    """Whoever loses the role keeps nothing open."""
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    RoleAssignment.objects.filter(user=asked.person).update(ends_on=in_days(-1))
    assert signed_in(asked.person).get(mine(dossier)).status_code == 404
    assert OpinionRequest.objects.get().state == OpinionState.ASKED


# --- What is read while writing -------------------------------------------------------------------
def deposited_again(dossier) -> Deposit:
    number = dossier.deposits.count() + 1
    return Deposit.objects.create(
        application=dossier,
        number=number,
        payload=b"{}",
        sha256=f"{number}" * 64,
        filed_at=NOW,
        filed_by=dossier.created_by,
    )


def deposit_in(response) -> int:
    return int(re.search(r'name="deposit"\s+value="(\d+)"', text_of(response))[1])


def test_a_draft_bears_on_the_deposit_it_was_begun_on():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    first = dossier.deposits.get()
    write(asked, position="favourable", text="Lu")
    deposited_again(dossier)
    assert write(asked, position="favourable", text="Lu.").deposit == first


def test_a_draft_begun_on_a_page_opened_before_bears_on_what_it_showed():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    first = dossier.deposits.get()
    deposited_again(dossier)
    client = signed_in(asked.person)
    client.post(mine(dossier), {"position": "", "text": "Lu", "version": 0, "deposit": first.pk})
    assert Opinion.objects.get().deposit == first


@pytest.mark.parametrize("posts_deposit", [False, True])
def test_an_opinion_is_not_given_on_a_deposit_that_was_not_read(posts_deposit):
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    client = signed_in(asked.person)
    first = dossier.deposits.get()
    assert deposit_in(client.get(mine(dossier))) == first.pk
    write(asked, position="favourable", text="Lu")
    last = deposited_again(dossier)
    typed = {"position": "favourable", "text": "Lu en entier", "version": 1, "give": 1}
    late = client.post(mine(dossier), typed | ({"deposit": first.pk} if posts_deposit else {}))
    assert late.status_code == 409
    page = text_of(late)
    assert "Le dossier a été déposé de nouveau" in page
    assert "Lu en entier" in page
    assert deposit_in(late) == last.pk
    asked.refresh_from_db()
    assert asked.state == OpinionState.ASKED
    assert "Vous avez commencé sur le dépôt 1" in text_of(client.get(mine(dossier)))
    read = typed | {"version": 2, "deposit": last.pk}
    assert client.post(mine(dossier), read).status_code == 302
    opinion = Opinion.objects.get()
    assert (opinion.deposit, opinion.given_at is not None) == (last, True)


def test_an_expert_is_asked_to_look_again_too():
    dossier = a_dossier()
    asked = ask_expert(dossier)
    browser = opened(asked)
    first = dossier.deposits.get()
    deposited_again(dossier)
    typed = {"position": "favourable", "text": "Lu", "version": 0, "give": 1}
    late = browser.post(page_of(asked), typed | {"deposit": first.pk})
    assert late.status_code == 409
    assert "Votre avis n’est pas rendu" in text_of(late)


@pytest.mark.parametrize("end", ["revoked", "decided"])
def test_who_may_not_open_a_dossier_stops_reading_it_with_their_opinion(end):
    far = TerritoryFactory()
    dossier = a_dossier(whole_department=False, description="TEXTE-DU-PROJET")
    asked = ask_coordinator(dossier, person_with_role(Role.COORDINATOR, territory=far))
    client = signed_in(asked.person)
    assert "TEXTE-DU-PROJET" in text_of(client.get(mine(dossier)))
    if end == "revoked":
        revoke_opinion(request_id=asked.pk, reason="Erreur", by=dossier.officer, at=NOW)
    else:
        give(asked)
        assert "TEXTE-DU-PROJET" in text_of(client.get(mine(dossier)))
        Application.objects.filter(pk=dossier.pk).update(review_state=ReviewState.REJECTED)
    page = client.get(mine(dossier))
    assert page.status_code == 200
    assert "TEXTE-DU-PROJET" not in text_of(page)


def test_who_may_open_a_dossier_goes_on_reading_it_there():
    dossier = a_dossier(whole_department=True, description="TEXTE-DU-PROJET")
    asked = ask_coordinator(dossier)
    Application.objects.filter(pk=dossier.pk).update(review_state=ReviewState.REJECTED)
    assert "TEXTE-DU-PROJET" in text_of(signed_in(asked.person).get(mine(dossier)))
