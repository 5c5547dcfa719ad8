"""From a selection of the desk to a job: what is shown, confirmed once, done as it was shown."""

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.jobs.enums import JobState
from foundation.jobs.models import Job
from foundation.jobs.services import AlreadyRunningError
from grants.applications.enums import ReviewState
from grants.applications.models import Event
from grants.review.batches import plan as plans, running, selection
from grants.review.batches.registry import act_named, acts_for
from grants.review.batches.running import launch_batch, scope_of
from grants.review.batches.selection import ASIDE
from grants.review.models import Assignment, AssignmentRole, AssignmentRule
from grants.review.services.assignment import assign_officer, declare_conflict
from territories.loading import load_parameters
from tests.factories import FiledApplicationFactory, TerritoryFactory, person_with_role
from tests.queries import assert_same_queries
from tests.review.batch_world import (
    batch_url,
    check,
    choose,
    confirm,
    done,
    filed,
    followed,
    launched,
    text_of,
    texts,
)


pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def head(client):
    person = person_with_role(Role.UNIT_HEAD)
    client.force_login(person)
    return person


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


def step_of(checked, person):
    return plans.read_step(UUID(checked.here.split("/")[-2]), act_named("affecter"), person)


def officer_of(dossier):
    return Assignment.objects.get(
        application=dossier, role=AssignmentRole.OFFICER, ended_at__isnull=True
    ).person


# --- The bar --------------------------------------------------------------------------------------
def test_each_role_has_its_acts():
    def slugs(role):
        return [act.slug for act in acts_for(person_with_role(role))]

    assert slugs(Role.UNIT_HEAD) == ["affecter", "avis", "complements", "seance", "fiches"]
    assert slugs(Role.CASE_OFFICER) == ["affecter", "avis", "complements", "fiches"]
    assert slugs(Role.ADMINISTRATOR) == slugs(Role.COORDINATOR) == []


# --- From the list to the job ---------------------------------------------------------------------
def test_a_batch_shows_then_asks_then_does(client, head, officer):
    dossiers = filed(3)
    other = FiledApplicationFactory(review_state=ReviewState.AWARDED)
    checked = check(client, "affecter", [*dossiers, other], to=officer.pk)
    page = text_of(checked)
    assert checked.status_code == 200
    assert "Lancer pour 3 dossiers" in page
    assert "15 000 €" in page
    assert "À l’état « Attribué »" in page
    assert not Job.objects.exists()
    job = launched(client, "affecter", dossiers, to=officer.pk)
    assert (job.total, job.label.replace("\u00a0", " ")) == (3, "Affecter : 3 dossiers")
    assert not Assignment.objects.exists()  # the job does it, not the page
    done(job)
    assert {officer_of(one) for one in dossiers} == {officer}
    assert job.state == JobState.DONE
    assert job.lines[0]["url"] == dossiers[0].get_desk_url()
    assert job.lines[0]["label"].startswith(dossiers[0].reference)


def test_a_form_not_filled_in_says_so(client, head):
    response = check(client, "affecter", filed(1))
    assert response.status_code == 422
    assert "Choisissez à qui donner ces dossiers." in text_of(response)


def test_what_was_typed_comes_back_to_be_changed(client, head, officer):
    checked = check(client, "affecter", filed(1), to=officer.pk, reason="Congés de printemps")
    link = re.search(r'href="(/instruction/lots/affecter/[^"]+)"', checked.content.decode())
    again = client.get(link[1])
    assert again.status_code == 200
    assert 'value="Congés de printemps"' in text_of(again)


def test_the_whole_list_is_chosen_by_its_query(client, head):
    filed(3)
    FiledApplicationFactory(review_state=ReviewState.AWARDED)
    response = choose(client, "affecter", [], tous="1", liste="liste=a-affecter")
    assert "Dossiers concernés" in text_of(response)
    assert response.content.decode().count("data-row") == 3


def test_the_address_alone_leads_back_to_the_list(client, head):
    response = client.get(batch_url("affecter"))
    assert response.status_code == 200
    assert "Aucun dossier choisi" in text_of(response)


