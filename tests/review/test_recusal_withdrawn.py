"""A recusal that ends: who may end it, what comes back at once, what never does by itself."""

import runpy
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.applications.services.moves import refuse_recused
from grants.decisions.forms import ready_for_vote
from grants.review.batches.assigning import preflight as assign_preflight
from grants.review.batches.opinions import _Coordinations
from grants.review.batches.selection import batch_rows
from grants.review.models import ConflictOfInterest, InternalNote, OpinionState, Review, Visit
from grants.review.opinion_scope import answerable_by, readable_requests
from grants.review.opinion_tasks import awaited
from grants.review.permissions import (
    counted_reviews,
    is_in_charge,
    is_recused,
    recused_from,
    scores_hidden_from,
    standing_of,
)
from grants.review.querysets import instructed_by
from grants.review.scores import scores_of
from grants.review.services.assignment import assign_officer, assign_reader, declare_conflict
from grants.review.services.closing import write_note
from grants.review.services.recusals import withdraw_conflict
from grants.review.services.replacements import declare_replacement
from grants.review.services.rules import propose_officers, save_rule
from grants.review.services.scoring import finalise_review
from grants.review.services.visits import record_visit
from grants.review.third_reading import ThirdReaderForm
from partners.services.merging import merge_organisations
from territories.loading import load_parameters
from tests.factories import FiledApplicationFactory, OrganisationFactory, person_with_role
from tests.review.opinions import ask_coordinator
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate()
SCRIPT = runpy.run_path(str(project.BASE_DIR / "scripts/recompute_scores.py"))
BOTH = pytest.mark.parametrize("whole_body", [False, True])


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


@pytest.fixture
def dossier(officer, head):
    return under_review(officer, head)


def aside(person, dossier, *, whole_body=False, at=NOW) -> ConflictOfInterest:
    target = {"organisation": dossier.organisation} if whole_body else {"application": dossier}
    return declare_conflict(person=person, reason="Un proche", at=at, **target)


def withdraw(conflict, dossier, by, reason="Déclaré par erreur", at=None) -> ConflictOfInterest:
    return withdraw_conflict(
        application_id=dossier.pk,
        conflict_id=conflict.pk,
        reason=reason,
        by=by,
        at=at or timezone.now(),
    )


def recomputed(dossier) -> int:
    with connection.cursor() as cursor:
        assert SCRIPT["differences"](cursor) == []
        return SCRIPT["recompute"](cursor).get(dossier.pk, {"finals": 0})["finals"]


def refused(conflict, dossier, by, **kwargs) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        withdraw(conflict, dossier, by, **kwargs)
    return refusal.value


# --- Who may --------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.UNIT_HEAD, Role.ADMINISTRATOR])
def test_the_head_or_an_administrator_ends_it_and_the_history_keeps_both(officer, dossier, role):
    conflict = aside(officer, dossier)
    by = person_with_role(role)
    withdraw(conflict, dossier, by)
    conflict.refresh_from_db()
    assert (conflict.withdrawn_by, conflict.withdrawal_reason) == (by, "Déclaré par erreur")
    declared, withdrawn = dossier.events.filter(kind__startswith="conflict_")
    assert (declared.kind, declared.actor) == ("conflict_declared", officer)
    assert (withdrawn.kind, withdrawn.actor, withdrawn.comment) == (
        "conflict_withdrawn",
        by,
        "Déclaré par erreur",
    )
    dossier.refresh_from_db()
    assert verify_chain(dossier) == []


@pytest.mark.parametrize("role", [Role.CASE_OFFICER, Role.COORDINATOR])
def test_nobody_else_ends_it(officer, dossier, role):
    found = refused(aside(officer, dossier), dossier, person_with_role(role))
    assert (found.code, found.status) == ("not_allowed", 403)


@pytest.mark.parametrize("role", [Role.UNIT_HEAD, Role.ADMINISTRATOR])
def test_nobody_ends_their_own(dossier, role):
    person = person_with_role(role)
    conflict = aside(person, dossier)
    assert refused(conflict, dossier, person).code == "own"
    assert is_recused(person, dossier)


