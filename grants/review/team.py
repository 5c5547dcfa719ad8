"""What the team page shows: loads, rules, replacements."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import Count

from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.review.enums import TO_INSTRUCT
from grants.review.models import (
    Assignment,
    AssignmentRole,
    AssignmentRule,
    Replacement,
    Review,
    ReviewProgress,
)
from grants.review.permissions import replacements_on
from grants.review.querysets import unassigned
from grants.review.selectors import desk_people
from grants.review.services.replacements import concerning, may_manage
from grants.review.services.rules import Proposal, propose_officers, rule_words


if TYPE_CHECKING:
    from accounts.models import User

SHOWN = 20


@dataclass(frozen=True)
class TeamMember:
    """One person of the desk: what they have in hand, their absence.

    Attributes:
        person: Who.
        open_count: Dossiers they instruct, those of colleagues they replace left out.
        waiting_count: Of which, waiting for the applicant.
        to_score_count: Readings they have yet to finish.
        away: Who replaces them today, and until when.
        stands_in: Whom they replace today.
    """

    person: User
    open_count: int
    waiting_count: int
    to_score_count: int
    away: Replacement | None = None
    stands_in: list[Replacement] = field(default_factory=list)

    @property
    def query(self) -> str:
        """Return the parameters of the list of their open dossiers."""
        return urlencode(
            {"liste": "tous", "charge": self.person.pk, "etat": [str(s) for s in TO_INSTRUCT]},
            doseq=True,
        )


def loads(user: User, on: date) -> list[TeamMember]:
    """Return the load of each person of the desk for the head, one's own for an officer.

    Five queries, whatever the team.
    """
    people = desk_people(on)
    if not user.access.is_unit_head:
        people = people.filter(pk=user.pk)
    instructing = Assignment.objects.filter(
        role=AssignmentRole.OFFICER,
        ended_at__isnull=True,
        application__review_state__in=TO_INSTRUCT,
    ).order_by()
    by_state = instructing.values_list("person_id", "application__review_state").annotate(
        count=Count("pk")
    )
    states = {(person, state): count for person, state, count in by_state}
    to_score = _to_score()
    current = list(replacements_on(on).select_related("person", "substitute"))
    away = {one.person_id: one for one in current}
    return [
        TeamMember(
            person=person,
            open_count=sum(states.get((person.pk, state), 0) for state in TO_INSTRUCT),
            waiting_count=states.get((person.pk, ReviewState.CORRECTION_REQUESTED), 0),
            to_score_count=to_score.get(person.pk, 0),
            away=away.get(person.pk),
            stands_in=[one for one in current if one.substitute_id == person.pk],
        )
        for person in people
    ]


def _to_score() -> dict[int, int]:
    """Return how many dossiers under review each reader has yet to finish."""
    named = Assignment.objects.filter(
        role=AssignmentRole.READER,
        ended_at__isnull=True,
        application__review_state=ReviewState.UNDER_REVIEW,
    ).values_list("person_id", "application_id")
    done = set(
        Review.objects.filter(
            state=ReviewProgress.FINAL, application__review_state=ReviewState.UNDER_REVIEW
        ).values_list("reviewer_id", "application_id")
    )
    found: dict[int, int] = {}
    for person, application in named:
        if (person, application) not in done:
            found[person] = found.get(person, 0) + 1
    return found


@dataclass(frozen=True)
class RuleRow:
    """A rule as shown: its number, its words, its people and who of them is away."""

    number: int
    rule: AssignmentRule
    words: str
    people: list[User]
    away: list[User]


def rule_rows(on: date) -> list[RuleRow]:
    """Return the rules in the order they are tried."""
    rules = AssignmentRule.objects.select_related("sheet__campaign", "territory")
    out = set(replacements_on(on).values_list("person_id", flat=True))
    return [
        RuleRow(
            number,
            rule,
            rule_words(rule),
            people := sorted(rule.people.all(), key=lambda one: (one.last_name, one.first_name)),
            [one for one in people if one.pk in out],
        )
        for number, rule in enumerate(rules.prefetch_related("people"), start=1)
    ]


@dataclass(frozen=True)
class ReplacementRow:
    """A replacement as shown, its moment (``now``, ``next``, ``past``, ``cancelled``)."""

    replacement: Replacement
    moment: str
    may_cancel: bool


def replacement_rows(user: User, on: date) -> list[ReplacementRow]:
    """Return the replacements a person may read, latest first, the older ones left out."""
    found = concerning(user).order_by("-starts_on", "-pk")[:SHOWN]
    rows = []
    for one in found:
        moment = _moment(one, on)
        may_cancel = moment in {"now", "next"} and may_manage(user, one)
        rows.append(ReplacementRow(one, moment, may_cancel))
    return rows


def _moment(replacement: Replacement, on: date) -> str:
    if replacement.cancelled_at is not None:
        return "cancelled"
    if replacement.ends_on < on:
        return "past"
    return "now" if replacement.starts_on <= on else "next"


@dataclass(frozen=True)
class Waiting:
    """The dossiers that nobody instructs: how many, and whom the first ones would go to."""

    count: int
    proposals: list[tuple[Application, Proposal]]


def waiting(on: date) -> Waiting:
    """Return whom the rules would give the dossiers that nobody instructs, first filed first."""
    found = unassigned(Application.objects.filed()).select_related("organisation", "sheet")
    first = list(found.order_by("reference", "pk")[:SHOWN])
    proposed = propose_officers(first, on)
    return Waiting(
        count=found.count() if len(first) == SHOWN else len(first),
        proposals=[(one, proposed[one.pk]) for one in first],
    )
