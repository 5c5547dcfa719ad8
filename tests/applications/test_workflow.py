"""The table of transitions, and any walk along it, checked by a stateful property test."""

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from config.errors import Refusal
from grants.applications.enums import MessageSide, ReviewState
from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.applications.services.moves import move
from grants.applications.workflow import TRANSITIONS, Transition, available, check
from tests.factories import FiledApplicationFactory


def test_every_state_is_reached_and_only_ends_lead_nowhere():
    targets = {row.target for row in TRANSITIONS.values()}
    assert targets == set(ReviewState) - {ReviewState.DRAFT}
    sources = {state for row in TRANSITIONS.values() for state in row.sources}
    sources -= TRANSITIONS[Transition.CORRECT_VOTE].sources - {ReviewState.DEFERRED}
    assert set(ReviewState) - sources == {
        ReviewState.AWARDED,
        ReviewState.REJECTED,
        ReviewState.WITHDRAWN,
        ReviewState.CLOSED_WITHOUT_ACTION,
    }


def test_nobody_goes_back_to_draft():
    assert all(row.target != ReviewState.DRAFT for row in TRANSITIONS.values())


@pytest.mark.parametrize("transition", list(Transition))
@pytest.mark.parametrize("state", list(ReviewState))
def test_a_move_starts_from_its_sources_only(transition, state):
    application = Application(review_state=state)
    if state in TRANSITIONS[transition].sources:
        assert check(application, transition, comment="Raison") is TRANSITIONS[transition]
    else:
        with pytest.raises(Refusal) as refusal:
            check(application, transition, comment="Raison")
        assert (refusal.value.code, refusal.value.status) == ("wrong_state", 409)


@pytest.mark.parametrize("transition", [t for t, row in TRANSITIONS.items() if row.needs_reason])
def test_a_backward_move_needs_its_reason(transition):
    state = next(iter(TRANSITIONS[transition].sources))
    with pytest.raises(Refusal) as refusal:
        check(Application(review_state=state), transition, comment="  ")
    assert refusal.value.code == "reason_missing"


class Dossier(RuleBasedStateMachine):
    """Walk a dossier at random: the table is obeyed and the history stays sound."""

    def __init__(self) -> None:
        super().__init__()
        self.application = FiledApplicationFactory()
        self.steps = 1

    @precondition(lambda self: self._possible())
    @rule(data=st.data())
    def allowed(self, data) -> None:
        transition = data.draw(st.sampled_from(self._possible()))
        move(
            application=self.application,
            transition=transition,
            actor=None,
            at=timezone.now(),
            comment="Raison",
        )
        self.steps += 1

    @rule(transition=st.sampled_from(list(Transition)))
    def any_other_is_refused(self, transition) -> None:
        if transition in self._possible():
            return
        with pytest.raises(Refusal):
            move(
                application=self.application,
                transition=transition,
                actor=None,
                at=timezone.now(),
                comment="Raison",
            )

    @invariant()
    def history_is_sound(self) -> None:
        stored = Application.objects.get(pk=self.application.pk)
        assert stored.review_state == self.application.review_state
        assert verify_chain(stored) == []
        assert stored.events.count() == self.steps

    def _possible(self) -> list[Transition]:
        sides = (MessageSide.APPLICANT, MessageSide.OFFICE)
        return [t for side in sides for t in available(self.application, side=side)]


class TestDossier(TestCase, Dossier.TestCase):
    settings = settings(
        max_examples=20,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