@BOTH
def test_who_stands_aside_too_ends_nobody_s(officer, dossier, whole_body):
    conflict, other = aside(officer, dossier, whole_body=whole_body), person_with_role("unit_head")
    aside(other, dossier)
    assert refused(conflict, dossier, other).code == "recused"


def test_who_stands_aside_from_another_dossier_of_the_body_does_not_end_it_there(officer, dossier):
    sibling = FiledApplicationFactory(organisation=dossier.organisation)
    conflict, other = aside(officer, dossier, whole_body=True), person_with_role("unit_head")
    aside(other, sibling)
    assert refused(conflict, dossier, other).code == "recused"


def test_a_reason_is_compulsory(officer, head, dossier):
    assert refused(aside(officer, dossier), dossier, head, reason=" \u00a0").code == "reason_needed"
    assert is_recused(officer, dossier)


def test_it_ends_once_and_the_second_is_told_who_was_first(officer, head, dossier):
    conflict = aside(officer, dossier)
    withdraw(conflict, dossier, head)
    found = refused(conflict, dossier, person_with_role(Role.ADMINISTRATOR))
    assert (found.code, found.status) == ("already_withdrawn", 409)
    assert str(head) in found.sentence


def test_it_is_found_from_its_own_dossiers_alone(officer, head, dossier):
    elsewhere = under_review(person_with_role(Role.CASE_OFFICER), head)
    assert refused(aside(officer, dossier), elsewhere, head).status == 404


@pytest.mark.parametrize(
    "broken",
    [
        {"withdrawn_by": None},
        {"withdrawal_reason": ""},
        {"withdrawn_at": None},
        {"withdrawn_by_id": "own"},
    ],
)
def test_the_database_keeps_it_whole(officer, head, dossier, broken):
    conflict = aside(officer, dossier)
    withdraw(conflict, dossier, head)
    if broken.get("withdrawn_by_id"):
        broken = {"withdrawn_by_id": officer.pk}
    with pytest.raises(IntegrityError), transaction.atomic():
        ConflictOfInterest.objects.filter(pk=conflict.pk).update(**broken)


# --- Every place that looks at recusals: before, not; after, again --------------------------------
@BOTH
def test_the_person_may_read_and_act_again(officer, head, dossier, whole_body):
    conflict = aside(officer, dossier, whole_body=whole_body)
    rows = Application.objects.filter(pk=dossier.pk)

    def seen() -> list[bool]:
        try:
            refuse_recused(officer, dossier)
        except Refusal:
            acts = False
        else:
            acts = True
        standing = standing_of(officer, dossier)
        return [
            acts,
            not is_recused(officer, dossier),
            not rows.filter(recused_from(officer)).exists(),
            not rows.filter(scores_hidden_from(officer)).exists(),
            standing.reads_scores and not standing.is_recused,
        ]

    assert seen() == [False] * 5
    withdraw(conflict, dossier, head)
    assert seen() == [True] * 5
    write_note(application_id=dossier.pk, text="Me revoilà", by=officer, at=timezone.now())


@BOTH
def test_assignments_are_not_given_back_but_may_be_given_again(officer, head, dossier, whole_body):
    conflict = aside(officer, dossier, whole_body=whole_body)
    with pytest.raises(Refusal) as refusal:
        assign_officer(application_id=dossier.pk, person=officer, by=head, at=NOW)
    assert refusal.value.code == "recused"
    withdraw(conflict, dossier, head)
    assert not dossier.assignments.filter(person=officer, ended_at=None).exists()
    assert not is_in_charge(officer, dossier, TODAY)
    assign_officer(application_id=dossier.pk, person=officer, by=head, at=timezone.now())
    assert is_in_charge(officer, dossier, TODAY)


