"""Two officers acting at once: one wins, the other learns what changed and by whom.

Real threads, real connections: nothing here is simulated.
"""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from config.errors import Refusal
from grants.applications.enums import ReviewState
from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.applications.services.completing import answer_correction
from grants.applications.services.corrections import cancel_correction, request_correction
from grants.applications.services.office_edit import abandon_edit, apply_edit, start_edit
from grants.applications.workflow import TRANSITIONS
from grants.review.models import Assignment, Review
from grants.review.services.assignment import assign_officer, assign_reader, declare_conflict
from grants.review.services.closing import ClosingProof, close_without_action, write_note
from grants.review.services.scoring import (
    ScoreInput,
    conclude_review,
    finalise_review,
    reopen_instruction,
    reopen_review,
    save_review,
)
from tests.applications.correcting import under_review
from tests.applications.dossiers import a_sheet
from tests.factories import GridFactory, person_with_role
from tests.review.world import final


pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8
ACTIONS = 200


def now():
    return timezone.now()


def officer() -> User:
    return person_with_role(Role.CASE_OFFICER)


def head() -> User:
    return person_with_role(Role.UNIT_HEAD)


def scored(person: User | None = None) -> Application:
    """A dossier of an officer, on a grid, that they have read."""
    person = person or officer()
    application = under_review(person, sheet=a_sheet(grid=GridFactory(), readers=1))
    final(Application.objects.get(pk=application.pk), person, 3, 4, 4, summary="Bien.", amount=900)
    return application


