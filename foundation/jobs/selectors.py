"""Reads of jobs for other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundation.jobs.models import Job
from foundation.jobs.registry import kind_of


if TYPE_CHECKING:
    from accounts.models import User
    from foundation.jobs.querysets import JobQuerySet


def unseen_jobs(user: User) -> JobQuerySet:
    """Return a person's finished jobs whose result they have not opened yet, latest first."""
    return Job.objects.unseen_by(user).order_by("-finished_at", "-pk")


def left_to_retry(user: User, job: Job) -> int:
    """Return how many things of a job its author may try again; 0 when it is not offered."""
    kind = kind_of(job.kind)
    if kind is None or kind.retry is None or not job.is_over or job.created_by_id != user.pk:
        return 0
    return kind.to_retry(job) if kind.may_open(user) else 0


def may_read_files(user: User, job: Job) -> bool:
    """Tell whether a person may download what a job made: its author, while its kind allows it.

    A file holds what its author might read when it was written: administrators, who follow the
    jobs of everybody, do not get it.
    """
    kind = kind_of(job.kind)
    return (
        kind is not None
        and job.created_by_id == user.pk
        and kind.may_open(user)
        and kind.may_read_file(user, job)
    )
