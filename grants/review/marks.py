"""What moved on a dossier since a person last saw it, to mark the tabs and what is in them.

Read with the dossier, in its own query: a page with marks costs no more than one without, except
two deposits when one was filed in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import JSONObject

from grants.applications.differences import SectionChanges, compare_deposits
from grants.applications.enums import CorrectionState, Section
from grants.applications.labels import event_label
from grants.applications.models import Deposit, Event
from grants.review.models import InternalNote, Visit
from grants.review.services.visits import SAME_VISIT
from grants.review.timeline import detail_of, is_told, kind_of, names_for, signed


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User
    from grants.applications.models import (
        Application,
        ApplicationDocument,
        CorrectionRequest,
    )
    from grants.review.permissions import Standing

MOST = 100  # events told; a person away for a year reads the history
SECTION_TABS = {Section.BUDGET: "budget", Section.DOCUMENTS: "pieces"}
# A part of the portal whose words every line has: told once, by its own mark.
_SILENT = frozenset({"created"})
_JOINS = frozenset({"document_added", "document_infected", "complete", "submit"})


@dataclass(frozen=True)
class Mark:
    """One thing that somebody else did."""

    position: int
    when: datetime
    title: str
    detail: str
    who: str
    tab: str


@dataclass(frozen=True)
class Marks:
    """What moved on a dossier since the last visit of who looks.

    Attributes:
        since: End of that visit; ``None`` on a first visit, when nothing is marked.
        marks: What the others did, newest first.
        fields: What differs in the deposit, by tab.
        before: Number of the deposit as it was then.
        after: Number of the last deposit.
        notes: Keys of the notes written or corrected since.
        tabs: How many marks by tab.
    """

    since: datetime | None = None
    marks: list[Mark] = field(default_factory=list)
    fields: dict[str, list[SectionChanges]] = field(default_factory=dict)
    before: int = 0
    after: int = 0
    notes: frozenset[int] = frozenset()
    tabs: Counter[str] = field(default_factory=Counter)
    events: tuple[dict[str, Any], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.marks or self.notes)

    @property
    def positions(self) -> set[int]:
        return {one.position for one in self.marks}

    @property
    def has_new_deposit(self) -> bool:
        return bool(self.before) and self.after > self.before

    def of(self, tab: str) -> list[Mark]:
        """Return the marks that a tab tells, newest first; the summary tells them all."""
        if tab == "resume":
            return self.marks
        return [one for one in self.marks if one.tab == tab]

    @property
    def messages(self) -> set[int]:
        """Return the keys of the messages sent by somebody else since."""
        return {one["data"].get("message") for one in self.events}

    def documents(self, given: Iterable[ApplicationDocument]) -> set[int]:
        """Return the keys of the documents given, replaced or checked since by somebody else."""
        if self.since is None:
            return set()
        checked = {one["data"].get("document") for one in self.events}
        joins = any(one["kind"] in _JOINS for one in self.events)
        return {
            one.pk for one in given if one.pk in checked or (joins and one.added_at > self.since)
        }


def with_marks(applications: QuerySet[Application], user: User, *, at: datetime) -> QuerySet:
    """Annotate what :func:`marks_of` reads: the last visit of a person, and what came after.

    Args:
        applications: Dossiers this person may open.
        user: Who looks.
        at: Now: a visit goes on for a while.
    """
    visits = Visit.objects.filter(person=user, application=OuterRef("pk")).annotate(
        since=Case(When(seen_at__lt=at - SAME_VISIT, then=F("seen_at")), default=F("previous_at"))
    )
    events = (
        Event.objects.filter(application=OuterRef("pk"), at__gt=OuterRef("visit_since"))
        .filter(Q(actor__isnull=True) | ~Q(actor=user))
        .exclude(kind__in=_SILENT)
        .order_by("-position")
        .values(
            one=JSONObject(
                position="position",
                kind="kind",
                at="at",
                data="data",
                first="actor__first_name",
                last="actor__last_name",
            )
        )
    )
    notes = (
        InternalNote.objects.filter(application=OuterRef("pk"), deleted_at__isnull=True)
        .filter(
            Q(written_at__gt=OuterRef("visit_since")) | Q(edited_at__gt=OuterRef("visit_since"))
        )
        .exclude(author=user)
    )
    filed = Deposit.objects.filter(application=OuterRef("pk")).order_by("-number")
    return applications.annotate(visit_since=Subquery(visits.values("since")[:1])).annotate(
        events_since=ArraySubquery(events[:MOST]),
        notes_since=ArraySubquery(notes.order_by("pk").values("pk")[:MOST]),
        deposit_now=Subquery(filed.values("number")[:1]),
        deposit_then=Case(
            When(
                visit_since__isnull=False,
                then=Subquery(
                    filed.filter(filed_at__lte=OuterRef("visit_since")).values("number")[:1]
                ),
            ),
            default=Value(None),
        ),
    )


def marks_of(
    application: Application,
    user: User,
    standing: Standing,
    *,
    reads_notes: bool,
    deposits: dict[int, Deposit],
    tabs: Sequence[str],
) -> Marks:
    """Return the marks of a dossier for one person.

    Args:
        application: Annotated by :func:`with_marks`.
        user: Who looks.
        standing: What they are to it: nobody is told of what they may not read.
        reads_notes: They read internal notes.
        deposits: Those of :func:`deposits_to_compare`.
        tabs: The tabs they have: the rest is told by the history alone.
    """
    since = application.visit_since
    if since is None:
        return Marks()
    raw = application.events_since
    names = names_for(application, [one["data"] for one in raw]) if raw else None
    marks = []
    for one in raw:
        tab = kind_of(one["kind"]).tab
        if tab and tab not in tabs:
            continue  # nothing there is theirs to see
        if not is_told(one["kind"], one["data"], application, user, standing):
            continue
        marks.append(
            Mark(
                position=one["position"],
                when=datetime.fromisoformat(one["at"]),
                title=event_label(one["kind"]),
                detail=detail_of(one["kind"], one["data"], names, application, user, standing),
                who=signed(
                    one["kind"],
                    f"{one['first'] or ''} {one['last'] or ''}".strip(),
                    one["data"],
                    names,
                ),
                tab=tab,
            )
        )
    before, after = application.deposit_then or 0, application.deposit_now or 0
    changes: dict[str, list[SectionChanges]] = {}
    if before in deposits and after in deposits and before < after:
        changes = by_tab(compare_deposits(deposits[before], deposits[after]))
    notes = frozenset(application.notes_since) if reads_notes else frozenset()
    counted = Counter(one.tab for one in marks if one.tab)
    counted.update({tab: sum(len(p.changes) for p in parts) for tab, parts in changes.items()})
    if notes:
        counted["resume"] += len(notes)
    return Marks(since, marks, changes, before, after, notes, counted, tuple(raw))


def deposits_to_compare(
    application: Application, corrections: Sequence[CorrectionRequest]
) -> dict[int, Deposit]:
    """Return, by number, the deposits that the page compares; one query, none when nothing does.

    The last one and the one of the last visit; the two last ones while an answer waits to be
    accepted.
    """
    last = application.deposit_now or 0
    wanted = set()
    if application.deposit_then and application.deposit_then < last:
        wanted |= {application.deposit_then, last}
    if corrections and corrections[-1].state == CorrectionState.ANSWERED and last > 1:
        wanted |= {last - 1, last}
    if not wanted:
        return {}
    found = application.deposits.filter(number__in=wanted)
    return {one.number: one for one in found}


def by_tab(parts: Sequence[SectionChanges]) -> dict[str, list[SectionChanges]]:
    """Sort the differences between two deposits by the tab that shows them."""
    found: dict[str, list[SectionChanges]] = {}
    for part in parts:
        found.setdefault(SECTION_TABS.get(part.section, "projet"), []).append(part)
    return found
