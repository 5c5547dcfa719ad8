"""The table of transitions of the *review* axis: buttons, checks, tests and docs read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from config.errors import Refusal
from config.text import is_blank
from grants.applications.enums import MessageSide, ReviewState


if TYPE_CHECKING:
    from grants.applications.models import Application

S = ReviewState


class Transition(StrEnum):
    """What can happen to a dossier on the review axis."""

    SUBMIT = "submit"
    ASSIGN = "assign"
    REQUEST_CORRECTION = "request_correction"
    COMPLETE = "complete"
    RESUME = "resume"
    EVALUATE = "evaluate"
    REOPEN_REVIEW = "reopen_review"
    PROPOSE = "propose"
    UNPROPOSE = "unpropose"
    AWARD = "award"
    REJECT = "reject"
    DEFER = "defer"
    CORRECT_VOTE = "correct_vote"
    WITHDRAW = "withdraw"
    CLOSE = "close"


@dataclass(frozen=True)
class Move:
    """One row of the table.

    Attributes:
        sources: States it starts from.
        target: State it leads to.
        side: Who does it: the applicant or the office.
        label: The button.
        needs_reason: A backward or closing move says why.
    """

    sources: frozenset[str]
    target: str
    side: str
    label: str
    needs_reason: bool = False


APPLICANT, OFFICE = MessageSide.APPLICANT, MessageSide.OFFICE
_UNDECIDED = frozenset({S.SUBMITTED, S.CORRECTION_REQUESTED, S.UNDER_REVIEW, S.EVALUATED})

TRANSITIONS: dict[Transition, Move] = {
    Transition.SUBMIT: Move(frozenset({S.DRAFT}), S.SUBMITTED, APPLICANT, "Déposer"),
    Transition.ASSIGN: Move(frozenset({S.SUBMITTED}), S.UNDER_REVIEW, OFFICE, "Affecter"),
    Transition.REQUEST_CORRECTION: Move(
        frozenset({S.UNDER_REVIEW}), S.CORRECTION_REQUESTED, OFFICE, "Demander des compléments"
    ),
    Transition.COMPLETE: Move(
        frozenset({S.CORRECTION_REQUESTED}),
        S.UNDER_REVIEW,
        APPLICANT,
        "Envoyer les compléments",
    ),
    Transition.RESUME: Move(
        frozenset({S.CORRECTION_REQUESTED}), S.UNDER_REVIEW, OFFICE, "Reprendre l’instruction"
    ),
    Transition.EVALUATE: Move(
        frozenset({S.UNDER_REVIEW}), S.EVALUATED, OFFICE, "Clore l’instruction"
    ),
    Transition.REOPEN_REVIEW: Move(
        frozenset({S.EVALUATED}), S.UNDER_REVIEW, OFFICE, "Rouvrir l’instruction", needs_reason=True
    ),
    Transition.PROPOSE: Move(
        frozenset({S.EVALUATED, S.DEFERRED}), S.PROPOSED, OFFICE, "Inscrire à une séance"
    ),
    Transition.UNPROPOSE: Move(
        frozenset({S.PROPOSED}), S.EVALUATED, OFFICE, "Retirer de la séance", needs_reason=True
    ),
    Transition.AWARD: Move(frozenset({S.PROPOSED}), S.AWARDED, OFFICE, "Attribuer"),
    Transition.REJECT: Move(frozenset({S.PROPOSED}), S.REJECTED, OFFICE, "Ne pas retenir"),
    Transition.DEFER: Move(frozenset({S.PROPOSED}), S.DEFERRED, OFFICE, "Ajourner"),
    # Until the applicant is told: ``grants.decisions.services.votes.correct_vote``.
    Transition.CORRECT_VOTE: Move(
        frozenset({S.AWARDED, S.REJECTED, S.DEFERRED}),
        S.PROPOSED,
        OFFICE,
        "Corriger le vote",
        needs_reason=True,
    ),
    Transition.WITHDRAW: Move(
        _UNDECIDED | {S.PROPOSED}, S.WITHDRAWN, APPLICANT, "Retirer la demande"
    ),
    Transition.CLOSE: Move(
        _UNDECIDED, S.CLOSED_WITHOUT_ACTION, OFFICE, "Classer sans suite", needs_reason=True
    ),
}


def available(application: Application, *, side: str) -> list[Transition]:
    """Return the transitions the table allows from the present state, for one side."""
    return [
        transition
        for transition, move in TRANSITIONS.items()
        if move.side == side and application.review_state in move.sources
    ]


def check(application: Application, transition: Transition, *, comment: str = "") -> Move:
    """Return the row of a transition, or refuse it.

    Raises:
        Refusal: ``wrong_state`` (409) when the dossier is not in a state it starts from;
            ``reason_missing`` (422) when a backward move comes without its reason.
    """
    move = TRANSITIONS[transition]
    if application.review_state not in move.sources:
        raise Refusal(
            f"« {move.label} » n’est plus possible : le dossier est à l’état "
            f"« {application.get_review_state_display()} ».",
            code="wrong_state",
            status=409,
        )
    if move.needs_reason and is_blank(comment):
        raise Refusal("Indiquez la raison de ce retour en arrière.", code="reason_missing")
    return move
