"""The date of the silence worked out in SQL is the one of ``silence.py``, whatever happened."""

from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings, strategies as st

from foundation.parameters.models import Parameter
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.events import append_event
from grants.applications.models import Application, CorrectionRequest
from grants.applications.silence import OTHER_LABEL, clock_of, with_clock
from grants.applications.silence_query import silence_due_on, silence_suspended_until
from territories.loading import load_parameters
from tests.factories import ApplicationFactory


pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate()
NUMBERS = count(1)
days = st.integers(0, 100)
maybe_days = st.none() | days


def at(number: int | None):
    return None if number is None else NOW - timedelta(days=number)


@st.composite
def corrections(draw):
    """Requests one after the other, of which the last may still be open."""
    found = []
    for number in range(draw(st.integers(0, 3))):
        asked = draw(st.integers(0, 100))
        found.append((number + 1, asked, draw(st.integers(0, 40)), draw(st.integers(0, 60))))
    return found, draw(st.booleans())


@st.composite
def papers(draw):
    """Papers joined in any order; some end a wait, as those joined since ends are written do."""
    labels = st.sampled_from(["statuts", "RIB", "budget", OTHER_LABEL, None])
    starts = st.none() | st.sampled_from(["filed", "asked_again"]) | days
    return [
        (draw(days), draw(labels), draw(starts), draw(st.integers(0, 40)))
        for _ in range(draw(st.integers(0, 6)))
    ]


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    state=st.sampled_from([*ReviewState]).filter(lambda s: s != ReviewState.DRAFT),
    filed=days,
    received=maybe_days,
    lacks=st.lists(st.sampled_from(["statuts", "RIB", "bail"]), unique=True),
    documents_due=st.none() | st.integers(-40, 60),
    asked_again=maybe_days,
    joined=papers(),
    requests=corrections(),
)
@example(  # asked once the date is past: it changes nothing any more
    state=ReviewState.UNDER_REVIEW,
    filed=100,
    received=None,
    lacks=[],
    documents_due=None,
    asked_again=None,
    joined=[],
    requests=([(1, 10, 20, 5)], False),
)
@example(  # papers and words are awaited together, then again
    state=ReviewState.CORRECTION_REQUESTED,
    filed=60,
    received=62,
    lacks=["statuts"],
    documents_due=10,
    asked_again=30,
    joined=[(40, "statuts", None, 0), (20, OTHER_LABEL, None, 0)],
    requests=([(1, 35, 20, 12), (2, 8, 30, 0)], True),
)
@example(  # complete, then papers that nobody waits for; the end is not written
    state=ReviewState.UNDER_REVIEW,
    filed=60,
    received=None,
    lacks=["statuts"],
    documents_due=None,
    asked_again=60,
    joined=[(58, "statuts", None, 0), (46, OTHER_LABEL, None, 0), (40, "budget", None, 0)],
    requests=([(1, 45, 15, 5)], False),
)
@example(  # the same, written; then asked again, and complete again
    state=ReviewState.UNDER_REVIEW,
    filed=60,
    received=None,
    lacks=["statuts", "RIB"],
    documents_due=None,
    asked_again=30,
    joined=[
        (59, "RIB", None, 0),
        (58, "statuts", "filed", 30),
        (46, OTHER_LABEL, None, 0),
        (25, "RIB", "asked_again", 30),
        (10, OTHER_LABEL, None, 0),
    ],
    requests=([(1, 45, 15, 5)], False),
)
@example(  # the sheet calls it otherwise since
    state=ReviewState.UNDER_REVIEW,
    filed=60,
    received=None,
    lacks=["bail"],
    documents_due=None,
    asked_again=None,
    joined=[(59, OTHER_LABEL, None, 0), (58, "budget", None, 0), (46, "RIB", None, 0)],
    requests=([], False),
)
def test_both_clocks_agree(
    db, state, filed, received, lacks, documents_due, asked_again, joined, requests
):
    load_parameters_once()
    application = ApplicationFactory(
        reference=f"2099-{next(NUMBERS):04d}",
        review_state=state,
        submitted_at=at(filed),
        received_on=None if received is None else TODAY - timedelta(days=received),
        documents_due_on=None if documents_due is None else TODAY + timedelta(days=documents_due),
        documents_asked_at=at(asked_again),
    )
    append_event(
        application=application, kind="submit", actor=None, at=at(filed), data={"missing": lacks}
    )
    for joined_ago, label, start, length in joined:
        told = {} if label is None else {"label": label}
        since = {"filed": filed, "asked_again": asked_again}.get(start, start)
        if since is not None:
            first = TODAY - timedelta(days=since)
            told |= {
                "awaited_since": first.isoformat(),
                "awaited_until": (first + timedelta(days=length)).isoformat(),
            }
        append_event(
            application=application, kind="document_added", actor=None, at=at(joined_ago), data=told
        )
    found, last_is_open = requests
    for number, asked, length, answered in found:
        is_open = last_is_open and number == len(found)
        asked_on = TODAY - timedelta(days=asked)
        CorrectionRequest.objects.create(
            application=application,
            number=number,
            message="Complétez.",
            fields=["projet.title"],
            first_due_on=asked_on + timedelta(days=length),
            due_on=asked_on + timedelta(days=length),
            state=CorrectionState.OPEN if is_open else CorrectionState.ANSWERED,
            asked_at=at(asked),
            asked_by=application.created_by,
            answered_at=None if is_open else at(asked) + timedelta(days=answered),
        )
    row = with_clock(Application.objects.filter(pk=application.pk), on=TODAY)
    row = row.annotate(due=silence_due_on(TODAY), suspended=silence_suspended_until(TODAY)).get()
    clock = clock_of(row, list(row.corrections.order_by("number")), on=TODAY)
    if clock is None:
        assert (row.due, row.suspended) == (None, None)
    else:
        assert (row.due, row.suspended) == (clock.due_on, clock.suspended_until)


def load_parameters_once() -> None:
    if not Parameter.objects.exists():
        load_parameters()
