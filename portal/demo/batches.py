"""Two batches of the demonstration: one done, one with two dossiers that could not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import plural_fr
from foundation.jobs.enums import JobState
from foundation.jobs.models import Job
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.applications.selectors import asked_documents, with_dossier
from grants.review.batches import running
from grants.review.batches.registry import BatchAct, act_named
from portal.demo.actors import Cast
from portal.demo.calls import Year


ASSIGNED, ASKED = 4, 3


def tell(cast: Cast, year: Year, *, at: datetime) -> None:
    """Show the head a batch they have seen, and one whose two failures wait for them."""
    filed = Application.objects.filter(sheet__campaign=year.campaign).order_by("-reference")
    new = filed.filter(review_state=ReviewState.SUBMITTED, attested_at__isnull=False)
    officer = cast.officers[0]
    given = {"person": officer.pk, "seen": 0, "mode": "manual", "reason": ""}
    assigned_at = at - timedelta(days=4)
    ready = [one for one in new if one.submitted_at < assigned_at][:ASSIGNED]
    _run("affecter", ready, lambda _one: given, by=cast.head, at=assigned_at, seen=True)
    _ask_papers(filed, cast.head, at=at - timedelta(hours=3))


def _ask_papers(filed: Sequence[Application], by: User, *, at: datetime) -> None:
    """Ask the paper that most dossiers lack; a colleague was quicker on two of them."""
    under_review = with_dossier(filed.filter(review_state=ReviewState.UNDER_REVIEW))
    lacking = {
        one: [asked.required for asked in asked_documents(one) if asked.is_awaited]
        for one in under_review
    }
    kinds = Counter(required.kind for found in lacking.values() for required in found)
    if not kinds:
        return
    kind = kinds.most_common(1)[0][0]
    chosen = [one for one, found in lacking.items() if kind in {r.kind for r in found}][:ASKED]
    quicker = [
        filed.filter(review_state=state).first()
        for state in (ReviewState.CORRECTION_REQUESTED, ReviewState.EVALUATED)
    ]
    values = {
        "documents": [kind],
        "parts": [],
        "part_labels": [],
        "message": "Merci de joindre la pièce indiquée ci-dessous.",
        "due_on": (local_date(at) + timedelta(days=15)).isoformat(),
    }
    dossiers = [*chosen, *filter(None, quicker)]
    _run("complements", dossiers, lambda _one: values, by=by, at=at, seen=False)


def _run(
    slug: str,
    dossiers: Sequence[Application],
    values_of: Callable[[Application], dict],
    *,
    by: User,
    at: datetime,
    seen: bool,
) -> None:
    """Do a batch as its job would, at a moment of the past."""
    if not dossiers:
        return
    act = act_named(slug)
    lines = [_line(act, one, values_of(one), by, at) for one in dossiers]
    failed = sum(not line["ok"] for line in lines)
    count = len(lines)
    Job.objects.create(
        kind=running.KIND,
        label=f"{act.label}\u00a0: {count} dossier{plural_fr(count)}",
        scope=running.scope_of(act, [one.pk for one in dossiers]),
        state=JobState.DONE,
        done=count,
        total=count,
        result={"lines": lines, "done": count - failed, "failed": failed},
        created_by=by,
        created_at=at,
        started_at=at,
        finished_at=at + timedelta(seconds=2 * count),
        seen_at=at + timedelta(minutes=1) if seen else None,
    )


def _line(act: BatchAct, one: Application, values: dict, by: User, at: datetime) -> dict:
    try:
        with transaction.atomic():
            ok, text = True, act.run_one(one.pk, values, by, at)
    except Refusal as refusal:
        ok, text = False, refusal.sentence
    return {
        "key": one.pk,
        "label": f"{one.reference} · {one.organisation}",
        "url": one.get_desk_url(),
        "ok": ok,
        "text": text,
    }
