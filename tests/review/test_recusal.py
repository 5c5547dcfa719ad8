"""Somebody who stands aside from a dossier reads it, and does nothing to it."""

import inspect
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.documents.enums import FileState
from grants.applications.enums import MessageSide
from grants.applications.models import ApplicationDocument
from grants.applications.services import corrections, redaction
from grants.applications.services.messages import send_message
from grants.review.batches import assigning
from grants.review.batches.selection import batch_rows
from grants.review.models import AssignmentRule, InternalNote, OpinionRequest
from grants.review.permissions import counted_reviews, is_recused
from grants.review.services import (
    admissibility,
    assignment,
    closing,
    documents,
    notes,
    opinions,
    recusals,
    scoring,
)
from grants.review.services.assignment import declare_conflict
from grants.review.services.rules import propose_officers
from grants.review.third_reading import ThirdReaderForm
from grants.review.views.scope import TABS
from partners.enums import MembershipState
from portal.invariants import scores_follow_readings
from territories.loading import load_parameters
from tests.factories import member_of, person_with_role
from tests.policies.review import POLICY
from tests.review.world import final, under_review


NOW = timezone.now()
# To stand aside from the whole body after one dossier, and to type a deposit: no dossier yet.
NOT_GUARDED = {"review:conflict", "review:paper_filing"}
ACTS = sorted(name for name, policy in POLICY.items() if "post" in policy.methods)
WITH_KEY = {"review:document", "review:conflict_withdraw"}
WHO = (Role.CASE_OFFICER, Role.UNIT_HEAD, Role.ADMINISTRATOR)


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


def recused_from(application, role, *, whole_body=False):
    person = person_with_role(role)
    target = (
        {"organisation": application.organisation} if whole_body else {"application": application}
    )
    declare_conflict(person=person, reason="Proche", at=NOW, **target)
    return person


def dossier_of(target):
    reference = target.kwargs["reference"]
    return target.applicant.memberships.get().organisation.applications.get(reference=reference)


@pytest.mark.parametrize("name", [name for name in ACTS if name not in NOT_GUARDED])
def test_no_act_of_the_desk_is_open_to_the_recused(client, name):
    target = POLICY[name].make()
    dossier = dossier_of(target)
    events = dossier.events.count()
    for role in WHO:
        for whole_body in (False, True):
            client.force_login(recused_from(dossier, role, whole_body=whole_body))
            events = dossier.events.count()
            for method in POLICY[name].methods:
                ask = getattr(client, method)
                response = ask(reverse(name, kwargs=target.kwargs), target.data)
                assert response.status_code == 403, (name, method, role, whole_body)
            assert dossier.events.count() == events


@pytest.mark.parametrize("role", [Role.CASE_OFFICER, Role.UNIT_HEAD])
def test_no_page_offers_the_recused_an_act(client, role):
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    dossier = under_review(officer, head)
    document = ApplicationDocument.objects.create(
        application=dossier, label="Statuts", added_at=NOW
    )
    waiting = under_review(officer, head)
    corrections.request_correction(
        application_id=waiting.pk,
        fields=["projet.title"],
        message="Précisez.",
        due_on=timezone.localdate() + timedelta(days=9),
        by=officer,
        at=NOW,
    )
    for one in (dossier, waiting):
        client.force_login(recused_from(one, role))
        acts = {
            name: reverse(
                name,
                kwargs={"reference": one.reference}
                | ({"pk": document.pk} if name in WITH_KEY else {}),
            )
            for name in ACTS
            if name != "review:paper_filing"
        }
        for slug, _label in TABS:
            page = client.get(reverse("review:tab", args=[one.reference, slug]))
            if page.status_code == 404:  # the scores: not shown at all
                continue
            html = page.content.decode()
            assert not [name for name, url in acts.items() if f'"{url}"' in html], slug


def _calls(dossier, person):
    """Every service of the desk that acts on a dossier, ready to run as this person."""
    common = {"application_id": dossier.pk, "by": person, "at": NOW}
    document = ApplicationDocument.objects.create(
        application=dossier, label="Statuts", added_at=NOW
    )
    note = InternalNote.objects.create(
        application=dossier, author=person, text="Note", written_at=NOW
    )
    asked = OpinionRequest.objects.create(
        application=dossier,
        source="coordinator",
        person=person_with_role(Role.COORDINATOR),
        due_on=timezone.localdate() + timedelta(days=2),
        asked_by=person,
        asked_at=NOW,
    )
    conflict = declare_conflict(
        person=person_with_role(Role.CASE_OFFICER), application=dossier, reason="", at=NOW
    )
    of_opinion = {"request_id": asked.pk, "by": person, "at": NOW}
    of_note = {"note_id": note.pk, "by": person, "at": NOW}
    day = timezone.localdate() + timedelta(days=9)
    other = person_with_role(Role.CASE_OFFICER)
    return {
        admissibility.answer_questions: common | {"answers": {}},
        admissibility.propose_rejection: common | {"reason": "Hors délai"},
        assignment.assign_officer: common | {"person": other},
        assignment.assign_reader: common | {"person": other, "rank": 2},
        assignment.end_assignment: common
        | {"assignment_id": dossier.assignments.filter(role="officer").first().pk, "reason": "Non"},
        closing.close_without_action: common | {"reason": "withdrawal", "comment": ""},
        closing.write_note: common | {"text": "Note"},
        notes.edit_note: of_note | {"text": "Note"},
        notes.delete_note: of_note,
        notes.pin_note: of_note | {"is_pinned": True},
        documents.check_document: {
            "document_id": document.pk,
            "state": FileState.ACCEPTED,
            "reason": "",
            "by": person,
            "at": NOW,
        },
        opinions.request_opinion: common
        | {
            "source": "coordinator",
            "person": person_with_role(Role.COORDINATOR),
            "due_on": timezone.localdate() + timedelta(days=9),
        },
        opinions.remind_opinion: of_opinion,
        opinions.extend_opinion: of_opinion | {"due_on": day},
        opinions.share_documents: of_opinion | {"files": []},
        opinions.revoke_opinion: of_opinion | {"reason": "Erreur"},
        recusals.withdraw_conflict: common | {"conflict_id": conflict.pk, "reason": "Erreur"},
        scoring.save_review: common | {"scores": {}},
        scoring.finalise_review: common,
        scoring.reopen_review: common | {"reason": "Erreur"},
        scoring.reconfirm_review: common | {"deposit_number": 1},
        scoring.conclude_review: common | {"proposed_amount": Decimal(1)},
        scoring.reopen_instruction: common | {"reason": "Erreur"},
        corrections.request_correction: common
        | {"fields": ["projet.title"], "message": "Précisez.", "due_on": day},
        corrections.extend_correction: common | {"due_on": day, "reason": "Congés"},
        corrections.cancel_correction: common | {"reason": "Inutile"},
        corrections.accept_correction: common,
        redaction.redact_words: common | {"words": redaction.words_to_mask("Dupont"), "reason": ""},
        redaction.redact_file: common | {"stored_id": 0, "reason": ""},
        send_message: {
            "application_id": dossier.pk,
            "side": MessageSide.OFFICE,
            "author": person,
            "text": "Bonjour",
            "at": NOW,
        },
    }


