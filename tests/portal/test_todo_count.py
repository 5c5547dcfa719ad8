"""The number beside « À faire » is kept a moment, and never behind what its person does."""

import pytest
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.enums import Role
from portal import todo_count
from portal.todo_count import kept_count
from tests.factories import FiledApplicationFactory, person_with_role


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keeps(settings):
    settings.TODO_COUNT_SECONDS = 60


def shown(client, address: str) -> str:
    """Return the number in the header of a page; empty when there is none."""
    page = client.get(address).content.decode()
    _, _, after = page.partition('>À faire <span class="c-count">')
    return after.partition("<")[0]


def test_the_number_is_kept_between_two_pages(client):
    head = person_with_role(Role.UNIT_HEAD)
    client.force_login(head)
    FiledApplicationFactory()
    desk = reverse("review:desk")
    assert shown(client, desk) == "1"
    FiledApplicationFactory()
    assert shown(client, desk) == "1"


def test_the_page_itself_counts(client):
    client.force_login(person_with_role(Role.UNIT_HEAD))
    FiledApplicationFactory()
    assert shown(client, reverse("review:desk")) == "1"
    FiledApplicationFactory()
    assert shown(client, reverse("portal:todo")) == "2"
    assert shown(client, reverse("review:desk")) == "2"


def test_who_does_something_is_counted_again(client):
    client.force_login(person_with_role(Role.UNIT_HEAD))
    FiledApplicationFactory()
    desk = reverse("review:desk")
    assert shown(client, desk) == "1"
    FiledApplicationFactory()
    client.post(reverse("review:view_save"), {"nom": "Ma liste", "liste": ""})
    assert shown(client, desk) == "2"


def test_what_a_page_sends_by_itself_counts_nothing_again(client):
    client.force_login(person_with_role(Role.UNIT_HEAD))
    dossier = FiledApplicationFactory()
    desk = reverse("review:desk")
    assert shown(client, desk) == "1"
    FiledApplicationFactory()
    present = reverse("review:presence", args=[dossier.reference])
    client.post(present, headers={"X-Portal-Automatic": "1"})
    assert shown(client, desk) == "1"


def test_each_person_has_their_own_number():
    head, officer = person_with_role(Role.UNIT_HEAD), person_with_role(Role.CASE_OFFICER)
    FiledApplicationFactory()
    assert kept_count(head, timezone.now()) == 1
    assert kept_count(officer, timezone.now()) == 0


def test_a_page_does_without_redis(monkeypatch):
    class Absent:
        def get(self, name):
            raise RedisError

        def set(self, name, value, seconds):
            raise RedisError

        delete = get

    monkeypatch.setattr(todo_count, "cache", Absent())
    head = person_with_role(Role.UNIT_HEAD)
    FiledApplicationFactory()
    todo_count.forget_count(head)
    assert kept_count(head, timezone.now()) == 1
