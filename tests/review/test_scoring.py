"""Drafts, finals, conclusion; who reads which scores."""

from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.review.models import Review
from grants.review.permissions import readable_reviews, standing_of
from grants.review.services.assignment import assign_officer, assign_reader, declare_conflict
from grants.review.services.scoring import (
    ScoreInput,
    conclude_review,
    finalise_review,
    reopen_instruction,
    reopen_review,
    save_review,
)
from territories.loading import load_parameters
from tests.factories import (
    FiledApplicationFactory,
    GridFactory,
    MembershipFactory,
    RoleAssignmentFactory,
)


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parameters")]
NOW = timezone.now()


@pytest.fixture
def parameters(db):
    load_parameters()


def person_with(role: str, **fields):
    return RoleAssignmentFactory(role=role, **fields).user


@pytest.fixture
def head():
    return person_with(Role.UNIT_HEAD)


@pytest.fixture
def officer():
    return person_with(Role.CASE_OFFICER)


def under_review(officer, head, *, readers: int = 1) -> Application:
    filed = FiledApplicationFactory(
        sheet__readers=readers, sheet__grid=GridFactory(), requested_amount=Decimal(8000)
    )
    assign_officer(application_id=filed.pk, person=officer, by=head, at=NOW)
    return filed


@pytest.fixture
def application(head, officer) -> Application:
    """Under review, one reader: the officer."""
    return under_review(officer, head)


def inputs(application: Application, *levels: int | None) -> dict[int, ScoreInput]:
    criteria = application.sheet.grid.criteria.all()
    return {
        criterion.pk: ScoreInput(level=level, not_applicable=level is None, comment="Vu.")
        for criterion, level in zip(criteria, levels, strict=True)
    }


def save(application: Application, by, *levels, amount="6000", summary="Bon projet.", **fields):
    return save_review(
        application_id=application.pk,
        by=by,
        at=NOW,
        scores=inputs(application, *levels),
        proposed_amount=Decimal(amount) if amount else None,
        summary=summary,
        **fields,
    )


def finalise(application: Application, by):
    return finalise_review(application_id=application.pk, by=by, at=NOW)


def test_a_draft_keeps_whatever_it_lacks(application, officer):
    review = save_review(application_id=application.pk, by=officer, at=NOW, scores={})
    assert (review.state, review.version) == ("draft", 1)


def test_only_a_reader_scores(application, head):
    with pytest.raises(Refusal) as refusal:
        save(application, head, 3, 3, 3)
    assert (refusal.value.code, refusal.value.status) == ("not_reader", 403)


def test_a_form_from_an_old_tab_is_a_lost_race(application, officer):
    save(application, officer, 3, 3, 3)
    with pytest.raises(Refusal) as refusal:
        save(application, officer, 1, 1, 1, version=0)
    assert (refusal.value.code, refusal.value.status) == ("stale", 409)
    assert {s.level for s in Review.objects.get().scores.all()} == {3}


@pytest.mark.parametrize("level", [-1, 6])
def test_a_level_outside_the_scale_is_refused(application, officer, level):
    with pytest.raises(Refusal) as refusal:
        save(application, officer, level, 3, 3)
    assert refusal.value.code == "out_of_scale"


def test_a_final_needs_every_criterion_a_summary_and_an_amount(application, officer):
    save_review(application_id=application.pk, by=officer, at=NOW, scores={})
    with pytest.raises(Refusal) as refusal:
        finalise(application, officer)
    for words in ("Critère 1", "Critère 2", "Critère 3", "montant", "synthèse"):
        assert words in refusal.value.sentence


@pytest.mark.parametrize(("level", "asked"), [(0, True), (1, True), (2, False), (5, True)])
def test_a_low_or_a_top_level_needs_its_comment(application, officer, level, asked):
    criterion = application.sheet.grid.criteria.first()
    given = inputs(application, 3, 3, 3) | {criterion.pk: ScoreInput(level=level)}
    save_review(
        application_id=application.pk,
        by=officer,
        at=NOW,
        scores=given,
        proposed_amount=Decimal(0),
        summary="Synthèse.",
    )
    if asked:
        with pytest.raises(Refusal, match=f"Commentez la note {level}"):
            finalise(application, officer)
    else:
        assert finalise(application, officer).state == "final"


def test_more_than_requested_is_not_proposed(application, officer):
    save(application, officer, 3, 3, 3, amount="8000.01")
    with pytest.raises(Refusal, match="dépasse le montant demandé"):
        finalise(application, officer)


