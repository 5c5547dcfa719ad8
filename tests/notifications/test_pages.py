"""The administrator's outbox and the demonstration's mailbox."""

import pytest
from django.urls import reverse

from accounts.enums import Role
from foundation.notifications.models import OutboxMessage
from tests.factories import OutboxMessageFactory, RoleAssignmentFactory
from tests.queries import MANY, assert_same_queries


@pytest.fixture
def administrator(client):
    assignment = RoleAssignmentFactory(role=Role.ADMINISTRATOR)
    client.force_login(assignment.user)
    return assignment.user


@pytest.mark.django_db
def test_the_outbox_costs_the_same_whatever_its_rows(client, administrator):
    assert_same_queries(
        lambda: client.get(reverse("notifications:outbox_list")),
        few=OutboxMessageFactory,
        many=lambda: OutboxMessageFactory.create_batch(MANY - 1),
        row='<th scope="row">',
    )


@pytest.mark.django_db
def test_the_outbox_is_searched_by_state_and_address(client, administrator):
    OutboxMessageFactory(to="claire@exemple.example", subject="Pour Claire", state="failed")
    OutboxMessageFactory(to="paul@exemple.example", subject="Pour Paul")
    page = client.get(reverse("notifications:outbox_list"), {"etat": "failed", "q": "claire"})
    assert "Pour Claire" in page.content.decode()
    assert "Pour Paul" not in page.content.decode()


@pytest.mark.django_db
def test_an_administrator_puts_a_failed_message_back(client, administrator):
    message = OutboxMessageFactory(state="failed", error="coupé")
    url = reverse("notifications:outbox_retry", args=[message.pk])
    answer = client.post(url, follow=True)
    assert "Le message est remis dans la file d’envoi." in answer.content.decode()
    assert OutboxMessage.objects.get().state == "pending"


@pytest.mark.django_db
def test_the_mailbox_costs_the_same_whatever_its_rows(client, settings):
    settings.DEMO_MODE = True
    assert_same_queries(
        lambda: client.get(reverse("notifications:mailbox")),
        few=OutboxMessageFactory,
        many=lambda: OutboxMessageFactory.create_batch(MANY - 1),
        row='<th scope="row">',
    )


@pytest.mark.django_db
def test_the_mailbox_shows_the_words_escaped(client, settings):
    settings.DEMO_MODE = True
    message = OutboxMessageFactory(text="<script>alert(1)</script> & co")
    page = client.get(reverse("notifications:mailbox_message", args=[message.pk]))
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in page.content.decode()
    listed = client.get(reverse("notifications:mailbox"))
    assert message.subject in listed.content.decode()


@pytest.mark.django_db
def test_there_is_no_mailbox_outside_the_demonstration(client):
    assert client.get(reverse("notifications:mailbox")).status_code == 404
