"""A sound world has no fault; each rule broken once is found, alone."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from foundation.documents.models import StoredFile
from foundation.documents.services import store_bytes
from foundation.parameters.models import Parameter
from grants.applications.enums import MoneyState, PaperState, ReviewState
from grants.applications.models import (
    Application,
    BudgetLine,
    CorrectionRequest,
    Deposit,
    ReferenceSequence,
)
from grants.decisions.models import Decision, Envelope, SessionLine
from grants.letters.models import Letter
from grants.review.models import ScoreSummary
from portal.invariants import CHECKS, all_faults
from tests.applications.dossiers import load_parameters
from tests.factories import (
    CallSheetFactory,
    CampaignFactory,
    EnvelopeFactory,
    FiledApplicationFactory,
    SessionFactory,
    UserFactory,
)
from tests.portal.actions import a_decision


pytestmark = pytest.mark.django_db
YEAR = 2031


@dataclass
class World:
    """A year with one dossier in each state that matters."""

    submitted: Application
    proposed: Application
    awarded: Decision
    rejected: Decision
    envelope: Envelope

    @property
    def letter(self) -> Letter:
        return self.awarded.letter


@pytest.fixture
def world(settings) -> World:
    settings.DEBUG = False
    load_parameters()
    sheet = CallSheetFactory(campaign=CampaignFactory(fiscal_year=YEAR))
    root = EnvelopeFactory(fiscal_year=YEAR, amount=Decimal(10000))
    child = EnvelopeFactory(fiscal_year=YEAR, amount=Decimal(5000), parent=root)
    submitted = FiledApplicationFactory(sheet=sheet, reference=f"{YEAR}-0001")
    proposed = FiledApplicationFactory(
        sheet=sheet, reference=f"{YEAR}-0002", review_state=ReviewState.PROPOSED
    )
    SessionLine.objects.create(
        session=SessionFactory(),
        application=proposed,
        envelope=root,
        proposed_amount=Decimal(100),
        added_by=UserFactory(),
        added_at=timezone.now(),
    )
    awarded = a_decision(sheet=sheet, reference=f"{YEAR}-0003", envelope=child)
    rejected = a_decision(
        sheet=sheet,
        reference=f"{YEAR}-0004",
        envelope=root,
        outcome="rejected",
        notified=False,
    )
    awarded.letter = _letter(awarded.application, "award", state="notified")
    awarded.save()
    store_bytes(
        owner=awarded.letter,
        kind="signed",
        name="signe.pdf",
        content=b"%PDF-1.7 signed",
        media_type="application/pdf",
        at=timezone.now(),
    )
    for application in Application.objects.all():
        _letter(application, "receipt", state="ready")
        BudgetLine.objects.create(
            application=application,
            side="income",
            account="departement",
            is_this_request=True,
            planned_amount=application.requested_amount,
        )
    ReferenceSequence.objects.create(year=YEAR, last=4)
    return World(submitted, proposed, awarded, rejected, child)


def _letter(application: Application, kind: str, *, state: str) -> Letter:
    return Letter.objects.create(
        application=application,
        kind=kind,
        state=state,
        subject="Objet",
        frozen_text="Texte",
        reference=f"{application.reference}-{kind}",
        check_code=f"{application.reference}{kind}"[:16],
        issued_on=timezone.localdate(),
        created_at=timezone.now(),
    )


def run() -> str:
    printed = io.StringIO()
    call_command("check_invariants", stdout=printed)
    return printed.getvalue()


def test_a_sound_world_has_no_fault(world):
    assert {name for name, found in all_faults().items() if found} == set()
    printed = run()
    assert "Every invariant holds." in printed
    assert printed.count("ok ") == len(CHECKS)


def _change(pick: Callable, **fields) -> Callable[[World], None]:
    """Write past the rules, as a bug or a hand in the database would."""

    def change(world: World) -> None:
        row = pick(world)
        type(row).objects.filter(pk=row.pk).update(**fields)

    return change


def _stray_correction(state: str) -> Callable[[World], None]:
    """Write a request that no service made."""

    def change(world: World) -> None:
        today = timezone.localdate()
        CorrectionRequest.objects.create(
            application=world.submitted,
            number=1,
            message="Précisez.",
            fields=["projet.title"],
            first_due_on=today,
            due_on=today,
            state=state,
            asked_at=timezone.now(),
            asked_by=UserFactory(),
        )

    return change


def _stray_deposit(world: World) -> None:
    first = world.submitted.deposits.get()
    Deposit.objects.create(
        application=world.submitted,
        number=3,
        payload=bytes(first.payload),
        sha256=first.sha256,
        filed_at=first.filed_at,
        filed_by=first.filed_by,
    )


def _spoil_deposit(world: World) -> None:
    deposit = world.submitted.deposits.get()
    with connection.cursor() as cursor:  # past the trigger that keeps deposits as they are
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE applications_deposit SET payload = %s WHERE id = %s", [b"{ }", deposit.pk]
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


def _forget_signed(world: World) -> None:
    StoredFile.objects.filter(object_id=world.letter.pk, kind="signed").update(kind="generated")


def _second_receipt(world: World) -> None:
    letter = world.submitted.letters.get(kind="receipt")
    letter.pk, letter.version = None, 2
    letter.reference, letter.check_code = "AUTRE", "AUTRE"
    letter.save()


def _no_receipt(world: World) -> None:
    world.submitted.letters.filter(kind="receipt").update(superseded_at=timezone.now())


def _off_the_list(world: World) -> None:
    world.proposed.session_lines.update(removed_at=timezone.now())


def _other_budget(world: World) -> None:
    world.submitted.budget_lines.update(planned_amount=Decimal(1))


BROKEN = {
    "over the envelope": (
        _change(lambda w: w.envelope, amount=Decimal(2999)),
        "envelopes hold their decisions",
        "3000.00 awarded over 2999.00",
    ),
    "decision of another year": (
        _change(lambda w: w.awarded, fiscal_year=2030),
        "decisions stay in their year",
        f"{YEAR}-0003",
    ),
    "export of another sum": (
        _change(lambda w: w.awarded, fiscal_year=2030),
        "exports agree with decisions",
        "0 in the export, 3000.00 in the decisions",
    ),
    "more than requested": (
        _change(lambda w: w.awarded, awarded_amount=Decimal(5001)),
        "awards fit the requests",
        "5001.00 awarded",
    ),
    "budget line": (_other_budget, "budgets carry the request", f"{YEAR}-0001"),
    "gap": (
        _change(lambda w: w.submitted, reference=f"{YEAR}-0009"),
        "references have no gap",
        "missing [1], unexpected [9]",
    ),
    "sequence ahead": (
        lambda w: ReferenceSequence.objects.update(last=5),
        "references have no gap",
        "missing [5]",
    ),
    "reference of another year": (
        _change(lambda w: w.submitted, reference="2030-0001"),
        "references have no gap",
        "2030-0001: filed for 2031",
    ),
    "decided without a decision": (
        _change(lambda w: w.rejected, superseded_at=timezone.now()),
        "states follow decisions",
        "rejected without such a decision",
    ),
    "another outcome": (
        _change(lambda w: w.rejected.application, review_state=ReviewState.DEFERRED),
        "states follow decisions",
        "deferred without such a decision",
    ),
    "decision without the state": (
        _change(lambda w: w.rejected.application, review_state=ReviewState.EVALUATED),
        "states follow decisions",
        "evaluated with a decision in force",
    ),
    "award without commitment": (
        _change(lambda w: w.awarded.application, money_state=MoneyState.NONE),
        "states follow decisions",
        "money state",
    ),
    "proposed, on no list": (_off_the_list, "proposed dossiers are listed", f"{YEAR}-0002"),
    "notified without a signature": (
        _forget_signed,
        "notified dossiers have their letter",
        "without a signed letter",
    ),
    "notified, letter not sent": (
        _change(lambda w: w.letter, state="signed"),
        "notified dossiers have their letter",
        "its letter is signed",
    ),
    "notified by no channel": (
        _change(lambda w: w.awarded, notification_channel=""),
        "notified dossiers have their letter",
        "by no channel",
    ),
    "told on the paper axis alone": (
        _change(lambda w: w.rejected.application, paper_state=PaperState.NOTIFIED),
        "notified dossiers have their letter",
        "disagree",
    ),
    "two receipts": (_second_receipt, "filings have one receipt", "2 receipts"),
    "no receipt": (_no_receipt, "filings have one receipt", "0 receipts"),
    "awaits nothing": (
        _change(lambda w: w.submitted, review_state=ReviewState.CORRECTION_REQUESTED),
        "corrections follow states",
        "say otherwise",
    ),
    "asked while submitted": (_stray_correction("open"), "corrections follow states", "submitted"),
    "answered by nothing": (
        _stray_correction("answered"),
        "corrections follow states",
        "its deposit disagree",
    ),
    "a deposit too many": (_stray_deposit, "deposits are numbered", "do not follow"),
    "a score nobody gave": (
        lambda w: ScoreSummary.objects.create(application=w.submitted, total=50, finals_count=1),
        "scores follow readings",
        "its readings give None",
    ),
    "spoiled deposit": (_spoil_deposit, "deposits are intact", "deposit 1"),
    "a delay in words": (
        lambda w: Parameter.objects.filter(key="opinion.days").update(value="zut"),
        "parameters can be read",
        "opinion.days from 2017-01-01: 'zut'",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_each_rule_broken_once_is_found(world, case: str):
    spoil, check, words = BROKEN[case]
    spoil(world)
    found = all_faults()[check]
    assert any(words in sentence for sentence in found), found
    printed = io.StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("check_invariants", stdout=printed)
    assert failure.value.returncode == 1
    assert f"FAULT  {check}" in printed.getvalue()


def test_every_check_is_broken_by_a_case():
    assert {check for _spoil, check, _words in BROKEN.values()} == set(CHECKS)


def test_an_overrun_with_its_reason_is_no_fault(world):
    Envelope.objects.filter(pk=world.envelope.pk).update(amount=Decimal(2999))
    Decision.objects.filter(pk=world.awarded.pk).update(overrun_reason="Voté ainsi.")
    assert all_faults()["envelopes hold their decisions"] == []
