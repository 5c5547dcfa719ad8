"""What long work left for who asked it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse

from foundation.jobs.selectors import unseen_jobs
from portal.todo import Task, register_provider


if TYPE_CHECKING:
    from accounts.models import User


@register_provider
def job_tasks(user: User, at: datetime) -> Iterable[Task]:
    """Results that nobody has opened yet."""
    if not user.access.is_office:
        return
    yield Task(
        "jobs-unseen",
        "travail terminé dont le résultat est à voir",
        "travaux terminés dont le résultat est à voir",
        unseen_jobs(user),
        reverse("jobs:list"),
        icon="hourglass-bottom",
    )
