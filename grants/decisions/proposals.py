"""« Voter tout comme proposé »: what would be recorded, line by line, before it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from grants.applications.models import Application
from grants.calls.models import AutomaticAnswer
from grants.decisions.models import Decision, SessionLine
from grants.decisions.seen import line_shown, stamp
from grants.decisions.services.votes import lines_to_vote
from grants.review.admissibility import admissibility_of, proposals_of
from grants.review.models import RejectionProposal
from grants.review.permissions import recused_from, scores_hidden_from


if TYPE_CHECKING:
    from accounts.models import User

#: The legal reason that the « Non » to a question gives; the other questions leave it to choose.
REASON_OF = {
    AutomaticAnswer.ON_TIME: Decision.ReasonCode.LATE,
    AutomaticAnswer.DOCUMENTS: Decision.ReasonCode.INCOMPLETE,
    AutomaticAnswer.TERRITORY: Decision.ReasonCode.OUT_OF_SCOPE,
    AutomaticAnswer.PREVIOUS_REPORT: Decision.ReasonCode.REPORT_MISSING,
}


@dataclass(frozen=True)
class Proposed:
    """One line to vote.

    Attributes:
        line: It.
        reason: The reason its admissibility gives; empty when it is to choose.
        rejection: The proposal to reject it as inadmissible.
        aside: Why it is left out, for who looks; empty when it is not.
    """

    line: SessionLine
    reason: str = ""
    rejection: RejectionProposal | None = None
    aside: str = ""

    @property
    def is_refusal(self) -> bool:
        return self.line.proposed_outcome == Decision.Outcome.REJECTED

    @property
    def is_award(self) -> bool:
        return self.line.proposed_outcome == Decision.Outcome.AWARDED

    @property
    def stamp(self) -> str:
        return stamp(line_shown(self.line))


def proposed_votes(session_id: int, user: User, *, on: date) -> list[Proposed]:
    """Return what « all as proposed » would record on a session, and what it leaves.

    Args:
        session_id: The session.
        user: The unit head who would record it: what is hidden from them is left.
        on: Today.
    """
    lines = list(lines_to_vote(session_id).select_related("application__sheet__grid"))
    listed = Application.objects.filter(pk__in=[line.application_id for line in lines])
    hidden = set(listed.filter(scores_hidden_from(user)).values_list("pk", flat=True))
    recused = set(listed.filter(recused_from(user)).values_list("pk", flat=True))
    rejections = proposals_of(line.application_id for line in lines)
    found = []
    for line in lines:
        key = line.application_id
        if key in recused:
            found.append(Proposed(line, aside="vous en êtes écarté"))
        elif key in hidden:
            found.append(Proposed(line, aside="votre lecture n’est pas définitive"))
        else:
            rejection = rejections.get(key)
            found.append(
                Proposed(
                    line,
                    reason=reason_of(line.application, on=on) if rejection else "",
                    rejection=rejection,
                )
            )
    return found


def reason_of(application: Application, *, on: date) -> str:
    """Return the reason of refusal that the admissibility of a dossier gives.

    Empty when no question failed, when one of them says nothing of the reason, or when two say
    different things: a person chooses then.
    """
    failed = admissibility_of(application, on=on).failed
    reasons = {REASON_OF.get(line.question.automatic, "") for line in failed}
    return str(reasons.pop()) if len(reasons) == 1 else ""


@dataclass(frozen=True)
class Figures:
    """What would be recorded, added up; the sum in euros."""

    awards: int
    refusals: int
    deferrals: int
    amount: Decimal

    @property
    def total(self) -> int:
        return self.awards + self.refusals + self.deferrals


def figures_of(votes: list[Proposed]) -> Figures:
    """Add up the votes that would be recorded."""
    kept = [one for one in votes if not one.aside]
    awards = [one for one in kept if one.is_award]
    refusals = sum(1 for one in kept if one.is_refusal)
    return Figures(
        awards=len(awards),
        refusals=refusals,
        deferrals=len(kept) - len(awards) - refusals,
        amount=sum((one.line.proposed_amount for one in awards), Decimal(0)),
    )


def changes_since(votes: list[Proposed], seen: Mapping[int, str]) -> list[str]:
    """Say what is no longer as a page showed it: lines added, taken off, voted or changed.

    Args:
        votes: What would be recorded now.
        seen: The stamp of each line the page listed, by its key.
    """
    now = {one.line.pk: one for one in votes if not one.aside}
    told = [
        f"{one.line.application.reference} a été inscrit."
        for key, one in now.items()
        if key not in seen
    ]
    told += [
        f"{one.line.application.reference} : la proposition a changé."
        for key, one in now.items()
        if key in seen and seen[key] != one.stamp
    ]
    gone = SessionLine.objects.filter(pk__in=set(seen) - set(now)).select_related("application")
    told += [
        f"{line.application.reference} n’attend plus de vote"
        f" ({line.application.get_review_state_display().lower()})."
        for line in gone.order_by("application__reference")
    ]
    return told
