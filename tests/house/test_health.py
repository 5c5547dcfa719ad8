"""``/healthz`` and ``/readyz``."""

import pytest
from celery import Celery
from django.db import connection
from django.test import Client, override_settings

from config import health


@pytest.fixture
def client() -> Client:
    return Client()


def test_healthz_asks_nothing_of_the_database(client):
    answer = client.get("/healthz")  # no django_db mark: a query would raise
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_readyz_when_all_answers(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json()
    assert answer.json() == {"status": "ok", "failing": []}


@pytest.mark.django_db
def test_readyz_names_a_broker_that_is_down(client, monkeypatch):
    nobody = Celery("nobody", broker="redis+socket:///nowhere/redis.sock?virtual_host=0")
    monkeypatch.setattr(health, "celery", nobody)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["failing"] == ["broker"]


@pytest.mark.django_db
def test_readyz_names_a_migration_left_to_apply(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["failing"] == ["migrations"]


@pytest.mark.django_db
def test_readyz_names_a_storage_that_takes_nothing(client, tmp_path, settings):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    storages = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(in_the_way / "media")},
        },
    }
    with override_settings(STORAGES=storages):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["failing"] == ["storage"]


@pytest.mark.django_db
def test_the_reason_stays_in_the_log(client, monkeypatch):
    def fails() -> None:
        raise health.NotReadyError("secret of the machine")

    monkeypatch.setitem(health.CHECKS, "database", fails)
    answer = client.get("/readyz")
    assert answer.json()["failing"] == ["database"]
    assert "secret" not in answer.content.decode()
