"""The date of :mod:`grants.applications.silence`, worked out by the database for whole lists.

Lists sort, filter and export on it, so it is an SQL expression. The rule itself is written (and
sourced) in ``silence.py``; tests compare the two on random dossiers.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, DateField, F, Func, Value, When
from django.db.models.functions import Coalesce, TruncDate

from foundation.parameters.models import Parameter
from grants.applications.models import CorrectionRequest, Event
from grants.applications.silence import OTHER_LABEL, RUNNING, WAITED_SINCE, WAITED_UNTIL


_ZONE = settings.TIME_ZONE
_NAMES = {
    "correction": CorrectionRequest._meta.db_table,
    "event": Event._meta.db_table,
    "parameter": Parameter._meta.db_table,
    "since": WAITED_SINCE,
    "until": WAITED_UNTIL,
    "other": OTHER_LABEL,
}
# ``d``: the dossier; ``papers``: those joined, and the ends of waits; ``story``: what its events
# tell; ``before``, ``lacking``, ``past``: waits whose end was not written; ``waits``: the
# suspensions, in order; ``walk``: the clock after each of them, as ``silence_clock`` in Python.
_WALK = """(
WITH RECURSIVE d(id, received, filed_at, due_on, asked_at, today) AS (VALUES (%(expressions)s)),
papers AS (
    SELECT e.position, e.at, e.data ->> 'label' AS label,
        (e.data ->> '{since}')::date AS since, (e.data ->> '{until}')::date AS until
    FROM {event} e, d
    WHERE e.application_id = d.id AND (e.kind = 'document_added' OR e.data ? '{since}')
),
story AS (
    SELECT
        d.*,
        asked_at IS NOT NULL AND asked_at > filed_at AS again,
        COALESCE((
            SELECT CASE WHEN jsonb_typeof(e.data -> 'missing') = 'array'
                THEN e.data -> 'missing' END
            FROM {event} e WHERE e.application_id = d.id AND e.kind = 'submit'
            ORDER BY e.position LIMIT 1
        ), '[]'::jsonb) AS lacked
    FROM d
),
before AS (
    SELECT p.* FROM papers p, story
    WHERE p.since IS NULL AND (NOT again OR p.at <= asked_at)
),
lacking AS (
    SELECT (
        SELECT p.at FROM before p WHERE p.label = one.label ORDER BY p.position LIMIT 1
    ) AS came
    FROM story, jsonb_array_elements_text(story.lacked) AS one(label)
),
past(asked, joined) AS (
    SELECT asked_at, (
        SELECT p.at FROM papers p WHERE p.since IS NULL AND p.at >= asked_at
        ORDER BY p.label IS NOT DISTINCT FROM '{other}', p.position LIMIT 1
    )
    FROM story
    WHERE due_on IS NULL AND again AND NOT EXISTS (
        SELECT FROM papers p WHERE p.since = (asked_at AT TIME ZONE '{zone}')::date
    )
    UNION ALL
    SELECT filed_at, COALESCE(
        (SELECT CASE WHEN bool_and(came IS NOT NULL) THEN max(came) END FROM lacking),
        (
            SELECT p.at FROM before p WHERE p.label IS DISTINCT FROM '{other}'
            ORDER BY p.position OFFSET jsonb_array_length(lacked) - 1 LIMIT 1
        ),
        (SELECT p.at FROM before p ORDER BY p.position DESC LIMIT 1)
    )
    FROM story
    WHERE lacked <> '[]' AND (again OR due_on IS NULL) AND NOT EXISTS (
        SELECT FROM papers p WHERE p.since = (filed_at AT TIME ZONE '{zone}')::date
    )
),
waits AS (
    SELECT row_number() OVER (ORDER BY since, until) AS n, since, until, is_open
    FROM (
        SELECT
            (COALESCE(asked_at, filed_at) AT TIME ZONE '{zone}')::date AS since,
            due_on AS until,
            true AS is_open
        FROM story WHERE due_on IS NOT NULL
        UNION ALL
        SELECT since, LEAST(until, (at AT TIME ZONE '{zone}')::date), false
        FROM papers WHERE since IS NOT NULL
        UNION ALL
        SELECT
            day,
            LEAST(day + (
                SELECT p.value::int FROM {parameter} p
                WHERE p.key = 'documents.days' AND p.valid_from <= day
                    AND p.value ~ '^[0-9]{{1,3}}$'
                ORDER BY p.valid_from DESC, p.id DESC LIMIT 1
            ), (joined AT TIME ZONE '{zone}')::date),
            false
        FROM (SELECT (asked AT TIME ZONE '{zone}')::date AS day, joined FROM past) AS days
        UNION ALL
        SELECT
            (c.asked_at AT TIME ZONE '{zone}')::date,
            LEAST(
                c.due_on, (COALESCE(c.answered_at, c.closed_at) AT TIME ZONE '{zone}')::date
            ),
            c.state = 'open'
        FROM {correction} c, d WHERE c.application_id = d.id
    ) AS found
),
walk(n, due, reached, suspended) AS (
    SELECT
        0::bigint,
        (received + make_interval(months => (
            SELECT p.value::int FROM {parameter} p
            WHERE p.key = 'silence.months' AND p.valid_from <= d.today
                AND p.value ~ '^[0-9]{{1,2}}$'
            ORDER BY p.valid_from DESC, p.id DESC LIMIT 1
        )))::date,
        received,
        NULL::date
    FROM d
    UNION ALL
    SELECT
        w.n,
        CASE WHEN w.since > walk.due THEN walk.due
            ELSE walk.due + GREATEST(0, w.until - GREATEST(w.since, walk.reached)) END,
        CASE WHEN w.since > walk.due OR w.until <= GREATEST(w.since, walk.reached)
            THEN walk.reached ELSE w.until END,
        CASE WHEN w.since <= walk.due AND w.is_open AND d.today BETWEEN w.since AND w.until
            THEN GREATEST(walk.suspended, w.until) ELSE walk.suspended END
    FROM walk JOIN waits w ON w.n = walk.n + 1 CROSS JOIN d
)
SELECT %(answer)s FROM walk ORDER BY n DESC LIMIT 1)"""


class _Walk(Func):
    template = _WALK.format(zone=_ZONE, **_NAMES)
    output_field = DateField()


def received_on() -> Coalesce:
    """Return the day a dossier was received: that of the post for a paper one, else of filing."""
    return Coalesce("received_on", TruncDate("submitted_at", tzinfo=ZoneInfo(_ZONE)))


def silence_due_on(on: date) -> Case:
    """Return, on applications, the indicative day of the implicit refusal (``None`` once over).

    Args:
        on: Today: says which delay is in force.
    """
    return _while_running("due", on)


def silence_suspended_until(on: date) -> Case:
    """Return, on applications, the last day of the wait that suspends the clock today, if any."""
    return _while_running("suspended", on)


def _while_running(answer: str, on: date) -> Case:
    walk = _Walk(
        F("pk"),
        received_on(),
        F("submitted_at"),
        F("documents_due_on"),
        F("documents_asked_at"),
        Value(on, output_field=DateField()),
        answer=answer,
    )
    return Case(When(review_state__in=sorted(RUNNING), then=walk), output_field=DateField())
