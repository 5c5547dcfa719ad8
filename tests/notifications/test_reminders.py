"""Reminders leave once, when due, and never for what is long past."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from foundation.notifications import reminders, services
from foundation.notifications.models import OutboxMessage
from foundation.notifications.reminders import Candidate, Reminder, due_candidates, queue_due


NOW = timezone.now()


@pytest.fixture
def offered(monkeypatch):
    candidates: list[Candidate] = []
    kind = Reminder(kind="test", candidates=lambda _at: list(candidates))
    monkeypatch.setattr(reminders, "_reminders", {"test": kind})
    monkeypatch.setattr(services, "render_mail", lambda name, context: ("Objet", "Texte"))
    return candidates


def candidate(key: str = "k", *, due_at=NOW) -> Candidate:
    return Candidate(key=key, due_at=due_at, to="a@x.example", template="t", context={})


@pytest.mark.django_db
def test_a_due_reminder_leaves_once(offered):
    offered.append(candidate())
    assert queue_due(at=NOW) == 1
    assert queue_due(at=NOW + timedelta(hours=1)) == 0
    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db
def test_a_reminder_missed_by_a_day_still_leaves(offered):
    offered.append(candidate(due_at=NOW - timedelta(days=1)))
    assert queue_due(at=NOW) == 1


@pytest.mark.django_db
def test_a_reminder_of_the_future_waits(offered):
    offered.append(candidate(due_at=NOW + timedelta(seconds=1)))
    assert queue_due(at=NOW) == 0


@pytest.mark.django_db
def test_imported_history_never_storms(offered):
    offered.extend(candidate(f"k{n}", due_at=NOW - timedelta(days=400)) for n in range(50))
    assert queue_due(at=NOW) == 0


@pytest.mark.django_db
def test_a_reminder_whose_reason_is_gone_stops(offered):
    offered.append(candidate())
    offered.clear()
    assert due_candidates(NOW) == []


@pytest.mark.django_db
def test_a_broken_reminder_does_not_stop_the_others(offered, monkeypatch):
    def render(name, context):
        if name == "broken":
            raise LookupError(name)
        return "Objet", "Texte"

    monkeypatch.setattr(services, "render_mail", render)
    offered.append(replace(candidate("mauvais"), template="broken"))
    offered.append(candidate("bon"))
    assert queue_due(at=NOW) == 1
    assert OutboxMessage.objects.get().key == "bon"


@pytest.mark.django_db
def test_a_kind_that_cannot_be_read_does_not_stop_the_others(offered, monkeypatch):
    def broken(_at):
        raise LookupError

    kinds = {"mauvais": Reminder("mauvais", broken), **reminders._reminders}
    monkeypatch.setattr(reminders, "_reminders", kinds)
    offered.append(candidate("bon"))
    assert queue_due(at=NOW) == 1
