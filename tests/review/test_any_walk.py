"""Any walk of a dossier through the desk's services keeps its history and its table."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts.enums import Role
from config.errors import Refusal
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.applications.services.completing import answer_correction
from grants.applications.services.corrections import (
    cancel_correction,
    extend_correction,
    request_correction,
)
from grants.applications.services.office_edit import (
    abandon_edit,
    apply_edit,
    save_edit_section,
    start_edit,
)
from grants.applications.workflow import TRANSITIONS, Transition
from grants.review.services.admissibility import propose_rejection
from grants.review.services.assignment import assign_officer, assign_reader, declare_conflict
from grants.review.services.closing import ClosingProof, close_without_action
from grants.review.services.replacements import declare_replacement
from grants.review.services.scoring import (
    ScoreInput,
    conclude_review,
    finalise_review,
    reopen_instruction,
    reopen_review,
    save_review,
)
from tests.applications.correcting import under_review
from tests.applications.dossiers import a_sheet, load_letters, load_parameters
from tests.factories import GridFactory, person_with_role
from tests.review.test_at_once import check_history


TODAY = timezone.localdate()
IN_REVIEW = {ReviewState.UNDER_REVIEW}
who = st.integers(min_value=0, max_value=3)


class Desk(RuleBasedStateMachine):
    """Walk a dossier at random through the services: each does what the table says, or refuses."""

    @initialize()
    def filed(self) -> None:
        load_parameters()
        load_letters()
        self.people = [
            person_with_role(Role.UNIT_HEAD),
            person_with_role(Role.CASE_OFFICER),
            person_with_role(Role.CASE_OFFICER),
            person_with_role(Role.UNIT_HEAD),
        ]
        sheet = a_sheet(grid=GridFactory(), readers=1)
        self.pk = under_review(self.people[1], sheet=sheet).pk

    # --- People -----------------------------------------------------------------------------------
    @rule(by=who, person=who)
    def assign(self, by, person) -> None:
        self.act(assign_officer, Transition.ASSIGN, by, person=self.people[person])

    @rule(by=who, person=who, rank=st.sampled_from([1, 2, 3]))
    def name_reader(self, by, person, rank) -> None:
        self.act(assign_reader, None, by, person=self.people[person], rank=rank)

    @rule(by=who, substitute=who)
    def replace(self, by, substitute) -> None:
        self.attempt(
            lambda: declare_replacement(
                person=self.people[by],
                substitute=self.people[substitute],
                starts_on=TODAY,
                ends_on=TODAY,
                by=self.people[by],
                at=timezone.now(),
            )
        )

    @precondition(lambda self: self.application.conflicts.count() < 2)
    @rule(person=who)
    def stand_aside(self, person) -> None:
        self.attempt(
            lambda: declare_conflict(
                person=self.people[person],
                application=self.application,
                reason="Proche",
                at=timezone.now(),
            )
        )

    # --- Scores -----------------------------------------------------------------------------------
    @rule(by=who, level=st.integers(min_value=0, max_value=5))
    def score(self, by, level) -> None:
        criteria = self.application.sheet.grid.criteria.all()
        self.act(
            save_review,
            None,
            by,
            scores={one.pk: ScoreInput(level=level, comment="Bien") for one in criteria},
            proposed_amount=Decimal(100),
            summary="Bien",
        )

    @rule(by=who)
    def finish_score(self, by) -> None:
        self.act(finalise_review, None, by)

    @rule(by=who)
    def take_score_back(self, by) -> None:
        self.act(reopen_review, None, by, reason="Erreur")

    # --- What the applicant completes -------------------------------------------------------------
    @rule(by=who)
    def ask(self, by) -> None:
        self.act(
            request_correction,
            Transition.REQUEST_CORRECTION,
            by,
            fields=["projet.title"],
            message="Précisez.",
            due_on=TODAY + timedelta(days=9),
        )

    @rule(by=who)
    def extend(self, by) -> None:
        self.act(extend_correction, None, by, due_on=TODAY + timedelta(days=12), reason="Congés")

    @rule(by=who)
    def stop_waiting(self, by) -> None:
        self.act(cancel_correction, Transition.RESUME, by, reason="Inutile")

    @rule()
    def answer(self) -> None:
        before = self.application
        self.attempt(
            lambda: answer_correction(
                application_id=self.pk,
                by=before.created_by,
                at=timezone.now(),
                comment="Rien à changer",
            ),
            Transition.COMPLETE,
        )

    # --- What the office changes ------------------------------------------------------------------
    @rule(by=who)
    def begin_edit(self, by) -> None:
        self.act(start_edit, None, by, fields=["projet.title"], reason="Erreur de saisie")

    @rule(by=who, title=st.text("abcdé ", min_size=1, max_size=8))
    def type_edit(self, by, title) -> None:
        edit = self.application.office_edits.filter(state="open").first()
        version = edit.saved_sections.get("projet", "") if edit else ""
        self.act(
            save_edit_section,
            None,
            by,
            section="projet",
            values={"title": title.strip() or "Titre"},
            invalid={},
            expected=version,
        )

    @rule(by=who)
    def record_edit(self, by) -> None:
        self.act(apply_edit, None, by)

    @rule(by=who)
    def drop_edit(self, by) -> None:
        self.act(abandon_edit, None, by)

    # --- The end ----------------------------------------------------------------------------------
    @rule(by=who, amount=st.integers(min_value=1, max_value=4000))
    def conclude(self, by, amount) -> None:
        self.act(
            conclude_review,
            Transition.EVALUATE,
            by,
            proposed_amount=Decimal(amount),
            reason="Lectures concordantes",
        )

    @rule(by=who)
    def reject(self, by) -> None:
        self.act(propose_rejection, Transition.EVALUATE, by, reason="Irrecevable")

    @rule(by=who)
    def reopen(self, by) -> None:
        self.act(reopen_instruction, Transition.REOPEN_REVIEW, by, reason="Oubli")

    @precondition(lambda self: self.application.events.count() > 12)
    @rule(by=who)
    def close(self, by) -> None:
        self.act(
            close_without_action,
            Transition.CLOSE,
            by,
            reason="withdrawal",
            comment="",
            proof=ClosingProof(received_by="letter", received_on=TODAY),
        )

    # --- What holds -------------------------------------------------------------------------------
    @invariant()
    def history_is_sound(self) -> None:
        if hasattr(self, "pk"):
            check_history(self.application)

    @property
    def application(self) -> Application:
        return Application.objects.select_related("sheet__grid").get(pk=self.pk)

    def act(self, service, transition, by, **arguments) -> None:
        self.attempt(
            lambda: service(
                application_id=self.pk, by=self.people[by], at=timezone.now(), **arguments
            ),
            transition,
        )

    def attempt(self, act, transition=None) -> None:
        """Run an act; it moves the dossier as the table says, or refuses and leaves no trace."""
        before = self.application
        events = before.events.count()
        try:
            act()
        except Refusal as refusal:
            self.is_refused(before, events, refusal)
            return
        after = self.application
        if transition is None or before.review_state == after.review_state:
            assert before.review_state == after.review_state
            return
        row = TRANSITIONS[transition]
        assert before.review_state in row.sources
        assert after.review_state == row.target

    def is_refused(self, before, events, refusal) -> None:
        after = self.application
        assert refusal.sentence.strip()
        assert refusal.status in {403, 409, 422}
        assert (after.review_state, after.version) == (before.review_state, before.version)
        assert after.events.count() == events


class TestDesk(TestCase, Desk.TestCase):
    settings = settings(
        max_examples=12,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


def test_the_walk_knows_every_transition_of_the_instruction():
    """A transition added to the table without a rule here is a walk that proves nothing of it."""
    source = Desk.__dict__
    assert {"assign", "ask", "stop_waiting", "answer", "conclude", "reopen", "close"} <= set(source)
    elsewhere = {
        "submit",
        "propose",
        "unpropose",
        "award",
        "reject",
        "defer",
        "withdraw",
        "correct_vote",
    }
    here = {
        "assign",
        "request_correction",
        "resume",
        "complete",
        "evaluate",
        "reopen_review",
        "close",
    }
    assert set(map(str, Transition)) == here | elsewhere
