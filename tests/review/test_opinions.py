"""Opinions at the desk: who is asked, what is refused, reminders, counts."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from accounts.models import RoleAssignment
from config.dates import end_of_day, morning_of
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from foundation.notifications.reminders import due_candidates, queue_due
from grants.applications.enums import ReviewState
from grants.applications.events import verify_chain
from grants.applications.labels import event_label
from grants.applications.models import Application, Deposit
from grants.review.models import Opinion, OpinionRequest, OpinionState
from grants.review.opinion_links import issue_link
from grants.review.opinion_tasks import late_opinions, opinions_to_give
from grants.review.querysets import with_opinion_counts
from grants.review.services.assignment import declare_conflict
from grants.review.services.opinion_answers import (
    MAX_TEXT,
    IncompleteOpinionError,
    OpinionInput,
    give_opinion,
    reopen_opinion,
    save_opinion,
)
from grants.review.services.opinions import (
    ExpertInput,
    extend_opinion,
    remind_opinion,
    revoke_opinion,
)
from partners.models import Representative
from territories.loading import load_parameters
from tests.factories import TerritoryFactory, UserFactory, member_of, person_with_role
from tests.review.opinions import (
    EXPERT,
    QUESTION,
    a_dossier,
    ask_coordinator,
    ask_expert,
    give,
    in_days,
    link_in,
    link_of,
    write,
)


pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


def set_state(dossier, state):
    Application.objects.filter(pk=dossier.pk).update(review_state=state)


def reminded(at) -> int:
    """Let the reminders of an instant leave; return how many were about opinions."""
    before = OutboxMessage.objects.filter(kind="opinion_due").count()
    queue_due(at=at)
    return OutboxMessage.objects.filter(kind="opinion_due").count() - before


def refused(code: str, call, *args, **kwargs) -> Refusal:
    with pytest.raises(Refusal) as caught, transaction.atomic():
        call(*args, **kwargs)
    assert caught.value.code == code, caught.value.sentence
    return caught.value


# --- Asking ---------------------------------------------------------------------------------------
def test_a_coordinator_is_asked_in_the_history_and_by_mail():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    assert asked.state == OpinionState.ASKED
    event = dossier.events.get(kind="opinion_asked")
    assert (event.actor, event.comment) == (dossier.officer, str(asked.person))
    assert event.data == {"request": asked.pk}
    assert not event.visible_to_applicant
    assert event_label(event.kind) == "Avis demandé"
    mail = OutboxMessage.objects.get(kind="opinion_asked")
    assert mail.to == asked.person.email
    assert mail.related == dossier
    assert f"/instruction/{dossier.reference}/mon-avis/" in mail.text
    assert QUESTION in mail.text
    assert verify_chain(dossier) == []


def test_an_expert_is_asked_by_a_link_of_which_only_the_digest_is_kept():
    dossier = a_dossier()
    asked = ask_expert(dossier)
    mail = OutboxMessage.objects.get(kind="opinion_asked")
    assert mail.to == EXPERT.email
    secret = mail.text.split("/avis/")[1].split("/")[0]
    assert len(secret) == 43  # 256 bits in base64
    assert len(asked.token_digest) == 64
    kept = [str(value) for value in OpinionRequest.objects.values_list().get()]
    assert secret not in " ".join(kept)
    for words in (dossier.title, dossier.reference, str(dossier.organisation), QUESTION):
        assert words not in mail.text + mail.subject


def test_two_requests_never_share_a_link():
    dossier = a_dossier()
    digests = {
        ask_expert(dossier, ExpertInput("Expert", f"e{number}@x.example"), at=NOW).token_digest
        for number in range(5)
    }
    assert len(digests) == 5


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ReviewState.EVALUATED, "son instruction est close"),
        (ReviewState.PROPOSED, "on n’y demande plus d’avis"),
        (ReviewState.AWARDED, "on n’y demande plus d’avis"),
        (ReviewState.REJECTED, "on n’y demande plus d’avis"),
        (ReviewState.WITHDRAWN, "on n’y demande plus d’avis"),
    ],
)
def test_an_opinion_is_not_asked_once_the_instruction_is_concluded(state, words):
    dossier = a_dossier()
    set_state(dossier, state)
    refusal = refused("wrong_state", ask_coordinator, dossier)
    assert refusal.status == 409
    assert words in refusal.sentence
    assert not OpinionRequest.objects.exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("state", [ReviewState.SUBMITTED, ReviewState.CORRECTION_REQUESTED])
def test_an_opinion_is_asked_before_the_assignment_and_while_pieces_are_awaited(state):
    dossier = a_dossier()
    set_state(dossier, state)
    assert ask_coordinator(dossier).state == OpinionState.ASKED


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR, Role.READER])
def test_only_the_desk_asks(role):
    dossier = a_dossier()
    assert refused("not_allowed", ask_expert, dossier, by=person_with_role(role)).status == 403


def test_who_is_asked_twice_is_said():
    dossier = a_dossier()
    person = person_with_role(Role.COORDINATOR)
    ask_coordinator(dossier, person)
    assert refused("already_asked", ask_coordinator, dossier, person).status == 409
    ask_expert(dossier)
    again = ExpertInput("Autre nom", EXPERT.email.upper())
    refused("already_asked", ask_expert, dossier, again)
    assert OpinionRequest.objects.count() == 2


def test_the_database_holds_one_open_request_a_person():
    asked = ask_coordinator(a_dossier())
    asked.pk = None
    with pytest.raises(IntegrityError, match="one_open_a_person"), transaction.atomic():
        asked.save()


@pytest.mark.parametrize("days", [0, -3, 121, 9000])
def test_the_date_is_after_today_and_not_too_far(days):
    dossier = a_dossier()
    code = "too_soon" if days <= 0 else "too_late"
    refused(code, ask_coordinator, dossier, days=days)


def test_a_coordinator_holds_the_role_today():
    dossier = a_dossier()
    refused("not_coordinator", ask_coordinator, dossier, person_with_role(Role.CASE_OFFICER))
    former = person_with_role(Role.COORDINATOR, ends_on=in_days(-1))
    refused("not_coordinator", ask_coordinator, dossier, former)


def test_neither_the_recused_nor_a_member_of_the_body_is_asked():
    dossier = a_dossier()
    recused = person_with_role(Role.COORDINATOR)
    declare_conflict(person=recused, application=dossier, reason="Proche", at=NOW)
    refused("person_recused", ask_coordinator, dossier, recused)
    member = member_of(dossier.organisation)
    RoleAssignment.objects.create(user=member, role=Role.COORDINATOR, starts_on=in_days(-9))
    refused("of_the_body", ask_coordinator, dossier, member)


@pytest.mark.parametrize(
    "written", ["{0}", "{1}", "membre+avis@corps.example", " {0} ", "contact@corps.example"]
)
def test_an_expert_is_nobody_of_the_body(written):
    dossier = a_dossier(contact_email="Contact@corps.example")
    member = member_of(dossier.organisation, user=UserFactory(email="membre@corps.example"))
    email = written.format(member.email, member.email.upper())
    refused("of_the_body", ask_expert, dossier, ExpertInput("Ami", email))
    assert not OpinionRequest.objects.exists()


def test_an_expert_is_no_representative_nor_the_address_of_the_body():
    dossier = a_dossier()
    Representative.objects.create(
        organisation=dossier.organisation, role="legal", name="Roy", email="roy@corps.example"
    )
    refused("of_the_body", ask_expert, dossier, ExpertInput("Roy", "ROY@corps.example"))
    body = dossier.organisation
    body.email = "mairie@corps.example"
    body.save()
    refused("of_the_body", ask_expert, dossier, ExpertInput("M", "mairie@corps.example"))


def test_a_recused_colleague_is_not_asked_as_an_expert():
    dossier = a_dossier()
    officer = person_with_role(Role.CASE_OFFICER)
    declare_conflict(person=officer, application=dossier, reason="Proche", at=NOW)
    refused("of_the_office", ask_expert, dossier, ExpertInput("Moi", officer.email))


@pytest.mark.parametrize(
    "name", ["Jean\r\nBcc: x@y.example", "Jean\nSubject: Gagné", "Jean\u202e\u2066cod.exe"]
)
def test_a_name_holds_on_one_line_and_adds_no_header(name):
    dossier = a_dossier()
    asked = ask_expert(dossier, ExpertInput(name, "j@x.example", name))
    for value in (asked.expert_name, asked.expert_function):
        assert not set(value) & set("\r\n\u202e\u2066")
    mail = OutboxMessage.objects.get(kind="opinion_asked")
    assert "\n" not in mail.subject
    assert mail.to == "j@x.example"


@pytest.mark.parametrize("email", ["", "a@b", "a@x.example\nBcc: b@x.example", "a b@x.example"])
def test_an_address_that_is_none_is_refused(email):
    refused("not_an_address", ask_expert, a_dossier(), ExpertInput("Jean", email))
    assert not OutboxMessage.objects.exists()


# --- Following ------------------------------------------------------------------------------------
def test_one_reminds_once_a_day_at_most():
    dossier = a_dossier()
    asked = ask_coordinator(dossier, at=NOW - timedelta(days=2))
    remind_opinion(request_id=asked.pk, by=dossier.officer, at=NOW)
    refusal = refused("reminded", remind_opinion, request_id=asked.pk, by=dossier.officer, at=NOW)
    assert refusal.status == 409
    remind_opinion(request_id=asked.pk, by=dossier.officer, at=NOW + timedelta(days=1))
    assert OutboxMessage.objects.filter(kind="opinion_due").count() == 2


def test_one_does_not_remind_the_day_one_asks():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    refused("reminded", remind_opinion, request_id=asked.pk, by=dossier.officer, at=NOW)


def test_more_time_is_later_and_told():
    dossier = a_dossier()
    asked = ask_coordinator(dossier, days=9)
    common = {"request_id": asked.pk, "by": dossier.officer, "at": NOW}
    refused("not_later", extend_opinion, due_on=in_days(9), **common)
    refused("too_late", extend_opinion, due_on=in_days(400), **common)
    assert extend_opinion(due_on=in_days(20), **common).due_on == in_days(20)
    assert OutboxMessage.objects.filter(kind="opinion_extended", to=asked.person.email).exists()


def test_taking_back_says_why_in_the_history_and_stops_everything():
    dossier = a_dossier()
    asked = ask_coordinator(dossier, days=3)
    common = {"request_id": asked.pk, "by": dossier.officer, "at": NOW}
    refused("reason_missing", revoke_opinion, reason="  ", **common)
    revoke_opinion(reason="Demandé par erreur", **common)
    assert "Demandé par erreur" in dossier.events.get(kind="opinion_revoked").comment
    assert OutboxMessage.objects.filter(kind="opinion_revoked").exists()
    assert "erreur" not in OutboxMessage.objects.get(kind="opinion_revoked").text
    assert reminded(morning_of(in_days(3))) == 0
    for call, more in (
        (revoke_opinion, {"reason": "Encore"}),
        (extend_opinion, {"due_on": in_days(30)}),
        (remind_opinion, {}),
    ):
        assert refused("not_awaited", call, **common, **more).status == 409
    refused("revoked", write, asked, text="Trop tard")


def test_what_was_given_is_not_taken_back():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    give(asked)
    refusal = refused(
        "not_awaited", revoke_opinion, request_id=asked.pk, reason="x", by=dossier.officer, at=NOW
    )
    assert "vient de rendre son avis" in refusal.sentence


# --- Reminders ------------------------------------------------------------------------------------
def test_reminders_leave_three_days_before_and_on_the_day():
    asked = ask_coordinator(a_dossier(), days=9)
    assert reminded(morning_of(in_days(5))) == 0
    assert reminded(morning_of(in_days(6))) == 1
    assert reminded(morning_of(in_days(7))) == 0
    assert reminded(morning_of(in_days(9))) == 1
    assert reminded(morning_of(in_days(9)) + timedelta(hours=5)) == 0
    assert reminded(morning_of(in_days(10))) == 0
    first, last = OutboxMessage.objects.filter(kind="opinion_due").order_by("created_at", "pk")
    assert {first.to, last.to} == {asked.person.email}
    assert first.subject.startswith("Rappel")
    assert last.subject.startswith("Dernier jour")
    assert f"/instruction/{asked.application.reference}/mon-avis/" in last.text


def test_an_expert_is_reminded_with_a_link_that_works(client):
    asked = ask_expert(a_dossier(), days=9)
    queue_due(at=morning_of(in_days(6)))
    mail = OutboxMessage.objects.get(kind="opinion_due")
    path = "/avis/" + mail.text.split("/avis/")[1].split()[0]
    assert client.post(path).status_code == 302
    asked.refresh_from_db()
    assert asked.token_used_at is not None


def test_a_reminder_renews_the_link_that_was_used(client):
    asked = ask_expert(a_dossier(), days=9)
    assert client.post(link_of(asked)).status_code == 302  # used: it opens nothing any more
    at = morning_of(in_days(6))
    former = OpinionRequest.objects.get(pk=asked.pk).token_digest
    due_candidates(at)  # a dry run changes nothing
    assert OpinionRequest.objects.get(pk=asked.pk).token_digest == former
    assert reminded(at) == 1
    mail = OutboxMessage.objects.get(kind="opinion_due")
    assert Client().post(link_in(mail)).status_code == 302
    assert reminded(at) == 0
    assert OpinionRequest.objects.get(pk=asked.pk).token_used_at is not None  # not renewed again


def test_the_link_of_an_expert_lasts_until_the_day_it_is_due():
    near, far = ask_expert(a_dossier(), days=9), ask_expert(a_dossier(), days=100)
    assert near.token_expires_at >= NOW + timedelta(days=30)
    assert far.token_expires_at == end_of_day(in_days(100))


def test_more_time_is_more_time_for_the_link(client):
    dossier = a_dossier()
    asked = ask_expert(dossier, days=9)
    former = asked.token_digest
    extend_opinion(request_id=asked.pk, due_on=in_days(60), by=dossier.officer, at=timezone.now())
    asked.refresh_from_db()
    assert asked.token_expires_at == end_of_day(in_days(60))
    assert asked.token_digest != former
    assert client.post(link_of(asked)).status_code == 302


def test_a_link_given_again_is_another_link():
    """The secret hangs on the instant it ends: never the same instant twice."""
    asked = ask_expert(a_dossier(), days=100)
    digests = [asked.token_digest]
    for _ in range(3):
        issue_link(asked, at=NOW)
        digests.append(asked.token_digest)
    assert len(set(digests)) == 4


@pytest.mark.parametrize("end", ["given", "evaluated", "withdrawn", "reminded"])
def test_reminders_stop_by_themselves(end):
    dossier = a_dossier()
    asked = ask_coordinator(dossier, days=9)
    if end == "given":
        give(asked)
        OutboxMessage.objects.all().delete()
    elif end == "reminded":
        remind_opinion(request_id=asked.pk, by=dossier.officer, at=morning_of(in_days(6)))
    else:
        set_state(dossier, end)
    assert reminded(morning_of(in_days(6)) + timedelta(hours=1)) == 0


def test_more_time_is_reminded_of_anew():
    dossier = a_dossier()
    asked = ask_coordinator(dossier, days=9)
    assert reminded(morning_of(in_days(6))) == 1
    extend_opinion(
        request_id=asked.pk, due_on=in_days(20), by=dossier.officer, at=morning_of(in_days(7))
    )
    assert reminded(morning_of(in_days(9))) == 0
    assert reminded(morning_of(in_days(17))) == 1


# --- Answering ------------------------------------------------------------------------------------
def test_a_reserve_and_an_unfavourable_opinion_say_why():
    asked = ask_coordinator(a_dossier())
    for position, text, lacks in (
        ("", "Du texte", "position"),
        ("reserve", "  ", "text"),
        ("unfavourable", "", "text"),
        ("favourable", "x" * (MAX_TEXT + 1), "text"),
    ):
        write(asked, position=position, text=text)
        with pytest.raises(IncompleteOpinionError) as caught, transaction.atomic():
            give_opinion(request_id=asked.pk, by=asked.person, at=NOW)
        assert set(caught.value.lacking) == {lacks}
        assert Opinion.objects.get().text == text.strip()  # the draft is kept
    for position in ("favourable", "none"):
        write(asked, position=position, text="")
        with transaction.atomic():
            give_opinion(request_id=asked.pk, by=asked.person, at=NOW)
            transaction.set_rollback(True)


def test_twenty_thousand_characters_are_given_whole():
    asked = ask_coordinator(a_dossier())
    opinion = give(asked, text="é" * MAX_TEXT)
    opinion.refresh_from_db()
    assert len(opinion.text) == MAX_TEXT


def test_a_given_opinion_is_logged_and_receipted_once():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    give(asked)
    asked.refresh_from_db()
    assert asked.state == OpinionState.GIVEN
    event = dossier.events.get(kind="opinion_given")
    assert (event.actor, event.visible_to_applicant) == (asked.person, False)
    assert OutboxMessage.objects.get(kind="opinion_received").to == asked.person.email
    assert refused("already_given", give, asked).status == 409
    assert verify_chain(dossier) == []


def test_two_tabs_never_overwrite_each_other():
    asked = ask_coordinator(a_dossier())
    common = {"request_id": asked.pk, "by": asked.person, "at": NOW}
    save_opinion(given=OpinionInput(text="Un"), version=0, **common)
    refusal = refused("stale", save_opinion, given=OpinionInput(text="Deux"), version=0, **common)
    assert refusal.status == 409
    assert Opinion.objects.get().text == "Un"
    save_opinion(given=OpinionInput(text="Deux"), version=1, **common)


def test_one_reopens_until_the_instruction_is_concluded():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    give(asked)
    reopen_opinion(request_id=asked.pk, by=asked.person, at=NOW)
    asked.refresh_from_db()
    assert asked.state == OpinionState.ASKED
    assert asked.opinion.given_at is None
    give(asked, text="Revu")
    set_state(dossier, ReviewState.EVALUATED)
    refused("concluded", reopen_opinion, request_id=asked.pk, by=asked.person, at=NOW)
    assert [e.kind for e in dossier.events.order_by("position")][-3:] == [
        "opinion_given",
        "opinion_reopened",
        "opinion_given",
    ]


def test_nobody_writes_once_the_instruction_is_concluded():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    write(asked, text="Commencé")
    set_state(dossier, ReviewState.EVALUATED)
    refused("concluded", write, asked, text="Trop tard")
    refused("concluded", give_opinion, request_id=asked.pk, by=asked.person, at=NOW)
    assert Opinion.objects.get().text == "Commencé"


def test_the_replacement_of_the_same_territory_answers():
    dossier = a_dossier()
    territory = TerritoryFactory()
    asked_person = person_with_role(Role.COORDINATOR, territory=territory)
    asked = ask_coordinator(dossier, asked_person)
    other = person_with_role(Role.COORDINATOR, territory=TerritoryFactory())
    refused("not_asked", write, asked, other, text="Pas moi")
    refused("not_asked", write, asked, dossier.officer, text="Pas moi")
    newcomer = person_with_role(Role.COORDINATOR, territory=territory)
    today = timezone.localdate()
    assert asked not in opinions_to_give(newcomer, today)  # their colleague is still there
    RoleAssignment.objects.filter(user=asked_person).update(ends_on=in_days(-1))
    assert asked in opinions_to_give(newcomer, today)
    assert asked not in opinions_to_give(other, today)
    give(asked, newcomer)
    assert dossier.events.get(kind="opinion_given").actor == newcomer
    assert OutboxMessage.objects.get(kind="opinion_received").to == newcomer.email


def test_who_stands_aside_does_not_answer():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    declare_conflict(
        person=asked.person, organisation=dossier.organisation, reason="Proche", at=NOW
    )
    refused("not_asked", write, asked, text="Moi quand même")
    assert asked not in opinions_to_give(asked.person, timezone.localdate())


def test_a_new_deposit_marks_what_was_given_before():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    opinion = give(asked)
    assert opinion.deposit == dossier.deposits.get()
    last = Deposit.objects.create(
        application=dossier,
        number=2,
        payload=b"{}",
        sha256="0" * 64,
        filed_at=NOW,
        filed_by=dossier.created_by,
    )
    reopen_opinion(request_id=asked.pk, by=asked.person, at=NOW)
    assert refused("changed", give, asked).status == 409
    common = {"request_id": asked.pk, "by": asked.person, "at": NOW}
    refused("changed", give_opinion, deposit_id=opinion.deposit_id, **common)
    assert give_opinion(deposit_id=last.pk, **common).deposit == last


# --- Lists ----------------------------------------------------------------------------------------
def test_the_count_leaves_out_what_was_taken_back():
    dossier, empty = a_dossier(), a_dossier()
    give(ask_coordinator(dossier))
    ask_expert(dossier)
    revoked = ask_coordinator(dossier)
    revoke_opinion(request_id=revoked.pk, reason="Erreur", by=dossier.officer, at=NOW)
    counts = with_opinion_counts(Application.objects.all()).in_bulk()
    found = counts[dossier.pk]
    assert (found.opinions_given, found.opinions_asked) == (1, 2)
    assert (counts[empty.pk].opinions_given, counts[empty.pk].opinions_asked) == (0, 0)


def test_what_waits_is_told_to_the_coordinator_and_what_is_late_to_the_officer():
    dossier = a_dossier()
    asked = ask_coordinator(dossier, days=9)
    today, later = timezone.localdate(), in_days(10)
    assert [one.due_on for one in opinions_to_give(asked.person, today)] == [in_days(9)]
    assert list(late_opinions(dossier.officer, in_days(9))) == []
    assert list(late_opinions(dossier.officer, later)) == [asked]
    assert list(late_opinions(person_with_role(Role.CASE_OFFICER), later)) == []
    give(asked)
    assert list(opinions_to_give(asked.person, today)) == []
    assert list(late_opinions(dossier.officer, later)) == []


def test_an_opinion_shows_all_it_holds():
    asked = ask_coordinator(a_dossier())
    opinion = write(asked, position="reserve", text="Non\u202e pas\x07 encore.\nMais bientôt.")
    assert opinion.text == "Non pas encore.\nMais bientôt."
