"""Numbers beside links are kept a moment, and never behind what their person does."""

import pytest
from django.urls import reverse
from redis.exceptions import RedisError

from accounts.enums import Role
from config import kept
from portal.registration import counter
from tests.factories import FiledApplicationFactory, person_with_role


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keeps(settings):
    settings.NUMBERS_KEPT_SECONDS = 60


def shown(client, address: str) -> str:
    """Return the number in the header of a page; empty when there is none."""
    page = client.get(address).content.decode()
    _, _, after = page.partition('>À faire <span class="c-count">')
    return after.partition("<")[0]


def in_tabs(client, address: str) -> dict[str, int]:
    """Return the numbers beside the desk's lists that hold something."""
    tabs = client.get(address).context["baskets"]
    return {tab["basket"].label: tab["count"] for tab in tabs if tab["count"]}


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


def test_the_number_of_the_list_on_the_page_is_its_own(client):
    client.force_login(person_with_role(Role.UNIT_HEAD))
    FiledApplicationFactory()
    desk = reverse("review:desk")
    assert in_tabs(client, desk) == {"À affecter": 1, "Tous": 1}
    FiledApplicationFactory()
    assert in_tabs(client, desk) == {"À affecter": 2, "Tous": 1}
    assert in_tabs(client, f"{desk}?liste=tous") == {"À affecter": 1, "Tous": 2}
    assert in_tabs(client, f"{desk}?liste=tous&etat=awarded") == {"À affecter": 1, "Tous": 1}


def test_each_person_has_their_own_number():
    head, officer = person_with_role(Role.UNIT_HEAD), person_with_role(Role.CASE_OFFICER)
    FiledApplicationFactory()
    assert counter(head) == 1
    assert counter(officer) == 0


def test_a_page_does_without_redis(monkeypatch):
    class Absent:
        def get(self, name):
            raise RedisError

        def set(self, name, value, seconds):
            raise RedisError

        delete_many = get

    monkeypatch.setattr(kept, "cache", Absent())
    head = person_with_role(Role.UNIT_HEAD)
    FiledApplicationFactory()
    kept.forget_kept(head)
    assert counter(head) == 1
