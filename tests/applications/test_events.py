"""The history is written once, chained, and a change to it shows."""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from grants.applications.events import append_event, verify_chain
from grants.applications.models import Deposit, Event
from tests.factories import FiledApplicationFactory


pytestmark = pytest.mark.django_db


@pytest.fixture
def application():
    filed = FiledApplicationFactory()
    append_event(
        application=filed, kind="message_sent", actor=None, at=timezone.now(), comment="Bonjour"
    )
    return filed


def tamper(sql: str, *params) -> None:
    """Change rows behind the triggers' back, as somebody with the database's keys could."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, params)
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.mark.parametrize("model", [Event, Deposit])
@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_refuses_to_change_or_delete(application, model, act):
    def change() -> None:
        with transaction.atomic():
            rows = model.objects.filter(application=application)
            rows.update(application=application.pk) if act == "update" else rows.delete()

    with pytest.raises(DatabaseError, match="append-only"):
        change()


def test_a_sound_history_has_no_fault(application):
    assert verify_chain(application) == []


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("UPDATE applications_event SET kind = 'award' WHERE position = 2", "content"),
        ("UPDATE applications_event SET at = now() + '1 day' WHERE position = 1", "content"),
        ("UPDATE applications_event SET comment = 'Autre' WHERE position = 2", "comment"),
        ("DELETE FROM applications_event WHERE position = 1", "position 1 is missing"),
    ],
)
def test_a_changed_history_shows(application, sql, fault):
    tamper(sql)
    assert fault in " ".join(verify_chain(application))


def test_an_erased_comment_shows(application):
    tamper("UPDATE applications_event SET comment = '' WHERE position = 2")
    assert "comment" in " ".join(verify_chain(application))


def test_a_state_changed_without_an_event_shows(application):
    application.review_state = "withdrawn"
    application.save()
    assert "history submitted" in " ".join(verify_chain(application))


def test_the_command_fails_on_a_changed_deposit(application):
    call_command("verify_events", verbosity=0)
    tamper("UPDATE applications_deposit SET payload = 'x'")
    with pytest.raises(CommandError):
        call_command("verify_events", verbosity=0)
