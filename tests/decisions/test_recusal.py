"""Who stands aside from a dossier neither sees what is put to the vote on it nor records it."""

import inspect
import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from config.money import euros
from grants.applications.enums import ReviewState
from grants.decisions import batch
from grants.decisions.forms import ready_for_vote
from grants.decisions.models import SessionLine
from grants.decisions.selectors import session_rows, session_totals
from grants.decisions.services import notification, sessions, votes
from grants.decisions.services.votes import Vote
from grants.letters import services as letters
from grants.review.models import Assignment, AssignmentRole, RejectionProposal
from grants.review.services.assignment import declare_conflict, end_assignment
from grants.review.services.scoring import conclude_review
from territories.loading import load_parameters
from tests.factories import (
    EnvelopeFactory,
    FiledApplicationFactory,
    SessionFactory,
    person_with_role,
)
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
SECRET = Decimal("3217")
SECRET_WORDS = euros(SECRET)
SHOWN = re.compile(r"\b3\s?217\b")  # in words or in a field


def evaluated():
    return FiledApplicationFactory(
        review_state=ReviewState.EVALUATED, proposed_amount=SECRET, requested_amount=Decimal(9000)
    )


def listed(application=None, session=None) -> SessionLine:
    return sessions.add_line(
        session_id=(session or SessionFactory()).pk,
        application_id=(application or evaluated()).pk,
        envelope=EnvelopeFactory(),
        by=person_with_role(Role.UNIT_HEAD),
        at=NOW,
    )


def recused_from(application):
    person = person_with_role(Role.UNIT_HEAD)
    declare_conflict(person=person, application=application, reason="Proche", at=NOW)
    return person


def award(line, by):
    return votes.record_vote(line_id=line.pk, vote=Vote("awarded", SECRET), by=by, at=NOW)


def refused(service, **arguments) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        service(**arguments)
    return refusal.value


def test_a_session_says_what_its_total_leaves_out(client):
    line = listed()
    listed(session=line.session)
    words = "hors 1 dossier dont vous ne lisez pas les montants"
    for person, said in ((recused_from(line.application), True), (line.added_by, False)):
        client.force_login(person)
        page = client.get(reverse("decisions:session_detail", args=[line.session.pk]))
        assert (words in page.content.decode()) is said


def test_a_vote_recorded_by_somebody_recused_is_refused():
    line = listed()
    person = recused_from(line.application)
    found = refused(
        votes.record_vote, line_id=line.pk, vote=Vote("awarded", SECRET), by=person, at=NOW
    )
    assert (found.code, found.status) == ("recused", 403)
    assert found.sentence == "Vous vous êtes déporté de ce dossier."
    assert not line.application.decisions.exists()


def test_all_as_proposed_leaves_the_dossiers_one_is_recused_from():
    session = SessionFactory()
    mine, other = listed(session=session), listed(session=session)
    person = recused_from(mine.application)
    report = votes.record_all_as_proposed(session_id=session.pk, by=person, at=NOW)
    assert [d.application for d in report.recorded] == [other.application]
    assert [line for line, _sentence in report.left] == [mine]


def test_the_recused_neither_list_nor_change_nor_remove_a_dossier():
    dossier = evaluated()
    person = recused_from(dossier)
    common = {"by": person, "at": NOW}
    assert (
        refused(
            sessions.add_line,
            session_id=SessionFactory().pk,
            application_id=dossier.pk,
            envelope=EnvelopeFactory(),
            **common,
        ).code
        == "recused"
    )
    line = listed(dossier)
    assert (
        refused(
            sessions.change_line,
            line_id=line.pk,
            outcome="awarded",
            amount=SECRET,
            envelope=line.envelope,
            **common,
        ).code
        == "recused"
    )
    assert (
        refused(sessions.remove_line, line_id=line.pk, reason="Erreur", **common).code == "recused"
    )


def test_the_recused_neither_write_sign_nor_notify_its_letter():
    line = listed()
    decision = award(line, person_with_role(Role.UNIT_HEAD))
    person = recused_from(line.application)
    common = {"decision_id": decision.pk, "by": person, "at": NOW}
    assert refused(notification.prepare_letter, **common).code == "recused"
    assert refused(notification.notify_decision, **common).code == "recused"
    assert (
        refused(notification.record_delivery, delivered_on=timezone.localdate(), **common).code
        == "recused"
    )


