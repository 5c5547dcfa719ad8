"""Two people at the same instant on one opinion: one wins, the other is told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.review.models import Opinion, OpinionRequest, OpinionState
from grants.review.opinion_links import token_of
from grants.review.services.opinion_answers import (
    OpinionInput,
    give_opinion,
    open_link,
    save_opinion,
)
from grants.review.services.opinions import remind_opinion, revoke_opinion
from territories.loading import load_parameters
from tests.partners.test_two_at_once import at_once
from tests.review.opinions import a_dossier, ask_coordinator, ask_expert, write


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


def now():
    return timezone.now()


def test_of_two_posts_of_a_link_one_alone_opens():
    asked = ask_expert(a_dossier())
    token = token_of(asked)
    acts = [lambda: open_link(token=token, at=now())] * 2
    assert at_once(*acts) == ["ok", "used"]


def test_of_two_requests_to_one_person_one_is_sent():
    dossier = a_dossier()
    person = ask_coordinator(dossier).person
    OpinionRequest.objects.all().delete()
    acts = [lambda: ask_coordinator(dossier, person)] * 2
    assert at_once(*acts) == ["already_asked", "ok"]
    assert OpinionRequest.objects.count() == 1
    assert verify_chain(Application.objects.get(pk=dossier.pk)) == []


def test_giving_and_taking_back_leave_one_end():
    dossier = a_dossier()
    asked = ask_coordinator(dossier)
    write(asked, position="favourable")

    def give():
        give_opinion(request_id=asked.pk, by=asked.person, at=now())

    def revoke():
        revoke_opinion(request_id=asked.pk, reason="Erreur", by=dossier.officer, at=now())

    found = at_once(give, revoke)
    assert found in (["not_awaited", "ok"], ["ok", "revoked"])
    asked.refresh_from_db()
    given = Opinion.objects.get().given_at is not None
    assert given == (asked.state == OpinionState.GIVEN)
    kinds = set(dossier.events.values_list("kind", flat=True))
    assert len(kinds & {"opinion_given", "opinion_revoked"}) == 1
    assert verify_chain(Application.objects.get(pk=dossier.pk)) == []


def test_two_tabs_saving_at_once_keep_one_and_tell_the_other():
    asked = ask_coordinator(a_dossier())

    def save(text):
        return lambda: save_opinion(
            request_id=asked.pk,
            given=OpinionInput(text=text),
            by=asked.person,
            at=now(),
            version=0,
        )

    assert at_once(save("Un"), save("Deux")) == ["ok", "stale"]
    assert Opinion.objects.get().version == 1


def test_two_reminders_at_once_send_one_mail():
    dossier = a_dossier()
    asked = ask_coordinator(dossier, at=now() - timedelta(days=2))
    acts = [lambda: remind_opinion(request_id=asked.pk, by=dossier.officer, at=now())] * 2
    assert at_once(*acts) == ["ok", "reminded"]
