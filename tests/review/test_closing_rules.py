"""What the page says is missing is what closing asks for: one rule."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from grants.review.services.assignment import assign_reader, declare_conflict
from grants.review.services.scoring import (
    ScoreInput,
    conclude_review,
    finalise_review,
    save_review,
)
from territories.loading import load_parameters
from tests.factories import person_with_role
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def people():
    return (
        person_with_role(Role.CASE_OFFICER),
        person_with_role(Role.UNIT_HEAD),
        person_with_role(Role.CASE_OFFICER),
    )


def texts(page) -> list[str]:
    return [one.text for one in page.context["blockers"] if one.stops]


def test_a_reading_beyond_those_asked_for_does_not_stop_the_closing(client, people):
    officer, head, other = people
    dossier = under_review(officer, head)
    final(dossier, officer, 4, 3, 4, summary="Bien")
    assign_reader(application_id=dossier.pk, person=other, rank=2, by=head, at=NOW)
    client.force_login(officer)
    page = client.get(reverse("review:application", args=[dossier.reference]))
    assert not [one for one in texts(page) if "notation" in one]
    assert [one.text for one in page.context["blockers"] if "de plus" in one.text]


def test_a_third_reading_with_everything_not_applicable_is_refused(people):
    officer, head, other = people
    third = person_with_role(Role.CASE_OFFICER)
    dossier = under_review(officer, head, readers=2)
    assign_reader(application_id=dossier.pk, person=other, rank=2, by=head, at=NOW)
    final(dossier, officer, 5, 5, 5, summary="Très bien")
    final(dossier, other, 0, 0, 0, summary="Non")
    assign_reader(application_id=dossier.pk, person=third, rank=3, by=head, at=NOW)
    criteria = list(dossier.sheet.grid.criteria.all())
    dossier.sheet.grid.criteria.update(allows_not_applicable=True)
    save_review(
        application_id=dossier.pk,
        by=third,
        at=NOW,
        scores={one.pk: ScoreInput(not_applicable=True) for one in criteria},
        proposed_amount=Decimal(100),
        summary="Sans objet",
    )
    with pytest.raises(Refusal) as refused:
        finalise_review(application_id=dossier.pk, by=third, at=NOW)
    assert refused.value.code == "settles_nothing"


def test_a_score_to_confirm_is_said_to_its_reader_and_to_the_others(client, people):
    officer, head, _other = people
    dossier = under_review(officer, head)
    final(dossier, officer, 4, 3, 4, summary="Bien")
    old = dossier.deposits.order_by("-number").first()
    old.pk, old.number = None, old.number + 1
    old.save()
    url = reverse("review:application", args=[dossier.reference])
    client.force_login(officer)
    page = client.get(url)
    assert page.context["next_action"].text.startswith("Confirmer votre notation")
    client.force_login(head)
    page = client.get(url)
    assert [one for one in page.context["blockers"] if "à confirmer" in one.text]
    assert not page.context["next_action"].text.startswith("Confirmer")


def test_a_stale_scoring_page_is_told_what_closed_the_dossier(people):
    officer, head, _other = people
    dossier = under_review(officer, head)
    final(dossier, officer, 4, 3, 4, summary="Bien")
    conclude_review(application_id=dossier.pk, proposed_amount=Decimal(50), by=head, at=NOW)
    with pytest.raises(Refusal) as refused:
        finalise_review(application_id=dossier.pk, by=officer, at=NOW)
    assert f"par {head}" in refused.value.sentence
    assert "Dernier changement" in refused.value.sentence


def test_after_a_recusal_the_head_who_reads_is_told_to_assign(client, people):
    officer, head, _other = people
    dossier = under_review(officer, head, readers=2)
    assign_reader(application_id=dossier.pk, person=head, rank=2, by=head, at=NOW)
    declare_conflict(person=officer, application=dossier, reason="", at=NOW)
    client.force_login(head)
    page = client.get(reverse("review:application", args=[dossier.reference]))
    assert page.context["next_action"].text.startswith("Affecter")