def test_a_final_is_changed_only_after_reopening_with_a_reason(application, officer):
    save(application, officer, 3, 3, 3)
    finalise(application, officer)
    with pytest.raises(Refusal) as refusal:
        save(application, officer, 1, 1, 1)
    assert refusal.value.code == "already_final"
    with pytest.raises(Refusal) as refusal:
        reopen_review(application_id=application.pk, by=officer, reason=" ", at=NOW)
    assert refusal.value.code == "reason_missing"
    reopen_review(application_id=application.pk, by=officer, reason="Pièce reçue", at=NOW)
    assert save(application, officer, 4, 4, 4).version == 4


def test_the_instruction_ends_with_as_many_finals_as_the_sheet_asks(application, officer):
    save(application, officer, 3, 3, 3)
    conclusion = {
        "application_id": application.pk,
        "proposed_amount": Decimal(5500),
        "by": officer,
        "at": NOW,
    }
    with pytest.raises(Refusal) as refusal:
        conclude_review(**conclusion)
    assert refusal.value.code == "readings_missing"
    finalise(application, officer)
    concluded = conclude_review(**conclusion)
    assert concluded.review_state == ReviewState.EVALUATED
    assert concluded.proposed_amount == Decimal(5500)


def test_who_stands_aside_neither_concludes_nor_reopens(application, officer, head):
    save(application, officer, 3, 3, 3)
    finalise(application, officer)
    declare_conflict(person=head, application=application, reason="Proche", at=NOW)
    conclusion = {"application_id": application.pk, "proposed_amount": Decimal(1), "at": NOW}
    with pytest.raises(Refusal) as refusal:
        conclude_review(**conclusion, by=head)
    assert (refusal.value.code, refusal.value.status) == ("recused", 403)
    conclude_review(**conclusion, by=officer)
    with pytest.raises(Refusal) as refusal:
        reopen_instruction(application_id=application.pk, reason="Revu", by=head, at=NOW)
    assert refusal.value.code == "recused"


def test_an_instruction_is_reopened_with_a_reason_only(application, officer):
    save(application, officer, 3, 3, 3)
    finalise(application, officer)
    conclude_review(application_id=application.pk, proposed_amount=Decimal(1), by=officer, at=NOW)
    with pytest.raises(Refusal) as refusal:
        reopen_instruction(application_id=application.pk, reason="", by=officer, at=NOW)
    assert refusal.value.code == "reason_missing"
    reopened = reopen_instruction(
        application_id=application.pk, reason="Budget revu", by=officer, at=NOW
    )
    assert reopened.review_state == ReviewState.UNDER_REVIEW


# --- Who reads scores ---------------------------------------------------------------------------
def test_a_second_reader_is_blind_until_final(officer, head):
    application = under_review(officer, head, readers=2)
    second = person_with(Role.CASE_OFFICER)
    assign_reader(application_id=application.pk, person=second, rank=2, by=head, at=NOW)
    save(application, officer, 4, 4, 4)
    finalise(application, officer)
    assert list(readable_reviews(second, application)) == []
    save(application, second, 2, 2, 2)
    assert [r.reviewer for r in readable_reviews(second, application)] == [second]
    finalise(application, second)
    assert readable_reviews(second, application).count() == 2


def test_another_reader_s_draft_is_not_shown(application, officer, head):
    save(application, officer, 4, 4, 4)
    assert list(readable_reviews(head, application)) == []


def test_the_recused_read_no_score_and_theirs_leave(application, officer, head):
    save(application, officer, 4, 4, 4)
    finalise(application, officer)
    assert readable_reviews(head, application).count() == 1
    declare_conflict(person=officer, application=application, reason="Proche", at=NOW)
    assert not standing_of(officer, application).reads_scores
    assert readable_reviews(head, application).count() == 0


def test_a_coordinator_reads_scores_once_told_and_never_before(application, officer):
    coordinator = person_with(Role.COORDINATOR)
    save(application, officer, 4, 4, 4)
    finalise(application, officer)
    assert not standing_of(coordinator, application).reads_scores
    Application.objects.filter(pk=application.pk).update(review_state=ReviewState.REJECTED)
    application.refresh_from_db()
    assert not standing_of(coordinator, application).reads_scores
    Application.objects.filter(pk=application.pk).update(notified_at=timezone.now())
    application.refresh_from_db()
    assert standing_of(coordinator, application).reads_scores


def test_an_applicant_never_reads_scores(application, officer):
    member = MembershipFactory(organisation=application.organisation).user
    save(application, officer, 4, 4, 4)
    finalise(application, officer)
    Application.objects.filter(pk=application.pk).update(review_state=ReviewState.AWARDED)
    application.refresh_from_db()
    assert not standing_of(member, application).reads_scores
    assert not readable_reviews(member, application).exists()