@BOTH
def test_a_substitute_finds_the_dossier_again(officer, head, dossier, whole_body):
    substitute = person_with_role(Role.CASE_OFFICER)
    declare_replacement(
        person=officer, substitute=substitute, starts_on=TODAY, ends_on=TODAY, by=head, at=NOW
    )
    conflict = aside(substitute, dossier, whole_body=whole_body)
    mine = instructed_by(Application.objects.all(), substitute, TODAY)
    assert dossier not in mine.all()
    withdraw(conflict, dossier, head)
    assert dossier in mine.all()


@BOTH
def test_a_reading_counts_only_once_named_and_finished_again(officer, head, dossier, whole_body):
    final(dossier, officer, 4, 4, 4, summary="Bien")
    assert (recomputed(dossier), counted_reviews(dossier).count()) == (1, 1)
    conflict = aside(officer, dossier, whole_body=whole_body)
    assert (recomputed(dossier), counted_reviews(dossier).count()) == (0, 0)
    withdraw(conflict, dossier, head)
    assert recomputed(dossier) == 0
    assert dossier.pk not in scores_of([dossier.pk])
    review = Review.objects.get()
    assert (review.state, review.summary, review.finalised_at) == ("draft", "Bien", None)
    assert dossier.events.last().data["reading_is_draft"]
    assign_reader(application_id=dossier.pk, person=officer, rank=1, by=head, at=timezone.now())
    finalise_review(application_id=dossier.pk, by=officer, at=timezone.now())
    assert (recomputed(dossier), counted_reviews(dossier).count()) == (1, 1)


@BOTH
def test_the_rules_of_assignment_choose_them_again(officer, head, whole_body):
    filed = FiledApplicationFactory()
    save_rule(sheet=None, territory=None, people=[officer], by=head, at=NOW)
    conflict = aside(officer, filed, whole_body=whole_body)
    assert propose_officers([filed], TODAY)[filed.pk].person is None
    withdraw(conflict, filed, head)
    assert propose_officers([filed], TODAY)[filed.pk].person == officer


@BOTH
def test_the_preflight_of_a_batch_gives_them_the_dossier_again(officer, head, whole_body):
    filed = FiledApplicationFactory()
    conflict = aside(officer, filed, whole_body=whole_body)

    def line():
        rows = batch_rows(head, [filed.pk])
        values = {"to": str(officer.pk), "reason": ""}
        return assign_preflight(rows, head, values, NOW)[0].ok

    assert not line()
    withdraw(conflict, filed, head)
    assert line()


@BOTH
def test_the_coordination_is_asked_again(officer, head, dossier, whole_body):
    person = person_with_role(Role.COORDINATOR)
    dossier.officer = officer
    asked = ask_coordinator(dossier, person)
    conflict = aside(person, dossier, whole_body=whole_body)
    asked.refresh_from_db()
    assert asked.state == OpinionState.REVOKED
    assert _Coordinations([dossier], TODAY).stands_aside(person, dossier)
    with pytest.raises(Refusal) as refusal:
        ask_coordinator(dossier, person)
    assert refusal.value.code == "person_recused"
    withdraw(conflict, dossier, head)
    asked.refresh_from_db()
    assert asked.state == OpinionState.REVOKED  # not given back
    assert not _Coordinations([dossier], TODAY).stands_aside(person, dossier)
    again = ask_coordinator(dossier, person)
    assert again in awaited()
    assert again in answerable_by(person)
    assert again in readable_requests(person, dossier, is_recused=is_recused(person, dossier))


@BOTH
def test_what_is_awaited_of_somebody_is_awaited_again(officer, head, dossier, whole_body):
    person = person_with_role(Role.COORDINATOR)
    dossier.officer = officer
    asked = ask_coordinator(dossier, person)
    target = {"organisation": dossier.organisation} if whole_body else {"application": dossier}
    conflict = ConflictOfInterest.objects.create(person=person, declared_at=NOW, **target)
    assert asked not in awaited()
    assert asked not in answerable_by(person)
    withdraw(conflict, dossier, head)
    assert asked in awaited()
    assert asked in answerable_by(person)