# --- Who ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "slug", "status"),
    [
        (Role.CASE_OFFICER, "seance", 403),
        (Role.COORDINATOR, "affecter", 403),
        (Role.ADMINISTRATOR, "affecter", 403),
        (Role.PROFESSIONAL, "affecter", 404),
        (Role.UNIT_HEAD, "jamais-vu", 404),
    ],
)
def test_those_who_may_not_are_refused(client, role, slug, status):
    dossier = FiledApplicationFactory()
    client.force_login(person_with_role(role))
    for response in (client.get(batch_url(slug)), choose(client, slug, [dossier])):
        assert response.status_code == status
        assert dossier.reference not in text_of(response)


def test_an_officer_assigns_only_themself(client, officer):
    client.force_login(officer)
    dossiers = filed(2)
    stranger = person_with_role(Role.CASE_OFFICER)
    assert check(client, "affecter", dossiers, to=stranger.pk).status_code == 422
    assert check(client, "affecter", dossiers, to="regles").status_code == 422
    done(launched(client, "affecter", dossiers, to=officer.pk))
    assert {officer_of(one) for one in dossiers} == {officer}


def test_the_recused_are_left_out_and_cannot_be_slipped_in(client, head, officer):
    mine, theirs, clear = filed(3)
    declare_conflict(person=head, application=mine, reason="Proche", at=NOW)
    declare_conflict(person=officer, organisation=theirs.organisation, reason="Proche", at=NOW)
    page = text_of(check(client, "affecter", [mine, theirs, clear], to=officer.pk))
    assert ASIDE in page
    assert f"{officer} a déclaré un déport." in page
    assert "Lancer pour 1 dossier" in page
    # After the check, before the job: the service has the last word.
    job = launched(client, "affecter", [clear], to=officer.pk)
    declare_conflict(person=head, application=clear, reason="Proche", at=NOW)
    assert texts(done(job)) == [(False, "Vous vous êtes déporté de ce dossier.")]


def test_who_lost_the_role_before_the_job_does_nothing(client, head, officer):
    job = launched(client, "affecter", filed(1), to=officer.pk)
    head.role_assignments.all().delete()
    assert texts(done(job)) == [(False, "Votre rôle ne permet plus cet acte.")]


def test_who_loses_the_role_in_the_middle_does_nothing_more(client, head, officer, monkeypatch):
    act = act_named("affecter")
    job = launched(client, "affecter", filed(3), to=officer.pk)

    def once(*args):
        said = act.run_one(*args)
        head.role_assignments.all().delete()
        return said

    monkeypatch.setattr(running, "act_named", lambda slug: replace(act, run_one=once))
    refused = (False, "Votre rôle ne permet plus cet acte.")
    assert texts(done(job)) == [(True, f"Affecté à {officer}."), refused, refused]


def test_who_is_no_longer_active_does_nothing_more(client, head, officer):
    job = launched(client, "affecter", filed(1), to=officer.pk)
    type(head).objects.filter(pk=head.pk).update(is_active=False)
    assert texts(done(job)) == [(False, "Votre rôle ne permet plus cet acte.")]


# --- A reason when it changes hands ---------------------------------------------------------------
def test_a_batch_that_takes_dossiers_from_somebody_says_why(client, head, officer):
    other = person_with_role(Role.CASE_OFFICER)
    taken, free = filed(2)
    assign_officer(application_id=taken.pk, person=other, by=head, at=NOW)
    refused = check(client, "affecter", [taken, free], to=officer.pk, reason=" ")
    assert refused.status_code == 422
    assert "Dites pourquoi des dossiers changent de mains." in text_of(refused)
    why = {"to": officer.pk, "reason": "Congés de printemps"}
    done(launched(client, "affecter", [taken, free], **why))
    assert {officer_of(one) for one in (taken, free)} == {officer}
    assert taken.events.get(kind="reassigned").comment == "Congés de printemps"


