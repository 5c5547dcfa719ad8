"""The outbox: once per key, one send per message, failures kept and tried again."""

import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from config.errors import Refusal
from foundation.notifications.models import OutboxMessage, OutboxState
from foundation.notifications.services import (
    MAX_ATTEMPTS,
    claim_next,
    message_id,
    queue_message,
    retry_message,
    send_claimed,
)
from tests.factories import OutboxMessageFactory


NOW = timezone.now()


def queue(key: str = "k", **changes) -> OutboxMessage | None:
    fields = {
        "key": key,
        "kind": "test",
        "to": "a@exemple.example",
        "subject": "Objet",
        "text": "Texte",
        "at": NOW,
    }
    return queue_message(**{**fields, **changes})


@pytest.mark.django_db
def test_a_key_queues_one_message():
    assert queue("recu:1") is not None
    assert queue("recu:1", text="autre") is None
    assert OutboxMessage.objects.get(key="recu:1").text == "Texte"


@pytest.mark.django_db
def test_a_rolled_back_act_queues_nothing():
    def act() -> None:
        with transaction.atomic():
            queue("perdu")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db
def test_a_subject_is_one_line():
    message = queue(subject="Objet\r\nBcc: tous@exemple.example")
    assert message.subject == "Objet Bcc: tous@exemple.example"


@pytest.mark.django_db
def test_a_message_leaves_once_with_its_words():
    message = queue("envoi", subject="Décision : dossier 2027-0001", reply_to="unite@x.example")
    claimed = claim_next(NOW)
    assert claimed == message
    assert send_claimed(claimed, at=NOW)
    assert claim_next(NOW + timedelta(hours=1)) is None
    (sent,) = mail.outbox
    assert sent.subject == "Décision : dossier 2027-0001"
    assert sent.body == "Texte"
    assert sent.to == ["a@exemple.example"]
    assert sent.reply_to == ["unite@x.example"]
    assert sent.extra_headers["Message-ID"] == message_id(message)
    message.refresh_from_db()
    assert (message.state, message.sent_at) == (OutboxState.SENT, NOW)


@pytest.mark.django_db
def test_a_leased_message_is_left_to_its_relay_until_the_lease_ends():
    queue()
    assert claim_next(NOW) is not None
    assert claim_next(NOW + timedelta(seconds=59)) is None
    again = claim_next(NOW + timedelta(seconds=61))
    assert again is not None
    assert again.attempts == 2


@pytest.mark.django_db
def test_a_second_try_bears_the_same_message_id():
    message = queue("meme")
    first = message_id(claim_next(NOW))
    second = message_id(claim_next(NOW + timedelta(minutes=2)))
    assert first == second == message_id(message)


@pytest.mark.django_db
def test_a_message_due_later_waits():
    queue(due_at=NOW + timedelta(days=1))
    assert claim_next(NOW) is None
    assert claim_next(NOW + timedelta(days=1)) is not None


@pytest.mark.django_db
def test_a_failure_is_kept_and_tried_again_later_each_time(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise smtplib.SMTPServerDisconnected("coupé")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    message = queue()
    at = NOW
    waits = []
    for _ in range(MAX_ATTEMPTS):
        claimed = claim_next(at)
        assert not send_claimed(claimed, at=at)
        message.refresh_from_db()
        waits.append(message.due_at - at)
        at = message.due_at
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert message.state == OutboxState.FAILED
    assert "SMTPServerDisconnected" in message.error
    assert claim_next(at + timedelta(days=1)) is None


@pytest.mark.django_db
def test_only_a_failed_message_is_put_back():
    message = OutboxMessageFactory(state=OutboxState.FAILED, attempts=8)
    retry_message(message_id=message.pk, at=NOW)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (OutboxState.PENDING, 0)
    with pytest.raises(Refusal) as refusal:
        retry_message(message_id=message.pk, at=NOW)
    assert refusal.value.code == "wrong_state"


@pytest.mark.django_db(transaction=True)
def test_two_relays_never_take_the_same_message():
    for number in range(20):
        queue(f"k{number}")

    def claim_all(_) -> list[int]:
        taken = []
        try:
            while (message := claim_next(NOW)) is not None:
                taken.append(message.pk)
        finally:
            connection.close()
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [pk for pks in pool.map(claim_all, range(4)) for pk in pks]
    assert sorted(taken) == sorted(OutboxMessage.objects.values_list("pk", flat=True))
