"""How long the desk takes and what waits: counts and delays, never a score.

Everything is worked out by PostgreSQL from the events of the dossiers in scope: three statements,
whatever their number. A person who stands aside from a dossier still counts it: nothing here tells
one dossier from another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import DateTimeField, Func, QuerySet, Value
from django.db.models.functions import Coalesce

from config.dates import end_of_day
from config.money import round_half_up
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.models import Application
from grants.review.enums import TO_INSTRUCT, UNDECIDED


if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User

#: Upper bounds of the classes of age, in days; the last class has none.
AGE_BOUNDS = (7, 15, 30, 60)
ZONE = "Europe/Paris"


@dataclass(frozen=True)
class Step:
    """One stretch of a dossier's way: its word, what it goes from and to."""

    key: str
    label: str
    hint: str


STEPS = (
    Step("assign", "Du dépôt à l’affectation", "premier jour d’instruction"),
    Step("read", "De l’affectation à la dernière notation", "fiches avec notation"),
    Step("conclude", "De la dernière notation à la fin d’instruction", "sinon, de l’affectation"),
    Step("vote", "De la fin d’instruction au vote", "attente de la séance comprise"),
    Step("notify", "Du vote à la notification", "courrier, signature et envoi"),
    Step("whole", "Du dépôt à la notification", "tout le parcours"),
)
WAIT = Step("wait", "Attente de compléments", "par demande, retranchée des délais ci-dessus")


@dataclass(frozen=True)
class Delay:
    """How long a step took.

    Attributes:
        step: Which one.
        count: Dossiers that went through it (requests, for the wait).
        median: Days, one decimal, half up; ``None`` without any.
        ninth: Days within which nine dossiers out of ten went through it.
    """

    step: Step
    count: int = 0
    median: Decimal | None = None
    ninth: Decimal | None = None


@dataclass(frozen=True)
class Ageing:
    """How many dossiers are in a state, by the days since they entered it."""

    state: str
    counts: tuple[int, ...]

    @property
    def label(self) -> str:
        return str(ReviewState(self.state).label)

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Load:
    """What a person of the desk has in hand, in the scope of the page.

    Attributes:
        person: Who.
        open_count: Dossiers left to instruct, as the team page counts them.
        to_score_count: Readings they have yet to finish.
        late_count: Dossiers whose applicant is late.
        done_count: Dossiers they concluded this month.
    """

    person: User
    open_count: int
    to_score_count: int
    late_count: int
    done_count: int


def age_labels() -> list[str]:
    """Return the words of the classes of age."""
    lows = [0, *(bound + 1 for bound in AGE_BOUNDS)]
    words = [f"{AGE_BOUNDS[0]}\u00a0jours au plus"]
    words += [
        f"{low} à {high}\u00a0jours" for low, high in zip(lows[1:], AGE_BOUNDS[1:], strict=False)
    ]
    return [*words, f"plus de {AGE_BOUNDS[-1]}\u00a0jours"]


# --- Delays ---------------------------------------------------------------------------------------
_DELAYS = """
WITH scope AS ({scope}),
moments AS (
    SELECT scope.id, scope.filed,
        min(event.at) FILTER (WHERE event.kind = 'assign') AS assigned,
        max(event.at) FILTER (WHERE event.kind = 'review_finalised') AS was_read,
        max(event.at) FILTER (WHERE event.kind = 'evaluate') AS concluded,
        max(event.at) FILTER (WHERE event.kind = 'reopen_review') AS reopened,
        max(event.at) FILTER (WHERE event.kind IN ('award', 'reject', 'defer')) AS voted,
        max(event.at) FILTER (WHERE event.kind = 'notified') AS notified
    FROM scope JOIN applications_event AS event ON event.application_id = scope.id
    WHERE event.kind IN (
        'assign', 'review_finalised', 'evaluate', 'reopen_review', 'award', 'reject', 'defer',
        'notified'
    )
    GROUP BY scope.id, scope.filed
),
steps AS (
    SELECT moments.id, stretch.step, stretch.since, stretch.until
    FROM moments CROSS JOIN LATERAL (VALUES
        ('assign', filed, assigned),
        ('read', assigned, was_read),
        ('conclude', coalesce(was_read, assigned),
            CASE WHEN reopened IS NULL OR reopened < concluded THEN concluded END),
        ('vote', concluded, voted),
        ('notify', voted, notified),
        ('whole', filed, notified)
    ) AS stretch(step, since, until)
    WHERE stretch.since <= stretch.until
),
waits AS (
    SELECT request.application_id AS id, request.asked_at AS since,
        coalesce(request.answered_at, request.closed_at) AS until
    FROM applications_correctionrequest AS request
    JOIN scope ON scope.id = request.application_id
    WHERE request.answered_at IS NOT NULL OR request.closed_at IS NOT NULL
),
suspended AS (
    SELECT steps.id, steps.step,
        sum(least(waits.until, steps.until) - greatest(waits.since, steps.since)) AS length
    FROM steps JOIN waits ON waits.id = steps.id
    WHERE waits.since < steps.until AND waits.until > steps.since
    GROUP BY steps.id, steps.step
),
lengths AS (
    SELECT steps.step,
        steps.until - steps.since - coalesce(suspended.length, interval '0') AS length
    FROM steps LEFT JOIN suspended ON suspended.id = steps.id AND suspended.step = steps.step
    UNION ALL
    SELECT 'wait', until - since FROM waits WHERE since <= until
)
SELECT step, count(*),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM length) / 86400),
    percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM length) / 86400)
FROM lengths GROUP BY step
"""