def at_once(*acts: Callable[[], object]) -> list[Refusal | None]:
    """Run acts in threads of their own, started together; return what refused each of them."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> Refusal | None:
        gate.wait()
        try:
            act()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def loser(*acts: Callable[[], object]) -> Refusal:
    found = at_once(*acts)
    refusals = [one for one in found if one is not None]
    assert len(refusals) == 1, found
    return refusals[0]


def test_of_two_who_assign_a_dossier_one_learns_who_was_first():
    application = under_review()
    chosen, bosses = [officer(), officer()], [head(), head()]
    seen = application.assignments.get(role="officer").person_id

    def assign(person, by):
        return assign_officer(
            application_id=application.pk,
            person=person,
            by=by,
            at=now(),
            seen=seen,
            reason="Départ",
        )

    refusal = loser(*(lambda p=p, b=b: assign(p, b) for p, b in zip(chosen, bosses, strict=True)))
    winner = application.assignments.get(role="officer", ended_at=None)
    assert (refusal.code, refusal.status) == ("changed", 409)
    assert f"{winner.assigned_by} a affecté ce dossier à {winner.person}" in refusal.sentence


def test_of_two_who_conclude_one_learns_who_did():
    application, bosses = scored(), [head(), head()]
    refusal = loser(
        *(
            lambda by=by: conclude_review(
                application_id=application.pk, proposed_amount=Decimal(500), by=by, at=now()
            )
            for by in bosses
        )
    )
    done = application.events.get(kind="evaluate")
    assert (refusal.code, refusal.status) == ("wrong_state", 409)
    assert f"«\u00a0Instruction close\u00a0», par {done.actor}, le " in refusal.sentence


def test_a_request_and_a_conclusion_do_not_both_win():
    application, boss = scored(), head()
    refusal = loser(
        lambda: conclude_review(
            application_id=application.pk, proposed_amount=Decimal(500), by=boss, at=now()
        ),
        lambda: asked(application, boss),
    )
    assert refusal.status == 409
    assert "Dernier changement" in refusal.sentence
    application.refresh_from_db()
    assert application.review_state in {ReviewState.EVALUATED, ReviewState.CORRECTION_REQUESTED}


def test_a_request_and_a_change_by_the_office_do_not_both_win():
    application, boss = under_review(), head()
    refusal = loser(lambda: edited(application, boss), lambda: asked(application, boss))
    assert refusal.status == 409
    is_open = application.office_edits.filter(state="open").exists()
    assert is_open != application.corrections.filter(state="open").exists()


def test_the_applicant_is_not_told_what_the_office_did():
    application = scored()
    boss = head()
    asked(application, boss)
    cancel_correction(application_id=application.pk, reason="Inutile", by=boss, at=now())
    with pytest.raises(Refusal) as refusal:
        answer_correction(application_id=application.pk, by=application.created_by, at=now())
    assert str(boss) not in refusal.value.sentence


# --- Two hundred at once --------------------------------------------------------------------------
def asked(application, by):
    return request_correction(
        application_id=application.pk,
        fields=["projet.title"],
        message="Précisez.",
        due_on=timezone.localdate() + timedelta(days=9),
        by=by,
        at=now(),
    )


def edited(application, by):
    return start_edit(
        application_id=application.pk, fields=["projet.title"], reason="Erreur", by=by, at=now()
    )


def levels(application) -> dict[int, ScoreInput]:
    grid = application.sheet.grid
    return {one.pk: ScoreInput(level=3, comment="Bien") for one in grid.criteria.all()}


def anything(rng: random.Random, application: Application, people: list[User]) -> None:
    """Try one act of the office, chosen at random, in the name of anybody."""
    by, other = rng.choice(people), rng.choice(people)
    common = {"application_id": application.pk, "by": by, "at": now()}
    acts: list[Callable[[], object]] = [
        lambda: assign_officer(**common, person=other, reason="Congés"),
        lambda: assign_officer(**common, person=by, reason="Congés"),
        lambda: assign_reader(**common, person=other, rank=rng.choice([1, 2, 3])),
        lambda: asked(application, by),
        lambda: cancel_correction(**common, reason="Inutile"),
        lambda: answer_correction(
            application_id=application.pk,
            by=application.created_by,
            at=now(),
            comment="Rien à changer",
        ),
        lambda: save_review(
            **common, scores=levels(application), proposed_amount=Decimal(10), summary="Bien"
        ),
        lambda: finalise_review(**common),
        lambda: reopen_review(**common, reason="Erreur"),
        lambda: conclude_review(**common, proposed_amount=Decimal(rng.randrange(1, 500))),
        lambda: reopen_instruction(**common, reason="Oubli"),
        lambda: edited(application, by),
        lambda: apply_edit(**common),
        lambda: abandon_edit(**common),
        lambda: write_note(**common, text="Note"),
    ]
    rare: list[Callable[[], object]] = [
        lambda: declare_conflict(person=by, application=application, reason="Proche", at=now()),
        lambda: close_without_action(
            **common,
            reason="withdrawal",
            comment="",
            proof=ClosingProof(received_on=timezone.localdate()),
        ),
    ]
    rng.choice(rare if rng.random() < 0.02 else acts)()


def test_two_hundred_acts_at_once_leave_a_valid_history():
    people = [head(), head(), officer(), officer(), officer()]
    dossiers = [scored(people[2]), scored(people[3]), scored(people[4])]
    outcomes: Counter[str] = Counter()

    def worker(seed: int) -> list[str]:
        rng = random.Random(seed)
        found = []
        try:
            for _ in range(ACTIONS // THREADS):
                application = Application.objects.select_related("sheet__grid").get(
                    pk=rng.choice(dossiers).pk
                )
                try:
                    anything(rng, application, people)
                except Refusal as refusal:
                    found.append(refusal.code)
                else:
                    found.append("done")
        finally:
            connection.close()
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        for found in pool.map(worker, range(THREADS)):
            outcomes.update(found)
    assert sum(outcomes.values()) == ACTIONS
    assert outcomes["done"] > 20  # it is no walk of refusals alone
    for dossier in dossiers:
        check_history(Application.objects.get(pk=dossier.pk))


def check_history(application: Application) -> None:
    """Everything that must hold of a dossier, whatever happened to it."""
    assert verify_chain(application) == []
    moves = application.events.exclude(to_state="").order_by("position")
    for event in moves:
        row = TRANSITIONS[event.kind]
        assert event.from_state in row.sources, event.kind
        assert event.to_state == row.target, event.kind
    assert list(moves)[-1].to_state == application.review_state
    open_ones = Assignment.objects.filter(application=application, ended_at__isnull=True)
    assert open_ones.filter(role="officer").count() <= 1
    ranks = list(open_ones.filter(role="reader").values_list("rank", flat=True))
    assert len(ranks) == len(set(ranks))
    recused = set(application.conflicts.values_list("person_id", flat=True))
    assert not open_ones.filter(person__in=recused).exists()
    numbers = list(application.deposits.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    waits = application.corrections.filter(state="open").count()
    assert waits == (application.review_state == ReviewState.CORRECTION_REQUESTED)
    edits = application.office_edits.filter(state="open").count()
    assert edits <= (application.review_state in {ReviewState.SUBMITTED, ReviewState.UNDER_REVIEW})
    if application.review_state == ReviewState.EVALUATED:
        assert application.proposed_amount is not None
    readers = Review.objects.filter(application=application)
    assert readers.count() == readers.values("reviewer").distinct().count()
