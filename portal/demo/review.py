"""The desk's part of the story: assigning, scoring, writing, concluding."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from accounts.models import User
from grants.applications.enums import MessageSide
from grants.applications.models import Application
from grants.applications.services.messages import send_message
from grants.review.services.assignment import assign_officer, assign_reader
from grants.review.services.closing import write_note
from grants.review.services.scoring import (
    ScoreInput,
    conclude_review,
    finalise_review,
    needs_third,
    save_review,
)
from portal.demo.actors import Cast
from portal.demo.admissibility import settle
from portal.demo.words import (
    APPLICANT_MESSAGES,
    COMMENTS,
    NOTES,
    OFFICE_MESSAGES,
    SUMMARIES,
)


HUNDRED = Decimal(100)
SPREAD = (1, 2, 3, 3, 4, 4, 4, 5)
WITHOUT_THIRD = "Les deux lecteurs se sont mis d’accord en réunion de service."


def assign(cast: Cast, random: Random, application: Application, *, at: datetime) -> User:
    """Give a dossier to one of the officers, with a second reader when its sheet asks for two."""
    officer = random.choice(cast.officers)
    assign_officer(application_id=application.pk, person=officer, by=cast.head, at=at)
    if application.sheet.readers == 2:
        second = next(o for o in cast.officers if o != officer)
        assign_reader(application_id=application.pk, person=second, rank=2, by=cast.head, at=at)
    return officer


def assign_to(cast: Cast, application: Application, officer: User, *, at: datetime) -> None:
    """Give a dossier to one officer."""
    assign_officer(application_id=application.pk, person=officer, by=cast.head, at=at)


def ask(application: Application, officer: User, *, at: datetime) -> None:
    """Ask the applicant a question that waits for its answer."""
    send_message(
        application_id=application.pk,
        side=MessageSide.OFFICE,
        author=officer,
        text=OFFICE_MESSAGES[0],
        at=at,
    )


def score(
    random: Random,
    application: Application,
    reader: User,
    *,
    at: datetime,
    final: bool = True,
    level: int | None = None,
) -> None:
    """Fill the grid as a reader, good or less good dossiers in a believable spread.

    Args:
        random: The dice.
        application: Under review.
        reader: One of its readers.
        at: When.
        final: Make it final.
        level: The level around which they score; drawn when not given.
    """
    level = random.choice(SPREAD) if level is None else level
    scores = {}
    for criterion in application.sheet.grid.criteria.all():
        given = max(0, min(5, level + random.choice((-1, 0, 0, 0, 1))))
        if criterion.allows_not_applicable and random.random() < 0.05:
            scores[criterion.pk] = ScoreInput(not_applicable=True)
        else:
            comment = random.choice(COMMENTS[given >= 3]) if given <= 1 or given == 5 else ""
            scores[criterion.pk] = ScoreInput(level=given, comment=comment)
    share = (Decimal(0), Decimal("0.3"), Decimal("0.5"), Decimal("0.7"), Decimal("0.85"), 1)[level]
    requested = application.requested_amount or Decimal(0)
    amount = (requested * share / HUNDRED).quantize(Decimal(1), ROUND_HALF_UP) * HUNDRED
    save_review(
        application_id=application.pk,
        by=reader,
        at=at,
        scores=scores,
        proposed_amount=min(amount, requested),
        summary=SUMMARIES[0 if level >= 4 else 1 if level == 3 else 2 if level == 2 else 3],
    )
    if final:
        finalise_review(application_id=application.pk, by=reader, at=at + timedelta(minutes=25))


def score_all(random: Random, application: Application, *, at: datetime) -> None:
    """Have every reader finish."""
    readers = application.assignments.filter(role="reader", ended_at__isnull=True)
    level = random.choice(SPREAD)  # readers of one dossier mostly agree
    for days, assignment in enumerate(readers.select_related("person").order_by("rank")):
        score(random, application, assignment.person, at=at + timedelta(days=days), level=level)


def conclude(application: Application, officer: User, *, at: datetime) -> Application:
    """Close the instruction with the last reader's amount."""
    settle(application, officer, at=at - timedelta(hours=2))
    last = application.reviews.filter(state="final").order_by("-pk").first()
    amount = last.proposed_amount if last else application.requested_amount
    by, reason = officer, ""
    if needs_third(application):  # the head alone does without a third reading
        assigned = application.assignments.filter(role="officer").latest("pk")
        by, reason = assigned.assigned_by, WITHOUT_THIRD
    return conclude_review(
        application_id=application.pk, proposed_amount=amount, by=by, at=at, reason=reason
    )


def talk(
    random: Random, application: Application, officer: User, applicant: User, *, at: datetime
) -> None:
    """Ask a question; the applicant answers most of the time."""
    send_message(
        application_id=application.pk,
        side=MessageSide.OFFICE,
        author=officer,
        text=random.choice(OFFICE_MESSAGES),
        at=at,
    )
    if random.random() < 0.7:
        send_message(
            application_id=application.pk,
            side=MessageSide.APPLICANT,
            author=applicant,
            text=random.choice(APPLICANT_MESSAGES),
            at=at + timedelta(days=1, hours=3),
        )


def note(random: Random, application: Application, officer: User, *, at: datetime) -> None:
    """Write an internal note."""
    write_note(application_id=application.pk, text=random.choice(NOTES), by=officer, at=at)
