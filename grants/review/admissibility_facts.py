"""What the admissibility of a dossier tells to its next step: the same answers as its tab.

Every page of a dossier shows it, so what the portal's answers read comes with the dossier's row
where it is short; places and documents cost the queries of :data:`admissibility_answers.READS`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Max, OuterRef, Q, Subquery, prefetch_related_objects
from django.db.models.functions import Cast, JSONObject

from grants.applications.models import BudgetLine, Commitment
from grants.calls.models import AdmissibilityQuestion, AutomaticAnswer, ClosingExtension
from grants.review.admissibility import rejection_stands
from grants.review.admissibility_answers import NO, READS, system_answer
from grants.review.enums import TO_INSTRUCT
from grants.review.facts import register_fact
from grants.review.models import AdmissibilityCheck


if TYPE_CHECKING:
    from grants.applications.models import Application


def register() -> None:
    """Tell the next step what is still to answer, and what was answered « Non »."""
    register_fact(
        "questions_open",
        _counting(""),
        questions_asked=_questions,
        closing_extended=_extension,
        budget_read=_budget,
        commitments_read=_commitments,
    )
    register_fact("questions_failed", _counting(NO))
    register_fact(
        "is_rejection_proposed",
        lambda application, today: application.rejection_proposed,
        rejection_proposed=rejection_stands,
    )


def _counting(answer: str) -> Callable[[Application, date], int]:
    return lambda application, today: answers_in_hand(application, on=today).count(answer)


def answers_in_hand(application: Application, *, on: date) -> list[str]:
    """Return the answer that holds to each question of a dossier, empty where nobody answered.

    None once the instruction is over: nothing waits for them any more. Worked out once a page.

    Args:
        application: Annotated by :func:`grants.review.facts.with_facts`.
        on: Today.
    """
    if application.review_state not in TO_INSTRUCT:
        return []
    known = application.__dict__.get("_answers_in_hand")
    if known is None:
        known = application._answers_in_hand = _answers(application, on)
    return known


def _answers(application: Application, on: date) -> list[str]:
    asked = application.questions_asked
    left = {one["automatic"] for one in asked if one["answer"] is None} - _PEOPLES
    seen = _with_parts(application, left) if left else application
    answers = []
    for one in asked:
        kind, given = one["automatic"], one["answer"]
        if given is None:
            given = system_answer(kind, seen, on=on).answer if kind in left else ""
        answers.append(given)
    return answers


#: Questions that the portal never answers by itself.
_PEOPLES = {"", str(AutomaticAnswer.PREVIOUS_REPORT)}


def _with_parts(application: Application, kinds: set[str]) -> Application:
    """Return a copy of a dossier, never to be written, with what some answers read of it."""
    seen, sheet = copy.copy(application), copy.copy(application.sheet)
    seen.sheet = sheet
    until = application.closing_extended
    _fill(sheet, "extensions", [ClosingExtension(sheet=sheet, until=until)] if until else [])
    lines = [
        BudgetLine(side=one["side"], account=one["account"], planned_amount=Decimal(one["amount"]))
        for one in application.budget_read
    ]
    _fill(seen, "budget_lines", lines)
    _fill(seen, "commitments", [Commitment(kind=kind) for kind in application.commitments_read])
    lookups = [lookup for kind in sorted(kinds) for lookup in READS.get(kind, ())]
    if lookups:
        prefetch_related_objects([seen], *lookups)
    return seen


def _fill(row: object, name: str, parts: list) -> None:
    """Give a copied row the parts already read, as a prefetch does."""
    row._prefetched_objects_cache = {**getattr(row, "_prefetched_objects_cache", {}), name: parts}


def _questions() -> ArraySubquery:
    check = AdmissibilityCheck.objects.filter(
        application=OuterRef(OuterRef("pk")), question=OuterRef("pk")
    ).order_by()
    asked = AdmissibilityQuestion.objects.filter(grid=OuterRef("sheet__grid")).order_by("pk")
    return ArraySubquery(
        asked.values(
            one=JSONObject(automatic="automatic", answer=Subquery(check.values("answer")[:1]))
        )
    )


def _extension() -> Subquery:
    """Return the last day given to everybody or to this body after the closing."""
    given = ClosingExtension.objects.filter(
        Q(organisation__isnull=True) | Q(organisation=OuterRef("organisation")),
        sheet=OuterRef("sheet"),
    )
    return Subquery(given.order_by().values("sheet").annotate(last=Max("until")).values("last"))


def _budget() -> ArraySubquery:
    lines = BudgetLine.objects.filter(application=OuterRef("pk")).order_by()
    return ArraySubquery(
        lines.values(
            one=JSONObject(
                side="side", account="account", amount=Cast("planned_amount", CharField())
            )
        )
    )


def _commitments() -> ArraySubquery:
    return ArraySubquery(
        Commitment.objects.filter(application=OuterRef("pk")).order_by().values("kind")
    )
