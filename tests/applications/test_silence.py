"""The indicative date of the silence: pure, calm, never a state."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given, strategies as st

from grants.applications.events import append_event
from grants.applications.silence import Suspension, clock_of, silence_clock, with_clock
from grants.review.services.documents import check_document
from tests.applications.correcting import ask, under_review
from tests.applications.dossiers import fresh


FILED = date(2026, 11, 10)


def clock(*waits: Suspension, on: date = date(2026, 11, 20)):
    return silence_clock(FILED, months=2, suspensions=waits, on=on)


def test_two_months_without_any_wait():
    assert clock().due_on == date(2027, 1, 10)
    assert silence_clock(date(2026, 12, 31), months=2, suspensions=[], on=FILED).due_on == date(
        2027, 2, 28
    )


def test_a_wait_adds_its_days_until_the_answer_or_its_last_day():
    answered = Suspension(date(2026, 11, 15), date(2026, 11, 25))
    assert clock(answered).due_on == date(2027, 1, 20)
    assert clock(answered).days_suspended == 10
    assert clock(answered).suspended_since is None


def test_while_it_waits_the_clock_says_since_when_and_until_when():
    waiting = Suspension(date(2026, 11, 15), date(2026, 11, 30), is_open=True)
    now = clock(waiting)
    assert (now.suspended_since, now.suspended_until) == (waiting.since, waiting.until)
    assert now.due_on == date(2027, 1, 25)
    late = clock(waiting, on=date(2026, 12, 1))  # no answer: the delay is over, the clock runs
    assert late.suspended_since is None
    assert late.due_on == date(2027, 1, 25)


def test_days_that_two_waits_share_count_once():
    first = Suspension(date(2026, 11, 15), date(2026, 11, 25))
    second = Suspension(date(2026, 11, 20), date(2026, 11, 30))
    assert clock(first, second).days_suspended == 15


def test_two_waits_that_run_are_said_as_one():
    papers = Suspension(date(2026, 11, 10), date(2026, 12, 10), is_open=True)
    words = Suspension(date(2026, 11, 15), date(2026, 11, 30), is_open=True)
    both = clock(papers, words)
    assert (both.suspended_since, both.suspended_until) == (papers.since, papers.until)


def test_a_wait_that_begins_after_the_date_changes_nothing():
    assert clock(Suspension(date(2027, 1, 11), date(2027, 1, 26))).due_on == date(2027, 1, 10)
    assert clock(Suspension(date(2027, 1, 10), date(2027, 1, 12))).due_on == date(2027, 1, 12)


waits = st.lists(
    st.builds(
        lambda start, length: Suspension(
            FILED + timedelta(days=start), FILED + timedelta(days=start + length)
        ),
        st.integers(0, 50),
        st.integers(0, 30),
    ),
    max_size=5,
)


@given(waits)
def test_the_date_is_the_legal_one_plus_the_days_of_wait(found):
    result = clock(*found)
    days = {w.since + timedelta(days=n) for w in found for n in range((w.until - w.since).days)}
    assert result.due_on == date(2027, 1, 10) + timedelta(days=len(days))
    assert clock(*reversed(found)) == result


@pytest.mark.django_db
def test_the_clock_of_a_dossier_stops_with_its_decision():
    application = under_review()
    ask(application)
    today = timezone.localdate()

    def shown():
        row = with_clock(type(application).objects, on=today).get(pk=application.pk)
        return clock_of(row, list(row.corrections.all()), on=today)

    assert shown().suspended_since == today
    row = fresh(application)
    row.review_state = "withdrawn"
    row.save()
    assert shown() is None


@pytest.mark.django_db
def test_a_document_refused_later_suspends_from_that_day_not_from_filing():
    application = under_review()
    filed_at = timezone.now() - timedelta(days=40)
    application.submitted_at = filed_at
    application.save(update_fields=["submitted_at"])
    required = application.sheet.documents.create(position=9, label="RIB de l’année")
    document = application.documents.create(
        required=required, label="RIB", added_at=application.submitted_at
    )
    head = application.assignments.get(role="officer", ended_at__isnull=True).person
    check_document(
        document_id=document.pk, state="refused", reason="Illisible", by=head, at=timezone.now()
    )
    today = timezone.localdate()

    def shown():
        row = with_clock(type(application).objects, on=today).get(pk=application.pk)
        return clock_of(row, [], on=today)

    assert (shown().suspended_since, shown().days_suspended) == (today, 30)
    # Produced the same day: the time it was waited for stays counted, and no more.
    row = fresh(application)
    row.documents_due_on = None
    row.save(update_fields=["documents_due_on"])
    append_event(
        application=row, kind="document_added", actor=row.created_by, at=timezone.now(), data={}
    )
    assert (shown().suspended_since, shown().days_suspended) == (None, 0)
