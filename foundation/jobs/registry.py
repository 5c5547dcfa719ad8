"""The kinds of long work: each app adds its own in its ``AppConfig.ready()``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict


if TYPE_CHECKING:
    from accounts.models import User
    from foundation.jobs.models import Job


class Line(TypedDict):
    """What became of one thing of a job.

    Attributes:
        label: What it is about (a reference, a name): never what somebody typed in a dossier.
        url: Its page; empty without one.
        ok: Whether it was done.
        text: What was done, or why it was not, in French.
    """

    label: str
    url: str
    ok: bool
    text: str


@dataclass(frozen=True)
class Result:
    """What a run of a job hands back.

    Attributes:
        lines: One per thing, in order; ``job.result["lines"]`` when the job is over. ``None`` when
            the run wrote them there as it went.
        done: How many things are done.
        failed: How many could not be done.
        finished: ``False`` when time ran out: the job is run again, where it stopped.
        text: A sentence about the whole, when the lines do not say enough.
    """

    lines: list[Line] | None = field(default_factory=list)
    done: int = 0
    failed: int = 0
    finished: bool = True
    text: str = ""


def anybody(user: User) -> bool:
    return True


def its_author(user: User, job: Job) -> bool:
    return True


def nothing(job: Job) -> dict[str, Any]:
    return {}


def none(job: Job) -> int:
    return 0


Retry = Callable[["Job", "User", datetime], "Job"]


@dataclass(frozen=True)
class Kind:
    """A nature of long work.

    Attributes:
        slug: Stable word, ``job.kind``.
        label: Its name in French (« Export de la liste »).
        run: Does the work and returns its result, from the job and the instant it is taken up. It
            may be run again after a worker was killed: what is done already must not be done
            twice. It calls ``services.progress`` at least once a minute (the lease of a silent run
            ends, another worker takes the job up), and raises a ``Refusal`` when the whole cannot
            be done.
        queue: Queue of its task: ``default``, ``export`` or ``pdf``.
        may_open: Whether a person still has the role that lets them read their own jobs of this
            kind (somebody who left the office keeps no export of its dossiers).
        may_read_file: Whether the author of a job may still download its file: what they may read
            changes after it was written. Nobody else ever may, administrators included.
        handles_stuck: The run itself sets aside the thing on which workers die again and again;
            otherwise the job fails when it is taken up once more after three runs in a row that
            ended without going further than those before.
        forgets_payload: What was typed for it does not outlive it: ``job.payload`` is emptied, but
            for what ``keeps`` returns, itself forgotten with the files of old jobs.
        keeps: What of the payload outlives the job.
        retry: Starts the job of the things that a finished one could not do, from that one, its
            author and the instant; raises a ``Refusal`` when none can be. ``None``: a job of this
            kind is not resumed.
        to_retry: How many things of a finished job ``retry`` would take up.
    """

    slug: str
    label: str
    run: Callable[[Job, datetime], Result]
    queue: str = "default"
    may_open: Callable[[User], bool] = anybody
    may_read_file: Callable[[User, Job], bool] = its_author
    handles_stuck: bool = False
    forgets_payload: bool = False
    keeps: Callable[[Job], dict[str, Any]] = nothing
    retry: Retry | None = None
    to_retry: Callable[[Job], int] = none


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Add a kind; a second registration under the same slug replaces the first."""
    _kinds[kind.slug] = kind


def kind_of(slug: str) -> Kind | None:
    """Return a kind, ``None`` when no app brings it (any more)."""
    return _kinds.get(slug)


def closed_kinds(user: Any) -> list[str]:
    """Return the slugs of the kinds whose jobs a person may no longer open."""
    return [kind.slug for kind in _kinds.values() if not kind.may_open(user)]


def forgetful_kinds() -> list[str]:
    """Return the slugs of the kinds whose payload does not outlive their jobs."""
    return [kind.slug for kind in _kinds.values() if kind.forgets_payload]
