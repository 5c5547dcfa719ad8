"""What carries a mark on a dossier: what somebody else did since one last saw it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from foundation.documents.enums import FileState
from grants.applications.enums import MessageSide
from grants.applications.events import append_event
from grants.applications.models import Application, ApplicationDocument
from grants.applications.services.completing import answer_correction
from grants.applications.services.messages import send_message
from grants.review.models import Visit
from grants.review.services.assignment import declare_conflict
from grants.review.services.closing import write_note
from grants.review.services.documents import check_document
from grants.review.services.visits import SAME_VISIT, forget_marks, record_visit
from territories.loading import load_parameters
from tests.applications import correcting
from tests.factories import member_of, person_with_role
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


@pytest.fixture
def application(officer, head):
    return under_review(officer, head)


def visited(user, application) -> None:
    """Say that a person's last visit ends now."""
    now = timezone.now()
    Visit.objects.update_or_create(
        person=user, application=application, defaults={"seen_at": now, "previous_at": now}
    )


def get(user, application: Application, slug: str = "resume"):
    client = Client()
    client.force_login(user)
    url = application.get_desk_url()
    if slug != "resume":
        url = reverse("review:tab", args=[application.reference, slug])
    return client.get(url)


def marks(user, application, slug="resume") -> dict[str, int]:
    return {tab.slug: tab.new for tab in get(user, application, slug).context["tabs"] if tab.new}


def say(application, person, text="Bonjour", side=MessageSide.OFFICE) -> None:
    send_message(
        application_id=application.pk, side=side, author=person, text=text, at=timezone.now()
    )


# --- Visits ---------------------------------------------------------------------------------------
def test_one_visit_goes_on_and_the_one_before_stays(officer, application):
    start = timezone.now() - timedelta(days=3)
    for minutes, seen, previous in (
        (0, 0, None),
        (20, 20, None),
        (45, 45, None),
        (300, 300, 45),
        (310, 310, 45),
    ):
        at = start + timedelta(minutes=minutes)
        visit = record_visit(person=officer, application_id=application.pk, seen_at=at)
        assert visit.seen_at == start + timedelta(minutes=seen)
        expected = None if previous is None else start + timedelta(minutes=previous)
        assert visit.previous_at == expected
    late = record_visit(person=officer, application_id=application.pk, seen_at=start)
    assert late.seen_at == start + timedelta(minutes=310)
    assert Visit.objects.count() == 1


def test_a_first_visit_marks_nothing(officer, application, head):
    say(application, head)
    assert marks(officer, application) == {}


def test_looking_at_the_page_writes_nothing(officer, application):
    for slug in ("resume", "projet", "historique"):
        assert get(officer, application, slug).status_code == 200
    assert not Visit.objects.exists()


def test_marks_are_those_of_the_visit_before_while_one_visit_goes_on(officer, head, application):
    visited(officer, application)
    say(application, head)
    now = timezone.now()
    record_visit(person=officer, application_id=application.pk, seen_at=now)
    assert marks(officer, application) == {"echanges": 1}
    Visit.objects.update(seen_at=now - SAME_VISIT - timedelta(seconds=1))
    assert marks(officer, application)["echanges"] == 1  # another visit, since the one that ended
    forget_marks(person=officer, application_id=application.pk, seen_at=timezone.now())
    assert marks(officer, application) == {}


# --- Who did what ---------------------------------------------------------------------------------
def test_what_a_colleague_did_is_marked_what_one_did_oneself_is_not(officer, head, application):
    for person in (officer, head):
        visited(person, application)
    say(application, head, "Avez-vous le RIB\u00a0?")
    assert marks(officer, application) == {"echanges": 1}
    assert marks(head, application) == {}
    page = get(officer, application, "echanges").content.decode()
    assert page.count("<span>Nouveau</span>") == 1
    assert "Depuis votre dernière visite" in page
    assert "<span>Nouveau</span>" not in get(head, application, "echanges").content.decode()


def test_what_the_applicant_did_is_marked(officer, application):
    visited(officer, application)
    member = member_of(application.organisation)
    say(application, member, side=MessageSide.APPLICANT)
    page = get(officer, application)
    assert "Message envoyé" in page.content.decode()
    assert [tab.count for tab in page.context["tabs"] if tab.slug == "echanges"] == [1]


