"""Run a job in a worker: hold it, do it, give it back; take up those of dead workers.

A worker holds a job by a lease (``lease_until``), renewed as it advances and checked at each write:
a worker thought dead that comes back finds its lease gone and writes nothing.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.contrib.contenttypes.models import ContentType
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from config.dates import local_date
from config.errors import Refusal
from foundation.documents.models import StoredFile
from foundation.jobs.enums import JobState
from foundation.jobs.models import Job
from foundation.jobs.registry import Kind, Result, forgetful_kinds, kind_of
from foundation.jobs.services import ASKED, LEASE, LeaseLostError, ask_worker
from foundation.parameters.selectors import days_on


logger = logging.getLogger(__name__)
MAX_TRIES = 3  # runs in a row that end without getting further: what stops them is no bad luck
SWEPT = 200  # jobs taken up at a time
PASSING = (OperationalError, InterfaceError, SoftTimeLimitExceeded)  # try again later


@transaction.atomic
def take_job(*, job_id: int, at: datetime) -> Job | None:
    """Hold a job that waits, or whose worker is dead; ``None`` when there is nothing to take."""
    found = Job.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    job = found.select_related("created_by").filter(pk=job_id).first()
    if job is None or job.is_over:
        return None
    if job.state == JobState.RUNNING and job.lease_until is not None and job.lease_until > at:
        return None
    job.state = JobState.RUNNING
    job.started_at = job.started_at or at
    job.lease_until = at + LEASE
    job.result = {**job.result, "tries": job.result.get("tries", 0) + 1}
    job.save(update_fields=["state", "started_at", "lease_until", "result"])
    return job


def run_job(*, job_id: int, at: datetime) -> bool:
    """Do a job, or a slice of it.

    Args:
        job_id: The job.
        at: Now.

    Returns:
        Whether this call did something: not when another worker holds it, or when it is over.
    """
    job = take_job(job_id=job_id, at=at)
    if job is None:
        return False
    try:
        result = _run(job, at)
    except LeaseLostError:
        logger.warning("job lost", extra={"job": str(job.uuid)})
        return False
    except PASSING:
        logger.warning("job put off", exc_info=True, extra={"job": str(job.uuid)})
        _give_back(job, at=timezone.now())
    except Refusal as refusal:
        _finish(job, JobState.FAILED, error=refusal.sentence)
    except Exception:
        logger.exception("job failed", extra={"job": str(job.uuid)})
        _finish(job, JobState.FAILED, error=BROKEN)
    else:
        if result.finished:
            _finish(job, JobState.DONE, result=result)
        else:
            _give_back(job, at=timezone.now(), go_on=True)
    return True


BROKEN = (
    "Une erreur inattendue a arrêté ce travail\u00a0; l’équipe technique en trouve la trace dans "
    "le journal. Ce qui est fait reste fait."
)
STUCK = (
    f"Ce travail s’est arrêté {MAX_TRIES}\u00a0fois sans avancer\u00a0: il n’est plus relancé. "
    "Ce qui est fait reste fait."
)


def _run(job: Job, at: datetime) -> Result:
    kind = kind_of(job.kind)
    if kind is None:
        raise Refusal("Le portail ne sait plus faire ce travail.", code="unknown_kind")
    if _is_stuck(job, kind):
        raise Refusal(STUCK, code="stuck")
    return kind.run(job, at)


def _is_stuck(job: Job, kind: Kind) -> bool:
    return not kind.handles_stuck and job.result.get("tries", 0) > MAX_TRIES


def _held(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, lease_until=job.lease_until)


@transaction.atomic
def _finish(job: Job, state: str, *, result: Result | None = None, error: str = "") -> None:
    row = _held(job).select_for_update(no_key=True).first()
    if row is None:
        return
    kept = {key: row.result[key] for key in ("lines", "done", "failed") if key in row.result}
    values: dict[str, Any] = {
        "state": state,
        "error": error,
        "finished_at": timezone.now(),
        "lease_until": None,
        "result": kept,
    }
    if result is not None:
        values["result"] = {
            "lines": row.lines if result.lines is None else list(result.lines),
            "done": result.done,
            "failed": result.failed,
            "text": result.text,
        }
        values["done"] = job.total
    kind = kind_of(job.kind)
    if kind is not None and kind.forgets_payload:
        values["payload"] = kind.keeps(row)
    Job.objects.filter(pk=row.pk).update(**values)


@transaction.atomic
def _give_back(job: Job, *, at: datetime, go_on: bool = False) -> None:
    """Let any worker take the job up: at once when it goes on, at the next sweep otherwise."""
    if _held(job).update(lease_until=at) and go_on:
        ask_worker(job)


@transaction.atomic
def sweep_jobs(*, at: datetime) -> int:
    """Send again the jobs that nobody holds: forgotten by the broker, left by a dead worker.

    A job whose worker is writing is locked, and passed over. A job sent again is not sent twice
    in the same minute.

    Args:
        at: Now.

    Returns:
        How many were sent.
    """
    forgotten = Job.objects.forgotten(at).select_for_update(skip_locked=True, no_key=True)
    jobs = list(forgotten.order_by("created_at", "pk")[:SWEPT])
    for job in jobs:
        job.state = JobState.QUEUED
        job.lease_until = at + ASKED
        job.save(update_fields=["state", "lease_until"])
        ask_worker(job)
    return len(jobs)


@transaction.atomic
def forget_old_files(*, at: datetime) -> int:
    """Delete the files of jobs finished too long ago; their result stays.

    A file of dossiers is a copy of what people wrote: it is kept as long as it serves, no more.
    What a job kept to be tried again goes with it.

    Args:
        at: Now.

    Returns:
        How many files were deleted.
    """
    today = local_date(at)
    limit = at - timedelta(days=days_on("jobs.file_days", today))
    old = Job.objects.over().filter(finished_at__lt=limit)
    old.filter(kind__in=forgetful_kinds()).exclude(payload={}).update(payload={})
    kind = ContentType.objects.get_for_model(Job)
    files = StoredFile.objects.filter(content_type=kind, object_id__in=old.values("pk"))
    return files.delete()[0]