def filed_at() -> Coalesce:
    """Return, on dossiers, when each was filed: at midnight in Paris for a day told on paper."""
    midnight = Func(
        "received_on",
        Value(ZONE),
        template="(%(expressions)s)",
        arg_joiner="::timestamp AT TIME ZONE ",
        output_field=DateTimeField(),
    )
    return Coalesce(midnight, "submitted_at")


def delays(applications: QuerySet[Application]) -> list[Delay]:
    """Return the median and the 90th percentile of each step, in days, from the history.

    Time spent waiting for an applicant's answer is taken out of every step it falls in, and given
    apart, last. A step that was done again counts up to the last time.

    Args:
        applications: The filed dossiers in scope.
    """
    found = {
        key: (count, median, ninth)
        for key, count, median, ninth in _rows(_DELAYS, *_scope(applications, filed=filed_at()))
    }
    return [
        Delay(step, found[step.key][0], *map(_days, found[step.key][1:]))
        if step.key in found
        else Delay(step)
        for step in (*STEPS, WAIT)
    ]


# --- Ageing ---------------------------------------------------------------------------------------
_AGEING = """
WITH scope AS ({scope})
SELECT scope.review_state,
    width_bucket(
        %s::date - (coalesce(entered.at, scope.submitted_at) AT TIME ZONE %s)::date, %s::int[]
    ) AS class,
    count(*)
FROM scope
LEFT JOIN LATERAL (
    SELECT event.at FROM applications_event AS event
    WHERE event.application_id = scope.id AND event.to_state <> ''
    ORDER BY event.position DESC LIMIT 1
) AS entered ON true
GROUP BY 1, 2
"""


def ageing(applications: QuerySet[Application], *, on: date) -> list[Ageing]:
    """Return how many dossiers are in each open state, by whole days since they entered it.

    Args:
        applications: The filed dossiers in scope.
        on: Today, in Paris.
    """
    waiting = applications.filter(review_state__in=UNDECIDED)
    bounds = [bound + 1 for bound in AGE_BOUNDS]
    sql, values = _scope(waiting, "review_state", "submitted_at")
    found = _rows(_AGEING, sql, (*values, on, ZONE, bounds))
    counts = {(state, number): count for state, number, count in found}
    classes = range(len(AGE_BOUNDS) + 1)
    return [
        Ageing(state.value, tuple(counts.get((state.value, number), 0) for number in classes))
        for state in UNDECIDED
    ]


# --- Load -----------------------------------------------------------------------------------------
_LOAD = """
WITH scope AS ({scope}),
held AS (
    SELECT held.person_id, held.role, scope.*
    FROM review_assignment AS held JOIN scope ON scope.id = held.application_id
    WHERE held.ended_at IS NULL AND held.person_id = ANY(%s)
)
SELECT held.person_id,
    count(*) FILTER (WHERE role = 'officer' AND review_state = ANY(%s)),
    count(*) FILTER (
        WHERE role = 'reader' AND review_state = 'under_review' AND NOT EXISTS (
            SELECT 1 FROM review_review AS reading
            WHERE reading.application_id = held.id AND reading.reviewer_id = held.person_id
                AND reading.state = 'final'
        )
    ),
    count(*) FILTER (
        WHERE role = 'officer' AND CASE
            WHEN review_state = 'correction_requested' THEN EXISTS (
                SELECT 1 FROM applications_correctionrequest AS request
                WHERE request.application_id = held.id AND request.state = %s
                    AND request.due_on < %s
            )
            WHEN review_state IN ('submitted', 'under_review') THEN documents_due_on < %s
        END
    ),
    count(*) FILTER (
        WHERE role = 'officer' AND review_state IN (
            'evaluated', 'proposed', 'awarded', 'rejected', 'deferred'
        ) AND held.id IN (
            SELECT event.application_id FROM applications_event AS event
            WHERE event.kind = 'evaluate' AND event.at > %s
        )
    )
FROM held GROUP BY held.person_id
"""


def loads(applications: QuerySet[Application], people: Iterable[User], *, on: date) -> list[Load]:
    """Return what each person has in hand, and what they concluded this month.

    Late is what the desk's list calls so: the day before which something is awaited of the
    applicant is over.

    Args:
        applications: The filed dossiers in scope.
        people: Whose load may be shown to who asks.
        on: Today, in Paris; the month is its own.
    """
    people = list(people)
    sql, values = _scope(applications, "review_state", "documents_due_on")
    given = (
        [person.pk for person in people],
        [str(state) for state in TO_INSTRUCT],
        CorrectionState.OPEN.value,
        on,
        on,
        end_of_day(on.replace(day=1) - timedelta(days=1)),
    )
    found = {person: counts for person, *counts in _rows(_LOAD, sql, (*values, *given))}
    return [Load(person, *found.get(person.pk, (0, 0, 0, 0))) for person in people]


# --- SQL ------------------------------------------------------------------------------------------
def _scope(
    applications: QuerySet[Application], *columns: str, **annotations: Any
) -> tuple[str, tuple]:
    """Return the statement that gives the dossiers in scope, with their key as ``id``."""
    rows = applications.order_by().values("id", *columns, **annotations)
    try:
        return rows.query.sql_with_params()
    except EmptyResultSet:  # nothing may match: no statement to speak of
        return "", ()


def _rows(template: str, scope: str, values: tuple) -> list[tuple]:
    if not scope:
        return []
    with connection.cursor() as cursor:
        cursor.execute(template.format(scope=scope), values)
        return cursor.fetchall()


def _days(value: float) -> Decimal:
    return round_half_up(Decimal(value), 1)
