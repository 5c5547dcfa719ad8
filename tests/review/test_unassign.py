"""Taking a dossier, or a reading, from somebody without naming another."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.review.permissions import is_in_charge
from grants.review.querysets import to_score_by, unassigned
from grants.review.services.assignment import assign_officer, assign_reader, end_assignment
from territories.loading import load_parameters
from tests.factories import person_with_role
from tests.review.world import final, read_by, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


@pytest.fixture
def dossier(officer, head):
    return under_review(officer, head)


def of(dossier, role="officer"):
    return dossier.assignments.get(role=role, ended_at=None)


def end(dossier, one, by, reason="Surcharge"):
    return end_assignment(
        application_id=dossier.pk, assignment_id=one.pk, reason=reason, by=by, at=timezone.now()
    )


def refused(*args, **kwargs) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        end(*args, **kwargs)
    return refusal.value


def test_the_dossier_is_to_assign_again_and_the_reading_stays(officer, head, dossier):
    assert not unassigned(Application.objects.all()).exists()
    end(dossier, of(dossier), head)
    assert unassigned(Application.objects.all()).get() == dossier
    assert not is_in_charge(officer, dossier, timezone.localdate())
    assert of(dossier, "reader").person == officer
    event = dossier.events.last()
    assert (event.kind, event.actor, event.comment) == ("unassigned", head, "Surcharge")
    assert event.data == {"officer": officer.pk}
    dossier.refresh_from_db()
    assert dossier.review_state == "under_review"
    assert verify_chain(dossier) == []
    assign_officer(application_id=dossier.pk, person=officer, by=head, at=timezone.now(), seen=0)
    assert is_in_charge(officer, dossier, timezone.localdate())


def test_a_reading_is_taken_back_with_what_was_typed_kept(officer, head, dossier):
    read_by(dossier, officer, 4, 4, 4, summary="Brouillon")
    end(dossier, of(dossier, "reader"), head)
    assert not to_score_by(Application.objects.all(), officer).exists()
    assert of(dossier).person == officer
    event = dossier.events.last()
    assert (event.kind, event.data) == ("reader_withdrawn", {"reader": officer.pk, "rank": 1})
    assert dossier.reviews.get().summary == "Brouillon"
    assign_reader(application_id=dossier.pk, person=officer, rank=1, by=head, at=NOW, seen=0)


def test_a_final_reading_counts_and_is_not_taken_back(officer, head, dossier):
    final(dossier, officer, 4, 4, 4, summary="Bien")
    found = refused(dossier, of(dossier, "reader"), head)
    assert (found.code, found.status) == ("already_final", 409)
    assert of(dossier, "reader").person == officer


@pytest.mark.parametrize("role", [Role.CASE_OFFICER, Role.ADMINISTRATOR, Role.COORDINATOR])
def test_only_the_head_takes_it_back(dossier, role):
    found = refused(dossier, of(dossier), person_with_role(role))
    assert (found.code, found.status) == ("not_allowed", 403)


def test_an_officer_does_not_give_their_own_back(officer, dossier):
    assert refused(dossier, of(dossier), officer).code == "not_allowed"


def test_a_reason_is_compulsory(head, dossier):
    assert refused(dossier, of(dossier), head, reason=" ").code == "reason_needed"


@pytest.mark.parametrize("role", ["officer", "reader"])
def test_what_a_colleague_changed_since_is_told(officer, head, dossier, role):
    seen, other = of(dossier, role), person_with_role(Role.CASE_OFFICER)
    common = {"application_id": dossier.pk, "person": other, "by": head, "at": timezone.now()}
    if role == "officer":
        assign_officer(**common, reason="Congés")
    else:
        assign_reader(**common, rank=1)
    found = refused(dossier, seen, head)
    assert (found.code, found.status) == ("changed", 409)
    assert str(other) in found.sentence
    assert of(dossier, role).person == other


@pytest.mark.parametrize("role", ["officer", "reader"])
def test_taken_back_twice_the_second_is_told(head, dossier, role):
    seen = of(dossier, role)
    end(dossier, seen, head)
    found = refused(dossier, seen, head)
    assert (found.code, found.status) == ("changed", 409)
    assert "n’a plus de" in found.sentence


def test_a_dossier_out_of_instruction_keeps_its_people(head, dossier):
    seen = of(dossier)
    Application.objects.filter(pk=dossier.pk).update(review_state="evaluated")
    assert refused(dossier, seen, head).code == "wrong_state"


def test_a_reading_nobody_finished_is_taken_back_until_the_vote(head, dossier):
    Application.objects.filter(pk=dossier.pk).update(review_state="awarded")
    assert refused(dossier, of(dossier, "reader"), head).code == "wrong_state"
    Application.objects.filter(pk=dossier.pk).update(review_state="proposed")
    end(dossier, of(dossier, "reader"), head)
    assert not dossier.assignments.filter(role="reader", ended_at=None).exists()


def test_an_assignment_of_another_dossier_is_not_found(officer, head, dossier):
    other = under_review(officer, head)
    assert refused(dossier, of(other), head).status == 404
    assert of(other).person == officer


@pytest.mark.parametrize(
    ("role", "words"), [("officer", "l’instruction"), ("reader", "la lecture")]
)
def test_the_person_is_told_by_mail(officer, head, dossier, role, words):
    end(dossier, of(dossier, role), head, reason="Surcharge en mars")
    mail = OutboxMessage.objects.get(kind="assignment-ended")
    assert mail.to == officer.email
    assert words in mail.text
    assert "Surcharge en mars" in mail.text
    assert str(head) in mail.text


def test_the_head_is_not_told_of_what_they_do_themself(head):
    mine = under_review(head, head)
    end(mine, of(mine), head)
    assert not OutboxMessage.objects.filter(kind="assignment-ended").exists()


# --- On screen ------------------------------------------------------------------------------------
def test_the_head_takes_it_back_from_the_summary(client, officer, head, dossier):
    url = reverse("review:unassign", args=[dossier.reference])
    client.force_login(officer)
    assert url not in client.get(dossier.get_desk_url()).text
    assert client.post(url, {}).status_code == 403
    client.force_login(head)
    page = client.get(dossier.get_desk_url())
    assert url in page.text
    assert f"{officer}, qui instruit" in page.text
    assert f"{officer}, lecture de rang 1" in page.text
    typed = {"retrait-assignment": of(dossier).pk, "retrait-reason": ""}
    assert client.post(url, typed).status_code == 422
    done = client.post(url, typed | {"retrait-reason": "Surcharge"}, follow=True)
    assert "L’affectation est retirée." in done.text
    assert "Affecter ce dossier à une personne du service." in done.text
    late = client.post(url, typed | {"retrait-reason": "Encore"})
    assert late.status_code == 409
    assert "Ce dossier n’a plus de chargé d’instruction" in late.text
    assert f"{officer}, qui instruit" not in late.text


def test_without_anybody_nor_once_closed_there_is_nothing_to_take_back(client, head, dossier):
    url = reverse("review:unassign", args=[dossier.reference])
    client.force_login(head)
    assert url in client.get(dossier.get_desk_url()).text
    for state in ("evaluated", "proposed"):
        Application.objects.filter(pk=dossier.pk).update(review_state=state)
        page = client.get(dossier.get_desk_url()).text
        assert "qui instruit" not in page
        assert "lecture de rang 1" in page
    Application.objects.filter(pk=dossier.pk).update(review_state="awarded")
    assert url not in client.get(dossier.get_desk_url()).text
    Application.objects.filter(pk=dossier.pk).update(review_state="under_review")
    for role in ("officer", "reader"):
        end(dossier, of(dossier, role), head)
    assert url not in client.get(dossier.get_desk_url()).text


def test_the_history_tells_whose_it_was_and_why(client, officer, head, dossier):
    end(dossier, of(dossier), head, reason="Surcharge en mars")
    end(dossier, of(dossier, "reader"), head, reason="Congé long")
    client.force_login(head)
    page = client.get(reverse("review:tab", args=[dossier.reference, "historique"])).text
    for words in (
        "Affectation retirée",
        f"{officer} n’instruit plus ce dossier",
        "Surcharge en mars",
        "Lecture retirée",
        "Congé long",
    ):
        assert words in page


def test_a_coordinator_is_not_told_why(client, officer, head, dossier):
    end(dossier, of(dossier), head, reason="Surcharge en mars")
    client.force_login(person_with_role(Role.COORDINATOR))
    page = client.get(reverse("review:tab", args=[dossier.reference, "historique"])).text
    assert "Surcharge en mars" not in page
