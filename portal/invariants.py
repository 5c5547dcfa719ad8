"""Rules that always hold between rows, checked all at once: money, references, states, proofs.

Each check yields one sentence per fault, naming the row; nothing is changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum

from foundation.parameters.selectors import faults as parameter_faults
from grants.applications.enums import (
    Channel,
    CorrectionState,
    MoneyState,
    PaperState,
    ReviewState,
)
from grants.applications.integrity import deposit_faults
from grants.applications.models import (
    Application,
    BudgetLine,
    CorrectionRequest,
    Deposit,
    ReferenceSequence,
)
from grants.decisions.models import Decision, Envelope, SessionLine
from grants.letters.models import Letter, LetterKind, LetterState
from grants.review.models import Review, ScoreSummary
from grants.review.scores import NO_SCORE, scores_of
from reporting.selectors import with_decision


Check = Callable[[], Iterator[str]]
ZERO = Decimal(0)
CHUNK = 500  # dossiers read at a time
DECIDED = (ReviewState.AWARDED, ReviewState.REJECTED, ReviewState.DEFERRED)
TOLD = (PaperState.NOTIFIED, PaperState.OPENED)
SENT = (LetterState.NOTIFIED, LetterState.OPENED)


def all_faults() -> dict[str, list[str]]:
    """Run every check; return the faults by check, empty lists where all is well."""
    return {name: list(check()) for name, check in CHECKS.items()}


# --- Money ----------------------------------------------------------------------------------------
def envelopes_hold_their_decisions() -> Iterator[str]:
    """The awards of an envelope add up to what the envelope says is committed."""
    committed: dict[int, Decimal] = defaultdict(lambda: ZERO)
    parents = dict(Envelope.objects.values_list("pk", "parent_id"))
    for decision in _awards().values_list("envelope_id", "awarded_amount"):
        envelope, amount = decision
        committed[envelope] += amount
        if parents[envelope]:
            committed[parents[envelope]] += amount
    overrun = set(_awards().exclude(overrun_reason="").values_list("envelope_id", flat=True))
    overrun |= {parents[pk] for pk in overrun}
    for envelope in Envelope.objects.with_consumption():
        total = committed[envelope.pk]
        if envelope.committed_amount != total:
            yield (
                f"envelope {envelope.pk} ({envelope}): {envelope.committed_amount} committed, "
                f"its awards add up to {total}"
            )
        if total > envelope.amount and envelope.pk not in overrun:
            yield f"envelope {envelope.pk} ({envelope}): {total} awarded over {envelope.amount}"


def exports_agree_with_decisions() -> Iterator[str]:
    """The awarded column of a year's export adds up to the awards of that year."""
    filed = with_decision(Application.objects.filed())
    exported = dict(
        filed.order_by()
        .values_list("sheet__campaign__fiscal_year")
        .annotate(total=Sum("awarded_amount"))
    )
    decided = dict(
        _awards().order_by().values_list("fiscal_year").annotate(total=Sum("awarded_amount"))
    )
    for year in sorted({*exported, *decided}):
        of_export, of_decisions = exported.get(year) or ZERO, decided.get(year) or ZERO
        if of_export != of_decisions:
            yield f"year {year}: {of_export} in the export, {of_decisions} in the decisions"


def decisions_stay_in_their_year() -> Iterator[str]:
    """A decision bears the year of its campaign and of its envelope."""
    wrong = Decision.objects.exclude(
        fiscal_year=F("application__sheet__campaign__fiscal_year"),
        envelope__fiscal_year=F("fiscal_year"),
    )
    for reference, year in wrong.values_list("application__reference", "fiscal_year"):
        yield f"{reference}: a decision of {year} on another year’s envelope or campaign"


def awards_fit_the_requests() -> Iterator[str]:
    """Nobody is awarded more than was asked."""
    over = _awards().filter(awarded_amount__gt=F("application__requested_amount"))
    for reference, amount in over.values_list("application__reference", "awarded_amount"):
        yield f"{reference}: {amount} awarded, more than requested"


def budgets_carry_the_request() -> Iterator[str]:
    """The budget’s own line of this request is the amount requested (paper filings aside)."""
    line = BudgetLine.objects.filter(
        application=OuterRef("pk"),
        is_this_request=True,
        planned_amount=OuterRef("requested_amount"),
    )
    wrong = Application.objects.filed().filter(~Exists(line), channel=Channel.WEB)
    for reference, amount in wrong.order_by("reference").values_list(
        "reference", "requested_amount"
    ):
        yield f"{reference}: no budget line of this request for {amount}"