def test_no_reason_is_asked_when_nothing_changes_hands(client, head, officer):
    theirs, free = filed(2)
    assign_officer(application_id=theirs.pk, person=officer, by=head, at=NOW)
    assert check(client, "affecter", [theirs, free], to=officer.pk).status_code == 200
    assert check(client, "affecter", [theirs, free], to="regles").status_code == 200


# --- Changed meanwhile ----------------------------------------------------------------------------
def test_a_dossier_that_moved_since_the_check_is_left_and_says_why(client, head, officer):
    moved, still = filed(2)
    job = launched(client, "affecter", [moved, still], to=officer.pk)
    other = person_with_role(Role.CASE_OFFICER)
    assign_officer(application_id=moved.pk, person=other, by=other, at=timezone.now())
    (first, sentence), second = texts(done(job))
    assert not first
    assert sentence.startswith("Ce dossier a changé depuis la vérification : « Dossier affecté »")
    assert str(other) in sentence
    assert second == (True, f"Affecté à {officer}.")
    assert officer_of(moved) == other


def test_what_does_not_matter_does_not_stop_the_batch(client, head, officer):
    (dossier,) = filed(1)
    job = launched(client, "affecter", [dossier], to=officer.pk)
    from grants.applications.events import append_event

    append_event(application=dossier, kind="message_sent", actor=officer, at=NOW)
    assert texts(done(job)) == [(True, f"Affecté à {officer}.")]


# --- Once -----------------------------------------------------------------------------------------
def test_a_confirmation_sent_twice_starts_one_job(client, head, officer):
    checked = check(client, "affecter", filed(2), to=officer.pk)
    first, second = (confirm(client, checked) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Job.objects.count() == 1


def test_the_same_batch_runs_once_at_a_time(client, head, officer):
    dossiers = filed(2)
    job = launched(client, "affecter", dossiers, to=officer.pk)
    again = confirm(client, check(client, "affecter", dossiers, to=officer.pk))
    assert again.status_code == 409
    page = text_of(again)
    assert "Ce travail est déjà en cours (« Affecter : 2 dossiers »" in page
    assert job.get_absolute_url() in page
    client.force_login(person_with_role(Role.UNIT_HEAD))
    theirs = confirm(client, check(client, "affecter", dossiers, to=officer.pk))
    assert theirs.status_code == 409
    assert job.get_absolute_url() not in text_of(theirs)  # not their job
    done(job)
    moved_on = check(client, "affecter", dossiers, to=head.pk, reason="Départ")
    assert confirm(client, moved_on).status_code == 302


def test_the_scope_is_the_set_of_dossiers():
    act = act_named("affecter")
    assert scope_of(act, [1, 2]) == scope_of(act, [2, 1, 1]) != scope_of(act, [1, 3])
    assert scope_of(act, [1]) != scope_of(act_named("avis"), [1])
    assert len(scope_of(act_named("complements"), [1])) <= 120


# --- Hostile --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "keys",
    [
        [],
        ["0", "-1", "abc", "", "999999999999999999", "99999999999999999999999", "١٢", "1.5"],
        ["1' OR 1=1", "\u202e1", "1" * 4000],
    ],
)
def test_unknown_keys_choose_nothing(client, head, keys):
    response = client.post(batch_url("affecter"), {"dossier": keys})
    assert response.status_code == 422
    assert "Cochez d’abord des dossiers" in text_of(response)


def test_a_key_given_many_times_counts_once(client, head):
    (dossier,) = filed(1)
    response = choose(client, "affecter", [dossier] * 500)
    assert response.content.decode().count("data-row") == 1


def test_a_hundred_thousand_keys_get_a_sentence(client, head):
    response = client.post(batch_url("affecter"), {"dossier": list(range(100_000))})
    assert response.status_code == 400
    assert "<h1" in response.content.decode()


def test_too_many_dossiers_get_a_sentence(client, head, monkeypatch):
    monkeypatch.setattr(selection, "MAX_DOSSIERS", 2)
    response = choose(client, "affecter", filed(3))
    assert response.status_code == 422
    assert "Un lot porte sur 2 dossiers au plus" in text_of(response)


