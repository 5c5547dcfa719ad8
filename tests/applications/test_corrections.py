"""Correction requests: what reopens, what waits, what a redeposit changes, who may what."""

from datetime import timedelta
from decimal import Decimal
from time import perf_counter

import pytest
from django.utils import timezone
from hypothesis import given, strategies as st

from accounts.enums import Role
from config.dates import local_date
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from grants.applications import sections
from grants.applications.differences import compare, compare_deposits, content_of, weave
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.events import verify_chain
from grants.applications.forms import FORMS
from grants.applications.forms.reopening import BY_FIELD, reopenable
from grants.applications.integrity import deposit_faults
from grants.applications.reopening import REOPENABLE, Reopened, value_key
from grants.applications.sections import LineValue, PlaceValue
from grants.applications.selectors import with_dossier
from grants.applications.services.completing import answer_correction
from grants.applications.services.corrections import (
    accept_correction,
    cancel_correction,
    extend_correction,
    request_correction,
)
from grants.applications.services.filing import withdraw_application
from grants.review.services.closing import close_without_action
from partners.enums import Right
from partners.models import Organisation
from tests.applications.correcting import (
    ask,
    asked_again,
    colleague,
    everything,
    officer_of,
    type_in,
    under_review,
)
from tests.applications.dossiers import fresh
from tests.factories import CommuneFactory, OrganisationFactory, member_of, person_with_role


pytestmark = pytest.mark.django_db


def send(application, *, by=None, comment="", at=None):
    return answer_correction(
        application_id=application.pk,
        by=by or application.created_by,
        at=at or timezone.now(),
        comment=comment,
    )


def refused(call) -> Refusal:
    with pytest.raises(Refusal) as found:
        call()
    return found.value


def open_request(application):
    return application.corrections.get(state=CorrectionState.OPEN)


# --- Asking ---------------------------------------------------------------------------------------
def test_a_request_reopens_named_parts_and_tells_the_body():
    application = under_review()
    signatory = colleague(application, Right.SIGN)
    reader = colleague(application, Right.MANAGE)
    correction = ask(application, "projet.title", "budget")
    application.refresh_from_db()
    assert application.review_state == ReviewState.CORRECTION_REQUESTED
    assert correction.fields == ["projet.title", "budget"]
    event = application.events.get(kind="request_correction")
    assert (event.comment, event.visible_to_applicant) == (correction.message, True)
    told = set(OutboxMessage.objects.filter(kind="correction_asked").values_list("to", flat=True))
    assert told == {application.created_by.email, signatory.email}
    assert reader.email not in told
    assert verify_chain(application) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"fields": []}, "no_field"),
        ({"fields": ["projet.reference"]}, "unknown_field"),
        ({"fields": ["engagements"]}, "unknown_field"),
        ({"fields": ["pieces.999999"]}, "unknown_field"),
        ({"message": "  "}, "no_message"),
        ({"message": "a" * 5001}, "too_long"),
        ({"due_on": 0}, "bad_date"),
        ({"due_on": 181}, "bad_date"),
    ],
)
def test_a_request_without_what_it_needs_is_refused(change, code):
    application = under_review()
    days = change.pop("due_on", 15)
    kwargs = {"fields": ["projet.title"], "message": "Précisez.", **change}
    refusal = refused(
        lambda: request_correction(
            application_id=application.pk,
            due_on=timezone.localdate() + timedelta(days=days),
            by=officer_of(application),
            at=timezone.now(),
            **kwargs,
        )
    )
    assert (refusal.code, refusal.status) == (code, 422)
    assert not application.corrections.exists()


def test_only_the_desk_asks_and_only_under_review():
    application = under_review()
    for person in (application.created_by, person_with_role(Role.COORDINATOR, territory=None)):
        refusal = refused(
            lambda who=person: request_correction(
                application_id=application.pk,
                fields=["projet.title"],
                message="Précisez.",
                due_on=timezone.localdate() + timedelta(days=5),
                by=who,
                at=timezone.now(),
            )
        )
        assert (refusal.code, refusal.status) == ("not_allowed", 403)
    ask(application)
    assert refused(lambda: ask(application)).code == "wrong_state"  # one at a time


