"""« À faire »: what waits for a person, worked out from the states of rows, never stored.

Each provider returns tasks as querysets; one query counts them all, with the first few rows and
their dates, so that the counter in the header costs one query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Count,
    DateField,
    F,
    IntegerField,
    QuerySet,
    Subquery,
    Value,
    Window,
)
from django.db.models.functions import Cast, JSONObject

from accounts.models import User
from config.dates import local_date
from config.templatetags.fr import date_fr, datetime_fr
from grants.applications.models import Application


if TYPE_CHECKING:
    from django.db.models import Expression

SHOWN = 5
Due = date | datetime | None


def due_words(due: Due) -> str:
    """Write a day, or an instant with its hour; empty without a date."""
    return datetime_fr(due) if isinstance(due, datetime) else date_fr(due)


@dataclass(frozen=True)
class Task:
    """One kind of thing that waits.

    Attributes:
        key: Stable word; two providers that give the same key give the same task.
        one: Words after the count 1 (« dossier à affecter »).
        many: Words after a greater count.
        rows: What waits: dossiers, or any other rows.
        url: The list of it.
        due: Field or annotation of ``rows`` that says when; empty without a date.
        link: Where one dossier of ``rows`` is dealt with; ``None`` shows no dossier.
        icon: Of the task.
    """

    key: str
    one: str
    many: str
    rows: QuerySet
    url: str
    due: str = ""
    link: Callable[[Application], str] | None = None
    icon: str = "list-check"


@dataclass(frozen=True)
class Dossier:
    """A dossier that waits, and where to go."""

    application: Application
    url: str
    due: Due
    is_late: bool

    @property
    def due_words(self) -> str:
        return due_words(self.due)


@dataclass(frozen=True)
class Item:
    """A task that has something in it."""

    task: Task
    count: int
    due: Due
    is_late: bool
    dossiers: Sequence[Dossier] = field(default_factory=tuple)

    @property
    def due_words(self) -> str:
        """When, in French; an instant with its hour."""
        return due_words(self.due)

    @property
    def text(self) -> str:
        return self.task.one if self.count == 1 else self.task.many

    @property
    def hidden(self) -> int:
        """How many dossiers are not named."""
        return self.count - len(self.dossiers) if self.dossiers else 0


Provider = Callable[[User, datetime], Iterable[Task]]
_providers: list[Provider] = []


def register_provider(provider: Provider) -> Provider:
    """Add a provider (once); usable as a decorator."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def tasks_of(user: User, at: datetime) -> list[Task]:
    """Return everything that may wait for a person, each key once."""
    tasks: dict[str, Task] = {}
    for provider in _providers:
        for task in provider(user, at):
            tasks.setdefault(task.key, task)
    return list(tasks.values())


def count_todo(user: User, at: datetime) -> int:
    """Return how many things wait for a person, in one query."""
    tasks = tasks_of(user, at)
    if not tasks:
        return 0
    counts = {
        f"count_{i}": _Count(task.rows.order_by().values("pk")) for i, task in enumerate(tasks)
    }
    return sum(_read(user, counts).values())


def todo_items(user: User, at: datetime) -> list[Item]:
    """Return what waits for a person, the soonest due first; two queries."""
    tasks = tasks_of(user, at)
    if not tasks:
        return []
    found = _read(user, {f"rows_{i}": _first_rows(task) for i, task in enumerate(tasks)})
    waiting = [(task, found[f"rows_{i}"]) for i, task in enumerate(tasks) if found[f"rows_{i}"]]
    shown = {row["pk"] for task, rows in waiting if task.link for row in rows}
    dossiers = Application.objects.select_related("organisation", "sheet__campaign").in_bulk(shown)
    return sorted((_item(task, rows, dossiers, at) for task, rows in waiting), key=_urgency)


class _Count(Subquery):
    """How many rows a queryset holds."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) _counted)"
    output_field = IntegerField()


def _first_rows(task: Task) -> Expression:
    """Return the first rows of a task with their dates, each with how many there are in all.

    One walk over what waits, where a count, rows and dates asked apart would make three.
    """
    dated = task.rows.annotate(
        due_of_task=F(task.due) if task.due else Cast(Value(None), DateField())
    ).order_by(F("due_of_task").asc(nulls_last=True), "pk")
    row = JSONObject(pk="pk", due="due_of_task", count=Window(Count("*")))
    return ArraySubquery(dated.values(row=row)[:SHOWN])


def _read(user: User, expressions: dict[str, Expression]) -> dict:
    return User.objects.filter(pk=user.pk).values(**expressions).get()


def _item(task: Task, rows: list[dict], dossiers: dict[int, Application], at: datetime) -> Item:
    dues = [_due(row["due"]) for row in rows]
    named = [
        Dossier(dossiers[row["pk"]], task.link(dossiers[row["pk"]]), due, _is_late(due, at))
        for row, due in zip(rows, dues, strict=True)
        if task.link and row["pk"] in dossiers
    ]
    return Item(task, rows[0]["count"], dues[0], _is_late(dues[0], at), named)


def _due(text: str | None) -> Due:
    """Read a day, or an instant, as PostgreSQL writes it in JSON."""
    if text is None:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _is_late(due: Due, at: datetime) -> bool:
    if due is None:
        return False
    return due < at if isinstance(due, datetime) else due < local_date(at)


def _urgency(item: Item) -> tuple[bool, date]:
    day = local_date(item.due) if isinstance(item.due, datetime) else item.due
    return (day is None, day or date.max)
