"""What the office did of a dossier: assigning, reading, asking opinions, concluding, ending."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from accounts.models import User
from config.dates import local_date
from grants.applications.enums import MessageSide, ReviewState
from grants.applications.labels import CLOSED_AS_DUPLICATE
from grants.review.calculations import (
    FinalReview,
    ScoredCriterion,
    application_score,
    exact_total,
)
from grants.review.models import (
    AdmissibilityAnswer,
    AssignmentRole,
    OpinionPosition,
    OpinionSource,
    OpinionState,
    ReviewProgress,
)
from portal.demo.words import APPLICANT_MESSAGES, COMMENTS, NOTES, OFFICE_MESSAGES, SUMMARIES
from portal.load.actors import Office
from portal.load.dossier import Dossier
from portal.load.tables import Tables


S = ReviewState
HUNDRED = Decimal(100)
NO_ANSWER = "Pas de réponse à une demande de pièces"
WITHDRAWN = "Un autre financeur prend l’action en charge."
POSITIONS = (
    OpinionPosition.FAVOURABLE,
    OpinionPosition.FAVOURABLE,
    OpinionPosition.RESERVE,
    OpinionPosition.UNFAVOURABLE,
)
OPINION = "Action connue sur le territoire\u00a0; l’équipe travaille avec les collèges du secteur."


def write_review(dossier: Dossier, tables: Tables, office: Office, *, gap_allowed: Decimal) -> None:
    """Keep what the office did until the instruction was concluded, or the dossier ended."""
    if dossier.line.assigned is not None:
        readers = _assign(dossier, tables, office)
        _talk(dossier, tables)
        _check(dossier, tables)
        _ask_opinion(dossier, tables, office)
        _read(dossier, tables, readers, gap_allowed=gap_allowed)
    if dossier.line.concluded is not None:
        _conclude(dossier)
    if dossier.line.ended is not None:
        _end(dossier)


def _assign(dossier: Dossier, tables: Tables, office: Office) -> list[User]:
    key, at, officer = dossier.key, dossier.line.assigned, dossier.officer
    head = office.head.pk
    tables.assignments.add(key, officer.pk, AssignmentRole.OFFICER.value, None, head, at)
    dossier.history.note(
        "assign",
        head,
        at,
        states=(S.SUBMITTED.value, S.UNDER_REVIEW.value),
        data={"officer": officer.pk},
    )
    readers = []
    if dossier.sheet.row.readers:
        readers.append(officer)
        tables.assignments.add(key, officer.pk, AssignmentRole.READER.value, 1, head, at)
    if dossier.sheet.row.readers > 1:
        others = [one for one in office.officers if one != officer]
        second = dossier.random.choice(others)
        readers.append(second)
        tables.assignments.add(key, second.pk, AssignmentRole.READER.value, 2, head, at)
        dossier.history.note("reader_assigned", head, at, data={"reader": second.pk, "rank": 2})
    return readers


def _talk(dossier: Dossier, tables: Tables) -> None:
    random, key, officer = dossier.random, dossier.key, dossier.officer
    at = dossier.line.assigned + timedelta(hours=2)
    if random.random() < 0.22:
        words = random.choice(OFFICE_MESSAGES)
        answer = at + timedelta(hours=1)
        message = tables.messages.add(key, MessageSide.OFFICE.value, officer.pk, words, at, answer)
        _note_message(dossier, officer.pk, at, message, MessageSide.OFFICE)
        is_read = dossier.line.concluded is not None or random.random() < 0.8
        read = answer + timedelta(minutes=20) if is_read else None
        message = tables.messages.add(
            key, MessageSide.APPLICANT.value, dossier.editor.pk,
            random.choice(APPLICANT_MESSAGES), answer, read,
        )  # fmt: skip
        _note_message(dossier, dossier.editor.pk, answer, message, MessageSide.APPLICANT)
    if random.random() < 0.18:
        tables.notes.add(key, officer.pk, random.choice(NOTES), at)


def _note_message(dossier: Dossier, author: int, at, message: int, side: str) -> None:
    data = {"message": message, "side": str(side), "files": 0}
    dossier.history.note("message_sent", author, at, data=data, shown=True)


def _check(dossier: Dossier, tables: Tables) -> None:
    """Answer the questions of admissibility that the portal leaves to a person."""
    if not dossier.line.read and dossier.line.concluded is None:
        return
    at = dossier.line.assigned + timedelta(hours=3)
    for question in dossier.sheet.questions:
        if question.automatic not in ("", "previous_report"):
            continue
        tables.checks.add(
            dossier.key, question.pk, AdmissibilityAnswer.YES.value, dossier.officer.pk, at
        )


def _ask_opinion(dossier: Dossier, tables: Tables, office: Office) -> None:
    random = dossier.random
    numbers = [n for _, _, territories in dossier.places for n in territories]
    if random.random() > 0.3 or not numbers:
        return
    asked = dossier.line.assigned + timedelta(hours=4)
    coordinator = office.coordinators[numbers[0]]
    given = asked + timedelta(days=random.uniform(1, 10))
    is_given = given < dossier.now and random.random() < 0.9
    request = tables.opinion_requests.add(
        dossier.key,
        OpinionSource.COORDINATOR.value,
        coordinator.pk,
        "Cette action est-elle connue sur votre territoire\u00a0?",
        local_date(asked) + timedelta(days=15),
        (OpinionState.GIVEN if is_given else OpinionState.ASKED).value,
        dossier.officer.pk,
        asked,
    )
    if is_given:
        position = random.choice(POSITIONS).value
        tables.opinions.add(request, dossier.first_deposit, position, OPINION, given, given)


def _read(
    dossier: Dossier, tables: Tables, readers: Sequence[User], *, gap_allowed: Decimal
) -> None:
    finals = []
    for reader, at in zip(readers, dossier.line.read, strict=False):
        if dossier.sheet.criteria:
            finals.append(_reading(dossier, tables, reader, at))
            dossier.history.note("review_finalised", reader.pk, at)
    if finals:
        score = application_score(finals, gap_allowed=gap_allowed)
        tables.summaries.add(dossier.key, score.total, score.gap, score.needs_third, len(finals))
        if score.total is not None:
            dossier.quality = float(score.total) / 100


def _reading(dossier: Dossier, tables: Tables, reader: User, at) -> FinalReview:
    random = dossier.random
    rate = max(0.0, min(1.0, random.gauss(dossier.quality, 0.12)))
    amount = _rounded(dossier.requested * Decimal(str(round(0.3 + 0.7 * rate, 2))))
    review = tables.reviews.add(
        dossier.key, reader.pk, dossier.deposit, ReviewProgress.FINAL.value, amount,
        random.choice(SUMMARIES), 2, at, at,
    )  # fmt: skip
    given = []
    for criterion in dossier.sheet.criteria:
        left_out = criterion.allows_not_applicable and random.random() < 0.06
        level = None if left_out else max(0, min(5, round(random.gauss(5 * rate, 0.9))))
        extreme = level is not None and (level <= 1 or level >= 5)
        comment = random.choice(COMMENTS) if extreme or random.random() < 0.2 else ""
        tables.scores.add(review, criterion.pk, level, left_out, comment)
        given.append(ScoredCriterion(criterion.weight, level, left_out))
    return FinalReview(review, exact_total(given))


def _conclude(dossier: Dossier) -> None:
    rate = Decimal(str(round(max(0.2, min(1.0, dossier.quality + 0.15)), 2)))
    amount = min(dossier.requested, _rounded(dossier.requested * rate))
    dossier.values["proposed_amount"] = amount
    dossier.history.note(
        "evaluate",
        dossier.officer.pk,
        dossier.line.concluded,
        states=(S.UNDER_REVIEW.value, S.EVALUATED.value),
        data={"proposed_amount": f"{amount:.2f}"},
    )


def _end(dossier: Dossier) -> None:
    line = dossier.line
    before = S.SUBMITTED
    if line.asked and not line.answered:
        before = S.CORRECTION_REQUESTED
    elif line.assigned:
        before = S.UNDER_REVIEW
    if line.state == S.WITHDRAWN:
        dossier.history.note(
            "withdraw",
            dossier.body.signatory.pk,
            line.ended,
            states=(before.value, S.WITHDRAWN.value),
            comment=WITHDRAWN,
            shown=True,
        )
        return
    words = NO_ANSWER if before == S.CORRECTION_REQUESTED else CLOSED_AS_DUPLICATE
    dossier.values["closing_reason"] = words
    dossier.history.note(
        "close",
        dossier.officer.pk,
        line.ended,
        states=(before.value, S.CLOSED_WITHOUT_ACTION.value),
        comment=words,
        shown=True,
    )


def _rounded(amount: Decimal) -> Decimal:
    """Return euros rounded to the hundred below, at least one hundred."""
    return max(HUNDRED, amount // HUNDRED * HUNDRED)