def test_every_field_of_every_form_belongs_to_a_value_that_can_be_asked():
    application = under_review()
    whole = with_dossier(type(application).objects).get(pk=application.pk)
    for form_class in BY_FIELD:
        form = form_class(whole, on=timezone.localdate())
        keys = set(sections.read(whole, form.section))
        orphans = [name for name in form.fields if value_key(name, keys) is None]
        assert not orphans, f"{form.section}: {orphans} cannot be asked again"
    offered = {group.section for group in reopenable(whole)}
    assert offered >= set(REOPENABLE)
    assert set(REOPENABLE) == set(FORMS) - {"engagements"}


# --- More time, no more waiting -------------------------------------------------------------------
def test_more_time_is_given_with_its_reason_even_once_late():
    application = asked_again()
    correction = open_request(application)
    later = timezone.now() + timedelta(days=20)  # past the fifteen days
    due_on = local_date(later) + timedelta(days=7)
    extend_correction(
        application_id=application.pk,
        due_on=due_on,
        reason="Congés d’hiver.",
        by=officer_of(application),
        at=later,
    )
    correction.refresh_from_db()
    assert (correction.due_on, correction.state) == (due_on, CorrectionState.OPEN)
    assert correction.first_due_on < due_on
    assert application.events.get(kind="correction_extended").comment == "Congés d’hiver."
    assert OutboxMessage.objects.filter(kind="correction_extended").count() == 1


@pytest.mark.parametrize(
    ("days", "reason", "code"),
    [(14, "Congés.", "bad_date"), (181, "Congés.", "bad_date"), (20, " ", "no_reason")],
)
def test_a_delay_is_never_shortened_nor_prolonged_without_reason(days, reason, code):
    application = asked_again()
    refusal = refused(
        lambda: extend_correction(
            application_id=application.pk,
            due_on=timezone.localdate() + timedelta(days=days),
            reason=reason,
            by=officer_of(application),
            at=timezone.now(),
        )
    )
    assert refusal.code == code


def test_the_office_goes_on_without_an_answer_with_a_reason_before_the_date():
    application = asked_again()
    officer = officer_of(application)

    def cancel(reason, at):
        return cancel_correction(application_id=application.pk, reason=reason, by=officer, at=at)

    assert refused(lambda: cancel("", timezone.now())).code == "no_reason"
    assert refused(lambda: cancel("a" * 5001, timezone.now())).code == "too_long"
    cancelled = cancel("Trouvé ailleurs.", timezone.now())
    assert cancelled.state == CorrectionState.CANCELLED
    assert fresh(application).review_state == ReviewState.UNDER_REVIEW
    assert refused(lambda: cancel("Encore.", timezone.now())).code == "closed"


def test_past_the_date_nothing_moves_alone_and_the_office_resumes_without_a_reason():
    application = asked_again()
    late = timezone.now() + timedelta(days=30)
    assert fresh(application).review_state == ReviewState.CORRECTION_REQUESTED
    lapsed = cancel_correction(
        application_id=application.pk, reason="", by=officer_of(application), at=late
    )
    assert (lapsed.state, lapsed.closed_by) == (CorrectionState.LAPSED, officer_of(application))
    assert fresh(application).review_state == ReviewState.UNDER_REVIEW


def test_closing_and_withdrawing_end_the_wait():
    closed, withdrawn = asked_again(), asked_again()
    close_without_action(
        application_id=closed.pk,
        reason="no_answer",
        comment="",
        by=officer_of(closed),
        at=timezone.now() + timedelta(days=30),
    )
    assert closed.corrections.get().state == CorrectionState.LAPSED
    withdraw_application(application_id=withdrawn.pk, by=withdrawn.created_by, at=timezone.now())
    assert withdrawn.corrections.get().state == CorrectionState.CANCELLED


# --- Typing ---------------------------------------------------------------------------------------
def test_what_is_typed_waits_aside_and_the_dossier_does_not_change():
    application = asked_again()
    before = everything(application)
    type_in(application, "projet", title="Ateliers du matin")
    assert everything(application) == before
    correction = open_request(application)
    assert list(correction.overlay) == ["projet"]
    assert "matin" in str(correction.overlay)


