"""The third reading: who may give it, who is told of it, and what closing without it leaves."""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from grants.applications.events import append_event, verify_chain
from grants.applications.labels import event_label
from grants.applications.models import Application
from grants.review.permissions import standing_of
from grants.review.selectors import with_last_deposit
from grants.review.services.assignment import assign_reader
from grants.review.services.opinions import ExpertInput, request_opinion
from grants.review.services.scoring import conclude_review
from grants.review.summary_sheet import summary_context
from grants.review.third_reading import ThirdReaderForm
from territories.loading import load_parameters
from tests.factories import UserFactory, person_with_role
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db


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
def apart(head, officer) -> Application:
    """Two final readings eighty points apart."""
    found = under_review(officer, head, readers=2)
    second = person_with_role(Role.CASE_OFFICER)
    name(found, second, 2, head)
    final(found, officer, 5, 5, 5, summary="Excellent.")
    final(found, second, 1, 1, 1, summary="Faible.")
    return found


def name(application, person, rank, by):
    return assign_reader(
        application_id=application.pk, person=person, rank=rank, by=by, at=timezone.now()
    )


def page(user, application, slug="historique"):
    client = Client()
    client.force_login(user)
    return client.get(reverse("review:tab", args=[application.reference, slug]))


def close_without_third(application, head):
    return conclude_review(
        application_id=application.pk,
        proposed_amount=100,
        by=head,
        at=timezone.now(),
        reason="Séance demain",
    )


# --- Who gives it ---------------------------------------------------------------------------------
def test_nobody_names_themself_third_reader_once_they_could_read_the_others(apart, head):
    with pytest.raises(Refusal, match="à l’aveugle") as refusal:
        name(apart, head, 3, head)
    assert refusal.value.code == "has_read"
    assert (
        head
        not in ThirdReaderForm(application=apart, by=head, on=timezone.localdate())
        .fields["person"]
        .queryset
    )
    other = person_with_role(Role.CASE_OFFICER)
    assert name(apart, other, 3, head).person == other


def test_a_head_names_themself_third_reader_while_nothing_is_final(head, officer):
    fresh = under_review(officer, head, readers=2)
    assert name(fresh, head, 3, head).person == head


# --- Who is told of it ----------------------------------------------------------------------------
def test_a_coordinator_is_not_told_before_the_vote_that_readings_differ(apart, head, officer):
    third = person_with_role(
        Role.CASE_OFFICER, user=UserFactory(first_name="Zoé", last_name="Troisième")
    )
    name(apart, third, 3, head)
    coordinator = person_with_role(Role.COORDINATOR)
    shown = page(coordinator, apart)
    assert shown.status_code == 200
    assert "Troisième" not in shown.text
    assert "rang " not in shown.text
    assert "lecture 2" not in shown.text
    assert len([e for e in shown.context["entries"] if e.title == "Lecteur désigné"]) == 1
    told = page(officer, apart)
    assert "Zoé Troisième, lecture 3" in told.text
    assert "(rang 3)" in told.text


def test_a_coordinator_does_not_read_which_expert_is_asked(apart, officer):
    request_opinion(
        application_id=apart.pk,
        source="expert",
        expert=ExpertInput(name="Ondine Savante", email="ondine@exemple.test"),
        due_on=timezone.localdate() + timedelta(days=10),
        question="Qu’en dites-vous ?",
        by=officer,
        at=timezone.now(),
    )
    assert "Ondine Savante" in page(officer, apart).text
    assert "Ondine" not in page(person_with_role(Role.COORDINATOR), apart).text


# --- Closed without it ----------------------------------------------------------------------------
def test_the_history_says_that_the_third_reading_was_not_waited_for(apart, head):
    close_without_third(apart, head)
    shown = page(head, apart)
    entry = next(e for e in shown.context["entries"] if "Instruction close" in e.title)
    assert entry.detail.startswith("sans troisième lecture, 100")
    assert entry.text == "Séance demain"


def test_the_explanation_and_the_sheet_of_the_committee_say_it(apart, head):
    sentence = "close sans troisième lecture"
    assert not any(sentence in one for one in summary(apart, head)["score_sheet"].explanation)
    close_without_third(apart, head)
    found = summary(apart, head)["score_sheet"]
    assert any(sentence in one and "Séance demain" in one for one in found.explanation)
    assert found.lacks_third
    assert sentence in page(head, apart, "notation").text


def test_the_sheet_of_the_committee_says_at_its_head_that_a_reading_lacks(apart, head):
    template = "review/pdf/summary_sheet.html"
    before = render_to_string(template, summary(apart, head))
    assert "troisième lecture manquante" in before
    assert '<td class="number">80 points</td>' in before
    assert "diffèrent de 80 points" in page(head, apart, "notation").text
    close_without_third(apart, head)
    after = render_to_string(template, summary(apart, head))
    assert "instruction close sans troisième lecture" in after
    assert "manquante" not in after


def test_the_history_follows_the_clock_and_the_chain_its_positions(apart, head):
    append_event(
        application=apart, kind="message_sent", actor=head, at=timezone.now() - timedelta(days=900)
    )
    shown = page(head, apart).context["entries"]
    assert shown[-1].title == event_label("message_sent")
    assert [one.when for one in shown] == sorted((one.when for one in shown), reverse=True)
    assert verify_chain(Application.objects.get(pk=apart.pk)) == []


def summary(application, user):
    found = with_last_deposit(
        Application.objects.select_related("sheet__grid", "sheet__campaign", "organisation")
    ).get(pk=application.pk)
    return summary_context(user, found, standing_of(user, found), at=timezone.now())
