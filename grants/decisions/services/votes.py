"""Record what the commission permanente voted, line by line or all as proposed; correct it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import plural_fr
from config.text import is_blank
from grants.applications.calculations import budget_totals
from grants.applications.enums import MoneyState, PaperState, ReviewState
from grants.applications.services.moves import lock_application, move, refuse_recused
from grants.applications.workflow import Transition
from grants.decisions.models import CommitteeSession, Decision, Envelope, SessionLine
from grants.decisions.seen import changed_by, line_shown, refuse_changed
from grants.decisions.services.envelopes import lock_tree, overruns
from grants.decisions.services.sessions import (
    check_head,
    check_preparing,
    lock_line,
    lock_session,
    refuse_blind,
)
from grants.letters.models import Letter
from grants.review.services.scoring import check_amount


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User
    from grants.applications.models import Application

TRANSITION_OF = {
    Decision.Outcome.AWARDED: Transition.AWARD,
    Decision.Outcome.REJECTED: Transition.REJECT,
    Decision.Outcome.DEFERRED: Transition.DEFER,
}


@dataclass(frozen=True)
class Vote:
    """What was voted on one line.

    Attributes:
        outcome: ``awarded``, ``rejected`` or ``deferred``.
        amount: Euros awarded; ignored unless awarded.
        reason_code: From the controlled list, for a refusal.
        reason_text: Reviewed words that complete it.
        conditions: Conditions of the award.
        withdrawals: Members who took no part in the vote.
        overrun_reason: Why the award may go over the envelope, if it must.
    """

    outcome: str
    amount: Decimal = Decimal(0)
    reason_code: str = ""
    reason_text: str = ""
    conditions: str = ""
    withdrawals: str = ""
    overrun_reason: str = ""


@transaction.atomic
def record_vote(*, line_id: int, vote: Vote, by: User, at: datetime, seen: str = "") -> Decision:
    """Record the vote on one line: the decision, the dossier's state, the money committed.

    The envelope's root is locked first: of two awards that together exceed it, the second is
    refused.

    Args:
        line_id: The line voted on.
        vote: What was voted.
        by: The unit head.
        at: Now.
        seen: What the page showed of the line (:func:`grants.decisions.seen.stamp`).

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``session_closed``, ``wrong_state``,
            ``reading_open``, ``changed`` (409), ``not_deciding``, ``date_ahead``,
            ``no_deliberation``, ``amount_missing``, ``amount_too_high``, ``reason_missing`` or
            ``over_envelope`` (422).
    """
    check_head(by)
    line = lock_line(line_id)
    _check_deciding(line.session, at)
    lock_tree(line.envelope)
    application = lock_application(line.application_id)
    refuse_recused(by, application)
    refuse_blind(by, application)
    if application.review_state == ReviewState.PROPOSED:  # a line voted meanwhile says who did
        refuse_changed(seen, line_shown(line), what="La proposition", by=changed_by(line))
    return _write(application, line.session, line.envelope, vote, by=by, at=at)


@transaction.atomic
def correct_vote(*, decision_id: int, vote: Vote, reason: str, by: User, at: datetime) -> Decision:
    """Record again a vote that was written wrong, until the applicant is told.

    The former decision is superseded and kept, its letter too; the history says what it was, who
    corrected it and why. The new decision waits for a letter of its own.

    Args:
        decision_id: The decision in force.
        vote: What was really voted.
        reason: Why it is corrected.
        by: The unit head.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``superseded``, ``already_notified``,
            ``reading_open`` (409), ``reason_missing``, and what :func:`record_vote` refuses (422).
    """
    check_head(by)
    keys = Decision.objects.values_list("session_id", "application_id").get(pk=decision_id)
    session = lock_session(keys[0])
    envelope = Envelope.objects.select_related("parent").get(decisions=decision_id)
    lock_tree(envelope)
    application = lock_application(keys[1])
    refuse_recused(by, application)
    refuse_blind(by, application)
    former = Decision.objects.select_for_update(of=("self",), no_key=True).get(pk=decision_id)
    if former.superseded_at is not None:
        raise Refusal(
            "Ce vote a été corrigé ou remplacé depuis l’ouverture de cette page.",
            code="superseded",
            status=409,
        )
    if former.notified_at is not None:
        raise Refusal(
            "Cette décision est notifiée : le demandeur l’a reçue, elle ne se corrige plus ici.",
            code="already_notified",
            status=409,
        )
    former.superseded_at = at
    former.save(update_fields=["superseded_at"])
    Letter.objects.filter(pk=former.letter_id, superseded_at=None).update(superseded_at=at)
    application.money_state = MoneyState.NONE
    application.paper_state = PaperState.NONE
    before = {"outcome": former.outcome, "reason_code": former.reason_code}
    if former.awarded_amount is not None:
        before["awarded_amount"] = f"{former.awarded_amount:.2f}"
    move(
        application=application,
        transition=Transition.CORRECT_VOTE,
        actor=by,
        at=at,
        comment=reason.strip(),
        data={"session": session.pk, "before": before},
    )
    return _write(application, session, envelope, vote, by=by, at=at)


def _write(
    application: Application,
    session: CommitteeSession,
    envelope: Envelope,
    vote: Vote,
    *,
    by: User,
    at: datetime,
) -> Decision:
    """Write a decision and move its dossier; the caller holds every lock."""
    _check_vote(vote)
    is_awarded = vote.outcome == Decision.Outcome.AWARDED
    decision = Decision(
        application=application,
        session=session,
        envelope=envelope,
        outcome=vote.outcome,
        fiscal_year=application.sheet.campaign.fiscal_year,
        reason_text="" if is_awarded else vote.reason_text.strip(),
        conditions=vote.conditions.strip() if is_awarded else "",
        withdrawals=vote.withdrawals.strip(),
        deliberation_number=session.deliberation_number,
        decided_on=session.held_on,
        recorded_at=at,
        recorded_by=by,
    )
    if is_awarded:
        check_amount(application, vote.amount, what="Le montant attribué")
        over = overruns(envelope, vote.amount)
        if over and is_blank(vote.overrun_reason):
            raise Refusal(" ".join(over), code="over_envelope")
        decision.awarded_amount = vote.amount
        decision.overrun_reason = vote.overrun_reason.strip() if over else ""
        decision.eligible_base = eligible_base(application)
        application.money_state = MoneyState.COMMITTED
    else:
        decision.reason_code = vote.reason_code
    application.paper_state = PaperState.TO_GENERATE
    data = {"session": session.pk, "overrun": bool(decision.overrun_reason)}
    if decision.awarded_amount is not None:
        data["awarded_amount"] = f"{decision.awarded_amount:.2f}"
    move(
        application=application,
        transition=TRANSITION_OF[Decision.Outcome(vote.outcome)],
        actor=by,
        at=at,
        data=data,
    )
    decision.full_clean()
    decision.save()
    return decision


def eligible_base(application: Application) -> Decimal:
    """Return the eligible expenses of a dossier: its charges without in-kind contributions."""
    return budget_totals(application.budget_lines.all()).charges


def _check_deciding(session: CommitteeSession, at: datetime) -> None:
    if session.kind != CommitteeSession.Kind.PERMANENT:
        raise Refusal(
            "Seule la commission permanente décide : cette séance donne un avis.",
            code="not_deciding",
        )
    if session.held_on > local_date(at):
        raise Refusal("Le vote s’enregistre le jour de la séance ou après.", code="date_ahead")
    if not session.deliberation_number:
        raise Refusal(
            "Indiquez d’abord le numéro de la délibération sur la séance.",
            code="no_deliberation",
        )


def _check_vote(vote: Vote) -> None:
    if vote.outcome not in Decision.Outcome.values:
        raise Refusal("Choisissez le résultat du vote.", code="unknown_outcome")
    if vote.outcome == Decision.Outcome.AWARDED and vote.amount <= 0:
        raise Refusal("Une attribution a un montant supérieur à zéro.", code="amount_missing")
    if vote.outcome == Decision.Outcome.REJECTED and not vote.reason_code:
        raise Refusal("Choisissez le motif du refus.", code="reason_missing")


@dataclass
class VoteReport:
    """What « all as proposed » did: decisions recorded, and the lines it had to leave."""

    recorded: list[Decision] = field(default_factory=list)
    left: list[tuple[SessionLine, str]] = field(default_factory=list)


def record_all_as_proposed(
    *,
    session_id: int,
    by: User,
    at: datetime,
    reasons: Mapping[int, str] | None = None,
    seen: Mapping[int, str] | None = None,
) -> VoteReport:
    """Record every line still to vote as it was proposed; each line stands alone.

    A line that is refused (envelope, state, no reason for its refusal) is left and reported with
    its sentence.

    Args:
        session_id: The session.
        by: The unit head.
        at: Now.
        reasons: Reason of each refusal, from the controlled list, by key of its line. No reason is
            ever chosen for anybody.
        seen: What the page showed of each line, by its key; only these are voted. All of them when
            it is ``None``.
    """
    check_head(by)
    report = VoteReport()
    for line in lines_to_vote(session_id):
        if seen is not None and line.pk not in seen:
            continue
        is_refusal = line.proposed_outcome == Decision.Outcome.REJECTED
        vote = Vote(
            outcome=line.proposed_outcome,
            amount=line.proposed_amount,
            reason_code=(reasons or {}).get(line.pk, "") if is_refusal else "",
        )
        stamped = (seen or {}).get(line.pk, "")
        try:
            decision = record_vote(line_id=line.pk, vote=vote, by=by, at=at, seen=stamped)
        except Refusal as refusal:
            report.left.append((line, refusal.sentence))
        else:
            report.recorded.append(decision)
    return report


def lines_to_vote(session_id: int) -> QuerySet[SessionLine]:
    """Return the lines of a session that wait for their vote."""
    return (
        SessionLine.objects.filter(
            session_id=session_id,
            removed_at__isnull=True,
            application__review_state=ReviewState.PROPOSED,
        )
        .select_related("application__organisation", "envelope")
        .order_by("application__reference", "pk")
    )


@transaction.atomic
def close_session(*, session_id: int, by: User) -> CommitteeSession:
    """Close a session once every line is voted or taken off.

    Raises:
        Refusal: ``not_allowed`` (403), ``session_closed`` (409), ``lines_left`` (422).
    """
    check_head(by)
    session = lock_session(session_id)
    check_preparing(session)
    left = session.lines.filter(
        removed_at__isnull=True, application__review_state="proposed"
    ).count()
    if session.kind == CommitteeSession.Kind.PERMANENT and left:
        verb = "attendent" if left > 1 else "attend"
        raise Refusal(f"{left} dossier{plural_fr(left)} {verb} encore un vote.", code="lines_left")
    session.state = CommitteeSession.State.CLOSED
    session.save(update_fields=["state"])
    return session