def test_every_act_on_one_dossier_asks_it():
    for module in (sessions, votes, notification, letters):
        for name, found in inspect.getmembers(module, inspect.isfunction):
            source = inspect.getsource(found)
            if found.__module__ != module.__name__ or name.startswith("_"):
                continue
            locks = "lock_application(" in source or "_locked" in source
            acts = "by" in inspect.signature(found).parameters and locks
            if acts and name not in NOT_OF_THE_OFFICE:
                assert "refuse_recused" in source, name


# What follows an act guarded already, or is the applicant's.
NOT_OF_THE_OFFICE = {"record_opening", "letter_was_signed", "create_letter"}


def test_the_recused_do_not_read_what_is_proposed(client):
    session = SessionFactory()
    line = listed(session=session)
    client.force_login(person_with_role(Role.UNIT_HEAD))
    shown = client.get(session.get_absolute_url()).content.decode()
    assert SECRET_WORDS in shown
    client.force_login(recused_from(line.application))
    page = client.get(session.get_absolute_url()).content.decode()
    assert SECRET_WORDS not in page
    assert "vous en êtes écarté" in page
    assert reverse("decisions:line_vote", args=[line.pk]) not in page
    tab = client.get(reverse("review:tab", args=[line.application.reference, "decision"]))
    assert SECRET_WORDS not in tab.content.decode()


