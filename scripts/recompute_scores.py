"""Recompute every dossier's score from its rows and compare it with what the portal keeps.

Independent of the portal on purpose: plain SQL, whole-number arithmetic, none of its code. Weights
are whole hundredths, so each reading's total is a fraction of integers; nothing is rounded before
the end. Rules: ``docs`` of the desk, « Notation ».

    python scripts/recompute_scores.py            # uses DATABASE_URL; exits 1 on a difference
    python scripts/recompute_scores.py --json     # prints each score
"""

from __future__ import annotations

import json
import os
import sys
from itertools import pairwise
from math import gcd


READINGS = """
    SELECT review.application_id, review.id,
           (review.finalised_at AT TIME ZONE 'Europe/Paris')::date
    FROM review_review AS review
    JOIN applications_application AS dossier ON dossier.id = review.application_id
    WHERE review.state = 'final'
      AND NOT EXISTS (
          SELECT 1 FROM review_conflictofinterest AS conflict
          WHERE conflict.person_id = review.reviewer_id
            AND conflict.withdrawn_at IS NULL
            AND (conflict.application_id = dossier.id
                 OR conflict.organisation_id = dossier.organisation_id)
      )
    ORDER BY review.id
"""
LEVELS = """
    SELECT score.review_id, (criterion.weight * 100)::bigint, score.level
    FROM review_score AS score
    JOIN calls_criterion AS criterion ON criterion.id = score.criterion_id
    WHERE score.level IS NOT NULL AND NOT score.not_applicable
"""
GAPS = """
    SELECT valid_from, value FROM parameters_parameter
    WHERE key = 'review.gap_points' ORDER BY valid_from, id
"""
KEPT = """
    SELECT application_id, (total * 10)::bigint, (gap * 10)::bigint, needs_third, finals_count
    FROM review_scoresummary
"""
REFERENCES = "SELECT id, reference FROM applications_application"


def recompute(cursor) -> dict[int, dict]:
    """Return the score of each dossier with a final reading, by its key.

    Args:
        cursor: Of any DB-API connection to the portal's PostgreSQL.

    Returns:
        ``total`` and ``gap`` in tenths of a point (or ``None``), ``needs_third``, ``finals``.
    """
    cursor.execute(LEVELS)
    sums: dict[int, list[int]] = {}
    for review, hundredths, level in cursor.fetchall():
        points = sums.setdefault(review, [0, 0])
        points[0] += hundredths * level
        points[1] += hundredths
    cursor.execute(GAPS)
    gaps = cursor.fetchall()
    cursor.execute(READINGS)
    dossiers: dict[int, list] = {}
    for dossier, review, day in cursor.fetchall():
        dossiers.setdefault(dossier, []).append((sums.get(review), day))
    return {dossier: score_of(readings, gaps) for dossier, readings in dossiers.items()}


def score_of(readings: list, gaps: list) -> dict:
    """Return the score of one dossier.

    Args:
        readings: ``((points, weights) or None, day)`` of each final reading.
        gaps: ``(first day, points)`` of the gap allowed, oldest first.
    """
    totals = [(20 * points, weights) for points, weights in filter(None, (r[0] for r in readings))]
    found = {"total": None, "gap": None, "needs_third": False, "finals": len(readings)}
    if len(totals) == 1:
        found["total"] = half_up(*totals[0])
    elif totals:
        top, bottom, apart = closest(totals)
        found["total"] = half_up(top, 2 * bottom)
        if len(totals) == 2:
            found["gap"] = half_up(apart, bottom)
            found["needs_third"] = is_over(apart, bottom, gaps, max(day for _, day in readings))
    return found


def closest(totals: list) -> tuple[int, int, int]:
    """Return the sum and the distance of the two closest totals, over one common denominator.

    Two pairs as close: the higher one.
    """
    common = 1
    for _, weights in totals:
        common = common * weights // gcd(common, weights)
    whole = sorted(points * (common // weights) for points, weights in totals)
    pairs = [(high - low, -(high + low)) for low, high in pairwise(whole)]
    apart, minus_sum = min(pairs)  # sorted, the closest two are always neighbours
    return -minus_sum, common, apart


def is_over(apart: int, bottom: int, gaps: list, day) -> bool:
    """Tell whether a distance is over what is allowed on a day."""
    allowed = [value for first_day, value in gaps if first_day <= day][-1]
    whole, _, decimals = allowed.strip().partition(".")
    scale = 10 ** len(decimals)
    return apart * scale > int(whole + decimals) * bottom


def half_up(top: int, bottom: int) -> int:
    """Return a fraction in tenths, the half upwards."""
    return (20 * top + bottom) // (2 * bottom)


def differences(cursor) -> list[str]:
    """Return one sentence for each dossier whose score kept is not the one recomputed."""
    computed = recompute(cursor)
    cursor.execute(KEPT)
    kept = {
        pk: {"total": total, "gap": gap, "needs_third": third, "finals": finals}
        for pk, total, gap, third, finals in cursor.fetchall()
    }
    cursor.execute(REFERENCES)
    names = dict(cursor.fetchall())
    empty = {"total": None, "gap": None, "needs_third": False, "finals": 0}
    return [
        f"{names[pk]}: {kept.get(pk, empty)} kept, {computed.get(pk, empty)} recomputed"
        for pk in sorted({*kept, *computed})
        if kept.get(pk, empty) != computed.get(pk, empty)
    ]


def main() -> int:
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        if "--json" in sys.argv[1:]:
            sys.stdout.write(json.dumps(recompute(cursor), indent=1) + "\n")
            return 0
        faults = differences(cursor)
    sys.stdout.write(("\n".join(faults) or "Every score kept is the one its rows give.") + "\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