@pytest.mark.parametrize("query", ["liste=zzz&tri=%00", "q=%27%3B--", "page=-1&" + "a=b&" * 500])
def test_a_hostile_list_never_breaks(client, head, query):
    filed(1)
    response = choose(client, "affecter", [], tous="1", liste=query)
    assert response.status_code in {200, 400, 422}


@pytest.mark.parametrize("name", ["00000000-0000-4000-8000-000000000001", "x", "é" * 50, "' --"])
def test_an_invented_page_does_nothing(client, head, name):
    here = f"{batch_url('affecter')}{quote(name)}/"
    for response in (client.get(here), client.post(here, {"to": "regles"})):
        assert response.status_code in {404, 409}
    assert not Job.objects.exists()


def test_a_page_serves_its_author_and_its_act(client, head, officer):
    checked = check(client, "affecter", filed(1), to=officer.pk)
    assert step_of(checked, head).plan.values["to"] == str(officer.pk)
    elsewhere = checked.here.replace("/affecter/", "/avis/")
    assert client.post(elsewhere).status_code == 409
    client.force_login(person_with_role(Role.UNIT_HEAD))
    for response in (client.get(checked.here), client.post(checked.here)):
        assert response.status_code == 409
        assert "repartez de la liste" in text_of(response)
    assert not Job.objects.exists()
    client.force_login(head)
    assert confirm(client, checked).status_code == 302


def test_a_plan_of_yesterday_is_forgotten(client, head, officer, monkeypatch):
    monkeypatch.setattr(plans, "LASTS", 0)
    chosen = choose(client, "affecter", filed(1))
    assert chosen.status_code == 409
    assert "repartez de la liste" in text_of(chosen)


# --- The way back ---------------------------------------------------------------------------------
def test_each_step_is_a_page_the_browser_comes_back_to(client, head, officer):
    dossiers = filed(2)
    chosen = choose(client, "affecter", dossiers)
    refused = followed(client, client.post(chosen.here, {"to": "", "reason": "Congés"}))
    assert (refused.status_code, refused.here) == (422, chosen.here)
    checked = followed(client, client.post(chosen.here, {"to": officer.pk, "reason": "Congés"}))
    assert "no-store" in checked.headers["Cache-Control"]
    assert "Lancer pour 2 dossiers" in text_of(client.get(checked.here))
    form = client.get(chosen.here)
    assert (form.status_code, 'value="Congés"' in text_of(form)) == (200, True)
    job = confirm(client, checked).headers["Location"]
    back = client.get(checked.here)
    assert "Ce lot est déjà lancé" in text_of(back)
    assert job in text_of(back)
    assert "Lancer pour" not in text_of(back)


def test_another_choice_changes_nothing_of_a_page_shown_before(client, head, officer):
    (dossier,) = filed(1)
    first = check(client, "affecter", [dossier], to=officer.pk)
    chosen = step_of(first, head).chosen
    here = reverse("review:batch_step", args=["affecter", chosen])
    second = followed(client, client.post(here, {"to": head.pk}))
    assert first.here != second.here
    done(Job.objects.get(uuid=confirm(client, first).headers["Location"].split("/")[-2]))
    assert officer_of(dossier) == officer


def test_a_page_kept_from_before_says_nothing_to_who_is_recused_since(client, head):
    (dossier,) = filed(1)
    checked = check(client, "affecter", [dossier], to=head.pk)
    assert "Affecté à" in text_of(checked)
    declare_conflict(person=head, application=dossier, reason="Proche", at=NOW)
    again = text_of(client.get(checked.here))
    assert "Affecté à" not in again
    assert "Lancer pour" not in again


def test_what_the_form_had_chosen_may_be_gone(client, head):
    gone = person_with_role(Role.CASE_OFFICER)
    checked = check(client, "affecter", filed(1), to=gone.pk)
    gone.role_assignments.all().delete()
    gone.delete()
    answer = client.get(checked.here)
    assert answer.status_code == 409
    assert "recommencez depuis la liste" in text_of(answer)