def _awards() -> QuerySet[Decision]:
    return Decision.objects.awarded().exclude(application__money_state=MoneyState.RENOUNCED)


# --- References -----------------------------------------------------------------------------------
def references_have_no_gap() -> Iterator[str]:
    """The references of a year are 1, 2, 3… up to the number that the sequence holds."""
    numbers: dict[int, list[int]] = defaultdict(list)
    for reference, year in Application.objects.filed().values_list(
        "reference", "sheet__campaign__fiscal_year"
    ):
        head, _, number = reference.partition("-")
        if head != str(year):
            yield f"{reference}: filed for {year}"
        numbers[int(head)].append(int(number))
    last = dict(ReferenceSequence.objects.values_list("year", "last"))
    for year in sorted({*numbers, *last}):
        found, expected = sorted(numbers[year]), last.get(year, 0)
        if found != list(range(1, expected + 1)):
            missing = sorted(set(range(1, expected + 1)) - set(found))[:5]
            extra = sorted(set(found) - set(range(1, expected + 1)))[:5]
            yield (
                f"year {year}: the sequence is at {expected}, {len(found)} dossiers; "
                f"missing {missing}, unexpected {extra}"
            )


# --- States ---------------------------------------------------------------------------------------
def states_follow_decisions() -> Iterator[str]:
    """A decided dossier has its decision in force, with the same outcome, and only it has one."""
    in_force = Decision.objects.in_force().filter(application=OuterRef("pk"))
    same = in_force.filter(outcome=OuterRef("review_state"))
    decided = Application.objects.filter(review_state__in=DECIDED)
    for reference, state in _references(decided.filter(~Exists(same))):
        yield f"{reference}: {state} without such a decision in force"
    others = Application.objects.exclude(review_state__in=DECIDED).filter(Exists(in_force))
    for reference, state in _references(others):
        yield f"{reference}: {state} with a decision in force"
    committed = Q(review_state=ReviewState.AWARDED) & ~Q(money_state=MoneyState.NONE)
    uncommitted = ~Q(review_state=ReviewState.AWARDED) & Q(money_state=MoneyState.NONE)
    for reference, state in _references(Application.objects.exclude(committed | uncommitted)):
        yield f"{reference}: {state} with a money state that does not follow"


def proposed_dossiers_are_listed() -> Iterator[str]:
    """A dossier put to the vote is on the list of one session in preparation."""
    line = SessionLine.objects.filter(
        application=OuterRef("pk"), removed_at__isnull=True, session__state="preparing"
    )
    wrong = Application.objects.filter(~Exists(line), review_state=ReviewState.PROPOSED)
    for reference, _state in _references(wrong):
        yield f"{reference}: proposed, on no session in preparation"


def corrections_follow_states() -> Iterator[str]:
    """A dossier waits for corrections when one request is open; an answer is a deposit."""
    waits = CorrectionRequest.objects.filter(application=OuterRef("pk"), state=CorrectionState.OPEN)
    asked = Q(review_state=ReviewState.CORRECTION_REQUESTED)
    wrong = Application.objects.filter((asked & ~Exists(waits)) | (~asked & Exists(waits)))
    for reference, state in _references(wrong):
        yield f"{reference}: {state}, its correction requests say otherwise"
    answered = Q(state__in=[CorrectionState.ANSWERED, CorrectionState.ACCEPTED])
    rows = CorrectionRequest.objects.filter(
        (answered & Q(deposit__isnull=True)) | (~answered & Q(deposit__isnull=False))
    )
    for reference, number in rows.values_list("application__reference", "number"):
        yield f"{reference}: correction request {number} and its deposit disagree"


def deposits_are_numbered() -> Iterator[str]:
    """The deposits of a dossier are 1, 2, 3… All but the first answer a request, or are a change
    made by the office.
    """
    counted = (
        Deposit.objects.order_by()
        .values("application__reference")
        .annotate(
            total=Count("pk"),
            last=Max("number"),
            answers=Count("pk", filter=Q(correction__isnull=False) | Q(office_edit__isnull=False)),
        )
    )
    wrong = counted.exclude(total=F("last"), answers=F("total") - 1)
    for reference in wrong.values_list("application__reference", flat=True):
        yield f"{reference}: its deposits do not follow each other"


