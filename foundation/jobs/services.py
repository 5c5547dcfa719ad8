"""One-time keys (a form sent twice acts once), and the life of a job outside its worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from celery import current_app as celery
from django.db import IntegrityError, transaction
from django.utils import timezone

from config.errors import Refusal
from config.templatetags.fr import datetime_fr
from foundation.jobs.enums import JobState
from foundation.jobs.models import Job, RequestKey
from foundation.jobs.registry import kind_of


if TYPE_CHECKING:
    from accounts.models import User

RUN_TASK = "foundation.jobs.tasks.run_job_task"
LEASE = timedelta(seconds=120)  # a run that says nothing for so long is taken for dead
ASKED = timedelta(seconds=60)  # a job just sent to the queue is not sent again before


# --- One-time keys --------------------------------------------------------------------------------
class AlreadyDoneError(Refusal):
    """The key was used: what the form asks is done already, at ``result_url``."""

    def __init__(self, result_url: str) -> None:
        super().__init__(
            "Ce formulaire est déjà enregistré\u00a0: il ne l’est pas deux fois.",
            code="already_done",
            status=409,
        )
        self.result_url = result_url


def take_key(*, key: UUID, by: User, purpose: str, at: datetime) -> RequestKey:
    """Use the one-time key of a form, in the transaction of what the form does.

    A second sending waits for the first one to end: done, it is told where; rolled back, the key
    is free again and the second one acts.

    Args:
        key: Drawn when the form was shown.
        by: Who sends it.
        purpose: Stable word: what the form does.
        at: Now.

    Raises:
        AlreadyDoneError: When the key was used; its ``result_url`` is empty for another person.
    """
    row, is_new = RequestKey.objects.get_or_create(
        key=key, defaults={"user": by, "purpose": purpose, "used_at": at}
    )
    if not is_new:
        raise AlreadyDoneError(row.result_url if row.user_id == by.pk else "")
    return row


def keep_result(row: RequestKey, url: str) -> None:
    """Note where a second sending of the form is led."""
    row.result_url = url
    row.save(update_fields=["result_url"])


# --- Jobs -----------------------------------------------------------------------------------------
class AlreadyRunningError(Refusal):
    """The same work on the same things is going on: ``job``, ``None`` when it just ended."""

    def __init__(self, job: Job | None) -> None:
        about = ""
        if job is not None:
            about = f" («\u00a0{job.label}\u00a0», demandé le {datetime_fr(job.created_at)})"
        super().__init__(
            f"Ce travail est déjà en cours{about}. Attendez qu’il se termine.",
            code="already_running",
            status=409,
        )
        self.job = job


class LeaseLostError(Exception):
    """Another worker holds the job now: this one writes nothing more."""


@transaction.atomic
def start_job(
    *,
    kind: str,
    label: str,
    scope: str,
    payload: dict[str, Any],
    total: int,
    by: User,
    at: datetime,
) -> Job:
    """Queue a long piece of work, in the transaction of what asks for it.

    Its task leaves once this transaction is committed; a broker that is away loses nothing, the
    sweeper asks again.

    Args:
        kind: Slug of a registered kind.
        label: What it does, as its author reads it; cut at the column's length.
        scope: What it is about: one job of a kind runs on a scope at a time.
        payload: What its run needs, as JSON.
        total: How many things it goes through.
        by: Who asks; the run acts in their name.
        at: Now.

    Raises:
        AlreadyRunningError: The same kind runs on the same scope (409).
        ValueError: The kind is not registered.
    """
    known = kind_of(kind)
    if known is None:
        raise ValueError(f"unknown kind of job: {kind}")
    job = Job(
        kind=kind,
        label=label[: Job._meta.get_field("label").max_length],
        scope=scope,
        payload=payload,
        total=total,
        created_by=by,
        created_at=at,
        lease_until=at + ASKED,
    )
    job.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            job.save()
    except IntegrityError as error:
        running = Job.objects.going_on().filter(kind=kind, scope=scope).first()
        raise AlreadyRunningError(running) from error
    ask_worker(job)
    return job


def ask_worker(job: Job) -> None:
    """Send a job to the queue of its kind, once the transaction is committed."""
    kind = kind_of(job.kind)
    queue = kind.queue if kind else "default"

    def ask() -> None:
        celery.send_task(RUN_TASK, args=[job.pk], queue=queue, ignore_result=True)

    transaction.on_commit(ask, robust=True)


def progress(job: Job, done: int) -> None:
    """Say how far a run is, and hold its job a little longer.

    Called by the ``run`` of a kind, at least once a minute. Only a run that goes further than all
    those before it counts as an advance: one that begins again and dies at the same place each
    time is given up.

    Args:
        job: As handed to the run.
        done: Things gone through since the beginning.

    Raises:
        LeaseLostError: Another worker took the job up: stop there.
    """
    until = timezone.now() + LEASE
    held = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, lease_until=job.lease_until)
    result = dict(job.result)
    if done > result.get("furthest", 0):
        result |= {"furthest": done, "tries": 0}
    if not held.update(done=done, lease_until=until, result=result):
        raise LeaseLostError
    job.done, job.lease_until, job.result = done, until, result


def hold_job(job: Job) -> None:
    """Lock a job's row for the rest of the transaction: what a run keeps, it keeps under it.

    The job handed to the run is brought in line with the row: words may have been masked there
    since. A transaction locks jobs before dossiers, never after.

    Raises:
        LeaseLostError: Another worker took the job up: stop there.
    """
    held = Job.objects.select_for_update(no_key=True).filter(
        pk=job.pk, state=JobState.RUNNING, lease_until=job.lease_until
    )
    row = held.first()
    if row is None:
        raise LeaseLostError
    job.payload, job.result = row.payload, row.result


@transaction.atomic
def mark_seen(*, job_id: int, by: User, at: datetime) -> bool:
    """Note that the author of a finished job opened its result; others leave no mark.

    Returns:
        Whether the mark is new.
    """
    mine = Job.objects.unseen_by(by).filter(pk=job_id)
    return bool(mine.update(seen_at=at))


@transaction.atomic
def retry_job(*, job_id: int, request_key: UUID, by: User, at: datetime) -> Job:
    """Start a job with what a finished one could not do; the two say so of each other.

    What the first one kept goes to the second: it is resumed once.

    Args:
        job_id: The finished job.
        request_key: One-time key of the button: sent twice, it starts one job.
        by: Its author.
        at: Now.

    Raises:
        Refusal: ``not_yours`` (403), ``not_over``, ``not_resumable``, ``already_resumed`` or
            ``nothing_left`` (409), ``already_done`` (409, an ``AlreadyDoneError``), and those of
            the kind.
    """
    used = take_key(key=request_key, by=by, purpose="job-retry", at=at)
    job = Job.objects.select_for_update(of=("self",), no_key=True).get(pk=job_id)
    if job.created_by_id != by.pk:
        raise Refusal(
            "Seule la personne qui a lancé ce travail le reprend.", code="not_yours", status=403
        )
    if not job.is_over:
        raise Refusal("Ce travail n’est pas fini.", code="not_over", status=409)
    if Job.objects.filter(resumes=job).exists():
        raise Refusal("Ces échecs sont déjà repris.", code="already_resumed", status=409)
    kind = kind_of(job.kind)
    if kind is None or kind.retry is None or not kind.may_open(by):
        raise Refusal("Ce travail ne se reprend pas.", code="not_resumable", status=409)
    if not kind.to_retry(job):
        raise Refusal(
            "Ce travail n’a rien à reprendre\u00a0: recommencez depuis la liste.",
            code="nothing_left",
            status=409,
        )
    resumed = kind.retry(job, by, at)
    resumed.resumes = job
    resumed.save(update_fields=["resumes"])
    job.payload = {}
    job.save(update_fields=["payload"])
    keep_result(used, resumed.get_absolute_url())
    return resumed