def test_what_the_portal_did_is_marked_in_its_name(officer, application):
    visited(officer, application)
    append_event(
        application=application,
        kind="document_infected",
        actor=None,
        at=timezone.now(),
        data={"label": "Statuts"},
    )
    assert marks(officer, application) == {"pieces": 1}
    (shown,) = get(officer, application).context["marked_here"]
    assert (shown["who"], shown["detail"]) == ("Maillage", "Statuts")


def test_a_document_checked_or_joined_since_is_marked(officer, head, application):
    old = [
        ApplicationDocument.objects.create(application=application, label=label, added_at=at)
        for label, at in (
            ("Statuts", timezone.now() - timedelta(days=9)),
            ("RIB", timezone.now() - timedelta(days=9)),
        )
    ]
    visited(officer, application)
    check_document(
        document_id=old[0].pk,
        state=FileState.ACCEPTED,
        reason="",
        seen=0,
        by=head,
        at=timezone.now(),
    )
    page = get(officer, application, "pieces")
    assert page.context["new_documents"] == {old[0].pk}
    assert page.content.decode().count("<span>Nouveau</span>") == 1
    assert "Statuts, acceptée" in page.content.decode()


def test_a_note_of_a_colleague_is_marked_for_who_reads_notes(officer, head, application):
    coordinator = person_with_role(Role.COORDINATOR)
    for person in (officer, head, coordinator):
        visited(person, application)
    write_note(application_id=application.pk, text="Vu.", by=head, at=timezone.now())
    assert marks(officer, application, "budget") == {"resume": 1}
    assert "<span>Nouvelle</span>" in get(officer, application).content.decode()
    for person in (head, coordinator):
        assert marks(person, application, "budget") == {}


def test_a_new_deposit_marks_the_fields_that_changed():
    application = correcting.under_review()
    officer = correcting.officer_of(application)
    visited(officer, application)
    correcting.ask(application, "projet.title", "projet.objectives")
    correcting.type_in(application, "projet", title="Ateliers du matin")
    answer_correction(application_id=application.pk, by=application.created_by, at=timezone.now())
    found = marks(officer, application)
    assert found["projet"] == 1
    assert found["complements"] == 1
    page = get(officer, application, "projet").content.decode()
    assert "Modifié depuis votre visite" in page
    assert "Ateliers du matin" in page
    assert "?avant=1&amp;apres=2" in page
    assert "Modifié depuis votre visite" not in get(officer, application, "budget").content.decode()


def test_marks_tell_nothing_of_what_one_may_not_read(officer, head):
    application = under_review(officer, head)
    coordinator, recused = person_with_role(Role.COORDINATOR), person_with_role(Role.CASE_OFFICER)
    declare_conflict(person=recused, application=application, reason="Proche", at=timezone.now())
    for person in (head, coordinator, recused):
        visited(person, application)
    final(application, officer, 4, 4, 4, summary="Bien")
    write_note(application_id=application.pk, text="Entre nous", by=head, at=timezone.now())
    assert marks(head, application) == {"notation": 1}
    for person in (coordinator, recused):
        assert marks(person, application) == {}
        assert "Notation rendue" not in get(person, application).content.decode()


def test_a_page_with_marks_costs_two_queries_more_at_most(officer, head, application):
    get(officer, application, "echanges")
    with CaptureQueriesContext(connection) as before:
        get(officer, application, "echanges")
    visited(officer, application)
    for number in range(30):
        say(application, head, f"Message {number}")
        write_note(application_id=application.pk, text="Vu.", by=head, at=timezone.now())
    with CaptureQueriesContext(connection) as after:
        assert marks(officer, application, "echanges") == {"echanges": 30, "resume": 30}
    assert len(after) <= len(before) + 2


def test_an_expert_s_opinion_is_signed_by_an_expert(application, officer):
    visited(officer, application)
    append_event(
        application=application,
        kind="opinion_given",
        actor=None,
        at=timezone.now() + timedelta(seconds=1),
        data={"request": 1},
    )
    page = get(officer, application)
    (mark,) = page.context["marks"].marks
    assert mark.who == "Expert extérieur"