@pytest.mark.parametrize("name", ["line_edit", "line_remove", "line_vote"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_of_a_vote_opens_to_the_recused(client, name, method):
    line = listed()
    client.force_login(recused_from(line.application))
    ask = getattr(client, method)
    assert ask(reverse(f"decisions:{name}", args=[line.pk])).status_code == 403


@pytest.mark.parametrize("name", ["write_letter", "notify", "delivery"])
def test_no_page_of_a_decision_opens_to_the_recused(client, name):
    line = listed()
    decision = award(line, person_with_role(Role.UNIT_HEAD))
    client.force_login(recused_from(line.application))
    assert client.post(reverse(f"decisions:{name}", args=[decision.pk])).status_code == 403


def test_a_dossier_one_is_recused_from_is_not_offered_for_a_session():
    mine, other = evaluated(), evaluated()
    assert list(ready_for_vote(recused_from(mine))) == [other]


def blind_reader(application, role=Role.CASE_OFFICER):
    """Somebody named to read a dossier, who has not finished."""
    person = person_with_role(role)
    Assignment.objects.create(
        application=application,
        person=person,
        role=AssignmentRole.READER,
        rank=2,
        assigned_by=person_with_role(Role.UNIT_HEAD),
        assigned_at=NOW,
    )
    return person


@pytest.mark.parametrize("role", [Role.CASE_OFFICER, Role.UNIT_HEAD])
def test_who_has_yet_to_read_does_not_read_what_is_proposed(client, role):
    session = SessionFactory()
    line = listed(session=session)
    person = blind_reader(line.application, role)
    client.force_login(person)
    page = client.get(session.get_absolute_url()).content.decode()
    assert SECRET_WORDS not in page
    assert "votre lecture n’est pas définitive" in page
    tab = client.get(reverse("review:tab", args=[line.application.reference, "decision"]))
    assert SECRET_WORDS not in tab.content.decode()
    rows = session_rows(session, person)
    assert session_totals(rows).proposed == 0


@pytest.mark.parametrize("name", ["line_edit", "line_vote"])
def test_a_head_who_has_yet_to_read_is_asked_to_finish_or_give_back(client, name):
    line = listed()
    person = blind_reader(line.application, Role.UNIT_HEAD)
    client.force_login(person)
    url = reverse(f"decisions:{name}", args=[line.pk])
    data = {"outcome": "awarded", "amount": "100", "proposed_outcome": "awarded"}
    for response, status in ((client.get(url), 200), (client.post(url, data), 409)):
        assert response.status_code == status
        assert not SHOWN.search(response.text)
        assert "Votre lecture d’abord" in response.text
    assert not line.application.decisions.exists()
    page = client.get(line.session.get_absolute_url()).text
    assert reverse("decisions:line_edit", args=[line.pk]) not in page
    give_back(line.application, person)
    assert SHOWN.search(client.get(url).text)


def give_back(application, person):
    reading = application.assignments.get(person=person, role=AssignmentRole.READER)
    end_assignment(
        application_id=application.pk, assignment_id=reading.pk, reason="Vote", by=person, at=NOW
    )


def test_a_vote_by_a_head_who_has_yet_to_read_is_refused_until_they_give_back():
    line = listed()
    person = blind_reader(line.application, Role.UNIT_HEAD)
    for service, values in (
        (votes.record_vote, {"vote": Vote("awarded", SECRET)}),
        (
            sessions.change_line,
            {"outcome": "awarded", "amount": Decimal(1), "envelope": line.envelope},
        ),
    ):
        found = refused(service, line_id=line.pk, by=person, at=NOW, **values)
        assert (found.code, found.status) == ("reading_open", 409)
    report = votes.record_all_as_proposed(session_id=line.session.pk, by=person, at=NOW)
    assert (report.recorded, [one for one, _ in report.left]) == ([], [line])
    give_back(line.application, person)
    assert award(line, person).awarded_amount == SECRET


def test_the_proposal_stays_hidden_once_voted_and_the_vote_is_read(client):
    session = SessionFactory()
    line = listed(session=session)
    person = recused_from(line.application)
    votes.record_vote(
        line_id=line.pk,
        vote=Vote("awarded", Decimal(1234)),
        by=person_with_role(Role.UNIT_HEAD),
        at=NOW,
    )
    client.force_login(person)
    page = client.get(session.get_absolute_url()).content.decode()
    assert SECRET_WORDS not in page
    assert euros(Decimal(1234)) in page


def test_a_head_who_has_yet_to_read_lists_a_dossier_without_its_amount(client):
    dossier = evaluated()
    client.force_login(blind_reader(dossier, Role.UNIT_HEAD))
    url = reverse("decisions:session_add", args=[SessionFactory().pk])
    page = client.get(url).content.decode()
    assert dossier.reference in page
    assert SECRET_WORDS not in page


@pytest.mark.parametrize("hides", ["recused", "blind"])
def test_an_envelope_leaves_out_what_is_hidden_alone_and_by_subtraction(client, hides):
    load_parameters()
    root = EnvelopeFactory(amount=Decimal(90000))
    child = EnvelopeFactory(amount=Decimal(50000), parent=root)
    mine, other = evaluated(), evaluated()
    type(other).objects.filter(pk=other.pk).update(proposed_amount=Decimal(1111))
    for dossier in (mine, other):
        add_to(child, dossier)
    person = recused_from(mine) if hides == "recused" else blind_reader(mine, Role.UNIT_HEAD)
    words = "hors 1 dossier dont vous ne lisez pas les montants"
    pages = [
        reverse("decisions:envelope_list") + f"?exercice={root.fiscal_year}",
        root.get_absolute_url(),
        child.get_absolute_url(),
    ]
    whole = euros(SECRET + 1111)
    for url in pages:
        client.force_login(person)
        page = client.get(url).text
        assert euros(Decimal(1111)) in page
        assert (SECRET_WORDS in page, whole in page) == (False, False)
        assert words in page
        client.force_login(person_with_role(Role.UNIT_HEAD))
        page = client.get(url).text
        assert (whole in page, words in page) == (True, False)
    values = {"session": mine.session_lines.get().session_id, "envelope": child.pk}
    told = dict(batch.describe(values, person))["Déjà inscrit au vote"]
    assert told == f"{euros(Decimal(1111))} ({words})"


def add_to(envelope, application) -> None:
    sessions.add_line(
        session_id=SessionFactory().pk,
        application_id=application.pk,
        envelope=envelope,
        by=person_with_role(Role.UNIT_HEAD),
        at=NOW,
    )


def concluded_then_recused():
    """A dossier « Instruit » whose only reader stands aside from it since."""
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    application = under_review(officer, head)
    final(application, officer, 3, 4, 4, summary="Bien", amount=3000)
    conclude_review(
        application_id=application.pk, proposed_amount=Decimal(3000), by=officer, at=NOW
    )
    declare_conflict(person=officer, application=application, reason="Proche", at=NOW)
    application.refresh_from_db()
    application.is_aside = False  # as the selection of a batch tells it
    return application, head


def test_a_dossier_that_lost_its_reading_does_not_go_to_the_vote(client):
    load_parameters()
    application, head = concluded_then_recused()
    session, envelope = SessionFactory(), EnvelopeFactory()
    found = refused(
        sessions.add_line,
        session_id=session.pk,
        application_id=application.pk,
        envelope=envelope,
        by=head,
        at=NOW,
    )
    assert (found.code, found.status) == ("reading_lost", 409)
    for values in ({}, {"session": session.pk, "envelope": envelope.pk}):
        (line,) = batch.preflight([application], head, values, NOW)
        assert (line.ok, line.reason) == (False, sessions.LOST_READING)
    client.force_login(head)
    page = client.get(application.get_desk_url()).text
    assert "Rouvrir l’instruction\u00a0: une lecture a été retirée." in page
    RejectionProposal.objects.create(
        application=application, reason="Hors délai", proposed_by=head, proposed_at=NOW
    )
    (line,) = batch.preflight([application], head, {}, NOW)
    assert line.ok