def test_values_that_are_not_reopened_are_dropped_even_when_sent():
    application = asked_again("projet.title")
    type_in(application, "projet", title="Ateliers du matin", objectives="Piraté", kind="operating")
    send(application)
    row = fresh(application)
    assert row.title == "Ateliers du matin"
    assert (row.objectives, row.kind) == ("Raccrocher les élèves.", "project")


def test_a_section_that_is_not_reopened_is_refused():
    application = asked_again("projet.title")
    assert refused(lambda: type_in(application, "public", girls_count=3)).code == "not_reopened"


def test_invalid_values_are_kept_as_typed_and_block_the_sending():
    application = asked_again("projet.starts_on", "projet.title")
    type_in(application, "projet", title="Ateliers", invalid={"starts_on": "mi-mars", "kind": "x"})
    correction = open_request(application)
    assert correction.invalid_values == {"projet": {"starts_on": "mi-mars"}}
    assert fresh(application).invalid_values == {}
    refusal = refused(lambda: send(application))
    assert refusal.code == "incomplete"
    assert fresh(application).title == "Ateliers du soir"


def test_two_colleagues_never_overwrite_each_other_silently():
    application = asked_again()
    other = colleague(application)
    type_in(application, "projet", title="Le premier", expected="")
    refusal = refused(
        lambda: type_in(application, "projet", by=other, title="Le second", expected="")
    )
    assert (refusal.code, refusal.status) == ("conflict", 409)
    type_in(application, "projet", title="Le premier", expected="")  # the same, sent twice
    assert "Le premier" in str(open_request(application).overlay)


def test_who_may_not_edit_neither_types_nor_sends():
    application = asked_again()
    for person in (colleague(application, Right.SIGN), member_of(OrganisationFactory())):
        assert refused(lambda who=person: type_in(application, "projet", by=who)).status == 403
        assert refused(lambda who=person: send(application, by=who)).status == 403


def test_what_was_typed_and_never_sent_is_offered_back_at_the_next_request():
    application = asked_again("projet.title", "projet.description")
    type_in(application, "projet", title="Gardé", description="Gardée aussi")
    cancel_correction(
        application_id=application.pk,
        reason="Erreur.",
        by=officer_of(application),
        at=timezone.now(),
    )
    ask(application, "projet.title")
    assert "Gardé" in str(open_request(application).overlay)
    assert "aussi" not in str(open_request(application).overlay)


# --- Sending --------------------------------------------------------------------------------------
def test_a_redeposit_is_a_new_deposit_with_its_proof():
    application = asked_again()
    submitted_at = fresh(application).submitted_at
    type_in(application, "projet", title="Ateliers du matin")
    answer = send(application, comment="Comme convenu.")
    row = fresh(application)
    assert (answer.deposit.number, answer.deposit.correction.number) == (2, 1)
    assert content_of(answer.deposit)["project"]["title"] == "Ateliers du matin"
    assert content_of(row.deposits.get(number=1))["project"]["title"] == "Ateliers du soir"
    assert row.submitted_at == submitted_at
    assert row.review_state == ReviewState.UNDER_REVIEW
    event = row.events.get(kind="complete")
    assert event.data["sha256"] == answer.deposit.sha256
    assert (event.comment, event.data["late"]) == ("Comme convenu.", False)
    correction = row.corrections.get()
    assert correction.state == CorrectionState.ANSWERED
    assert (correction.overlay, correction.invalid_values) == ({}, {})
    assert verify_chain(row) == []
    assert list(deposit_faults()) == []


def test_sending_twice_sends_once():
    application = asked_again()
    type_in(application, "projet", title="Ateliers du matin")
    send(application)
    refusal = refused(lambda: send(application))
    assert (refusal.code, refusal.status) == ("closed", 409)
    assert "envoyés le" in refusal.sentence
    assert application.deposits.count() == 2


def test_nothing_changed_needs_a_word():
    application = asked_again()
    assert refused(lambda: send(application)).code == "nothing_changed"
    assert send(application, comment="Le titre est le bon.").deposit.number == 2


def test_the_closing_of_the_sheet_does_not_matter_and_lateness_is_said():
    application = asked_again()
    type_in(application, "projet", title="Ateliers du matin")
    later = timezone.now() + timedelta(days=60)  # the sheet closed a month ago
    answer = send(application, at=later)
    assert application.events.get(kind="complete").data["late"] is True
    mail = OutboxMessage.objects.get(kind="correction_answered")
    assert "après la date demandée" in mail.text
    assert answer.deposit.filed_at == later


