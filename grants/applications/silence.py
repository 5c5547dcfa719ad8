"""The date from which silence is a refusal: shown to the office, never a state.

Source:
    CRPA L231-4 3° (two months for a request for money), L114-5 and R112-11-4: the clock is
    suspended during the delay given to produce what is missing, and runs again as soon as it is
    produced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta
from django.db.models import Exists, OuterRef, Subquery

from config.dates import local_date
from foundation.parameters.models import Parameter
from foundation.parameters.selectors import days_on
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.models import CorrectionRequest, Event


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from grants.applications.models import Application

RUNNING = frozenset(
    {
        ReviewState.SUBMITTED,
        ReviewState.UNDER_REVIEW,
        ReviewState.CORRECTION_REQUESTED,
        ReviewState.EVALUATED,
        ReviewState.PROPOSED,
    }
)


@dataclass(frozen=True)
class Suspension:
    """Days during which the office waits for what it asked.

    Attributes:
        since: Day of the request.
        until: Day it was produced, or last day given to produce it.
        is_open: It may still be produced.
    """

    since: date
    until: date
    is_open: bool = False


@dataclass(frozen=True)
class SilenceClock:
    """Where the clock stands.

    Attributes:
        due_on: Indicative day of the implicit refusal, if nothing more is asked.
        suspended_since: First day of the wait now running; ``None`` while the clock runs.
        suspended_until: Its last day.
        days_suspended: Days added so far.
    """

    due_on: date
    suspended_since: date | None
    suspended_until: date | None
    days_suspended: int


def silence_clock(
    received_on: date, *, months: int, suspensions: Sequence[Suspension], on: date
) -> SilenceClock:
    """Compute the indicative date of the implicit refusal.

    Args:
        received_on: Day the request was received.
        months: Legal length of silence (``silence.months``).
        suspensions: Waits, in any order; they may overlap. One that begins after the date
            reached changes nothing any more.
        on: Today.

    Returns:
        The date, each suspended day counted once.
    """
    due_on = received_on + relativedelta(months=months)
    days, reached = 0, received_on
    current: Suspension | None = None  # all those that run now, as one
    for wait in sorted(suspensions, key=lambda one: (one.since, one.until)):
        if wait.since > due_on:
            continue
        start = max(wait.since, reached)
        if wait.until > start:
            added = (wait.until - start).days
            days, due_on = days + added, due_on + timedelta(days=added)
            reached = wait.until
        if wait.is_open and wait.since <= on <= wait.until:
            since = current.since if current else wait.since
            until = max(current.until, wait.until) if current else wait.until
            current = Suspension(since, until, is_open=True)
    return SilenceClock(
        due_on,
        current.since if current else None,
        current.until if current else None,
        days,
    )


def with_clock(applications: QuerySet[Application], *, on: date) -> QuerySet[Application]:
    """Annotate what :func:`clock_of` reads: no query more for a page.

    ``lacked_documents`` (what the receipt asked for), ``last_joined_at``, ``joined_before_at``
    (the last one before documents were asked again), ``silence_months`` (as in force on a day) and
    ``has_corrections``.
    """
    months = Parameter.objects.filter(key="silence.months", valid_from__lte=on)
    events = Event.objects.filter(application=OuterRef("pk"))
    joined = events.filter(kind="document_added").order_by("-position")
    return applications.annotate(
        lacked_documents=Subquery(events.filter(kind="submit").values("data__missing")[:1]),
        last_joined_at=Subquery(joined.values("at")[:1]),
        joined_before_at=Subquery(
            joined.filter(at__lte=OuterRef("documents_asked_at")).values("at")[:1]
        ),
        silence_months=Subquery(months.order_by("-valid_from", "-pk").values("value")[:1]),
        has_corrections=Exists(CorrectionRequest.objects.filter(application=OuterRef("pk"))),
    )


def clock_of(
    application: Application, corrections: Sequence[CorrectionRequest], *, on: date
) -> SilenceClock | None:
    """Return the clock of a dossier; ``None`` once it is decided, ended, or without parameter.

    Args:
        application: A filed dossier, annotated by :func:`with_clock`.
        corrections: All its correction requests.
        on: Today.
    """
    if application.review_state not in RUNNING or not application.silence_months:
        return None
    received_on = application.received_on or local_date(application.submitted_at)
    return silence_clock(
        received_on,
        months=int(application.silence_months),
        suspensions=[*_documents_wait(application), *map(_correction_wait, corrections)],
        on=on,
    )


def _correction_wait(correction: CorrectionRequest) -> Suspension:
    ended = correction.answered_at or correction.closed_at
    until = correction.due_on
    if ended is not None:
        until = min(until, local_date(ended))
    return Suspension(
        local_date(correction.asked_at), until, correction.state == CorrectionState.OPEN
    )


def _documents_wait(application: Application) -> list[Suspension]:
    """Return the waits for documents: those the receipt asked for, and those asked again since.

    A wait begins the day the documents were asked for, not the day of filing.
    """
    filed_at, asked_at = application.submitted_at, application.documents_asked_at
    is_asked_again = asked_at is not None and asked_at > filed_at
    waits = []
    if application.documents_due_on is not None:
        since = local_date(asked_at or filed_at)
        waits.append(Suspension(since, application.documents_due_on, is_open=True))
    elif is_asked_again:
        waits.append(_past_wait(asked_at, application.last_joined_at))
    if application.lacked_documents and (is_asked_again or application.documents_due_on is None):
        joined_at = application.joined_before_at if is_asked_again else application.last_joined_at
        waits.append(_past_wait(filed_at, joined_at))
    return waits


def _past_wait(asked_at: datetime, joined_at: datetime | None) -> Suspension:
    """Return a wait that is over: produced, or its usual delay run out."""
    asked_on = local_date(asked_at)
    last = asked_on + timedelta(days=days_on("documents.days", asked_on))
    return Suspension(asked_on, min(last, local_date(joined_at)) if joined_at else last)
