"""Whether a dossier may be considered: each question, what the portal and people answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from config.templatetags.fr import nbsp_fr, plural_fr
from grants.calls.models import AdmissibilityQuestion
from grants.review.admissibility_answers import NO, SystemAnswer, system_answer
from grants.review.models import AdmissibilityAnswer, AdmissibilityCheck, RejectionProposal


if TYPE_CHECKING:
    from grants.applications.models import Application

ADMISSIBLE, TO_CHECK, INADMISSIBLE = "admissible", "to_check", "inadmissible"


@dataclass
class Line:
    """One question about one dossier.

    Attributes:
        question: As the sheet's grid asks it.
        check: What a person answered; it prevails.
        application: The dossier.
        on: Today.
    """

    question: AdmissibilityQuestion
    check: AdmissibilityCheck | None
    application: Application = field(repr=False)
    on: date = field(repr=False)

    @cached_property
    def system(self) -> SystemAnswer | None:
        """What the portal answers; worked out when asked for only."""
        return system_answer(self.question.automatic, self.application, on=self.on)

    @property
    def answer(self) -> str:
        """The answer that holds; empty when nobody answered."""
        if self.check is not None:
            return self.check.answer
        return self.system.answer if self.system is not None else ""

    @property
    def reason(self) -> str:
        """Why the answer that holds is what it is."""
        if self.check is not None:
            return self.check.comment
        return self.system.reason if self.system is not None else ""

    @property
    def label(self) -> str:
        return str(AdmissibilityAnswer(self.answer).label) if self.answer else "À vérifier"


@dataclass
class Admissibility:
    """The questions of a dossier's sheet, answered or not."""

    lines: list[Line]

    @cached_property
    def unanswered(self) -> list[AdmissibilityQuestion]:
        """The questions that neither the portal nor a person answered."""
        return [line.question for line in self.lines if not line.answer]

    @cached_property
    def failed(self) -> list[Line]:
        return [line for line in self.lines if line.answer == NO]

    @property
    def state(self) -> str:
        """``inadmissible`` as soon as an answer is no, ``to_check`` while one lacks."""
        if self.failed:
            return INADMISSIBLE
        return TO_CHECK if self.unanswered else ADMISSIBLE

    @property
    def sentence(self) -> str:
        """« Recevable », « À vérifier (2 questions) », « Irrecevable (1) »."""
        if self.failed:
            return nbsp_fr(f"Irrecevable ({len(self.failed)})")
        count = len(self.unanswered)
        if count:
            return f"À vérifier ({count}\u00a0question{plural_fr(count)})"
        return "Recevable"

    @property
    def version(self) -> str:
        """A digest of what people answered: a form says which one it was opened on."""
        rows = [
            f"{line.question.pk}:{line.check.answer}:{line.check.comment}"
            for line in self.lines
            if line.check is not None
        ]
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]

    def reasons(self) -> str:
        """Return the failed questions as a text to propose the rejection with."""
        told = [
            f"{line.question.label} Non{f' : {line.reason}' if line.reason else '.'}"
            for line in self.failed
        ]
        return nbsp_fr("\n".join(told))


def admissibility_of(application: Application, *, on: date) -> Admissibility:
    """Return the questions of a dossier with their answers.

    Two queries, plus what the automatic questions that nobody answered read of the dossier.

    Args:
        application: A filed dossier with its ``sheet``.
        on: Today.
    """
    if application.sheet.grid_id is None:
        return Admissibility([])
    questions = list(application.sheet.grid.questions.all())
    if not questions:
        return Admissibility([])
    checks = {
        check.question_id: check
        for check in application.admissibility_checks.select_related("answered_by")
    }
    return Admissibility([Line(one, checks.get(one.pk), application, on) for one in questions])


def unanswered(application: Application, *, on: date) -> list[AdmissibilityQuestion]:
    """Return the questions that neither the portal nor a person answered yet."""
    return admissibility_of(application, on=on).unanswered


def standing_proposal(application: Application) -> RejectionProposal | None:
    """Return the proposal of rejection that stands on a dossier."""
    return (
        RejectionProposal.objects.filter(application=application, withdrawn_at__isnull=True)
        .select_related("proposed_by")
        .first()
    )


def rejection_stands() -> Exists:
    """Return, on applications, whether their rejection is proposed as inadmissible."""
    return Exists(
        RejectionProposal.objects.filter(application=OuterRef("pk"), withdrawn_at__isnull=True)
    )


def proposals_of(applications: Iterable[int]) -> dict[int, RejectionProposal]:
    """Return the proposals that stand on some dossiers, by the dossier's key: one query."""
    found = RejectionProposal.objects.filter(
        application__in=list(applications), withdrawn_at__isnull=True
    )
    return {one.application_id: one for one in found.select_related("proposed_by")}
