"""The story of a dossier: in words with its details, filtered, and only as one may read it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from grants.applications.enums import MessageSide
from grants.applications.events import append_event, chain_faults, verify_chain
from grants.applications.labels import EVENT_LABELS
from grants.applications.models import Application, Event
from grants.applications.services.corrections import request_correction
from grants.applications.services.messages import send_message
from grants.review.models import Visit
from grants.review.services.assignment import declare_conflict
from grants.review.services.closing import write_note
from grants.review.services.scoring import conclude_review
from grants.review.timeline import GROUPS, KINDS, Kind, register_kind
from grants.review.views.scope import TABS
from territories.loading import load_parameters
from tests.factories import UserFactory, member_of, person_with_role
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def officer():
    user = UserFactory(first_name="Malika", last_name="Benali")
    return person_with_role(Role.CASE_OFFICER, user=user)


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


@pytest.fixture
def application(officer, head):
    return under_review(officer, head)


def get(user, application: Application, query: str = "", slug: str = "historique"):
    client = Client()
    client.force_login(user)
    return client.get(reverse("review:tab", args=[application.reference, slug]) + query)


def details(user, application, query="") -> dict[str, str]:
    return {one.title: one.detail for one in get(user, application, query).context["entries"]}


def test_every_known_event_is_described_and_has_a_label():
    assert set(KINDS) <= set(EVENT_LABELS)
    assert {kind.group for kind in KINDS.values()} == set(GROUPS)
    slugs = {slug for slug, _label in TABS}
    assert {kind.tab for kind in KINDS.values()} - {""} <= slugs


def test_events_say_who_how_much_and_by_when(application, officer, head):
    due_on = timezone.localdate() + timedelta(days=9)
    request_correction(
        application_id=application.pk,
        fields=["projet.title", "budget"],
        message="Précisez.",
        due_on=due_on,
        by=officer,
        at=timezone.now(),
    )
    found = details(head, application)
    assert found["Dossier affecté"] == "à Malika Benali"
    assert found["Compléments demandés"].startswith("demande 1, 2 parties, à répondre au plus tard")


def test_an_amount_is_told_to_those_who_read_scores_alone(application, officer, head):
    final(application, officer, 4, 4, 4, summary="Bien")
    conclude_review(
        application_id=application.pk,
        proposed_amount=Decimal("4321.09"),
        by=officer,
        at=timezone.now(),
    )
    coordinator, recused = person_with_role(Role.COORDINATOR), person_with_role(Role.UNIT_HEAD)
    declare_conflict(person=recused, application=application, reason="Proche", at=timezone.now())
    for person, told in ((head, True), (officer, True), (coordinator, False), (recused, False)):
        assert ("4\u00a0321,09" in get(person, application).content.decode()) is told
        assert "Instruction close" in get(person, application).content.decode()


def test_an_event_nobody_described_tells_its_label_alone(application, head):
    append_event(
        application=application,
        kind="moon_landing",
        actor=head,
        at=timezone.now(),
        comment="Secret",
        data={"amount": "12.00"},
    )
    recused = person_with_role(Role.CASE_OFFICER)
    declare_conflict(person=recused, application=application, reason="Proche", at=timezone.now())
    assert details(head, application)["Moon landing"] == ""
    assert "Secret" not in get(recused, application).content.decode()


def test_another_part_of_the_desk_describes_its_events(application, head, monkeypatch):
    monkeypatch.setattr("grants.review.timeline.KINDS", dict(KINDS))
    register_kind("moon_landing", Kind("decision", detail=lambda data, names: data["where"]))
    append_event(
        application=application,
        kind="moon_landing",
        actor=head,
        at=timezone.now(),
        data={"where": "mer de la Tranquillité"},
    )
    append_event(application=application, kind="moon_landing", actor=head, at=timezone.now())
    found = get(head, application, "?evenements=decision").context["entries"]
    assert [one.detail for one in found] == ["", "mer de la Tranquillité"]


def test_events_are_filtered_and_the_list_one_comes_from_is_kept(application, head):
    send_message(
        application_id=application.pk,
        side=MessageSide.OFFICE,
        author=head,
        text="Bonjour",
        at=timezone.now(),
    )
    page = get(head, application, "?liste=tous&evenements=echanges")
    assert [one.title for one in page.context["entries"]] == ["Message envoyé"]
    urls = [one["url"] for one in page.context["event_filters"]]
    assert all("liste=tous" in url for url in urls)
    assert "evenements" not in page.context["trail"]
    assert page.context["tabs"][0].url.endswith("?liste=tous")


@pytest.mark.parametrize("asked", ["", "tout", "notation", "%00", "é" * 500])
def test_a_filter_that_keeps_nothing_shows_everything(application, head, asked):
    page = get(head, application, f"?evenements={asked}")
    if asked != "%00":
        assert len(page.context["entries"]) == application.events.count()


def test_a_broken_chain_says_where_and_how(application):
    application.refresh_from_db()
    assert chain_faults(application) == []
    with connection.cursor() as cursor:  # past the trigger that keeps events as they are
        cursor.execute("SET LOCAL session_replication_role = replica")
        Event.objects.filter(application=application, position=2).update(at=timezone.now())
        Event.objects.filter(application=application, position=1).delete()
        cursor.execute("SET LOCAL session_replication_role = origin")
    sentences = [fault.sentence for fault in chain_faults(application)]
    assert "la ligne 1 a disparu ou a été déplacée" in sentences
    assert "elle ne suit pas l’empreinte de la ligne précédente" in sentences
    assert "son contenu ne correspond plus à son empreinte" in sentences
    assert len(verify_chain(application)) == len(sentences)
    page = get(person_with_role(Role.ADMINISTRATOR), application).content.decode()
    assert "Ligne 2\u00a0: son contenu ne correspond plus" in page


def test_an_administrator_is_told_what_a_fault_would_look_like(application):
    page = get(person_with_role(Role.ADMINISTRATOR), application).content.decode()
    assert "Comment cela se vérifie" in page
    assert application.events.last().hash in page


# --- Costs ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("slug", [slug for slug, _label in TABS])
def test_each_tab_costs_twenty_queries_at_most_with_its_marks(officer, head, slug):
    application = under_review(officer, head, readers=2, whole_department=False)
    now = timezone.now()
    Visit.objects.create(person=head, application=application, seen_at=now, previous_at=now)
    member = member_of(application.organisation)
    for _ in range(3):
        write_note(application_id=application.pk, text="Vu.", by=officer, at=timezone.now())
        send_message(
            application_id=application.pk,
            side=MessageSide.APPLICANT,
            author=member,
            text="Bonjour",
            at=timezone.now(),
        )
    get(head, application, slug=slug)
    with CaptureQueriesContext(connection) as queries:
        assert get(head, application, slug=slug).status_code == 200
    assert len(queries) <= 20, "\n".join(one["sql"][:150] for one in queries)


def test_a_reading_confirmed_says_from_which_deposit_to_which(application, head):
    append_event(
        application=application,
        kind="review_reconfirmed",
        actor=head,
        at=timezone.now(),
        data={"from_deposit": 1, "to_deposit": 2, "state": "final"},
    )
    assert "du dépôt 1 au dépôt 2" in details(head, application).values()
    assert {type(kind.tone) for kind in KINDS.values()} == {str}
