"""A Redis that starts again signs nobody out."""

import pytest
from django.core.cache.backends.redis import RedisCache
from django.urls import reverse
from redis.exceptions import ConnectionError as Refused

from config import sessions
from tests.factories import UserFactory


pytestmark = pytest.mark.django_db


@pytest.fixture
def away(monkeypatch):
    """Make Redis refuse to read, so many times."""
    left = []
    read = RedisCache.get

    def get(self, *args, **kwargs):
        if left:
            left.pop()
            raise Refused("Connection refused")
        return read(self, *args, **kwargs)

    monkeypatch.setattr(RedisCache, "get", get)
    monkeypatch.setattr(sessions, "PAUSE_SECONDS", 0)
    return left


@pytest.fixture
def signed_in(client):
    client.force_login(UserFactory())
    return client


def test_a_short_absence_is_waited_for(signed_in, away):
    away.extend(range(3))
    answer = signed_in.get(reverse("accounts:profile"))
    assert answer.status_code == 200
    assert not away


def test_a_long_absence_fails_and_keeps_the_cookie(signed_in, away, monkeypatch):
    monkeypatch.setattr(sessions, "PATIENCE_SECONDS", 0)
    signed_in.raise_request_exception = False
    away.extend(range(1000))
    answer = signed_in.get(reverse("accounts:profile"))
    assert answer.status_code == 500
    assert "sessionid" not in answer.cookies
    away.clear()
    assert signed_in.get(reverse("accounts:profile")).status_code == 200


@pytest.mark.parametrize("cookie", ["", "x", "inconnue-de-tous-mais-longue", "é" * 40])
def test_a_cookie_that_names_no_session_is_nobody(client, cookie):
    client.cookies["sessionid"] = cookie
    answer = client.get(reverse("accounts:profile"))
    assert answer.status_code == 302
