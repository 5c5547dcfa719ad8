"""Who else has a dossier open: told for a moment, to those who may open it, and to nobody else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.middleware import LAST_SEEN
from accounts.models import RoleAssignment
from grants.applications.enums import MessageSide
from grants.applications.services.messages import send_message
from grants.review.models import Visit
from grants.review.presence import STAYS, others_present, say_gone, say_present
from territories.loading import load_parameters
from tests.factories import (
    FiledApplicationFactory,
    TerritoryFactory,
    UserFactory,
    person_with_role,
)


pytestmark = pytest.mark.django_db
SCRIPT = {"HTTP_X_PORTAL_AUTOMATIC": "1"}


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def application():
    return FiledApplicationFactory()


def named(role: str, first_name: str, last_name: str):
    return person_with_role(role, user=UserFactory(first_name=first_name, last_name=last_name))


@pytest.fixture
def claire():
    return named(Role.CASE_OFFICER, "Claire", "Morel")


@pytest.fixture
def julien():
    return named(Role.CASE_OFFICER, "Julien", "Petit")


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def call(user, application, client=None, **data):
    url = reverse("review:presence", args=[application.reference])
    return (client or signed_in(user)).post(url, data, **SCRIPT)


def test_two_people_see_each_other_and_nobody_sees_oneself(application, claire, julien):
    assert "consulte" not in call(claire, application).content.decode()
    page = call(julien, application).content.decode()
    assert "<strong>Claire Morel</strong> consulte aussi ce dossier." in page.replace("</span>", "")
    assert "Julien Petit" not in page
    assert "<strong>Julien Petit</strong>" in call(claire, application).content.decode()


def test_somebody_not_heard_of_has_left(application, claire, julien):
    at = timezone.now()
    say_present(claire, application, at=at)
    assert others_present(julien, application, at=at + STAYS) == [claire]
    assert others_present(julien, application, at=at + STAYS + timedelta(seconds=1)) == []


def test_a_page_that_closes_says_so(application, claire, julien):
    call(claire, application)
    assert call(claire, application, parti="1").status_code == 204
    assert others_present(julien, application, at=timezone.now()) == []
    call(claire, application)
    say_gone(claire, application)
    assert others_present(julien, application, at=timezone.now()) == []


def test_presence_is_of_one_dossier(application, claire, julien):
    say_present(claire, FiledApplicationFactory(), at=timezone.now())
    assert others_present(julien, application, at=timezone.now()) == []


def test_who_may_no_longer_open_the_dossier_is_not_named(application, claire, julien):
    at = timezone.now()
    say_present(claire, application, at=at)
    RoleAssignment.objects.filter(user=claire).update(ends_on=at.date() - timedelta(days=1))
    assert others_present(julien, application, at=at) == []


def test_nobody_else_may_ask(application, claire):
    say_present(claire, application, at=timezone.now())
    for user in (UserFactory(), application.created_by):
        response = call(user, application)
        assert response.status_code == 404
        assert "Morel" not in response.content.decode()


def test_the_first_call_notes_the_visit_and_the_next_ones_do_not(application, claire):
    shown = timezone.now() - timedelta(minutes=2)
    call(claire, application, vu=shown.isoformat())
    assert not Visit.objects.exists()
    call(claire, application, vu=shown.isoformat(), debut="1")
    assert Visit.objects.get().seen_at == shown


@pytest.mark.parametrize("words", ["", "hier", "2026-13-45T99:00", "2999-01-01T00:00:00+00:00"])
def test_a_wrong_instant_is_now(application, claire, words):
    before = timezone.now()
    assert call(claire, application, vu=words, debut="1").status_code == 200
    assert before <= Visit.objects.get().seen_at <= timezone.now()


def test_what_somebody_else_did_since_the_page_opened_is_told(application, claire, julien):
    shown = timezone.now().isoformat()
    for author, told in ((claire, False), (julien, True)):
        send_message(
            application_id=application.pk,
            side=MessageSide.OFFICE,
            author=author,
            text="Bonjour",
            at=timezone.now(),
        )
        page = call(claire, application, vu=shown).content.decode()
        assert ("Ce dossier a changé" in page) is told
    assert "Julien Petit" in page


def test_without_script_a_visit_is_noted_by_a_button(application, claire):
    client = signed_in(claire)
    page = client.get(application.get_desk_url()).content.decode()
    assert "Noter ma visite" in page
    url = reverse("review:presence", args=[application.reference])
    response = client.post(url, {"vu": timezone.now().isoformat(), "debut": "1"})
    assert response.status_code == 302
    assert Visit.objects.get().person == claire


def test_everything_may_be_marked_as_seen(application, claire):
    response = call(claire, application, lu="1")
    assert response.status_code == 302
    assert Visit.objects.get().previous_at is not None


def test_a_page_left_open_keeps_no_session_awake(application, claire):
    client = signed_in(claire)
    client.get(application.get_desk_url())
    session = client.session
    before = session[LAST_SEEN] - 600
    session[LAST_SEEN] = before
    session.save()
    call(claire, application, client)
    assert client.session[LAST_SEEN] == before
    client.get(application.get_desk_url())
    assert client.session[LAST_SEEN] > before


def test_who_is_there_costs_three_queries_whatever_their_number(
    application, claire, django_assert_num_queries
):
    now = timezone.now()
    here = [person_with_role(Role.CASE_OFFICER) for _ in range(6)]
    elsewhere = person_with_role(Role.COORDINATOR, territory=TerritoryFactory())
    type(application).objects.filter(pk=application.pk).update(whole_department=False)
    for person in (*here, elsewhere, claire):
        say_present(person, application, at=now)
    with django_assert_num_queries(3):
        found = others_present(claire, application, at=now)
    assert {person.pk for person in found} == {person.pk for person in here}
