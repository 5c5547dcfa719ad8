"""What a row of the desk's lists holds: each part is worked out by the database, when asked for.

A list costs what its columns and its order need, no more: nothing here is computed for the totals
nor for the dossiers of other pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Left, Length

from grants.applications.enums import ReviewState
from grants.applications.models import Application, Event, Place
from grants.applications.selectors import renewal_condition
from grants.applications.silence_query import (
    received_on,
    silence_due_on,
    silence_suspended_until,
)
from grants.review.admissibility import rejection_stands
from grants.review.models import (
    Assignment,
    AssignmentRole,
    OpinionRequest,
    OpinionState,
    Visit,
)
from grants.review.permissions import scores_hidden_from
from grants.review.querysets import awaited_on, with_opinion_counts
from grants.review.votes_told import knows_votes, secret_vote, told_state


if TYPE_CHECKING:
    from datetime import date

    from django.db.models import Expression

    from accounts.models import User

# The texts of a dossier weigh ten times the rest of it, and no list shows them.
UNREAD = (
    "objectives",
    "description",
    "means",
    "partners_text",
    "public_description",
    "inclusion_text",
    "in_kind_request",
    "evaluation_method",
    "complement",
    "invalid_values",
    "saved_sections",
)


def may_read_scores(user: User) -> bool:
    """Tell whether lists show scores to a person, on the dossiers not hidden from them."""
    return user.access.is_desk or user.access.is_administrator


def only_shown(field: str, user: User) -> Case:
    """Return a field that goes along with the scores, empty where they are hidden.

    Sorts, filters, totals and files read this and never the field itself: a hidden score moves
    none of them.
    """
    return Case(When(scores_hidden_from(user), then=None), default=F(field))


def moved_since_visit(user: User) -> Exists:
    """Return whether somebody else did something on a dossier since a person last looked at it."""
    later = Event.objects.filter(
        application=OuterRef("application"), at__gt=OuterRef("seen_at")
    ).exclude(actor=user)
    visits = Visit.objects.filter(person=user, application=OuterRef("pk"))
    return Exists(visits.filter(Exists(later)))


def rejection_shown(user: User) -> Case:
    """Return whether a dossier's rejection is proposed, as told to those who read its scores."""
    return Case(
        When(scores_hidden_from(user), then=Value(False)),
        default=rejection_stands(),
        output_field=BooleanField(),
    )


def _officer(field: str) -> Subquery:
    officer = Assignment.objects.filter(
        application=OuterRef("pk"), role=AssignmentRole.OFFICER, ended_at__isnull=True
    )
    return Subquery(officer.values(f"person__{field}")[:1])


def _territories() -> ArraySubquery:
    numbers = (
        Place.objects.filter(application=OuterRef("pk"))
        .order_by()
        .annotate(number=Func("territories", function="unnest", output_field=IntegerField()))
        .values("number")
        .distinct()
        .order_by("number")
    )
    return ArraySubquery(numbers)


def _rank(user: User) -> Case:
    """Return the rank of a state in the life of a dossier, as somebody may read it."""
    rank = {state: Value(n) for n, state in enumerate(ReviewState)}
    ranks = [When(review_state=state, then=n) for state, n in rank.items()]
    if not knows_votes(user):
        ranks.insert(0, When(secret_vote(), then=rank[ReviewState.PROPOSED]))
    return Case(*ranks, output_field=IntegerField())


