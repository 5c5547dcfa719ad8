"""Standing aside: who may, what ends with it, whatever happens at the same moment."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from grants.applications import merging
from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.review.models import Assignment, OpinionState, Review, ScoreSummary
from grants.review.permissions import is_recused
from grants.review.querysets import unassigned
from grants.review.services import assignment
from grants.review.services.assignment import assign_officer, declare_conflict
from partners.services.merging import merge_organisations
from territories.loading import load_parameters
from tests.factories import (
    FiledApplicationFactory,
    OrganisationFactory,
    TerritoryFactory,
    UserFactory,
    person_with_role,
)
from tests.review.opinions import a_dossier, ask_coordinator
from tests.review.world import final, under_review


NOW = timezone.now()
SOON = 5  # seconds: what a thread is waited for


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


def officer():
    return person_with_role(Role.CASE_OFFICER)


def head():
    return person_with_role(Role.UNIT_HEAD)


def stand_aside(person, **target):
    return declare_conflict(person=person, reason="Proche", at=timezone.now(), **target)


def open_ones(application, person):
    return Assignment.objects.filter(application=application, person=person, ended_at=None)


# --- Who may --------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR, Role.CASE_OFFICER])
@pytest.mark.parametrize("scope", ["application", "organisation"])
def test_everybody_who_opens_the_dossier_may_stand_aside_from_its_page(client, role, scope):
    dossier, person = a_dossier(whole_department=True), person_with_role(role)
    client.force_login(person)
    url = reverse("review:conflict", args=[dossier.reference])
    assert f'href="{url}"' in client.get(dossier.get_desk_url()).text
    assert client.get(url).status_code == 200
    done = client.post(url, {"scope": scope, "reason": "Un proche"}, follow=True)
    assert done.status_code == 200
    assert is_recused(person, dossier)
    assert f'href="{url}"' not in done.text


@pytest.mark.django_db
def test_who_does_not_open_the_dossier_does_not_stand_aside_from_it():
    dossier = a_dossier(whole_department=False)
    elsewhere = person_with_role(Role.COORDINATOR, territory=TerritoryFactory())
    for person, target in (
        (UserFactory(), {"application": dossier}),
        (UserFactory(), {"organisation": dossier.organisation}),
        (elsewhere, {"application": dossier}),
    ):
        with pytest.raises(Refusal) as refusal:
            stand_aside(person, **target)
        assert (refusal.value.code, refusal.value.status) == ("not_allowed", 403)


@pytest.mark.django_db
def test_what_was_asked_of_a_coordinator_ends_with_their_recusal():
    dossier, person = a_dossier(whole_department=True), person_with_role(Role.COORDINATOR)
    asked = ask_coordinator(dossier, person)
    stand_aside(person, organisation=dossier.organisation)
    asked.refresh_from_db()
    assert asked.state == OpinionState.REVOKED


# --- At the same moment ---------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_an_assignment_being_written_is_ended_too():
    boss, person, dossier = head(), officer(), FiledApplicationFactory()
    locked, errors = Event(), []

    def assign():
        try:
            with transaction.atomic():
                assign_officer(application_id=dossier.pk, person=person, by=boss, at=NOW)
                locked.set()
                waits_for_us(connection)
        except AssertionError as error:
            errors.append(error)
        finally:
            connection.close()

    def leave():
        try:
            locked.wait(SOON)
            stand_aside(person, application=dossier)
        except Refusal as refusal:
            errors.append(refusal)
        finally:
            connection.close()

    run(assign, leave)
    assert not errors
    assert is_recused(person, dossier)
    assert not open_ones(dossier, person).exists()


@pytest.mark.django_db(transaction=True)
def test_two_people_who_leave_a_body_together_do_not_wait_for_each_other(monkeypatch):
    boss, first, second = head(), officer(), officer()
    one = FiledApplicationFactory()
    two = FiledApplicationFactory(organisation=one.organisation)
    # The first has the later dossier and read the earlier one; the second has both.
    assign_officer(application_id=two.pk, person=first, by=boss, at=NOW)
    Review.objects.create(
        application=one, reviewer=first, deposit=one.deposits.first(), updated_at=NOW
    )
    assign_officer(application_id=one.pk, person=second, by=boss, at=NOW)
    Assignment.objects.create(
        application=two, person=second, role="reader", rank=2, assigned_by=boss, assigned_at=NOW
    )
    locks = []
    real = assignment.lock_applications

    def watched(applications):
        found = real(applications)
        locks.append([one.pk for one in found])
        return found

    monkeypatch.setattr(assignment, "lock_applications", watched)
    monkeypatch.delattr(assignment, "lock_application")  # nothing else is locked on the way
    errors = []

    def leave(person):
        try:
            stand_aside(person, organisation=one.organisation)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    run(lambda: leave(first), lambda: leave(second))
    assert errors == []
    assert locks == [[one.pk, two.pk]] * 2
    assert not Assignment.objects.filter(person__in=[first, second], ended_at=None).exists()


def waits_for_us(mine):
    """Return once another connection waits for a lock of ours, or stop after a while."""
    mine.ensure_connection()
    pid = mine.connection.info.backend_pid
    until = timezone.now() + timedelta(seconds=SOON)
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND %s = ANY(pg_blocking_pids(pid))"
    while timezone.now() < until:
        with mine.cursor() as cursor:
            cursor.execute(waiting, [pid])
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waited for the dossier's lock")


def run(*acts):
    threads = [Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(4 * SOON)


# --- When two bodies are one ----------------------------------------------------------------------
def merge(source, target):
    merge_organisations(
        by=person_with_role(Role.ADMINISTRATOR),
        source_id=source.pk,
        target_id=target.pk,
        reason="Doublon",
        at=timezone.now(),
        typed=source.legal_name,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("which", ["double", "kept"])
def test_joining_two_bodies_ends_the_assignments_of_who_stood_aside_from_one(which):
    person, boss = officer(), head()
    dossier = under_review(person, boss)
    final(dossier, person, 3, 3, 3, summary="Bien")
    asked = ask_coordinator_of(dossier, boss)
    other = OrganisationFactory()
    stand_aside(person, organisation=other)
    stand_aside(asked.person, organisation=other)
    source, target = (
        (other, dossier.organisation) if which == "double" else (dossier.organisation, other)
    )
    merge(source, target)
    dossier.refresh_from_db()
    assert is_recused(person, dossier)
    assert not open_ones(dossier, person).exists()
    assert unassigned(Application.objects.filter(pk=dossier.pk)).exists()
    event = dossier.events.filter(kind="conflict_declared").get(comment__contains=str(person))
    assert event.actor.access.is_administrator
    assert verify_chain(dossier) == []
    assert ScoreSummary.objects.get(pk=dossier.pk).finals_count == 0
    asked.refresh_from_db()
    assert asked.state == OpinionState.REVOKED


def ask_coordinator_of(dossier, boss):
    dossier.officer = boss
    return ask_coordinator(dossier, person_with_role(Role.COORDINATOR))


@pytest.mark.django_db
def test_joining_two_bodies_locks_the_dossiers_of_both_in_one_order(monkeypatch):
    one, two = FiledApplicationFactory(), FiledApplicationFactory()
    locks = []
    real = merging.lock_applications

    def watched(applications):
        found = real(applications)
        locks.append([one.pk for one in found])
        return found

    monkeypatch.setattr(merging, "lock_applications", watched)
    merge(two.organisation, one.organisation)
    assert locks == [[one.pk, two.pk]]