def test_the_office_extends_while_the_applicant_sends():
    application = asked_again()
    type_in(application, "projet", title="Ateliers du matin")
    officer = officer_of(application)
    send(application)
    refusal = refused(
        lambda: extend_correction(
            application_id=application.pk,
            due_on=timezone.localdate() + timedelta(days=30),
            reason="Congés.",
            by=officer,
            at=timezone.now(),
        )
    )
    assert (refusal.code, refusal.status) == ("closed", 409)
    assert "envoyés" in refusal.sentence


def test_the_balance_must_still_hold():
    application = asked_again("budget")
    lines = [
        LineValue("charge", "remuneration", Decimal(9000)),
        LineValue("income", "departement", Decimal(3000), status="requested", is_this_request=True),
        LineValue("income", "autofinancement", Decimal(5000)),
    ]
    type_in(application, "budget", lines=lines)
    assert refused(lambda: send(application)).code == "incomplete"
    assert fresh(application).budget_lines.get(account="remuneration").planned_amount == 8000


def test_a_fault_that_cannot_be_settled_here_does_not_block():
    application = asked_again("projet.title")
    application.audience_counts.all().delete()  # as if filed on paper
    type_in(application, "projet", title="Ateliers du matin")
    assert send(application).deposit.number == 2


def test_a_reopened_part_left_wrong_blocks():
    application = asked_again("projet.title")
    type_in(application, "projet", title="")
    assert refused(lambda: send(application)).code == "incomplete"


# --- Attestation ----------------------------------------------------------------------------------
def balanced(requested: int) -> dict:
    return {
        "requested_amount": Decimal(requested),
        "lines": [
            LineValue("charge", "remuneration", Decimal(requested + 5000)),
            LineValue(
                "income",
                "departement",
                Decimal(requested),
                status="requested",
                is_this_request=True,
            ),
            LineValue("income", "autofinancement", Decimal(5000)),
        ],
    }


def test_a_changed_budget_is_attested_again_when_the_sender_may_not_sign():
    application = asked_again("budget")
    editor, signatory = colleague(application, Right.EDIT), application.created_by
    type_in(application, "budget", by=editor, **balanced(4000))
    answer = send(application, by=editor)
    row = fresh(application)
    assert (answer.attestation, row.attested_at) == ("asked", None)
    assert row.attestation_due_on == timezone.localdate() + timedelta(days=15)
    mail = OutboxMessage.objects.get(kind="attestation_request", to=signatory.email)
    assert "changent le budget" in mail.text


def test_another_change_leaves_the_attestation():
    application = asked_again("projet.title")
    editor = colleague(application, Right.EDIT)
    attested_at = fresh(application).attested_at
    type_in(application, "projet", by=editor, title="Ateliers du matin")
    assert send(application, by=editor).attestation == ""
    assert fresh(application).attested_at == attested_at


@pytest.mark.parametrize("changed", ["siret", "rna", "legal_name"])
def test_another_identity_of_the_body_is_attested_again(changed):
    application = asked_again("projet.title")
    body, signatory = application.organisation, application.created_by
    editor = colleague(application, Right.EDIT)
    rows = Organisation.objects.filter(pk=body.pk)
    rows.update(siret="44306184100047", rna="W604001234")
    type_in(application, "projet", title="Ateliers du matin")
    send(application)
    ask(fresh(application), "projet.title")
    new = {"siret": "73282932000074", "rna": "W604009999", "legal_name": "Autre maison"}
    rows.update(**{changed: new[changed]})
    type_in(application, "projet", by=editor, title="Ateliers de nuit")
    assert send(application, by=editor).attestation == "asked"
    assert fresh(application).attested_at is None
    mail = OutboxMessage.objects.get(kind="attestation_request", to=signatory.email)
    assert "a changé de nom, de SIRET ou de RNA" in mail.text


def test_who_signs_attests_by_sending():
    application = asked_again("budget")
    type_in(application, "budget", **balanced(4000))
    at = timezone.now() + timedelta(hours=1)
    assert send(application, at=at).attestation == "given"
    assert fresh(application).attested_at == at


