"""Reads of jobs for other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundation.jobs.models import Job


if TYPE_CHECKING:
    from accounts.models import User
    from foundation.jobs.querysets import JobQuerySet


def unseen_jobs(user: User) -> JobQuerySet:
    """Return a person's finished jobs whose result they have not opened yet, latest first."""
    return Job.objects.unseen_by(user).order_by("-finished_at", "-pk")
