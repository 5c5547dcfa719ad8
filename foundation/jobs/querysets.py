"""Which jobs a person may open, which are over, which wait."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from foundation.jobs.enums import JobState
from foundation.jobs.registry import closed_kinds


OVER = (JobState.DONE, JobState.FAILED)


class JobQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> JobQuerySet:
        """Keep one's own jobs while one has the role they ask; administrators see them all.

        Their files are another matter: :func:`foundation.jobs.selectors.may_read_files`.
        """
        if user.access.is_administrator:
            return self
        return self.filter(created_by=user).exclude(kind__in=closed_kinds(user))

    def over(self) -> JobQuerySet:
        return self.filter(state__in=OVER)

    def going_on(self) -> JobQuerySet:
        return self.exclude(state__in=OVER)

    def unseen_by(self, user: Any) -> JobQuerySet:
        """Keep a person's own finished jobs whose result they have not opened."""
        mine = self.filter(created_by=user, seen_at__isnull=True).over()
        return mine.exclude(kind__in=closed_kinds(user))

    def forgotten(self, at: datetime) -> JobQuerySet:
        """Keep the jobs that nobody holds: never taken, or whose worker died."""
        return self.going_on().filter(Q(lease_until__isnull=True) | Q(lease_until__lte=at))