# --- After ----------------------------------------------------------------------------------------
def test_the_answer_is_accepted_once():
    application = asked_again()
    send(application, comment="Rien à changer.")
    officer = officer_of(application)
    accepted = accept_correction(application_id=application.pk, by=officer, at=timezone.now())
    assert accepted.state == CorrectionState.ACCEPTED
    again = refused(
        lambda: accept_correction(application_id=application.pk, by=officer, at=timezone.now())
    )
    assert (again.code, again.status) == ("nothing_to_accept", 409)


def test_deposits_compare_field_by_field_in_french():
    application = asked_again("projet.description", "budget", "lieux", "public")
    type_in(
        application,
        "projet",
        description="Deux ateliers par semaine, le mardi et le jeudi, avec une éducatrice.",
    )
    type_in(application, "budget", **balanced(4000))
    commune = CommuneFactory(name="Colombes")
    type_in(application, "lieux", places=[PlaceValue("commune", commune.pk)])
    type_in(application, "public", counts={"11_15": 30}, girls_count=15, boys_count=15)
    send(application)
    before, after = application.deposits.order_by("number")
    parts = {
        part.section: {change.label: change for change in part.changes}
        for part in compare_deposits(before, after)
    }
    assert set(parts) == {"projet", "lieux", "public", "budget"}
    assert set(parts["projet"]) == {"Description"}
    assert parts["lieux"]["Lieux"].after == "Colombes"
    assert parts["public"]["11–15 ans"].after == "30"
    assert parts["budget"]["Montant demandé"].after == "4\u00a0000\u00a0€"
    line = next(c for label, c in parts["budget"].items() if "64" in label)
    assert (line.before, line.after) == ("8\u00a0000\u00a0€", "9\u00a0000\u00a0€")


def test_keys_are_read_by_section():
    reopened = Reopened.of(["projet.title", "projet.answers", "budget", "pieces.12", "pieces"])
    assert reopened.names("projet") == {"title", "answers"}
    assert reopened.names("budget") is None
    assert reopened.names("lieux") == frozenset()
    assert (reopened.documents, reopened.other_documents) == ({12}, True)
    assert reopened.sections == ["projet", "budget", "pieces"]


# --- Words ----------------------------------------------------------------------------------------
words = st.lists(
    st.sampled_from(
        ["le", "la", "un", "atelier,", "soir.", "mardi\n", "éducatrice", "l’ami", "«", "oui", "»"]
    )
)


@given(words, words)
def test_woven_texts_give_both_texts_back(old, new):
    before, after = " ".join(old) + " x" * 40, " ".join(new) + " x" * 40
    if pieces := weave(before, after):
        assert "".join(p.text for p in pieces if p.kind != "added") == before
        assert "".join(p.text for p in pieces if p.kind != "removed") == after


def test_two_long_texts_are_compared_quickly():
    before = "".join(f"Mot {n}. " for n in range(2500))
    after = "".join(f"Mets-{n}! " for n in range(2500))
    start = perf_counter()
    assert weave(before, after) == ()  # another text: shown beside the first
    assert weave(before, before.replace("Mot 42.", "Mot."))
    assert perf_counter() - start < 2


def test_a_word_changed_is_the_only_one_marked():
    before = "Deux ateliers par semaine, le mardi, avec une éducatrice du collège."
    pieces = weave(before, before.replace("mardi", "jeudi"))
    assert [p.text for p in pieces if p.kind == "removed"] == ["mardi"]
    assert [p.text for p in pieces if p.kind == "added"] == ["jeudi"]


def test_the_nature_of_the_body_is_told_in_words():
    before, after = ({"organisation": {"kind": kind}} for kind in ("association", "commune"))
    [part] = compare(before, after)
    assert [(one.before, one.after) for one in part.changes] == [("Association", "Commune")]


def test_a_file_replaced_by_one_of_the_same_name_is_said_without_a_digest():
    def filed(digest: str) -> dict:
        return {"documents": [{"label": "Statuts", "name": "statuts.pdf", "sha256": digest}]}

    assert compare(filed("a" * 64), filed("a" * 64)) == []
    [part] = compare(filed("a" * 64), filed("b" * 64))
    assert [(one.before, one.after) for one in part.changes] == [
        ("statuts.pdf", "statuts.pdf (nouveau fichier du même nom)")
    ]
