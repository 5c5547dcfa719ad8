"""Answer the questions of admissibility; propose the rejection of a dossier at the vote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import plural_fr
from config.text import clean_text, is_blank
from grants.applications.events import append_event
from grants.applications.services.corrections import refuse_while_edited
from grants.applications.services.moves import lock_application, move, refuse_recused
from grants.applications.workflow import Transition
from grants.review.admissibility import Admissibility, Line, admissibility_of
from grants.review.enums import TO_INSTRUCT
from grants.review.models import AdmissibilityAnswer, AdmissibilityCheck, RejectionProposal
from grants.review.permissions import is_in_charge
from grants.review.services.opinion_endings import revoke_pending


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application

LONGEST_COMMENT = 500
LONGEST_REASON = 5000


@dataclass(frozen=True)
class AnswerInput:
    """What a person chose for one question; an empty answer leaves it to the portal."""

    answer: str = ""
    comment: str = ""


@dataclass(frozen=True)
class MissingAnswer:
    """What an answer lacks: ``part`` is ``answer`` or ``comment``."""

    part: str
    question: int
    sentence: str


class IncompleteAnswersError(Refusal):
    """Answers cannot be kept as they are; ``lacking`` says what to fill in."""

    def __init__(self, lacking: list[MissingAnswer]) -> None:
        super().__init__(" ".join(one.sentence for one in lacking), code="incomplete")
        self.lacking = lacking


@transaction.atomic
def answer_questions(
    *,
    application_id: int,
    answers: Mapping[int, AnswerInput],
    by: User,
    at: datetime,
    version: str | None = None,
) -> Admissibility:
    """Keep what a person answers to the questions of a dossier; it prevails over the portal.

    Questions that are not given keep their answer. Nothing is kept when one of them lacks its
    comment: compulsory for a « non », and to contradict the portal.

    Args:
        application_id: A dossier that is not evaluated yet.
        answers: By question.
        by: Somebody of the desk.
        at: Now.
        version: :attr:`Admissibility.version` the form was opened with; ``None`` skips the check.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state`` or ``stale`` (409) saying
            who answered what, ``unknown_question`` or ``incomplete`` (422).
    """
    if not by.access.is_desk:
        raise Refusal("Seul le service répond à ces questions.", code="not_allowed", status=403)
    application = lock_application(application_id)
    refuse_recused(by, application)
    if application.review_state not in TO_INSTRUCT:
        raise Refusal(
            "Les réponses ne changent plus : le dossier est à l’état "
            f"« {application.get_review_state_display()} ».",
            code="wrong_state",
            status=409,
        )
    before = admissibility_of(application, on=local_date(at))
    _check_version(before, version)
    lines = {line.question.pk: line for line in before.lines}
    if set(answers) - set(lines):
        raise Refusal("Cette question n’est plus posée.", code="unknown_question")
    if lacking := _lacking(lines, answers):
        raise IncompleteAnswersError(lacking)
    changed = [
        lines[pk].question.label
        for pk, given in answers.items()
        if _keep(application, lines[pk], given, by, at)
    ]
    after = admissibility_of(application, on=local_date(at))
    if changed:
        append_event(
            application=application,
            kind="admissibility_answered",
            actor=by,
            at=at,
            comment=f"{after.sentence}.",
            data={"questions": changed},
        )
    return after


def _check_version(before: Admissibility, version: str | None) -> None:
    if version is None or version == before.version:
        return
    last = max(
        (line.check for line in before.lines if line.check),
        key=lambda check: check.answered_at,
        default=None,
    )
    what = (
        f"{last.answered_by} a répondu « {last.get_answer_display()} » à « {last.question.label} »"
        if last is not None
        else "une réponse a été effacée"
    )
    raise Refusal(
        f"Les réponses ont changé entre-temps : {what}. Rien n’est enregistré ; votre saisie est "
        "ci-dessous.",
        code="stale",
        status=409,
    )


def _lacking(lines: Mapping[int, Line], answers: Mapping[int, AnswerInput]) -> list[MissingAnswer]:
    found = []
    for pk, given in answers.items():
        line = lines[pk]
        label = line.question.label
        system = line.system.answer if line.system is not None else ""
        if given.answer and given.answer not in AdmissibilityAnswer.values:
            found.append(MissingAnswer("answer", pk, f"Choisissez une réponse à « {label} »."))
        elif given.answer == AdmissibilityAnswer.NOT_APPLICABLE and not (
            line.question.allows_not_applicable
        ):
            found.append(MissingAnswer("answer", pk, f"« {label} » se répond par oui ou par non."))
        elif len(given.comment.strip()) > LONGEST_COMMENT:
            sentence = f"Le commentaire de « {label} » dépasse {LONGEST_COMMENT} caractères."
            found.append(MissingAnswer("comment", pk, sentence))
        elif given.answer and is_blank(given.comment):
            if given.answer == AdmissibilityAnswer.NO:
                sentence = f"Dites pourquoi la réponse à « {label} » est non."
                found.append(MissingAnswer("comment", pk, sentence))
            elif system and given.answer != system:
                sentence = f"Dites pourquoi vous contredisez Maillage sur « {label} »."
                found.append(MissingAnswer("comment", pk, sentence))
    return found


def _keep(application: Application, line: Line, given: AnswerInput, by: User, at: datetime) -> bool:
    """Write an answer; tell whether something changed."""
    comment = given.comment.strip() if given.answer else ""
    check = line.check
    if not given.answer:
        if check is not None:
            check.delete()
        return check is not None
    if check is not None and (check.answer, check.comment) == (given.answer, comment):
        return False
    check = check or AdmissibilityCheck(application=application, question=line.question)
    check.answer, check.comment = given.answer, comment
    check.answered_by, check.answered_at = by, at
    check.full_clean()
    check.save()
    return True


@transaction.atomic
def propose_rejection(
    *, application_id: int, reason: str, by: User, at: datetime
) -> RejectionProposal:
    """Propose an inadmissible dossier for rejection: the committee votes, nobody else rejects it.

    The dossier is then « Instruit » with 0 € proposed, without any reading. The opinions still
    awaited are taken back.

    Args:
        application_id: A dossier under review that answered « Non » to a question, or whose
            sheet asks none.
        reason: For the office and the committee.
        by: The dossier's officer, who replaces them, or the head.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state``, ``already_proposed``
            or ``being_edited`` (409), ``nothing_failed``, ``reason_missing`` or ``too_long``
            (422).
    """
    application = lock_application(application_id)
    refuse_recused(by, application)
    if not is_in_charge(by, application, local_date(at)):
        raise Refusal(
            "Seule la personne chargée du dossier, qui la remplace, ou la ou le responsable "
            "d’unité, propose un rejet.",
            code="not_allowed",
            status=403,
        )
    refuse_while_edited(application)
    if RejectionProposal.objects.filter(application=application, withdrawn_at=None).exists():
        raise Refusal(
            "Le rejet de ce dossier est déjà proposé.", code="already_proposed", status=409
        )
    found = admissibility_of(application, on=local_date(at))
    if found.lines and not found.failed:
        raise Refusal(
            "Aucune question de recevabilité n’a la réponse non : un dossier recevable se note, "
            "puis se conclut avec un montant.",
            code="nothing_failed",
        )
    words = clean_text(reason).strip()
    if not words:
        raise Refusal("Dites pourquoi le dossier est irrecevable.", code="reason_missing")
    if len(words) > LONGEST_REASON:
        raise Refusal(
            f"Le motif dépasse {LONGEST_REASON} caractères : résumez-le.", code="too_long"
        )
    application.proposed_amount = Decimal(0)
    move(
        application=application,
        transition=Transition.EVALUATE,
        actor=by,
        at=at,
        comment="Irrecevable : rejet proposé au vote.",
        data={"proposed_amount": "0.00", "rejection": True},
    )
    proposal = RejectionProposal(
        application=application, reason=words, proposed_by=by, proposed_at=at
    )
    proposal.full_clean()
    proposal.save()
    revoke_pending(application, reason="le rejet est proposé au vote", by=by, at=at)
    return proposal


def withdraw_rejection(application: Application, *, withdrawn_by: User, at: datetime) -> None:
    """Take back the proposal that stands on a dossier, if one does: its instruction reopens.

    The caller holds the dossier's lock and has checked the permission.
    """
    RejectionProposal.objects.filter(application=application, withdrawn_at=None).update(
        withdrawn_at=at, withdrawn_by=withdrawn_by
    )


def check_admissible(application: Application, amount: Decimal, *, at: datetime) -> None:
    """Refuse to conclude a dossier whose admissibility is not settled.

    A question without an answer stops any conclusion; a « non » stops an amount above zero, until
    a person answers otherwise.

    Raises:
        Refusal: ``unanswered`` or ``inadmissible`` (422).
    """
    found = admissibility_of(application, on=local_date(at))
    if found.unanswered:
        count = len(found.unanswered)
        labels = " ".join(f"« {question.label} »" for question in found.unanswered)
        raise Refusal(
            f"{count} question{plural_fr(count)} de recevabilité sans réponse : {labels}",
            code="unanswered",
        )
    if found.failed and amount > 0:
        labels = " ".join(f"« {line.question.label} »" for line in found.failed)
        raise Refusal(
            f"La réponse est non à {labels} Proposez le rejet depuis l’onglet Recevabilité, "
            "proposez 0 €, ou répondez autrement en disant pourquoi.",
            code="inadmissible",
        )