_PARTS = {
    "hides_scores": lambda user, on: ExpressionWrapper(
        scores_hidden_from(user), output_field=BooleanField()
    ),
    "shown_proposed_amount": lambda user, on: only_shown("proposed_amount", user),
    "shown_total": lambda user, on: only_shown("score_summary__total", user),
    "shown_needs_third": lambda user, on: only_shown("score_summary__needs_third", user),
    "filed_on": lambda user, on: received_on(),
    "awaited_on": lambda user, on: awaited_on(),
    "officer_first_name": lambda user, on: _officer("first_name"),
    "officer_last_name": lambda user, on: _officer("last_name"),
    "territory_numbers": lambda user, on: _territories(),
    "told_state": lambda user, on: told_state(user),
    "state_rank": lambda user, on: _rank(user),
    "silence_on": lambda user, on: silence_due_on(on),
    "suspended_until": lambda user, on: silence_suspended_until(on),
    "reference_year": lambda user, on: Left("reference", 4),
    "reference_length": lambda user, on: Length("reference"),
    "renews": lambda user, on: renewal_condition(),
    "moved_since_visit": lambda user, on: moved_since_visit(user),
    "rejection_proposed": lambda user, on: rejection_shown(user),
}
_OPINIONS = {"opinions_asked", "opinions_given"}
PARTS = frozenset({*_PARTS, *_OPINIONS})


def expressions(names: Iterable[str], user: User, on: date | None) -> dict[str, Expression]:
    """Return the expressions of some parts, by name."""
    return {name: _PARTS[name](user, on) for name in names if name not in _OPINIONS}


def with_parts(
    applications: QuerySet[Application],
    names: Iterable[str],
    user: User,
    on: date | None = None,
) -> QuerySet[Application]:
    """Annotate some parts, for one person, and on one day for those of the legal clock.

    ``filed_on`` (a paper request counts from its reception), ``awaited_on`` (the day before which
    something is awaited from the applicant), ``silence_on`` and ``suspended_until`` (the legal
    clock), ``opinions_asked`` and ``opinions_given``, ``officer_*``, ``territory_numbers``,
    ``told_state``, ``state_rank``, ``renews``, ``moved_since_visit``, ``hides_scores``, and what
    goes with the scores: ``rejection_proposed``, ``shown_total``, ``shown_needs_third`` and
    ``shown_proposed_amount``.
    """
    names = set(names)
    if names & _OPINIONS:
        applications = with_opinion_counts(applications)
    found = expressions(sorted(names), user, on)
    return applications.annotate(**found) if found else applications


# What goes along with the scores, as it stands: read so, then emptied where they are hidden.
_PLAIN = {
    "shown_proposed_amount": lambda: F("proposed_amount"),
    "shown_total": lambda: F("score_summary__total"),
    "shown_needs_third": lambda: F("score_summary__needs_third"),
    "rejection_proposed": rejection_stands,
}


def fetched_with_parts(
    applications: QuerySet[Application], names: Iterable[str], user: User, on: date
) -> list[Application]:
    """Return dossiers with some parts: the values that :func:`with_parts` gives.

    For rows that are read, not ordered nor summed. Whether a dossier's scores are hidden is worked
    out once, not once for each part that goes along with them: lists ask for four.
    """
    names = set(names)
    scored = sorted(names & _PLAIN.keys())
    if not scored:
        return list(with_parts(applications, names, user, on))
    found = with_parts(applications, {"hides_scores", *names.difference(scored)}, user, on)
    rows = list(found.annotate(**{name: _PLAIN[name]() for name in scored}))
    for row in rows:
        if row.hides_scores:
            for name in scored:
                setattr(row, name, False if name == "rejection_proposed" else None)
    return rows


def for_rows(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Fetch with a dossier its sheet, campaign and body, without the texts."""
    return applications.select_related("sheet__campaign", "organisation").defer(
        *UNREAD,
        *(f"sheet__{name}" for name in ("identified_need", "objective_elements", "conditions")),
    )


def opinion_condition(word: str) -> Q:
    """Return, on applications, where their opinions stand: ``recus``, ``attendus``, ``aucun``."""
    live = OpinionRequest.objects.filter(application=OuterRef("pk"))
    live = live.exclude(state=OpinionState.REVOKED)
    awaited = live.filter(state=OpinionState.ASKED)
    match word:
        case "recus":
            return Q(Exists(live)) & ~Q(Exists(awaited))
        case "attendus":
            return Q(Exists(awaited))
        case _:
            return ~Q(Exists(live))