def test_every_service_of_the_desk_refuses_the_recused():
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    dossier = under_review(officer, head)
    person = recused_from(dossier, Role.UNIT_HEAD)
    calls = _calls(dossier, person)
    for service, arguments in calls.items():
        if service in {corrections.extend_correction, corrections.cancel_correction}:
            continue  # these find their request first: below
        with pytest.raises(Refusal) as refusal:
            service(**arguments)
        assert refusal.value.status == 403, service
        assert refusal.value.code in {"recused", "not_reader"}, service
    ask = calls[corrections.request_correction] | {"by": officer}
    corrections.request_correction(**ask)
    for service in (corrections.extend_correction, corrections.cancel_correction):
        with pytest.raises(Refusal) as refusal:
            service(**calls[service])
        assert refusal.value.code == "recused", service


def test_the_list_of_services_is_whole():
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    listed = set(_calls(under_review(officer, head), head))
    for module in (
        admissibility,
        assignment,
        closing,
        documents,
        notes,
        opinions,
        recusals,
        scoring,
        corrections,
        redaction,
    ):
        for name, found in inspect.getmembers(module, inspect.isfunction):
            acts = found.__module__ == module.__name__ and not name.startswith("_")
            if acts and "by" in inspect.signature(found).parameters:
                assert found in listed, f"{name}: guard it, and list it above"


# --- Members of the body --------------------------------------------------------------------------
def test_a_member_of_the_body_is_refused_every_act_and_told_why():
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    dossier = under_review(officer, head)
    person = person_with_role(Role.UNIT_HEAD)
    calls = _calls(dossier, person)
    member_of(dossier.organisation, user=person)
    for service, arguments in calls.items():
        if service in {corrections.extend_correction, corrections.cancel_correction}:
            continue
        with pytest.raises(Refusal) as refusal:
            service(**arguments)
        assert refusal.value.status == 403, service
        assert refusal.value.code in {"recused", "not_reader"}, service
        if refusal.value.code == "recused":
            assert "membre de l’organisation" in refusal.value.sentence, service


def test_a_member_is_given_nothing_of_their_body():
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    dossier = under_review(officer, head)
    person = person_with_role(Role.CASE_OFFICER)
    member = member_of(dossier.organisation, user=person).memberships.get()
    rule = AssignmentRule.objects.create(position=1)
    rule.people.add(person)
    given = {"application_id": dossier.pk, "person": person, "by": head, "at": NOW}
    with pytest.raises(Refusal, match="est membre de l’organisation"):
        assignment.assign_reader(**given, rank=2)
    assert propose_officers([dossier], timezone.localdate())[dossier.pk].person is None
    assert (
        person
        not in ThirdReaderForm(application=dossier, by=head, on=timezone.localdate())
        .fields["person"]
        .queryset
    )
    line = assigning.preflight([_row(dossier, head)], head, {"to": str(person.pk)}, NOW)[0]
    assert not line.ok
    member.state = MembershipState.ENDED
    member.save()
    assert propose_officers([dossier], timezone.localdate())[dossier.pk].person == person


def test_a_pending_member_is_not_recused():
    dossier = under_review(person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD))
    person = person_with_role(Role.CASE_OFFICER)
    member_of(dossier.organisation, user=person, state=MembershipState.PENDING)
    assert not is_recused(person, dossier)


def test_a_membership_moves_no_score_already_given():
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    dossier = under_review(officer, head)
    final(dossier, officer, 3, 3, 3, summary="Bon projet.")
    member_of(dossier.organisation, user=officer)
    assert is_recused(officer, dossier)
    assert list(scores_follow_readings()) == []
    assert counted_reviews(dossier).count() == 1


def test_the_page_says_that_one_is_a_member(client):
    dossier = under_review(person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD))
    person = person_with_role(Role.UNIT_HEAD)
    member_of(dossier.organisation, user=person)
    client.force_login(person)
    page = client.get(dossier.get_desk_url()).content.decode()
    assert "Vous êtes membre de l’organisation" in page
    assert "Vous vous êtes déporté" not in page


def _row(dossier, user):
    return batch_rows(user, [dossier.pk])[0]
