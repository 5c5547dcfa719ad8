"""Pages of envelopes, sessions and decisions: what they show, what they refuse."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from grants.applications.enums import ReviewState
from grants.decisions.models import CommitteeSession, Decision, Envelope, SessionLine
from grants.letters.models import Letter
from grants.letters.reference import load_templates
from territories.loading import load_parameters
from tests.factories import (
    EnvelopeFactory,
    FiledApplicationFactory,
    MembershipFactory,
    RoleAssignmentFactory,
    SessionFactory,
)
from tests.queries import MANY, assert_same_queries


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reference_data():
    load_parameters()
    load_templates()


@pytest.fixture
def head(client):
    user = RoleAssignmentFactory(role=Role.UNIT_HEAD).user
    client.force_login(user)
    return user


def evaluated(**fields):
    values = {"review_state": ReviewState.EVALUATED, "proposed_amount": Decimal(3000)} | fields
    return FiledApplicationFactory(**values)


def words(response) -> str:
    return " ".join(response.content.decode().split())


def a_session_with_a_line(client, **fields):
    session, envelope, application = SessionFactory(), EnvelopeFactory(), evaluated(**fields)
    answer = client.post(
        reverse("decisions:session_add", args=[session.pk]),
        {"envelope": envelope.pk, "applications": [application.pk]},
    )
    assert answer.status_code == 302
    return session, SessionLine.objects.get(session=session)


def vote_all(client, session) -> None:
    """Open the page of « all as proposed », and send it as it is."""
    url = reverse("decisions:session_vote_all", args=[session.pk])
    rows = client.get(url).context["form"].rows()
    assert client.post(url, {seen.name: seen.value() for _one, seen, _reason in rows}).url


def test_an_envelope_is_created_from_the_page(client, head):
    answer = client.post(
        reverse("decisions:envelope_new"),
        {"fiscal_year": 2027, "name": "Prévention 2027", "amount": "150\u202f000 €"},
        follow=True,
    )
    assert "L’enveloppe « Prévention 2027 » est enregistrée." in words(answer)
    assert Envelope.objects.get().amount == Decimal(150000)


def test_a_wrong_envelope_comes_back_with_what_was_typed(client, head):
    data = {"fiscal_year": "2027", "name": "Prévention", "amount": "beaucoup"}
    answer = client.post(reverse("decisions:envelope_new"), data)
    assert answer.status_code == 422
    assert 'value="beaucoup"' in words(answer)


def test_dossiers_are_put_on_a_session_and_voted(client, head):
    session, line = a_session_with_a_line(client)
    page = words(client.get(session.get_absolute_url()))
    assert line.application.reference in page
    vote = reverse("decisions:line_vote", args=[line.pk])
    answer = client.post(vote, {"outcome": "rejected"})
    assert answer.status_code == 422
    assert "Choisissez le motif du refus." in words(answer)
    client.post(vote, {"outcome": "awarded", "amount": "2 500"})
    assert Decision.objects.get().awarded_amount == Decimal(2500)


def test_a_voted_line_opens_no_form_for_nothing(client, head):
    session, line = a_session_with_a_line(client)
    vote = reverse("decisions:line_vote", args=[line.pk])
    client.post(vote, {"outcome": "awarded", "amount": "2 500"})
    for url in (vote, reverse("decisions:line_edit", args=[line.pk])):
        answer = client.get(url, follow=True)
        assert answer.redirect_chain[-1][0] == session.get_absolute_url()
        assert f"Le dossier {line.application.reference} n’attend plus de vote" in words(answer)


def test_a_closed_session_opens_no_form_for_nothing(client, head):
    session = SessionFactory(state=CommitteeSession.State.CLOSED)
    for name in ("session_add", "session_edit"):
        answer = client.get(reverse(f"decisions:{name}", args=[session.pk]), follow=True)
        assert "Cette séance est close" in words(answer)


def test_dossiers_refused_by_an_envelope_stay_ticked(client, head):
    session, application = SessionFactory(), evaluated()
    other = EnvelopeFactory(fiscal_year=application.sheet.campaign.fiscal_year)
    other.sheets.set([evaluated().sheet])
    answer = client.post(
        reverse("decisions:session_add", args=[session.pk]),
        {"envelope": other.pk, "applications": [application.pk]},
    )
    assert answer.status_code == 422
    assert f"{application.reference} : L’enveloppe" in words(answer).replace("\u00a0", " ")
    assert answer.context["form"].chosen == [str(application.pk)]


def test_the_progress_reloads_the_page_once_the_letters_are_there(client, head):
    session, _line = a_session_with_a_line(client)
    answer = client.get(reverse("decisions:session_progress", args=[session.pk]))
    assert answer["HX-Refresh"] == "true"
    vote_all(client, session)
    client.post(reverse("decisions:session_letters", args=[session.pk]))
    answer = client.get(reverse("decisions:session_progress", args=[session.pk]))
    assert "HX-Refresh" not in answer


def test_an_award_over_the_envelope_is_refused_in_words(client, head):
    envelope = EnvelopeFactory(amount=Decimal(1000))
    _session, line = a_session_with_a_line(client)
    line.envelope = envelope
    line.save()
    answer = client.post(
        reverse("decisions:line_vote", args=[line.pk]), {"outcome": "awarded", "amount": "1001"}
    )
    assert answer.status_code == 422
    assert f"sur l’enveloppe « {envelope.name} »" in words(answer)
    assert not Decision.objects.exists()


def test_all_as_proposed_then_letters_then_nobody_is_notified(client, head, mailoutbox):
    session, line = a_session_with_a_line(client)
    vote_all(client, session)
    answer = client.post(reverse("decisions:session_letters", args=[session.pk]), follow=True)
    assert "1 courrier en cours de génération. Personne n’est notifié." in words(answer)
    client.post(reverse("decisions:session_letters", args=[session.pk]))
    assert Letter.objects.count() == 1
    assert mailoutbox == []
    line.application.refresh_from_db()
    assert line.application.notified_at is None


def test_a_session_with_votes_left_is_not_closed(client, head):
    session, _line = a_session_with_a_line(client)
    answer = client.post(reverse("decisions:session_close", args=[session.pk]), follow=True)
    assert "1 dossier attend encore un vote." in words(answer)


def test_notifying_without_a_signed_letter_says_what_to_do(client, head):
    session, _line = a_session_with_a_line(client)
    vote_all(client, session)
    decision = Decision.objects.get()
    page = words(client.get(reverse("decisions:notify", args=[decision.pk])))
    assert "Joignez d’abord le courrier signé." in page
    answer = client.post(reverse("decisions:notify", args=[decision.pk]), {"posted_on": ""})
    assert answer.status_code == 422


def test_the_applicant_sees_no_decision_before_it_is_notified(client, head):
    member = MembershipFactory().user
    organisation = member.memberships.get().organisation
    session, line = a_session_with_a_line(client, organisation=organisation)
    vote_all(client, session)
    client.force_login(member)
    page = words(client.get(line.application.get_absolute_url()))
    assert "En cours d’examen" in page
    assert "3 000" not in page.replace("\u202f", " ").replace("\xa0", " ")
    assert "Attribué" not in page


def test_the_list_of_sessions_costs_the_same_whatever_its_rows(client, head):
    assert_same_queries(
        lambda: client.get(reverse("decisions:session_list"), {"par": "50"}),
        few=SessionFactory,
        many=lambda: SessionFactory.create_batch(MANY - 1),
        row='<th scope="row">',
    )


def test_a_session_costs_the_same_whatever_its_lines(client, head):
    session, envelope = SessionFactory(), EnvelopeFactory()

    def add(count: int) -> None:
        for application in [evaluated() for _ in range(count)]:
            SessionLine.objects.create(
                session=session,
                application=application,
                envelope=envelope,
                proposed_amount=Decimal(100),
                added_by=head,
                added_at=timezone.now(),
            )

    assert_same_queries(
        lambda: client.get(session.get_absolute_url()),
        few=lambda: add(1),
        many=lambda: add(MANY - 1),
        row='class="d-block fw-normal text-body-secondary"',
    )


def test_the_envelopes_of_a_year_cost_the_same_whatever_their_number(client, head):
    assert_same_queries(
        lambda: client.get(reverse("decisions:envelope_list")),
        few=EnvelopeFactory,
        many=lambda: EnvelopeFactory.create_batch(MANY - 1),
        row='class="c-money"',
    )


def test_choosing_dossiers_for_a_session_costs_the_same_whatever_their_number(client, head):
    url = reverse("decisions:session_add", args=[SessionFactory().pk])
    assert_same_queries(
        lambda: client.get(url),
        few=evaluated,
        many=lambda: [evaluated() for _ in range(MANY - 1)],
        row='<th scope="row">',
    )


def test_an_envelope_costs_the_same_whatever_its_awards(client, head):
    session, envelope = SessionFactory(), EnvelopeFactory()

    def award(count: int) -> None:
        for application in [evaluated() for _ in range(count)]:
            Decision.objects.create(
                application=application,
                session=session,
                envelope=envelope,
                outcome="awarded",
                awarded_amount=Decimal(100),
                fiscal_year=2027,
                decided_on=timezone.localdate(),
                recorded_at=timezone.now(),
                recorded_by=head,
            )

    assert_same_queries(
        lambda: client.get(envelope.get_absolute_url(), {"par": "50"}),
        few=lambda: award(1),
        many=lambda: award(MANY - 1),
        row='<th scope="row">',
    )
