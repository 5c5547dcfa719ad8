"""« À faire » by e-mail: to whom, when, what it says, what stops it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from foundation.notifications.models import DigestFrequency, OutboxMessage
from foundation.notifications.reminders import queue_due
from grants.applications.enums import ReviewState
from grants.review.models import Assignment, ConflictOfInterest
from portal.digests import choose_frequency, digests, frequency_of, next_digest
from territories.loading import load_parameters
from tests.factories import FiledApplicationFactory, UserFactory, person_with_role
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def parameters():
    load_parameters()


PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 11, 23, 8, 2, tzinfo=PARIS)
TUESDAY = datetime(2026, 11, 24, 8, 2, tzinfo=PARIS)
SATURDAY = datetime(2026, 11, 28, 8, 2, tzinfo=PARIS)


def an_officer_with_work(count: int = 1):
    officer = person_with_role(Role.CASE_OFFICER)
    officer.first_name = "Inès"
    officer.save()
    give(officer, count)
    return officer


def give(officer, count: int) -> None:
    for number in range(count):
        application = FiledApplicationFactory(
            review_state=ReviewState.UNDER_REVIEW, title=f"Atelier {number}"
        )
        Assignment.objects.create(
            application=application,
            person=officer,
            role="officer",
            assigned_by=officer,
            assigned_at=timezone.now(),
        )


def receivers(at: datetime) -> list[str]:
    return [candidate.to for candidate in digests(at)]


def test_the_office_receives_it_each_monday_unless_it_chooses_otherwise():
    officer = an_officer_with_work()
    assert receivers(MONDAY) == [officer.email]
    assert receivers(TUESDAY) == []
    choose_frequency(user=officer, frequency="daily")
    assert receivers(TUESDAY) == [officer.email]
    assert receivers(SATURDAY) == []
    choose_frequency(user=officer, frequency="none")
    assert receivers(MONDAY) == []


def test_an_applicant_receives_it_only_when_they_ask():
    assert frequency_of(UserFactory()) == DigestFrequency.NONE
    assert frequency_of(person_with_role(Role.COORDINATOR)) == DigestFrequency.WEEKLY


def test_a_reader_is_promised_nothing(client):
    reader = person_with_role(Role.READER)
    assert frequency_of(reader) == DigestFrequency.NONE
    client.force_login(reader)
    assert "chaque lundi" not in client.get("/a-faire/").content.decode()


def test_it_is_sent_once_and_only_in_the_morning():
    officer = an_officer_with_work()
    assert queue_due(at=MONDAY.replace(hour=7, minute=59)) == 0
    assert queue_due(at=MONDAY) == 1
    assert queue_due(at=MONDAY.replace(minute=7)) == 0
    assert queue_due(at=MONDAY.replace(hour=12, minute=1)) == 0
    message = OutboxMessage.objects.get(kind="digest")
    assert (message.to, message.key) == (officer.email, f"digest:{officer.pk}:2026-11-23")


def test_after_an_outage_of_the_morning_it_is_no_news_any_more():
    an_officer_with_work()
    assert queue_due(at=MONDAY.replace(hour=12, minute=30)) == 0


def test_it_names_what_waits_and_says_how_to_stop_it():
    officer = an_officer_with_work(7)
    queue_due(at=MONDAY)
    message = OutboxMessage.objects.get(kind="digest")
    assert message.subject == "À faire : 7 points vous attendent"
    assert message.text.startswith("Bonjour Inès,\n")
    assert "- 7 dossiers à instruire" in message.text
    assert "Atelier 0" in message.text
    assert "et 2 autres" in message.text
    assert reverse("portal:todo") in message.text
    assert reverse("portal:digest") in message.text
    assert officer.email in message.text


def test_nothing_leaves_when_nothing_waits_nor_to_a_closed_account():
    person_with_role(Role.CASE_OFFICER)
    assert receivers(MONDAY) == []
    officer = an_officer_with_work()
    officer.is_active = False
    officer.save()
    assert receivers(MONDAY) == []


def test_whoever_stands_aside_is_not_reminded_to_score():
    officer = person_with_role(Role.CASE_OFFICER)
    application = FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW)
    Assignment.objects.create(
        application=application,
        person=officer,
        role="reader",
        rank=1,
        assigned_by=officer,
        assigned_at=timezone.now(),
    )
    assert receivers(MONDAY) == [officer.email]
    ConflictOfInterest.objects.create(
        person=officer, application=application, declared_at=timezone.now()
    )
    assert receivers(MONDAY) == []


@pytest.mark.parametrize(
    ("frequency", "at", "day"),
    [
        ("daily", MONDAY.replace(hour=7), date(2026, 11, 23)),
        ("daily", MONDAY, date(2026, 11, 24)),
        ("daily", datetime(2026, 11, 27, 9, tzinfo=PARIS), date(2026, 11, 30)),
        ("weekly", MONDAY, date(2026, 11, 30)),
        ("weekly", SATURDAY, date(2026, 11, 30)),
        # The clocks change on 28 March 2027: eight o'clock stays eight o'clock.
        ("weekly", datetime(2027, 3, 27, 9, tzinfo=PARIS), date(2027, 3, 29)),
    ],
)
def test_the_next_one_leaves_at_eight_on_the_right_day(frequency, at, day):
    due = next_digest(frequency, at)
    assert (due.astimezone(PARIS).date(), due.astimezone(PARIS).hour) == (day, 8)


def test_never_has_no_next_one():
    assert next_digest("none", MONDAY) is None


# --- The page -------------------------------------------------------------------------------------
def test_a_person_chooses_and_reads_what_would_leave(client):
    officer = an_officer_with_work()
    client.force_login(officer)
    page = client.get(reverse("portal:digest"))
    assert "À faire : 1 point vous attend" in page.text
    answer = client.post(reverse("portal:digest"), {"frequency": "daily"}, follow=True)
    assert "Votre choix est enregistré." in answer.text
    assert frequency_of(officer) == DigestFrequency.DAILY
    assert "chaque jour ouvré" in client.get(reverse("portal:todo")).text


@pytest.mark.parametrize("given", ["", "hourly", "\u202edaily", "a" * 5000])
def test_an_unknown_rhythm_is_refused_with_a_sentence(client, given):
    officer = an_officer_with_work()
    client.force_login(officer)
    answer = client.post(reverse("portal:digest"), {"frequency": given})
    assert answer.status_code == 422
    assert "fréquence" in answer.text
    assert frequency_of(officer) == DigestFrequency.WEEKLY


def test_the_page_costs_the_same_whatever_waits(client):
    officer = an_officer_with_work(0)
    client.force_login(officer)
    assert_same_queries(
        lambda: client.get(reverse("portal:digest")),
        few=lambda: give(officer, 1),
        many=lambda: give(officer, 49),
    )