@BOTH
def test_they_may_be_named_third_reader_again(head, dossier, whole_body):
    person = person_with_role(Role.CASE_OFFICER)
    conflict = aside(person, dossier, whole_body=whole_body)

    def offered():
        return ThirdReaderForm(application=dossier, by=head, on=TODAY).fields["person"].queryset

    assert person not in offered()
    withdraw(conflict, dossier, head)
    assert person in offered()


@BOTH
def test_they_may_put_it_on_the_list_of_a_session_again(head, officer, whole_body):
    boss = person_with_role(Role.UNIT_HEAD)
    dossier = under_review(officer, head, review_state="evaluated")
    Application.objects.filter(pk=dossier.pk).update(review_state="evaluated")
    conflict = aside(boss, dossier, whole_body=whole_body)
    assert dossier not in ready_for_vote(boss)
    withdraw(conflict, dossier, head)
    assert dossier in ready_for_vote(boss)


def test_joining_two_bodies_does_not_bring_it_back(officer, head):
    source, kept = OrganisationFactory(), OrganisationFactory()
    one = FiledApplicationFactory(organisation=source)
    two = under_review(officer, head, organisation=kept)
    conflict = aside(officer, one, whole_body=True)
    withdraw(conflict, one, head)
    still = aside(person_with_role(Role.CASE_OFFICER), one, whole_body=True)
    made = merge_organisations(
        by=person_with_role(Role.ADMINISTRATOR),
        source_id=source.pk,
        target_id=kept.pk,
        reason="Doublon",
        at=timezone.now(),
        typed=source.legal_name,
    )
    assert made.moved["conflicts"] == 1  # the one in force
    conflict.refresh_from_db()
    assert conflict.organisation == kept  # its history follows the body
    assert not is_recused(officer, one)
    assert not is_recused(officer, two)
    assert is_recused(still.person, two)
    assert is_in_charge(officer, two, TODAY)
    assert not two.events.filter(kind="conflict_declared").exists()


# --- What it leaves -------------------------------------------------------------------------------
def test_another_recusal_still_keeps_them_aside(officer, head, dossier):
    final(dossier, officer, 4, 4, 4, summary="Bien")
    one = aside(officer, dossier)
    two = aside(officer, dossier, whole_body=True)
    withdraw(one, dossier, head)
    assert is_recused(officer, dossier)
    assert Review.objects.get().state == "final"  # and out of the scores
    assert recomputed(dossier) == 0
    withdraw(two, dossier, head)
    assert not is_recused(officer, dossier)
    assert Review.objects.get().state == "draft"


def test_it_may_be_declared_again_and_the_history_says_so(officer, head, dossier):
    withdraw(aside(officer, dossier), dossier, head)
    aside(officer, dossier, at=timezone.now())
    assert is_recused(officer, dossier)
    kinds = dossier.events.filter(kind__startswith="conflict_").values_list("kind", flat=True)
    assert list(kinds) == ["conflict_declared", "conflict_withdrawn", "conflict_declared"]
    with pytest.raises(Refusal) as refusal:
        aside(officer, dossier, at=timezone.now())
    assert refusal.value.code == "already_declared"


def test_what_they_did_not_read_meanwhile_is_marked_as_new(client, officer, head, dossier):
    before = NOW - timedelta(days=9)
    record_visit(person=officer, application_id=dossier.pk, seen_at=before)
    conflict = aside(officer, dossier, at=NOW - timedelta(days=8))
    note = InternalNote.objects.create(
        application=dossier, author=head, text="À lire", written_at=NOW - timedelta(days=5)
    )
    record_visit(person=officer, application_id=dossier.pk, seen_at=NOW - timedelta(days=1))
    withdraw(conflict, dossier, head)
    visit = Visit.objects.get(person=officer)
    assert visit.seen_at == conflict.declared_at
    client.force_login(officer)
    page = client.get(dossier.get_desk_url())
    assert page.context["marks"].notes == {note.pk}