def test_with_nothing_to_do_there_is_no_form(client, head):
    page = choose(client, "complements", filed(1, review_state=ReviewState.AWARDED))
    assert "Aucun de ces dossiers ne se prête à cet acte" in text_of(page)
    assert "Voir ce qui sera fait" not in text_of(page)


def test_what_will_be_done_comes_before_what_is_left_out(client, head, officer):
    apart = FiledApplicationFactory(review_state=ReviewState.AWARDED)
    page = text_of(check(client, "affecter", [*filed(1), apart], to=officer.pk))
    assert page.index("Ce qui sera fait <span") < page.index("Laissés de côté <span")


def test_a_dossier_out_of_sight_is_passed_over_without_a_word(client, head):
    from tests.factories import ApplicationFactory

    draft = ApplicationFactory()
    assert choose(client, "affecter", [draft]).status_code == 422


def test_launching_needs_the_role_again(client, head, officer):
    act = act_named("affecter")
    checked = check(client, "affecter", filed(1), to=officer.pk)
    plan = step_of(checked, head).plan
    with pytest.raises(Refusal) as refusal:
        launch_batch(
            act=act,
            plan=plan,
            request_key="00000000-0000-4000-8000-000000000001",
            by=person_with_role(Role.READER),
            at=NOW,
        )
    assert refusal.value.status == 403
    assert not isinstance(refusal.value, AlreadyRunningError)


# --- By the rules ---------------------------------------------------------------------------------
def test_the_rules_are_followed_as_they_were_shown(client, head, officer):
    rule = AssignmentRule.objects.create(position=1)
    rule.people.add(officer)
    taken, free = filed(2)
    assign_officer(application_id=taken.pk, person=head, by=head, at=NOW)
    checked = check(client, "affecter", [taken, free], to="regles")
    page = text_of(checked)
    assert f"Déjà affecté à {head} : les règles n’y touchent pas." in page
    assert f"{officer} (règle 1 : tous les dossiers" in page
    job = launched(client, "affecter", [free], to="regles")
    rule.people.set([head])  # the rules change: what was shown is done
    done(job)
    assignment = Assignment.objects.get(application=free, role=AssignmentRole.OFFICER)
    assert (assignment.person, assignment.mode) == (officer, "rule")
    event = Event.objects.get(application=free, kind="assign")
    assert event.comment.replace("\u00a0", " ").startswith("Règle 1 : tous les dossiers")


def test_without_a_rule_nobody_is_chosen(client, head):
    page = text_of(check(client, "affecter", filed(1), to="regles"))
    assert "Personne : aucune règle ne vise ce dossier." in page
    assert "Il n’y a rien à lancer" in page


# --- Cost -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("to", ["regles", "person"])
def test_the_check_costs_the_same_whatever_the_dossiers(client, head, officer, to):
    rule = AssignmentRule.objects.create(position=1)
    rule.people.add(officer)
    TerritoryFactory()
    dossiers = []

    def ask():
        step = plans.keep_chosen(act_named("affecter"), head, [one.pk for one in dossiers])
        value = officer.pk if to == "person" else "regles"
        here = reverse("review:batch_step", args=["affecter", step])
        return followed(client, client.post(here, {"to": value}))

    assert_same_queries(
        ask,
        few=lambda: dossiers.extend(filed(1)),
        many=lambda: dossiers.extend(filed(49)),
        at_most=20,
        row="data-row",
    )


def test_choosing_costs_the_same_whatever_the_dossiers(client, head):
    dossiers = []
    assert_same_queries(
        lambda: choose(client, "affecter", dossiers),
        few=lambda: dossiers.extend(filed(1)),
        many=lambda: dossiers.extend(filed(49)),
        row="data-row",
    )


def test_time_passes_between_the_check_and_the_job(client, head, officer):
    job = launched(client, "affecter", filed(1), to=officer.pk)
    Job.objects.filter(pk=job.pk).update(created_at=NOW - timedelta(days=1))
    assert texts(done(job)) == [(True, f"Affecté à {officer}.")]
