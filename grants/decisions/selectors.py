"""Reads for the pages of envelopes, sessions and decisions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet

from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.decisions.models import CommitteeSession, Decision, Envelope, SessionLine
from grants.decisions.services.notification import channel_for
from grants.letters.models import LetterState
from grants.review.admissibility import proposals_of
from grants.review.models import RejectionProposal
from grants.review.permissions import left_out_words, recused_from, scores_hidden_from


if TYPE_CHECKING:
    from accounts.models import User


def envelopes_of_year(user: User, year: int) -> list[Envelope]:
    """Return the root envelopes of a year with their consumption, children attached."""
    found = list(
        Envelope.objects.visible_to(user)
        .filter(fiscal_year=year)
        .select_related("territory")
        .prefetch_related("sheets")
        .with_consumption(user)
    )
    roots = [envelope for envelope in found if envelope.parent_id is None]
    for root in roots:
        root.lenses = [envelope for envelope in found if envelope.parent_id == root.pk]
    return roots


def years(user: User) -> list[int]:
    """Return the fiscal years that have an envelope, latest first."""
    found = Envelope.objects.visible_to(user).order_by("-fiscal_year")
    return list(found.values_list("fiscal_year", flat=True).distinct())


def with_line_counts(sessions: QuerySet[CommitteeSession]) -> QuerySet[CommitteeSession]:
    """Add to sessions how many lines they hold, how many wait for their vote, what was awarded."""
    listed = Q(lines__removed_at__isnull=True)
    return sessions.annotate(
        line_count=Count("lines", filter=listed, distinct=True),
        waiting_count=Count(
            "lines",
            filter=listed & Q(lines__application__review_state=ReviewState.PROPOSED),
            distinct=True,
        ),
    )


@dataclass(frozen=True)
class SessionRow:
    """One line of a session with its decision, if voted, and its letter, if written.

    ``is_recused``: who looks stands aside from its dossier. ``hides_proposal``: what is proposed
    stays hidden from them, recused or a reader who has not finished. ``rejection``: the proposal
    to reject it as inadmissible.
    """

    line: SessionLine
    decision: Decision | None
    is_recused: bool = False
    hides_proposal: bool = False
    rejection: RejectionProposal | None = None

    @property
    def is_voted(self) -> bool:
        return self.decision is not None


def session_rows(session: CommitteeSession, user: User | None = None) -> list[SessionRow]:
    """Return a session's lines with what was voted, in four queries and a prefetch.

    Args:
        session: The session.
        user: Who looks; what is proposed is hidden from them wherever scores are
            (:func:`grants.review.permissions.scores_hidden_from`), the vote once recorded too.
    """
    lines = (
        session.lines.filter(removed_at__isnull=True)
        .select_related(
            "application__organisation", "application__sheet__campaign", "envelope__parent"
        )
        .order_by("application__reference", "pk")
    )
    decisions = (
        Decision.objects.filter(session=session)
        .select_related("letter")
        .prefetch_related("letter__files")
        .order_by("superseded_at", "pk")
    )
    by_application = {decision.application_id: decision for decision in decisions}
    hidden: dict[int, bool] = {}  # dossier -> stands aside from it, or has yet to finish reading it
    if user is not None:
        listed = Application.objects.filter(session_lines__session=session)
        recused = ExpressionWrapper(recused_from(user), output_field=BooleanField())
        listed = listed.filter(scores_hidden_from(user)).annotate(user_recused=recused)
        hidden = dict(listed.values_list("pk", "user_recused"))
    rows = list(lines)
    rejections = proposals_of(line.application_id for line in rows)
    return [
        SessionRow(
            line,
            by_application.get(line.application_id),
            is_recused=hidden.get(line.application_id, False),
            hides_proposal=line.application_id in hidden,
            rejection=None
            if line.application_id in hidden
            else rejections.get(line.application_id),
        )
        for line in rows
    ]


@dataclass(frozen=True)
class SessionTotals:
    """Money and counts of a session, in euros; ``proposed`` leaves out ``hidden`` dossiers."""

    requested: Decimal
    proposed: Decimal
    awarded: Decimal
    waiting: int
    voted: int
    letters_missing: int
    letters_ready: int
    letters_signed: int
    notified: int
    letters_pending: int
    letters_failed: int
    hidden: int

    @property
    def left_out(self) -> str:
        """What ``proposed`` leaves out, in words; empty when nothing is."""
        return left_out_words(self.hidden)

    @property
    def letters_done(self) -> int:
        """Letters whose PDF is there."""
        return self.voted - self.letters_missing - self.letters_pending - self.letters_failed


def session_totals(rows: list[SessionRow]) -> SessionTotals:
    """Add up a session's rows."""
    decisions = [row.decision for row in rows if row.decision]
    letters = [d.letter for d in decisions if d.letter]

    def count(*states: str) -> int:
        return sum(1 for letter in letters if letter.state in states)

    return SessionTotals(
        requested=sum(
            (r.line.application.requested_amount or Decimal(0) for r in rows), Decimal(0)
        ),
        proposed=sum(
            (
                r.line.proposed_amount
                for r in rows
                if r.line.proposed_outcome == "awarded" and not r.hides_proposal
            ),
            Decimal(0),
        ),
        awarded=sum((d.awarded_amount or Decimal(0) for d in decisions), Decimal(0)),
        waiting=sum(1 for row in rows if row.decision is None),
        voted=len(decisions),
        letters_missing=len(decisions) - len(letters),
        letters_pending=count(LetterState.TO_GENERATE),
        letters_failed=count(LetterState.FAILED),
        letters_ready=count(LetterState.READY),
        letters_signed=count(LetterState.SIGNED),
        notified=sum(1 for d in decisions if d.notified_at),
        hidden=sum(1 for row in rows if row.hides_proposal),
    )


def decision_of(application_id: int) -> Decision | None:
    """Return the decision in force on a dossier, with its letter and files."""
    return (
        Decision.objects.in_force()
        .filter(application=application_id)
        .select_related("session", "envelope", "letter", "notified_by", "recorded_by")
        .prefetch_related("letter__files")
        .first()
    )


def notified_awards(application_ids: Collection[int]) -> dict[int, Decimal]:
    """Return what was awarded and notified, in euros, by key of the dossier."""
    awards = Decision.objects.awarded().notified().filter(application__in=application_ids)
    return dict(awards.values_list("application_id", "awarded_amount"))


def planned_channel(decision: Decision) -> str:
    """Return the words of the channel a notification would take now."""
    return Decision.NotificationChannel(channel_for(decision)).label


def lines_by_envelope(envelope: Envelope) -> QuerySet[Decision]:
    """Return the awards in force on an envelope and its children, newest first."""
    ids = [envelope.pk, *envelope.children.values_list("pk", flat=True)]
    return (
        Decision.objects.awarded()
        .filter(envelope__in=ids)
        .select_related("application__organisation", "application__sheet", "session", "envelope")
        .order_by("-decided_on", "-pk")
    )
