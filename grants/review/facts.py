"""Read from a dossier what its next step depends on, with hardly a query of its own.

Another part of the desk fills its facts with :func:`register_fact`: what the dossier's row must be
annotated with, and how the fact is read from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from grants.review.enums import THIRD
from grants.review.models import OpinionRequest, OpinionState, Review, ReviewProgress
from grants.review.next_step import Facts
from grants.review.permissions import not_recused
from grants.review.votes_told import told_state_of


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User
    from grants.applications.models import Application, CorrectionRequest
    from grants.review.models import Assignment
    from grants.review.permissions import Standing


#: name of a fact -> how it is read from the dossier
_readers: dict[str, Callable[[Application, date], Any]] = {}
#: name of an annotation -> what makes its expression
_annotations: dict[str, Callable[[], Any]] = {}


def register_fact(
    name: str,
    read: Callable[[Application, date], Any],
    **annotations: Callable[[], Any],
) -> None:
    """Fill a fact of :class:`grants.review.next_step.Facts` from another part of the desk.

    Args:
        name: Of the fact.
        read: Gives its value from the dossier, annotated, on a day.
        annotations: Expressions for the dossier's query, made when the page is asked.
    """
    _readers[name] = read
    _annotations.update(annotations)


def with_facts(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Annotate what :func:`facts_of` reads, after
    :func:`grants.review.selectors.with_last_deposit`.
    """
    awaited = (
        OpinionRequest.objects.filter(application=OuterRef("pk"), state=OpinionState.ASKED)
        .order_by()
        .values("application")
        .annotate(count=Count("pk"))
    )
    outdated = not_recused(
        Review.objects.filter(application=OuterRef("pk"), state=ReviewProgress.FINAL)
    ).exclude(deposit=OuterRef("last_deposit_id"))
    return applications.annotate(
        outdated_readers=ArraySubquery(outdated.order_by().values("reviewer")),
        opinions_awaited=Coalesce(Subquery(awaited.values("count")), 0),
        third_wanted=F("score_summary__needs_third"),
        **{name: make() for name, make in _annotations.items()},
    )


def facts_of(
    application: Application,
    user: User,
    standing: Standing,
    *,
    is_in_charge: bool,
    assignments: Sequence[Assignment],
    corrections: Sequence[CorrectionRequest],
    today: date,
) -> Facts:
    """Return the facts of a dossier for who looks at it.

    Args:
        application: Annotated by :func:`with_facts` and
            :func:`grants.review.selectors.with_last_deposit`.
        user: Who looks.
        standing: What they are to it.
        is_in_charge: They instruct it today.
        assignments: Those in force, with their people.
        corrections: Its correction requests, oldest first.
        today: The day of the question.
    """
    readers = [one for one in assignments if one.role == "reader"]
    first_two = [one for one in readers if one.rank != THIRD]
    third = next((one.person for one in readers if one.rank == THIRD), None)
    officer = next((one.person for one in assignments if one.role == "officer"), None)
    last = corrections[-1] if corrections else None
    # Who may not read what the others found is told nothing of it: not even that it differs.
    third_wanted = bool(application.third_wanted) and standing.reads_others
    # The rule of conclude_review: as many as the sheet asks for, and the third one asked for.
    settles = third is not None and bool(application.third_wanted)
    missing = max(0, application.sheet.readers - application.finals_count, int(settles))
    # A former reader’s final reading counts, and belongs to nobody named: never below zero.
    extra = max(0, len(readers) - application.finals_count - missing)
    facts = Facts(
        state=told_state_of(user, application),
        today=today,
        is_head=user.access.is_unit_head,
        is_in_charge=is_in_charge,
        must_score=standing.may_score and standing.is_blind,
        reads_scores=standing.reads_scores,
        officer=str(officer or ""),
        readers_missing=max(0, application.sheet.readers - len(first_two)),
        readings_missing=missing,
        readings_extra=extra,
        readings_outdated=len(application.outdated_readers),
        must_confirm=standing.may_score and user.pk in application.outdated_readers,
        has_grid=application.sheet.grid_id is not None,
        third_wanted=third_wanted,
        third_reader=str(third or ""),
        correction=last.state if last else "",
        correction_due_on=last.due_on if last else None,
        documents_due_on=application.documents_due_on,
        is_attested=application.attested_at is not None,
        attestation_due_on=application.attestation_due_on,
        opinions_awaited=application.opinions_awaited,
        paper=application.paper_state,
        is_notified=application.notified_at is not None,
    )
    filled = {name: read(application, today) for name, read in _readers.items()}
    return replace(facts, **filled)
