"""Opinions of somebody who stands aside: neither awaited, nor reminded of, nor counted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.enums import Role
from config.dates import morning_of
from foundation.notifications.models import OutboxMessage
from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.review.models import ConflictOfInterest, OpinionState
from grants.review.opinion_reminders import due_soon
from grants.review.opinion_tasks import awaited, late_opinions
from grants.review.permissions import standing_of
from grants.review.querysets import with_opinion_counts
from grants.review.services.opinions import revoke_of_recused
from grants.review.summary_sheet import summary_context
from territories.loading import load_parameters
from tests.factories import person_with_role
from tests.review.opinions import a_dossier, ask_coordinator, ask_expert, give, in_days


pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


def stands_aside(person, dossier, *, whole_body=False):
    target = {"organisation": dossier.organisation} if whole_body else {"application": dossier}
    ConflictOfInterest.objects.create(person=person, reason="Proche", declared_at=NOW, **target)


def counted(dossier) -> tuple[int, int]:
    row = with_opinion_counts(Application.objects.filter(pk=dossier.pk)).get()
    return row.opinions_given, row.opinions_asked


@pytest.mark.parametrize("whole_body", [False, True])
def test_nothing_is_awaited_of_who_stands_aside(whole_body):
    dossier = a_dossier()
    asked = ask_coordinator(dossier, days=3)
    other = ask_coordinator(dossier, days=3)
    stands_aside(asked.person, dossier, whole_body=whole_body)
    assert list(awaited()) == [other]
    at = morning_of(in_days(3))
    assert [one.to for one in due_soon(at)] == [other.person.email]
    assert list(late_opinions(dossier.officer, in_days(5))) == [other]


def test_what_was_asked_of_who_stands_aside_is_taken_back():
    dossier = a_dossier()
    asked, other = ask_coordinator(dossier), ask_coordinator(dossier)
    elsewhere = ask_coordinator(a_dossier(), asked.person)
    OutboxMessage.objects.all().delete()
    assert revoke_of_recused(asked.person, [dossier], NOW) == [asked]
    asked.refresh_from_db()
    assert (asked.state, asked.revoked_by) == (OpinionState.REVOKED, asked.person)
    for one in (other, elsewhere):
        one.refresh_from_db()
        assert one.state == OpinionState.ASKED
    event = dossier.events.get(kind="opinion_revoked")
    assert (event.actor, event.data) == (asked.person, {"request": asked.pk})
    assert event.comment == f"{asked.person}\u00a0: déport de la personne"
    assert not OutboxMessage.objects.exists()
    assert verify_chain(dossier) == []
    assert revoke_of_recused(asked.person, [dossier], NOW) == []


def test_an_opinion_given_leaves_counts_and_summary_with_its_author(client):
    dossier = a_dossier()
    asked, other = ask_coordinator(dossier), ask_coordinator(dossier)
    give(asked, text="Parole écartée")
    give(other, text="Parole gardée")
    assert counted(dossier) == (2, 2)
    revoke_of_recused(asked.person, Application.objects.filter(pk=dossier.pk), NOW)
    assert counted(dossier) == (1, 1)
    head = person_with_role(Role.UNIT_HEAD)
    context = summary_context(head, dossier, standing_of(head, dossier), at=NOW)
    assert [one.text for one in context["opinions"]] == ["Parole gardée"]
    client.force_login(head)
    html = client.get(f"{dossier.get_desk_url()}avis/").content.decode()
    assert "Parole gardée" in html
    assert "Parole écartée" not in html
    assert f"{asked.person} s’est déporté" in html


def test_it_is_the_author_who_counts_not_the_addressee():
    """What a colleague of the territory gave stays when the addressee stands aside."""
    dossier = a_dossier(whole_department=True)
    writer = person_with_role(Role.COORDINATOR)
    asked = ask_coordinator(dossier)
    give(asked, writer)
    assert revoke_of_recused(asked.person, [dossier], NOW) == []
    assert revoke_of_recused(writer, [dossier], NOW) == [asked]
    assert counted(dossier) == (0, 0)


def test_the_history_names_who_joined_two_bodies():
    dossier = a_dossier()
    asked, admin = ask_coordinator(dossier), person_with_role(Role.ADMINISTRATOR)
    revoke_of_recused(asked.person, [dossier], NOW, actor=admin)
    assert dossier.events.get(kind="opinion_revoked").actor == admin
    asked.refresh_from_db()
    assert asked.revoked_by == asked.person


def test_the_link_of_an_expert_is_not_concerned():
    dossier = a_dossier()
    asked = ask_expert(dossier)
    assert revoke_of_recused(person_with_role(Role.COORDINATOR), [dossier], NOW) == []
    asked.refresh_from_db()
    assert asked.state == OpinionState.ASKED


def test_who_stands_aside_and_was_late_leaves_the_late_ones():
    dossier = a_dossier()
    asked = ask_coordinator(dossier, days=1, at=NOW - timedelta(days=1))
    assert late_opinions(dossier.officer, in_days(4)).count() == 1
    stands_aside(asked.person, dossier)
    assert late_opinions(dossier.officer, in_days(4)).count() == 0
