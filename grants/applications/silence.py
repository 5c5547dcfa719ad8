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
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from config.dates import local_date
from foundation.parameters.selectors import count_in_force, days_on
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.models import CorrectionRequest, Event


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from grants.applications.models import Application

OTHER_LABEL = "Autre pièce"  # a paper that the sheet does not ask
# Data of the event that ends a wait for documents: its first day, and the last one given.
WAITED_SINCE, WAITED_UNTIL = "awaited_since", "awaited_until"
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

    ``lacked_documents`` (what the receipt asked for), ``papers`` (each paper joined since, and
    each end of a wait), ``silence_months`` (as in force on a day) and ``has_corrections``.
    """
    events = Event.objects.filter(application=OuterRef("pk"))
    papers = events.filter(Q(kind="document_added") | Q(data__has_key=WAITED_SINCE))
    told = JSONObject(
        at="at", label="data__label", since=f"data__{WAITED_SINCE}", until=f"data__{WAITED_UNTIL}"
    )
    return applications.annotate(
        lacked_documents=Subquery(events.filter(kind="submit").values("data__missing")[:1]),
        papers=ArraySubquery(papers.order_by("position").values_list(told)),
        silence_months=Subquery(count_in_force("silence.months", on)),
        has_corrections=Exists(CorrectionRequest.objects.filter(application=OuterRef("pk"))),
    )


def end_of_wait(application: Application) -> dict[str, str]:
    """Return, as data of the event that ends it, the wait for documents that is running.

    Without it nobody could tell later which paper was the last awaited: others may come after.

    Args:
        application: A filed dossier, locked; it waits for documents until ``documents_due_on``.
    """
    since = application.documents_asked_at or application.submitted_at
    return {
        WAITED_SINCE: local_date(since).isoformat(),
        WAITED_UNTIL: application.documents_due_on.isoformat(),
    }


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

    A wait begins the day the documents were asked for, not the day of filing, and ends with the
    paper that completes the dossier: those joined afterwards change nothing.
    """
    filed_at, asked_at = application.submitted_at, application.documents_asked_at
    is_asked_again = asked_at is not None and asked_at > filed_at
    papers = [_Paper.of(told) for told in application.papers]
    waits = [
        Suspension(one.since, min(one.until, local_date(one.at))) for one in papers if one.since
    ]
    if application.documents_due_on is not None:
        since = local_date(asked_at or filed_at)
        waits.append(Suspension(since, application.documents_due_on, is_open=True))
    # Histories written before the end of a wait was: it is worked out from the papers.
    is_over = application.documents_due_on is None
    written = {one.since for one in papers}
    unwritten = [one for one in papers if one.since is None]
    if is_asked_again and is_over and local_date(asked_at) not in written:
        came_at = _came_again([one for one in unwritten if one.at >= asked_at])
        waits.append(_past_wait(asked_at, came_at))
    lacked = application.lacked_documents
    if lacked and (is_asked_again or is_over) and local_date(filed_at) not in written:
        before = [one for one in unwritten if not is_asked_again or one.at <= asked_at]
        waits.append(_past_wait(filed_at, _all_came(lacked, before)))
    return waits


@dataclass(frozen=True)
class _Paper:
    """A paper joined to a filed dossier, or the end of a wait.

    Attributes:
        at: When.
        label: What the sheet calls it.
        since: First day of the wait that it ends, if it ends one.
        until: Last day that was given to produce it.
    """

    at: datetime
    label: str | None
    since: date | None
    until: date | None

    @classmethod
    def of(cls, told: dict[str, str | None]) -> _Paper:
        since, until = told["since"], told["until"]
        return cls(
            datetime.fromisoformat(told["at"]),
            told["label"],
            date.fromisoformat(since) if since else None,
            date.fromisoformat(until) if until else None,
        )


def _all_came(lacked: Sequence[str], papers: Sequence[_Paper]) -> datetime | None:
    """Return when the last of what the receipt asked for came, as far as the labels tell.

    A sheet may call it otherwise since: then as many papers as were lacking, else the last one.
    """
    first: dict[str | None, datetime] = {}
    for one in papers:
        first.setdefault(one.label, one.at)
    if all(label in first for label in lacked):
        return max(first[label] for label in lacked)
    asked = [one.at for one in papers if one.label != OTHER_LABEL]
    if len(asked) >= len(lacked):
        return asked[len(lacked) - 1]
    return papers[-1].at if papers else None


def _came_again(papers: Sequence[_Paper]) -> datetime | None:
    """Return when a document asked again came: the first paper since that the sheet asks."""
    asked = [one.at for one in papers if one.label != OTHER_LABEL]
    return (asked or [one.at for one in papers] or [None])[0]


def _past_wait(asked_at: datetime, ended_at: datetime | None) -> Suspension:
    """Return a wait that is over: produced, or its usual delay run out."""
    asked_on = local_date(asked_at)
    last = asked_on + timedelta(days=days_on("documents.days", asked_on))
    return Suspension(asked_on, min(last, local_date(ended_at)) if ended_at else last)
