"""Fill a scoring grid, make it final, conclude the instruction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import euros, plural_fr
from config.text import clean_prose, is_blank
from grants.applications.enums import ReviewState
from grants.applications.events import append_event
from grants.applications.services.corrections import refuse_while_edited
from grants.applications.services.moves import (
    last_change,
    lock_application,
    move,
    refuse_recused,
)
from grants.applications.workflow import Transition
from grants.review.enums import THIRD
from grants.review.models import AssignmentRole, Review, ReviewProgress, Score
from grants.review.permissions import counted_reviews, is_in_charge, may_score
from grants.review.scores import scores_of
from grants.review.services.admissibility import check_admissible, withdraw_rejection
from grants.review.services.opinion_endings import revoke_pending
from grants.review.services.summaries import refresh_summary


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application, Deposit
    from grants.calls.models import Criterion, ScoringGrid

CONFIRMED_IN = frozenset({ReviewState.UNDER_REVIEW, ReviewState.EVALUATED})
# A draft goes on while the applicant is asked for something: nothing typed is lost.
DRAFTED_IN = frozenset({ReviewState.UNDER_REVIEW, ReviewState.CORRECTION_REQUESTED})


@dataclass(frozen=True)
class ScoreInput:
    """What a reader chose for one criterion: a level from 0 to 5, or not applicable, or nothing."""

    level: int | None = None
    not_applicable: bool = False
    comment: str = ""


@dataclass(frozen=True)
class Lacking:
    """One thing a reading lacks to be final.

    Attributes:
        part: ``level`` or ``comment`` of a criterion, ``proposed_amount``, ``summary``.
        sentence: What to do, in French.
        criterion: The criterion's id, when it bears on one.
    """

    part: str
    sentence: str
    criterion: int | None = None


class IncompleteReviewError(Refusal):
    """A reading cannot be final yet; ``lacking`` says what to fill in."""

    def __init__(self, lacking: list[Lacking]) -> None:
        super().__init__(" ".join(one.sentence for one in lacking), code="incomplete")
        self.lacking = lacking


@transaction.atomic
def save_review(
    *,
    application_id: int,
    by: User,
    at: datetime,
    scores: dict[int, ScoreInput],
    proposed_amount: Decimal | None = None,
    summary: str = "",
    version: int | None = None,
    deposit_id: int | None = None,
) -> Review:
    """Keep a draft reading (created on first save), whatever it lacks.

    Also while corrections are awaited; only :func:`finalise_review` waits for their end.
    A reading bears on the deposit that was on the reader's screen when they began: saving never
    moves it to a later one, only :func:`reconfirm_review` does.

    Args:
        application_id: The dossier.
        by: An assigned reader.
        at: Now.
        scores: By criterion id; criteria left out are emptied.
        proposed_amount: Euros.
        summary: Reasoned summary.
        version: The version the form was opened with; ``None`` skips the check.
        deposit_id: The deposit shown when a new reading was begun; the last one by default.

    Raises:
        Refusal: ``not_reader`` (403), ``wrong_state``, ``already_final`` or ``stale`` (409),
            ``unknown_criterion``, ``unknown_deposit`` or ``out_of_scale`` (422).
    """
    application = lock_application(application_id)
    if not may_score(by, application):
        raise Refusal("Vous ne lisez pas ce dossier.", code="not_reader", status=403)
    if application.review_state not in DRAFTED_IN:
        raise _not_now(application)
    review = Review.objects.filter(application=application, reviewer=by).first()
    if review is not None and review.state == ReviewProgress.FINAL:
        raise Refusal(
            "Votre notation est définitive : rouvrez-la pour la modifier.",
            code="already_final",
            status=409,
        )
    if review is not None and version is not None and review.version != version:
        raise Refusal(
            "Cette notation a été modifiée dans un autre onglet : rechargez la page.",
            code="stale",
            status=409,
        )
    if review is None:
        review = Review(application=application, reviewer=by, version=0)
        review.deposit = _deposit_read(application, deposit_id)
    review.proposed_amount = proposed_amount
    review.summary = clean_prose(summary).strip()
    review.updated_at = at
    review.version += 1
    review.full_clean()
    review.save()
    _save_scores(review, application, scores)
    return review


def _deposit_read(application: Application, deposit_id: int | None) -> Deposit:
    deposits = application.deposits.order_by("-number")
    if deposit_id is None:
        return deposits.first()
    found = deposits.filter(pk=deposit_id).first()
    if found is None:
        raise Refusal("Ce dépôt n’est pas celui du dossier.", code="unknown_deposit")
    return found


def _not_now(application: Application) -> Refusal:
    sentence = f"La notation se fait pendant l’instruction.{last_change(application)}"
    return Refusal(sentence, code="wrong_state", status=409)


def _save_scores(review: Review, application: Application, scores: dict[int, ScoreInput]) -> None:
    criteria = {criterion.pk: criterion for criterion in application.sheet.grid.criteria.all()}
    if unknown := set(scores) - set(criteria):
        raise Refusal(f"Critère inconnu : {min(unknown)}.", code="unknown_criterion")
    review.scores.all().delete()
    rows = []
    for pk, given in scores.items():
        _check_score(criteria[pk], given)
        if given.level is None and not given.not_applicable and is_blank(given.comment):
            continue
        rows.append(
            Score(
                review=review,
                criterion=criteria[pk],
                level=None if given.not_applicable else given.level,
                not_applicable=given.not_applicable,
                comment=clean_prose(given.comment).strip(),
            )
        )
    Score.objects.bulk_create(rows)


def _check_score(criterion: Criterion, given: ScoreInput) -> None:
    if given.level is not None and not 0 <= given.level <= 5:
        raise Refusal("Une note va de 0 à 5.", code="out_of_scale")
    if given.not_applicable and not criterion.allows_not_applicable:
        raise Refusal(f"Le critère « {criterion.label} » se note toujours.", code="out_of_scale")


@transaction.atomic
def finalise_review(*, application_id: int, by: User, at: datetime) -> Review:
    """Make a reading final: every criterion answered, comments where the grid asks, an amount.

    Raises:
        Refusal: ``not_reader`` (403), ``nothing_saved``, ``incomplete`` with what lacks or
            ``settles_nothing`` (422), ``wrong_state``, ``already_final`` or ``outdated`` (409: the
            dossier was filed again since).
    """
    application = lock_application(application_id)
    if not may_score(by, application):
        raise Refusal("Vous ne lisez pas ce dossier.", code="not_reader", status=403)
    if application.review_state == ReviewState.CORRECTION_REQUESTED:
        raise Refusal(
            "Des compléments sont demandés\u00a0: votre notation se rendra définitive quand le "
            "dossier sera de nouveau en instruction.",
            code="wrong_state",
            status=409,
        )
    if application.review_state != ReviewState.UNDER_REVIEW:
        raise _not_now(application)
    review = Review.objects.filter(application=application, reviewer=by).first()
    if review is None:
        raise Refusal("Enregistrez d’abord votre notation.", code="nothing_saved")
    if review.state == ReviewProgress.FINAL:
        raise Refusal("Votre notation est déjà définitive.", code="already_final", status=409)
    last = application.deposits.order_by("-number").first()
    if review.deposit_id != last.pk:
        raise Refusal(
            f"Le dossier a été modifié depuis (dépôt n°\u00a0{last.number})\u00a0: relisez ce qui "
            "a changé et confirmez votre notation avant de la rendre définitive.",
            code="outdated",
            status=409,
        )
    if lacking := missing_in(review, application):
        raise IncompleteReviewError(lacking)
    _check_settles(review, application)
    review.state = ReviewProgress.FINAL
    review.finalised_at = at
    review.updated_at = at
    review.version += 1
    review.save()
    append_event(application=application, kind="review_finalised", actor=by, at=at)
    refresh_summary(application)
    return review


def _check_settles(review: Review, application: Application) -> None:
    """Refuse as third reading one without a total: it would leave the two others as they are."""
    is_third = application.assignments.filter(
        person=review.reviewer, role=AssignmentRole.READER, rank=THIRD, ended_at__isnull=True
    )
    if is_third.exists() and not review.scores.filter(level__isnull=False).exists():
        raise Refusal(
            "Une troisième lecture départage les deux autres\u00a0: notez au moins un critère.",
            code="settles_nothing",
        )


def missing_in(review: Review, application: Application) -> list[Lacking]:
    """Return what a stored reading still lacks to be final."""
    scores = {
        score.criterion_id: ScoreInput(score.level, score.not_applicable, score.comment)
        for score in review.scores.all()
    }
    return lacking_in(
        application,
        list(application.sheet.grid.criteria.all()),
        scores=scores,
        proposed_amount=review.proposed_amount,
        summary=review.summary,
    )


def lacking_in(
    application: Application,
    criteria: Sequence[Criterion],
    *,
    scores: dict[int, ScoreInput],
    proposed_amount: Decimal | None,
    summary: str,
) -> list[Lacking]:
    """Return what a reading as it is typed still lacks to be final."""
    grid = application.sheet.grid
    found = []
    for criterion in criteria:
        score = scores.get(criterion.pk, ScoreInput())
        if score.level is None and not score.not_applicable:
            found.append(Lacking("level", f"Notez le critère « {criterion.label} ».", criterion.pk))
        elif comment_is_due(grid, score.level) and is_blank(score.comment):
            sentence = f"Commentez la note {score.level} du critère « {criterion.label} »."
            found.append(Lacking("comment", sentence, criterion.pk))
    requested = application.requested_amount
    if proposed_amount is None:
        sentence = "Proposez un montant (0 si vous ne proposez pas d’aide)."
        found.append(Lacking("proposed_amount", sentence))
    elif requested is not None and proposed_amount > requested:
        sentence = f"Le montant proposé dépasse le montant demandé ({euros(requested)})."
        found.append(Lacking("proposed_amount", sentence))
    if is_blank(summary):
        found.append(Lacking("summary", "Rédigez la synthèse."))
    return found


def comment_is_due(grid: ScoringGrid, level: int | None) -> bool:
    """Tell whether a level needs its comment in a grid."""
    if level is None:
        return False
    return level <= grid.comment_at_most or level >= grid.comment_at_least


@transaction.atomic
def reconfirm_review(*, application_id: int, deposit_number: int, by: User, at: datetime) -> Review:
    """Say that one's reading, draft or final, still holds on the dossier's last deposit.

    Scores do not change. A final reading must still be acceptable on that deposit: an amount now
    above what is requested asks for the reading to be reopened.

    Args:
        application_id: The dossier.
        deposit_number: The deposit that was read: the last, or somebody filed again meanwhile.
        by: Its reader.
        at: Now.

    Raises:
        Refusal: ``not_reader`` (403), ``wrong_state``, ``changed`` or ``up_to_date`` (409),
            ``incomplete`` (422).
    """
    application = lock_application(application_id)
    if not may_score(by, application):
        raise Refusal("Vous ne lisez pas ce dossier.", code="not_reader", status=403)
    if application.review_state not in CONFIRMED_IN:
        raise Refusal(
            "Une notation se confirme pendant l’instruction, tant que le dossier n’est pas inscrit "
            "à une séance.",
            code="wrong_state",
            status=409,
        )
    review = Review.objects.filter(application=application, reviewer=by).first()
    if review is None:
        raise Refusal("Enregistrez d’abord votre notation.", code="nothing_saved")
    last = application.deposits.order_by("-number").first()
    if last.number != deposit_number:
        raise Refusal(
            f"Le dossier vient d’être déposé de nouveau (dépôt n°\u00a0{last.number})\u00a0: "
            "relisez ce qui a changé.",
            code="changed",
            status=409,
        )
    if review.deposit_id == last.pk:
        raise Refusal(
            f"Votre notation porte déjà sur le dépôt n°\u00a0{last.number}.",
            code="up_to_date",
            status=409,
        )
    if review.state == ReviewProgress.FINAL and (lacking := missing_in(review, application)):
        raise IncompleteReviewError(lacking)
    before = review.deposit.number
    review.deposit = last
    review.updated_at = at
    review.version += 1
    review.save()
    append_event(
        application=application,
        kind="review_reconfirmed",
        actor=by,
        at=at,
        data={"from_deposit": before, "to_deposit": last.number, "state": review.state},
    )
    refresh_summary(application)
    return review


@transaction.atomic
def reopen_review(*, application_id: int, by: User, reason: str, at: datetime) -> Review:
    """Take a final reading back to draft, with a reason, while the dossier is under review.

    Their own reading being final, its reader may have read the others: that is allowed, and told.
    The event keeps it (``after_others``), the history, the matrix and the summary sheet say it.

    Raises:
        Refusal: ``not_reader`` (403), ``wrong_state`` (409), ``reason_missing`` (422).
    """
    application = lock_application(application_id)
    review = Review.objects.filter(application=application, reviewer=by).first()
    if review is None or not may_score(by, application):
        raise Refusal("Vous ne lisez pas ce dossier.", code="not_reader", status=403)
    if application.review_state != ReviewState.UNDER_REVIEW or review.state != ReviewProgress.FINAL:
        raise Refusal(
            "Cette notation ne peut pas être rouverte maintenant.", code="wrong_state", status=409
        )
    if is_blank(reason):
        raise Refusal("Indiquez la raison de cette réouverture.", code="reason_missing")
    review.state = ReviewProgress.DRAFT
    review.finalised_at = None
    review.updated_at = at
    review.version += 1
    review.save()
    others = counted_reviews(application).filter(state=ReviewProgress.FINAL).exclude(reviewer=by)
    append_event(
        application=application,
        kind="review_reopened",
        actor=by,
        at=at,
        comment=reason.strip(),
        data={"after_others": others.exists()},
    )
    refresh_summary(application)
    return review


@transaction.atomic
def conclude_review(
    *, application_id: int, proposed_amount: Decimal, by: User, at: datetime, reason: str = ""
) -> Application:
    """Close the instruction with the amount the unit proposes.

    Needs as many final readings as the sheet asks. Done by the dossier's officer or the head.
    While two readings are too far apart, it waits for a third one; only the head may do without,
    with a reason kept in the event. The opinions still awaited are taken back.

    Args:
        application_id: The dossier.
        proposed_amount: Euros.
        by: Its officer, or the head.
        at: Now.
        reason: Why no third reading is waited for; kept only when one was asked for.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state`` (409), ``readings_missing``,
            ``third_missing``, ``amount_too_high`` or ``amount_negative``, ``unanswered`` or
            ``inadmissible`` (422), ``being_edited`` (409).
    """
    application = lock_application(application_id)
    _check_in_charge(application, by, at)
    refuse_while_edited(application)
    finals = counted_reviews(application).filter(state=ReviewProgress.FINAL).count()
    if finals < application.sheet.readers:
        raise Refusal(
            f"La fiche demande {_finals(application.sheet.readers)}, il y en a {finals}.",
            code="readings_missing",
        )
    check_amount(application, proposed_amount)
    check_admissible(application, proposed_amount, at=at)
    data: dict[str, object] = {"proposed_amount": f"{proposed_amount:.2f}"}
    third_is_missing = needs_third(application)
    if third_is_missing:
        _check_without_third(by, reason)
        data["without_third_reading"] = True
    application.proposed_amount = proposed_amount
    concluded = move(
        application=application,
        transition=Transition.EVALUATE,
        actor=by,
        at=at,
        comment=reason.strip() if third_is_missing else "",
        data=data,
    )
    revoke_pending(concluded, reason="l’instruction est close", by=by, at=at)
    return concluded


def needs_third(application: Application) -> bool:
    """Tell whether two final readings are too far apart and no third one settles it."""
    found = scores_of([application.pk]).get(application.pk)
    return found is not None and found.score.needs_third


def _check_without_third(by: User, reason: str) -> None:
    """No figure here: whoever reads third must not learn how far apart the two others are."""
    if not by.access.is_unit_head:
        raise Refusal(
            "Les deux lectures sont trop éloignées\u00a0: une troisième lecture est attendue. "
            "Seule la responsable ou le responsable d’unité peut s’en passer, avec une raison.",
            code="third_missing",
        )
    if is_blank(reason):
        raise Refusal(
            "Les deux lectures sont trop éloignées\u00a0: désignez une troisième lecture, ou "
            "indiquez pourquoi vous vous en passez.",
            code="third_missing",
        )


@transaction.atomic
def reopen_instruction(*, application_id: int, reason: str, by: User, at: datetime) -> Application:
    """Go back from « Instruit » to « En instruction », with a reason.

    Raises:
        Refusal: ``not_allowed`` (403), ``wrong_state`` (409), ``reason_missing`` (422).
    """
    application = lock_application(application_id)
    _check_in_charge(application, by, at)
    withdraw_rejection(application, withdrawn_by=by, at=at)
    return move(
        application=application,
        transition=Transition.REOPEN_REVIEW,
        actor=by,
        at=at,
        comment=reason.strip(),
    )


def check_amount(
    application: Application, amount: Decimal, *, what: str = "Le montant proposé"
) -> None:
    """Refuse an amount below zero or above the amount requested; ``what`` names it."""
    if amount < 0:
        raise Refusal("Un montant n’est pas négatif.", code="amount_negative")
    requested = application.requested_amount
    if requested is not None and amount > requested:
        raise Refusal(
            f"{what} dépasse le montant demandé ({euros(requested)}).",
            code="amount_too_high",
        )


def _finals(count: int) -> str:
    ending = plural_fr(count)
    return f"{count} notation{ending} définitive{ending}"


def _check_in_charge(application: Application, by: User, at: datetime) -> None:
    refuse_recused(by, application)
    if not is_in_charge(by, application, local_date(at)):
        raise Refusal(
            "Seule la personne chargée du dossier, qui la remplace, ou la ou le responsable "
            "d’unité, clôt ou rouvre l’instruction.",
            code="not_allowed",
            status=403,
        )
