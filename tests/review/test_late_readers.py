"""Somebody named to read once readings are final: blind, or told."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from grants.review.models import Visit
from grants.review.services.assignment import assign_reader, declare_conflict
from territories.loading import load_parameters
from tests.factories import person_with_role
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def world(db):
    load_parameters()
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    dossier = under_review(officer, head, readers=2)
    final(dossier, officer, 4, 3, 2, summary="Bien")
    return dossier, officer, head, person_with_role(Role.CASE_OFFICER)


@pytest.mark.parametrize("rank", [2, 3])
def test_a_head_who_could_read_the_others_does_not_name_themself(world, rank):
    dossier, _officer, head, _other = world
    with pytest.raises(Refusal) as refused:
        assign_reader(application_id=dossier.pk, person=head, rank=rank, by=head, at=NOW)
    assert refused.value.code == "has_read"


def test_a_reader_who_opened_the_dossier_after_a_reading_is_told_as_such(client, world):
    dossier, officer, head, other = world
    later = timezone.now() + timedelta(minutes=1)
    Visit.objects.create(person=other, application=dossier, seen_at=later)
    assign_reader(application_id=dossier.pk, person=other, rank=2, by=head, at=later)
    final(dossier, other, 4, 3, 3, summary="Aussi")
    client.force_login(officer)
    page = client.get(reverse("review:tab", args=[dossier.reference, "notation"]))
    assert "confiée après lecture des autres" in page.content.decode()
    assert [one.is_after_others for one in page.context["score_sheet"].reviews] == [False, True]
    history = client.get(reverse("review:tab", args=[dossier.reference, "historique"]))
    assert "après avoir pu lire les autres notations" in history.content.decode()


def test_a_reader_who_did_not_look_is_not(world):
    dossier, _officer, head, other = world
    before = timezone.now() - timedelta(days=1)
    Visit.objects.create(person=other, application=dossier, seen_at=before)
    assign_reader(application_id=dossier.pk, person=other, rank=2, by=head, at=NOW)
    assert "after_others" not in dossier.events.get(kind="reader_assigned").data


def test_who_stands_aside_is_not_offered(client, world):
    dossier, _officer, head, other = world
    declare_conflict(person=other, application=dossier, reason="", at=NOW)
    client.force_login(head)
    page = client.get(reverse("review:application", args=[dossier.reference]))
    for name in ("assign_form", "reader_form"):
        offered = [str(value) for value, _label in page.context[name].fields["person"].choices]
        assert str(head.pk) in offered
        assert str(other.pk) not in offered


def test_a_reader_named_from_the_scores_leads_back_to_them(client, world):
    dossier, _officer, head, other = world
    client.force_login(head)
    url = reverse("review:reader", args=[dossier.reference])
    data = {"lecteur-person": other.pk, "lecteur-rank": 2}
    answer = client.post(url, data | {"depuis-notation": "1"}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse(
        "review:tab", args=[dossier.reference, "notation"]
    )
    assert f"La lecture est confiée à {other}." in answer.content.decode()