def notified_dossiers_have_their_letter() -> Iterator[str]:
    """What was told was written and signed first: letter, decision and dossier agree."""
    told = Decision.objects.filter(notified_at__isnull=False).select_related(
        "application", "letter"
    )
    for decision in told.prefetch_related("letter__files"):
        reference, letter = decision.application.reference, decision.letter
        if letter is None or letter.signed_file is None:
            yield f"{reference}: notified without a signed letter"
        elif letter.state not in SENT:
            yield f"{reference}: notified, its letter is {letter.state}"
        if not decision.notification_channel:
            yield f"{reference}: notified by no channel"
    in_force = Decision.objects.in_force().filter(
        application=OuterRef("pk"), notified_at__isnull=False
    )
    axis = Application.objects.annotate(is_told=Exists(in_force))
    wrong = axis.filter(
        Q(is_told=True) & (Q(notified_at__isnull=True) | ~Q(paper_state__in=TOLD))
        | Q(is_told=False) & (Q(notified_at__isnull=False) | Q(paper_state__in=TOLD))
    )
    for reference, state in _references(wrong):
        yield f"{reference}: {state}, the dossier and its decision disagree on its notification"
    unsent = Letter.objects.filter(state__in=SENT, decision__notified_at__isnull=True)
    unsent = unsent.exclude(kind=LetterKind.RECEIPT)
    for reference in unsent.values_list("reference", flat=True):
        yield f"letter {reference}: sent, its decision is not notified"


def _references(applications: QuerySet[Application]) -> list[tuple[str, str]]:
    return list(applications.order_by("reference", "pk").values_list("reference", "review_state"))


# --- Scores ---------------------------------------------------------------------------------------
def scores_follow_readings() -> Iterator[str]:
    """The score kept beside each dossier is the one that its readings give."""
    read = set(Review.objects.order_by().values_list("application_id", flat=True))
    kept = {one.pk: one for one in ScoreSummary.objects.all()}
    keys = sorted(read | kept.keys())
    names = dict(Application.objects.filter(pk__in=keys).values_list("pk", "reference"))
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        computed = scores_of(chunk)
        for pk in chunk:
            found, row = computed.get(pk, NO_SCORE), kept.get(pk, ScoreSummary())
            given = found.score
            expected = (given.total, given.gap, given.needs_third, found.finals_count)
            if expected != (row.total, row.gap, row.needs_third, row.finals_count):
                yield f"{names[pk]}: its score is {row.total}, its readings give {given.total}"


# --- Proofs ---------------------------------------------------------------------------------------
def filings_have_one_receipt() -> Iterator[str]:
    """Each filed dossier has one receipt in force and a deposit, a draft neither."""
    receipts = Count(
        "letters",
        filter=Q(letters__kind=LetterKind.RECEIPT, letters__superseded_at__isnull=True),
        distinct=True,
    )
    deposits = Count("deposits", distinct=True)
    for reference, state, receipt_count, deposit_count in (
        Application.objects.annotate(receipts=receipts, filings=deposits)
        .order_by("reference", "pk")
        .values_list("reference", "review_state", "receipts", "filings")
    ):
        expected = 0 if state == ReviewState.DRAFT else 1
        if receipt_count != expected:
            yield f"{reference or 'a draft'}: {receipt_count} receipts"
        if bool(deposit_count) != bool(expected):
            yield f"{reference or 'a draft'}: {deposit_count} deposits"


def deposits_are_intact() -> Iterator[str]:
    """The bytes kept at each filing still have the SHA-256 noted then."""
    return deposit_faults()


# --- Parameters -----------------------------------------------------------------------------------
def parameters_can_be_read() -> Iterator[str]:
    """Each dated parameter has a value, of the kind and within the bounds declared for it."""
    return parameter_faults()


CHECKS: dict[str, Check] = {
    "envelopes hold their decisions": envelopes_hold_their_decisions,
    "exports agree with decisions": exports_agree_with_decisions,
    "decisions stay in their year": decisions_stay_in_their_year,
    "awards fit the requests": awards_fit_the_requests,
    "budgets carry the request": budgets_carry_the_request,
    "references have no gap": references_have_no_gap,
    "states follow decisions": states_follow_decisions,
    "proposed dossiers are listed": proposed_dossiers_are_listed,
    "corrections follow states": corrections_follow_states,
    "scores follow readings": scores_follow_readings,
    "notified dossiers have their letter": notified_dossiers_have_their_letter,
    "filings have one receipt": filings_have_one_receipt,
    "deposits are numbered": deposits_are_numbered,
    "deposits are intact": deposits_are_intact,
    "parameters can be read": parameters_can_be_read,
}
