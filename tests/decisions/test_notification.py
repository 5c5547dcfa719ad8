"""From the vote to the applicant: nothing before « Notifier », then one row and one send."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from config.templatetags.fr import euros
from foundation.notifications.models import OutboxMessage
from foundation.notifications.services import claim_next, send_claimed
from grants.applications.enums import PaperState, ReviewState
from grants.applications.events import verify_chain
from grants.applications.labels import applicant_headline
from grants.applications.models import Application
from grants.decisions.models import Decision
from grants.decisions.services.notification import (
    notify_decision,
    prepare_letter,
    record_opening,
)
from grants.decisions.services.sessions import add_line
from grants.decisions.services.votes import Vote, record_vote
from grants.letters.models import Letter
from grants.letters.reference import load_templates
from grants.letters.services import generate_letter, sign_letter
from partners.models import NotificationConsent
from territories.loading import load_parameters
from tests.factories import (
    EnvelopeFactory,
    FiledApplicationFactory,
    MembershipFactory,
    RoleAssignmentFactory,
    SessionFactory,
)


pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def reference_data():
    load_parameters()
    load_templates()


@pytest.fixture
def head():
    return RoleAssignmentFactory(role=Role.UNIT_HEAD).user


@pytest.fixture
def member():
    return MembershipFactory(function="Présidente").user


@pytest.fixture
def decision(head, member) -> Decision:
    application = FiledApplicationFactory(
        review_state=ReviewState.EVALUATED,
        proposed_amount=Decimal(4200),
        organisation=member.memberships.get().organisation,
        starts_on=timezone.localdate(),
        ends_on=timezone.localdate() + timedelta(days=200),
    )
    line = add_line(
        session_id=SessionFactory().pk,
        application_id=application.pk,
        envelope=EnvelopeFactory(),
        by=head,
        at=NOW,
    )
    vote = Vote(outcome="awarded", amount=Decimal(4200))
    return record_vote(line_id=line.pk, vote=vote, by=head, at=NOW)


def consent(member) -> None:
    NotificationConsent.objects.create(
        organisation=member.memberships.get().organisation,
        email="notifications@asso.example",
        text_version="2026-1",
        given_by=member,
        given_at=NOW,
    )


def signed(decision: Decision, head) -> Letter:
    letter = prepare_letter(decision_id=decision.pk, by=head, at=NOW)
    assert generate_letter(letter_id=letter.pk, at=NOW)
    upload = SimpleUploadedFile("signe.pdf", _signed_bytes(letter), "application/pdf")
    return sign_letter(letter_id=letter.pk, upload=upload, by=head, at=NOW)


def _signed_bytes(letter: Letter) -> bytes:
    with letter.pdf.file.open("rb") as content:
        return content.read() + b"\n% signature\n%%EOF\n"


def notify(decision: Decision, head, **fields) -> Decision:
    return notify_decision(decision_id=decision.pk, by=head, at=NOW, **fields)


def reload(decision: Decision) -> Application:
    return Application.objects.get(pk=decision.application_id)


def test_the_axis_of_money_tells_what_is_awarded_once_notified(client, decision, head):
    application = decision.application
    client.force_login(head)

    def axis() -> str:
        page = client.get(application.get_desk_url()).content.decode()
        return page.partition("<dt>Engagement</dt>")[2].partition("</dl>")[0]

    assert f"{euros(application.requested_amount)} demandés" in axis()
    signed(decision, head)
    notify(decision, head, posted_on=timezone.localdate())
    assert f"{euros(decision.awarded_amount)} attribués" in axis()
    assert "demandés" not in axis()


def test_two_clicks_make_one_letter(decision, head):
    first = prepare_letter(decision_id=decision.pk, by=head, at=NOW)
    assert prepare_letter(decision_id=decision.pk, by=head, at=NOW) == first
    assert Letter.objects.filter(application=decision.application).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_letter(decision, head):
    def write(_number) -> str:
        try:
            return prepare_letter(decision_id=decision.pk, by=head, at=NOW).reference
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        references = set(pool.map(write, range(4)))
    assert len(references) == Letter.objects.count() == 1


def test_the_paper_axis_follows_the_letter(decision, head):
    assert reload(decision).paper_state == PaperState.TO_GENERATE
    letter = prepare_letter(decision_id=decision.pk, by=head, at=NOW)
    generate_letter(letter_id=letter.pk, at=NOW)
    assert reload(decision).paper_state == PaperState.TO_SIGN
    upload = SimpleUploadedFile("s.pdf", _signed_bytes(Letter.objects.get()), "application/pdf")
    sign_letter(letter_id=letter.pk, upload=upload, by=head, at=NOW)
    assert reload(decision).paper_state == PaperState.TO_NOTIFY


def test_nothing_leaves_without_the_signed_letter(decision, head, member):
    consent(member)
    letter = prepare_letter(decision_id=decision.pk, by=head, at=NOW)
    generate_letter(letter_id=letter.pk, at=NOW)
    with pytest.raises(Refusal) as refusal:
        notify(decision, head)
    assert refusal.value.code == "not_signed"
    assert not OutboxMessage.objects.exists()
    assert applicant_headline(reload(decision)).label == "En cours d’examen"


def test_notifying_sends_once_to_the_address_of_the_consent(decision, head, member):
    consent(member)
    signed(decision, head)
    assert not OutboxMessage.objects.exists()
    notify(decision, head)
    with pytest.raises(Refusal) as refusal:
        notify(decision, head)
    assert (refusal.value.code, refusal.value.status) == ("already_notified", 409)
    assert send_claimed(claim_next(NOW), at=NOW)
    assert claim_next(NOW + timedelta(days=1)) is None
    (sent,) = mail.outbox
    application = reload(decision)
    assert sent.to == ["notifications@asso.example"]
    assert sent.subject == f"Décision sur votre demande {application.reference}"
    assert application.get_absolute_url() in sent.body
    assert "4 200" not in sent.body  # the mail leads to the decision, it does not hold it
    assert applicant_headline(application).label == "Attribué"
    assert verify_chain(application) == []


def test_without_consent_the_letter_goes_by_post_with_its_date(decision, head):
    signed(decision, head)
    with pytest.raises(Refusal) as refusal:
        notify(decision, head)
    assert refusal.value.code == "posting_date_missing"
    with pytest.raises(Refusal) as refusal:
        notify(decision, head, posted_on=timezone.localdate() + timedelta(days=1))
    assert refusal.value.code == "date_ahead"
    with pytest.raises(Refusal) as refusal:
        notify(decision, head, posted_on=decision.decided_on - timedelta(days=1))
    assert refusal.value.code == "before_vote"
    told = notify(decision, head, posted_on=timezone.localdate())
    assert told.notification_channel == "post"
    assert not OutboxMessage.objects.exists()


def test_a_withdrawn_consent_means_post(decision, head, member):
    consent(member)
    NotificationConsent.objects.update(revoked_at=NOW)
    signed(decision, head)
    assert notify(decision, head, posted_on=timezone.localdate()).notification_channel == "post"


def test_opening_is_recorded_once_by_a_member_only(decision, head, member):
    consent(member)
    signed(decision, head)
    with pytest.raises(Refusal) as refusal:
        record_opening(application_id=decision.application_id, by=member, at=NOW)
    assert refusal.value.code == "not_notified"
    notify(decision, head)
    with pytest.raises(Refusal) as refusal:
        record_opening(application_id=decision.application_id, by=head, at=NOW)
    assert refusal.value.code == "not_allowed"
    record_opening(application_id=decision.application_id, by=member, at=NOW)
    later = NOW + timedelta(hours=1)
    opened = record_opening(application_id=decision.application_id, by=member, at=later)
    assert opened.opened_at == NOW
    assert reload(decision).paper_state == PaperState.OPENED


def test_only_the_head_notifies(decision, member):
    with pytest.raises(Refusal) as refusal:
        notify(decision, member)
    assert refusal.value.status == 403
