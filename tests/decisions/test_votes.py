"""Sessions, votes and the envelope that stops at 100 %."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from grants.applications.enums import MoneyState, PaperState, ReviewState
from grants.applications.events import verify_chain
from grants.applications.models import Application, Place
from grants.decisions.models import Decision, Envelope
from grants.decisions.services.envelopes import save_envelope
from grants.decisions.services.sessions import add_line, change_line, remove_line
from grants.decisions.services.votes import (
    Vote,
    close_session,
    record_all_as_proposed,
    record_vote,
)
from tests.factories import (
    CommuneFactory,
    EnvelopeFactory,
    FiledApplicationFactory,
    RoleAssignmentFactory,
    SessionFactory,
)


NOW = timezone.now()


@pytest.fixture
def head(db):
    return RoleAssignmentFactory(role=Role.UNIT_HEAD).user


def evaluated(amount: int = 4000) -> Application:
    return FiledApplicationFactory(
        review_state=ReviewState.EVALUATED, proposed_amount=Decimal(amount)
    )


def listed(head, *, amount: int = 4000, envelope=None, session=None, outcome="awarded"):
    return add_line(
        session_id=(session or SessionFactory()).pk,
        application_id=evaluated(amount).pk,
        envelope=envelope or EnvelopeFactory(),
        by=head,
        at=NOW,
        outcome=outcome,
    )


def award(line, head, amount=4000, **fields) -> Decision:
    vote = Vote(outcome="awarded", amount=Decimal(amount), **fields)
    return record_vote(line_id=line.pk, vote=vote, by=head, at=NOW)


def test_a_listed_dossier_is_proposed_with_its_amount(head):
    line = listed(head)
    application = line.application
    application.refresh_from_db()
    assert application.review_state == ReviewState.PROPOSED
    assert application.arbitrated_amount == Decimal(4000)


def test_an_envelope_of_another_year_is_refused(head):
    with pytest.raises(Refusal) as refusal:
        listed(head, envelope=EnvelopeFactory(fiscal_year=2020))
    assert refusal.value.code == "wrong_year"


def test_a_dossier_leaves_the_list_with_a_reason(head):
    line = listed(head)
    with pytest.raises(Refusal) as refusal:
        remove_line(line_id=line.pk, reason="", by=head, at=NOW)
    assert refusal.value.code == "reason_missing"
    application = remove_line(line_id=line.pk, reason="Budget à revoir", by=head, at=NOW)
    assert application.review_state == ReviewState.EVALUATED


def test_an_award_commits_money_and_shows_nothing_yet(head):
    decision = award(listed(head), head, 3500)
    application = decision.application
    application.refresh_from_db()
    assert decision.awarded_amount == Decimal(3500)
    assert application.review_state == ReviewState.AWARDED
    assert application.money_state == MoneyState.COMMITTED
    assert application.paper_state == PaperState.TO_GENERATE
    assert application.notified_at is None
    assert verify_chain(application) == []


@pytest.mark.parametrize(
    ("vote", "code"),
    [
        (Vote(outcome="awarded"), "amount_missing"),
        (Vote(outcome="awarded", amount=Decimal("5000.01")), "amount_too_high"),
        (Vote(outcome="rejected"), "reason_missing"),
        (Vote(outcome="autre"), "unknown_outcome"),
    ],
)
def test_an_incomplete_vote_is_refused(head, vote, code):
    line = listed(head)
    with pytest.raises(Refusal) as refusal:
        record_vote(line_id=line.pk, vote=vote, by=head, at=NOW)
    assert refusal.value.code == code
    assert not Decision.objects.exists()


def test_a_vote_waits_for_the_day_and_the_deliberation(head):
    tomorrow = SessionFactory(held_on=timezone.localdate() + timedelta(days=1))
    with pytest.raises(Refusal) as refusal:
        award(listed(head, session=tomorrow), head)
    assert refusal.value.code == "date_ahead"
    unnumbered = SessionFactory(deliberation_number="")
    with pytest.raises(Refusal) as refusal:
        award(listed(head, session=unnumbered), head)
    assert refusal.value.code == "no_deliberation"


def test_only_the_head_records_a_vote(head):
    line = listed(head)
    officer = RoleAssignmentFactory(role=Role.CASE_OFFICER).user
    with pytest.raises(Refusal) as refusal:
        award(line, officer)
    assert (refusal.value.code, refusal.value.status) == ("not_allowed", 403)


def test_a_line_is_voted_once(head):
    line = listed(head)
    award(line, head)
    with pytest.raises(Refusal) as refusal:
        award(line, head)
    assert (refusal.value.code, refusal.value.status) == ("wrong_state", 409)


def test_an_envelope_stops_at_100_percent_unless_a_reason_is_given(head):
    envelope = EnvelopeFactory(amount=Decimal(5000))
    award(listed(head, envelope=envelope), head, 4000)
    second = listed(head, envelope=envelope)
    with pytest.raises(Refusal) as refusal:
        award(second, head, 1001)
    assert refusal.value.code == "over_envelope"
    decision = award(second, head, 1001, overrun_reason="Décision modificative n° 1")
    assert decision.overrun_reason == "Décision modificative n° 1"


def test_an_award_that_fits_exactly_passes(head):
    envelope = EnvelopeFactory(amount=Decimal(4000))
    assert award(listed(head, envelope=envelope), head, 4000).overrun_reason == ""


def test_a_child_also_stops_at_its_parent_s_limit(head):
    parent = EnvelopeFactory(amount=Decimal(5000))
    child = EnvelopeFactory(amount=Decimal(5000), parent=parent)
    award(listed(head, envelope=parent), head, 4000)
    with pytest.raises(Refusal) as refusal:
        award(listed(head, envelope=child), head, 1001)
    assert parent.name in refusal.value.sentence


def test_consumption_adds_up_children_in_one_query(head, django_assert_num_queries):
    parent = EnvelopeFactory(amount=Decimal(50000))
    child = EnvelopeFactory(amount=Decimal(20000), parent=parent)
    award(listed(head, envelope=parent), head, 4000)
    award(listed(head, envelope=child), head, 1000)
    listed(head, envelope=child, amount=2500)
    with django_assert_num_queries(1):
        found = {e.pk: e for e in Envelope.objects.with_consumption()}
    assert found[parent.pk].allotted_amount == Decimal(20000)
    assert found[parent.pk].committed_amount == Decimal(5000)
    assert found[parent.pk].listed_amount == Decimal(2500)
    assert found[parent.pk].remaining_amount == Decimal(45000)
    assert found[child.pk].committed_amount == Decimal(1000)


def test_children_never_hold_more_than_their_parent(head):
    parent = EnvelopeFactory(amount=Decimal(10000))
    EnvelopeFactory(amount=Decimal(6000), parent=parent)
    child = Envelope(fiscal_year=2027, name="Nord", amount=Decimal("4000.01"), parent=parent)
    with pytest.raises(Refusal) as refusal:
        save_envelope(envelope=child, sheets=[], by=head)
    assert refusal.value.code == "children_exceed"


def test_an_envelope_does_not_fall_under_what_is_committed(head):
    envelope = EnvelopeFactory(amount=Decimal(10000))
    award(listed(head, envelope=envelope), head, 4000)
    envelope.amount = Decimal(3999)
    with pytest.raises(Refusal) as refusal:
        save_envelope(envelope=envelope, sheets=[], by=head)
    assert refusal.value.code == "below_committed"


@pytest.mark.parametrize("change", ["parent", "fiscal_year"])
def test_an_envelope_with_awards_stays_where_it_is(head, change):
    envelope = EnvelopeFactory(amount=Decimal(10000))
    award(listed(head, envelope=envelope), head, 4000)
    if change == "parent":
        envelope.parent = EnvelopeFactory(amount=Decimal(50000))
    else:
        envelope.fiscal_year += 1
    with pytest.raises(Refusal) as refusal:
        save_envelope(envelope=envelope, sheets=[], by=head)
    assert refusal.value.code == "committed"


def test_all_as_proposed_records_each_line_and_leaves_what_does_not_fit(head):
    session, envelope = SessionFactory(), EnvelopeFactory(amount=Decimal(6000))
    first = listed(head, session=session, envelope=envelope)
    second = listed(head, session=session, envelope=envelope)
    refused = listed(head, session=session, envelope=envelope, outcome="rejected")
    unsaid = listed(head, session=session, envelope=envelope, outcome="rejected")
    report = record_all_as_proposed(
        session_id=session.pk, by=head, at=NOW, reasons={refused.pk: "envelope"}
    )
    outcomes = {d.application_id: d.outcome for d in report.recorded}
    assert outcomes == {first.application_id: "awarded", refused.application_id: "rejected"}
    assert [line.pk for line, _ in report.left] == [second.pk, unsaid.pk]
    with pytest.raises(Refusal) as refusal:
        close_session(session_id=session.pk, by=head)
    assert refusal.value.code == "lines_left"


def test_a_deferred_dossier_comes_back_and_its_old_decision_is_kept(head):
    line = listed(head, outcome="deferred")
    old = record_vote(line_id=line.pk, vote=Vote(outcome="deferred"), by=head, at=NOW)
    again = add_line(
        session_id=SessionFactory().pk,
        application_id=line.application_id,
        envelope=line.envelope,
        by=head,
        at=NOW,
    )
    new = award(again, head)
    old.refresh_from_db()
    assert old.superseded_at is not None
    assert Decision.objects.in_force().get() == new


@pytest.mark.django_db(transaction=True)
def test_two_awards_at_once_over_an_envelope_one_is_refused():
    head = RoleAssignmentFactory(role=Role.UNIT_HEAD).user
    envelope = EnvelopeFactory(amount=Decimal(5000))
    lines = [listed(head, envelope=envelope) for _ in range(4)]

    def vote(line) -> str:
        try:
            award(line, head)
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()
        return "awarded"

    with ThreadPoolExecutor(4) as pool:
        results = sorted(pool.map(vote, lines))
    assert results == ["awarded", "over_envelope", "over_envelope", "over_envelope"]
    found = Envelope.objects.with_consumption().get(pk=envelope.pk)
    assert found.committed_amount == Decimal(4000)


def test_what_was_voted_is_no_longer_changed_on_its_line(head):
    line = listed(head)
    award(line, head)
    with pytest.raises(Refusal) as refusal:
        change_line(
            line_id=line.pk,
            outcome="awarded",
            amount=Decimal(100),
            envelope=line.envelope,
            by=head,
            at=NOW,
        )
    assert (refusal.value.code, refusal.value.status) == ("wrong_state", 409)
    line.refresh_from_db()
    assert line.proposed_amount == Decimal(4000)
    assert Application.objects.get(pk=line.application_id).arbitrated_amount == Decimal(4000)


def test_an_award_of_nothing_is_not_put_to_the_vote(head):
    line = listed(head)
    change = {
        "line_id": line.pk,
        "amount": Decimal(0),
        "envelope": line.envelope,
        "by": head,
        "at": NOW,
    }
    with pytest.raises(Refusal) as refusal:
        change_line(outcome="awarded", **change)
    assert refusal.value.code == "amount_missing"
    changed = change_line(outcome="rejected", **change)
    assert changed.proposed_amount == 0
    event = changed.application.events.last()
    assert event.kind == "proposal_changed"
    assert event.data["before"] == {"outcome": "awarded", "amount": "4000.00"}
    assert verify_chain(Application.objects.get(pk=line.application_id)) == []


def test_an_envelope_of_a_territory_takes_its_dossiers_only(head):
    here, elsewhere = CommuneFactory(territory__number=7), CommuneFactory(territory__number=2)
    envelope = EnvelopeFactory(territory=here.territory)
    outside, inside, everywhere = evaluated(), evaluated(), evaluated()
    for application, commune in ((outside, elsewhere), (inside, here)):
        Application.objects.filter(pk=application.pk).update(whole_department=False)
        Place.objects.create(
            application=application, commune=commune, territories=[commune.territory_id]
        )
    Application.objects.filter(pk=everywhere.pk).update(whole_department=True)
    session = SessionFactory()

    def put(application) -> None:
        add_line(
            session_id=session.pk,
            application_id=application.pk,
            envelope=envelope,
            by=head,
            at=NOW,
        )

    with pytest.raises(Refusal) as refusal:
        put(outside)
    assert refusal.value.code == "wrong_territory"
    put(inside)
    put(everywhere)
    assert session.lines.count() == 2