def test_a_recusal_withdrawn_at_once_marks_what_followed_too(client, officer, head, dossier):
    seen_at = timezone.now() - timedelta(minutes=9)
    record_visit(person=officer, application_id=dossier.pk, seen_at=seen_at)
    conflict = aside(officer, dossier, at=timezone.now() - timedelta(minutes=8))
    note = write_note(application_id=dossier.pk, text="À lire", by=head, at=timezone.now())
    record_visit(person=officer, application_id=dossier.pk, seen_at=timezone.now())
    withdraw(conflict, dossier, head)
    client.force_login(officer)
    page = client.get(dossier.get_desk_url())
    assert page.context["marks"].notes == {note.pk}


def test_every_dossier_of_the_body_that_told_the_recusal_tells_its_end(officer, head, dossier):
    second = under_review(officer, head, organisation=dossier.organisation)
    silent = under_review(head, head, organisation=dossier.organisation)
    conflict = aside(officer, dossier, whole_body=True)
    withdraw(conflict, dossier, head)
    ended = {
        one.pk: one.events.filter(kind="conflict_withdrawn").count()
        for one in (dossier, second, silent)
    }
    assert ended == {dossier.pk: 1, second.pk: 1, silent.pk: 0}


def test_the_person_is_told_by_mail_what_comes_back_and_what_does_not(officer, head, dossier):
    withdraw(aside(officer, dossier), dossier, head, reason="Le lien n’existe plus")
    mail = OutboxMessage.objects.get(to=officer.email, kind="conflict-withdrawn")
    assert "Le lien n’existe plus" in mail.text
    assert str(head) in mail.text
    assert "ne vous sont pas rendus" in mail.text
    assert dossier.get_desk_url() in mail.text


# --- On screen ------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.UNIT_HEAD, Role.ADMINISTRATOR])
def test_the_page_of_recusals_leads_to_the_end_of_one(client, officer, dossier, role):
    conflict = aside(officer, dossier)
    client.force_login(person_with_role(role))
    page = client.get(reverse("review:conflict", args=[dossier.reference])).text
    url = reverse("review:conflict_withdraw", args=[dossier.reference, conflict.pk])
    assert f'href="{url}"' in page
    shown = client.get(url)
    assert "ne lui sont pas rendues" in shown.text
    assert client.post(url, {"reason": ""}).status_code == 422
    done = client.post(url, {"reason": "Erreur"}, follow=True)
    assert "Rien ne lui est rendu d’office" in done.text
    assert not is_recused(officer, dossier)
    page = client.get(reverse("review:conflict", args=[dossier.reference])).text
    assert "retiré par" in page
    assert f'href="{url}"' not in page
    late = client.post(url, {"reason": "Encore"})
    assert late.status_code == 409
    assert "Ce déport est déjà retiré" in late.text


def test_nobody_is_offered_to_end_their_own(client, dossier):
    boss = person_with_role(Role.UNIT_HEAD)
    conflict = aside(boss, dossier)
    client.force_login(boss)
    page = client.get(reverse("review:conflict", args=[dossier.reference])).text
    url = reverse("review:conflict_withdraw", args=[dossier.reference, conflict.pk])
    assert url not in page
    assert client.post(url, {"reason": "Erreur"}).status_code == 403
    assert is_recused(boss, dossier)


def test_officers_do_not_read_why_a_colleague_stood_aside(client, officer, head, dossier):
    aside(officer, dossier)
    client.force_login(person_with_role(Role.CASE_OFFICER))
    page = client.get(reverse("review:conflict", args=[dossier.reference])).text
    assert "Un proche" not in page
    client.force_login(head)
    assert "Un proche" in client.get(reverse("review:conflict", args=[dossier.reference])).text


def test_the_history_says_who_ended_it_and_why(client, officer, head, dossier):
    withdraw(aside(officer, dossier), dossier, head, reason="Le lien n’existe plus")
    client.force_login(head)
    page = client.get(reverse("review:tab", args=[dossier.reference, "historique"])).text
    assert "Déport retiré" in page
    assert f"déport de {officer}" in page
    assert "Le lien n’existe plus" in page
