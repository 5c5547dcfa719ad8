"""Jobs that go through a list of things, each in its own transaction.

What is done to a thing and the line that says so are committed together, under the job's lock: a
worker killed at any instant leaves neither or both, and the next one goes on after the last line.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from config.errors import Refusal
from foundation.jobs.models import Job
from foundation.jobs.registry import Kind, Line, Result, Retry, anybody
from foundation.jobs.running import MAX_TRIES, PASSING
from foundation.jobs.services import LEASE, LeaseLostError, hold_job


if TYPE_CHECKING:
    from accounts.models import User

logger = logging.getLogger(__name__)
SLICE_SECONDS = 120  # a task ends long before Celery's limit (200 s); the next one goes on
UNEXPECTED = "Une erreur inattendue l’a empêché\u00a0; l’équipe technique en a la trace."
STUCK = f"Le travail s’est arrêté {MAX_TRIES}\u00a0fois ici\u00a0: cette ligne est laissée de côté."


@dataclass(frozen=True)
class Label:
    """How a thing is named in the lines of a job."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class ItemKind:
    """A kind of job that does one thing after another.

    Attributes:
        slug: Stable word, ``job.kind``.
        label: Its name in French.
        items: Keys of the things of a job, always the same in the same order.
        name: How things are named, for the keys still to do, in few queries.
        do: Does one thing and says what was done; raises a ``Refusal`` otherwise. It runs in a
            transaction of its own; the instant it is given is when this thing is taken up.
        queue: Queue of its task.
        may_open: As for :class:`foundation.jobs.registry.Kind`.
        keep: What of the payload outlives a finished job, for the keys that could not be done: what
            ``retry`` needs, no more.
        retry: As for :class:`foundation.jobs.registry.Kind`.
    """

    slug: str
    label: str
    items: Callable[[Job], Sequence[int]]
    name: Callable[[Sequence[int]], Mapping[int, Label]]
    do: Callable[[Job, int, datetime], str]
    queue: str = "default"
    may_open: Callable[[User], bool] = anybody
    keep: Callable[[Job, Sequence[int]], dict[str, Any]] | None = None
    retry: Retry | None = None

    def as_kind(self) -> Kind:
        """Return the kind to register."""
        return Kind(
            slug=self.slug,
            label=self.label,
            run=self.run,
            queue=self.queue,
            may_open=self.may_open,
            handles_stuck=True,
            forgets_payload=True,
            keeps=self._keeps,
            retry=self.retry,
            to_retry=self._to_retry,
        )

    def _keeps(self, job: Job) -> dict[str, Any]:
        done = {line["key"] for line in job.lines if line["ok"]}
        left = [key for key in self.items(job) if key not in done]
        return self.keep(job, left) if left and self.keep is not None else {}

    def _to_retry(self, job: Job) -> int:
        return len(self.items(job)) if job.payload else 0

    def run(self, job: Job, at: datetime) -> Result:
        """Do what is still to do, until time runs out; each thing has an instant of its own."""
        done = {line["key"] for line in job.lines}
        left = [key for key in self.items(job) if key not in done]
        names = self.name(left) if left else {}
        end = time.monotonic() + SLICE_SECONDS
        for count, key in enumerate(left):
            if count and time.monotonic() > end:
                return _result(job, finished=False)
            named = names.get(key, Label(str(key)))
            if job.result.get("tries", 0) > MAX_TRIES:
                self._set_aside(job, key, named)
            else:
                self._one(job, key, named)
        return _result(job, finished=True)

    def _one(self, job: Job, key: int, named: Label) -> None:
        with transaction.atomic():
            hold_job(job)
            ok, text = self._try(job, key)
            written = _with_line(job, key, Line(label=named.text, url=named.url, ok=ok, text=text))
        _keep(job, written)

    def _set_aside(self, job: Job, key: int, named: Label) -> None:
        """Pass over the thing on which workers died again and again."""
        with transaction.atomic():
            hold_job(job)
            line = Line(label=named.text, url=named.url, ok=False, text=STUCK)
            written = _with_line(job, key, line)
        _keep(job, written)

    def _try(self, job: Job, key: int) -> tuple[bool, str]:
        try:
            with transaction.atomic():
                text = self.do(job, key, timezone.now())
                connection.check_constraints()  # now, while this thing alone can be undone
        except Refusal as refusal:
            return False, refusal.sentence
        except (LeaseLostError, *PASSING):
            raise
        except Exception:
            logger.exception("line failed", extra={"job": str(job.uuid), "line": key})
            return False, UNEXPECTED
        return True, text


@dataclass(frozen=True)
class _Written:
    result: dict
    done: int
    lease_until: object


def _with_line(job: Job, key: int, line: Line) -> _Written:
    lines = [*job.lines, {"key": key, **line}]
    done = job.result.get("done", 0) + (1 if line["ok"] else 0)
    result = {"lines": lines, "done": done, "failed": len(lines) - done, "tries": 0}
    until = timezone.now() + LEASE
    Job.objects.filter(pk=job.pk).update(result=result, done=len(lines), lease_until=until)
    return _Written(result, len(lines), until)


def _keep(job: Job, written: _Written) -> None:
    """Bring the object in line with its row, once this is committed."""
    job.result, job.done, job.lease_until = written.result, written.done, written.lease_until


def _result(job: Job, *, finished: bool) -> Result:
    done = job.result.get("done", 0)
    return Result(lines=None, done=done, failed=len(job.lines) - done, finished=finished)
