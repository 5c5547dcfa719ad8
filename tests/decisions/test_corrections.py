"""« Voter tout comme proposé » says what it records; a vote is corrected until notified."""

from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from config.money import euros
from grants.applications.enums import MoneyState, PaperState, ReviewState
from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.calls.models import AdmissibilityQuestion, AutomaticAnswer
from grants.decisions.models import Decision, Envelope
from grants.decisions.seen import line_shown, stamp
from grants.decisions.services import notification
from grants.decisions.services.sessions import add_line, change_line, save_session
from grants.decisions.services.votes import Vote, correct_vote, record_vote
from grants.letters.models import Letter
from grants.review.models import AdmissibilityCheck, RejectionProposal
from tests.decisions.test_votes import award, listed
from tests.factories import (
    CallSheetFactory,
    EnvelopeFactory,
    FiledApplicationFactory,
    GridFactory,
    SessionFactory,
    person_with_role,
)


pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


def inadmissible(head, session, automatic=AutomaticAnswer.ON_TIME):
    """A dossier proposed for rejection because a question failed, on a session's list."""
    grid = GridFactory()
    question = AdmissibilityQuestion.objects.create(
        grid=grid, position=99, label="Question ?", automatic=automatic
    )
    dossier = FiledApplicationFactory(
        sheet=CallSheetFactory(grid=grid),
        review_state=ReviewState.EVALUATED,
        proposed_amount=Decimal(0),
    )
    AdmissibilityCheck.objects.create(
        application=dossier, question=question, answer="no", answered_by=head, answered_at=NOW
    )
    RejectionProposal.objects.create(
        application=dossier, reason="Hors délai", proposed_by=head, proposed_at=NOW
    )
    return add_line(
        session_id=session.pk,
        application_id=dossier.pk,
        envelope=EnvelopeFactory(),
        by=head,
        at=NOW,
    )


def url(session) -> str:
    return reverse("decisions:session_vote_all", args=[session.pk])


def sent(*lines, **reasons) -> dict:
    data = {f"seen_{line.pk}": stamp(line_shown(line)) for line in lines}
    return data | reasons


def test_all_as_proposed_shows_first_what_it_records(client, head):
    session = SessionFactory()
    line = listed(head, session=session)
    client.force_login(head)
    page = client.get(url(session))
    assert line.application.reference in page.text
    assert "Enregistrer 1 vote" in page.text
    assert not Decision.objects.exists()
    assert client.post(url(session), sent(line)).status_code == 302
    assert Decision.objects.get().awarded_amount == Decimal(4000)


def test_the_reason_of_a_refusal_comes_from_its_admissibility(client, head):
    session = SessionFactory()
    late = inadmissible(head, session)
    plain = listed(head, session=session, outcome="rejected")
    client.force_login(head)
    form = client.get(url(session)).context["form"]
    assert form[f"reason_{late.pk}"].value() == "late"
    assert form[f"reason_{plain.pk}"].value() == ""
    missing = client.post(url(session), sent(late, plain, **{f"reason_{late.pk}": "late"}))
    assert missing.status_code == 422
    assert f"Choisissez le motif du refus de {plain.application.reference}." in missing.text
    assert not Decision.objects.exists()
    chosen = {f"reason_{late.pk}": "late", f"reason_{plain.pk}": "envelope"}
    client.post(url(session), sent(late, plain, **chosen))
    found = dict(Decision.objects.values_list("application_id", "reason_code"))
    assert found == {late.application_id: "late", plain.application_id: "envelope"}


def test_a_question_that_gives_no_reason_leaves_it_to_choose(client, head):
    session = SessionFactory()
    line = inadmissible(head, session, automatic="")
    client.force_login(head)
    assert client.get(url(session)).context["form"][f"reason_{line.pk}"].value() == ""


def test_a_deferral_gets_no_reason(client, head):
    session = SessionFactory()
    line = listed(head, session=session, outcome="deferred")
    client.force_login(head)
    client.post(url(session), sent(line))
    assert Decision.objects.get().reason_code == ""


def test_all_as_proposed_records_nothing_of_a_page_that_is_no_longer_true(client, head):
    session = SessionFactory()
    one, two, three = (listed(head, session=session) for _ in range(3))
    data = sent(one, two, three)
    change_line(
        line_id=one.pk,
        outcome="awarded",
        amount=Decimal(10),
        envelope=one.envelope,
        by=head,
        at=NOW,
    )
    award(two, head)
    added = listed(head, session=session)
    client.force_login(head)
    page = client.post(url(session), data)
    assert page.status_code == 409
    assert f"{one.application.reference}\u00a0: la proposition a changé." in page.text
    assert f"{two.application.reference} n’attend plus de vote" in page.text
    assert f"{added.application.reference} a été inscrit." in page.text
    assert Decision.objects.count() == 1
    again = {f"seen_{key}": value for key, value in seen_of(page).items()}
    assert client.post(url(session), again).status_code == 302
    assert Decision.objects.count() == 4


def seen_of(page) -> dict:
    return {one.line.pk: one.stamp for one, _seen, _reason in page.context["form"].rows()}


def test_a_vote_is_corrected_and_both_are_kept(head):
    line = listed(head)
    former = award(line, head, 3500)
    letter = notification_letter(former, head)
    decision = correct_vote(
        decision_id=former.pk,
        vote=Vote("rejected", reason_code="envelope"),
        reason="Ligne confondue",
        by=head,
        at=NOW,
    )
    former.refresh_from_db()
    letter.refresh_from_db()
    assert former.superseded_at == NOW
    assert letter.superseded_at == NOW
    assert (decision.outcome, decision.letter) == ("rejected", None)
    application = Application.objects.get(pk=line.application_id)
    assert application.review_state == ReviewState.REJECTED
    assert application.money_state == MoneyState.NONE
    assert application.paper_state == PaperState.TO_GENERATE
    assert verify_chain(application) == []
    event = application.events.get(kind="correct_vote")
    assert event.comment == "Ligne confondue"
    assert event.data["before"]["awarded_amount"] == "3500.00"
    found = Envelope.objects.with_consumption().get(pk=line.envelope_id)
    assert found.committed_amount == 0


def notification_letter(decision, head):
    """A letter as a worker makes it, without its words."""
    letter = Letter.objects.create(
        application=decision.application,
        kind="award",
        subject="Objet",
        frozen_text="Texte",
        reference="2031-AWARD-1",
        check_code="ABCDEFGH",
        issued_on=timezone.localdate(),
        created_at=NOW,
    )
    Decision.objects.filter(pk=decision.pk).update(letter=letter)
    return letter


def test_a_letter_put_aside_no_longer_moves_its_dossier(head):
    line = listed(head)
    former = award(line, head)
    letter = notification_letter(former, head)
    correct_vote(
        decision_id=former.pk,
        vote=Vote("awarded", Decimal(100)),
        reason="Montant",
        by=head,
        at=NOW,
    )
    notification.letter_became_ready(letter=letter, at=NOW)
    application = Application.objects.get(pk=line.application_id)
    assert application.paper_state == PaperState.TO_GENERATE


def test_a_correction_may_take_back_the_money_it_gives_again(head):
    envelope = EnvelopeFactory(amount=Decimal(4000))
    former = award(listed(head, envelope=envelope), head, 4000)
    decision = correct_vote(
        decision_id=former.pk,
        vote=Vote("awarded", Decimal(3900)),
        reason="Montant",
        by=head,
        at=NOW,
    )
    assert decision.overrun_reason == ""


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"notified_at": NOW}, "already_notified"),
        ({"superseded_at": NOW}, "superseded"),
    ],
)
def test_a_decision_told_or_corrected_is_not_corrected(head, change, code):
    former = award(listed(head), head)
    Decision.objects.filter(pk=former.pk).update(**change)
    with pytest.raises(Refusal) as refusal:
        correct_vote(decision_id=former.pk, vote=Vote("deferred"), reason="Erreur", by=head, at=NOW)
    assert (refusal.value.code, refusal.value.status) == (code, 409)


def test_a_correction_says_why(head):
    former = award(listed(head), head)
    with pytest.raises(Refusal) as refusal:
        correct_vote(decision_id=former.pk, vote=Vote("deferred"), reason=" ", by=head, at=NOW)
    assert refusal.value.code == "reason_missing"
    former.refresh_from_db()
    assert former.superseded_at is None


def test_a_vote_is_corrected_on_its_page(client, head):
    former = award(listed(head), head)
    client.force_login(head)
    page = reverse("decisions:correct_vote", args=[former.pk])
    assert client.get(page).context["form"]["amount"].value() == "4\u00a0000"
    data = {"outcome": "awarded", "amount": "3000", "correction_reason": ""}
    refused = client.post(page, data)
    assert (refused.status_code, "Dites pourquoi" in refused.text) == (422, True)
    answer = client.post(page, data | {"correction_reason": "Chiffre"})
    assert answer.url == former.session.get_absolute_url()
    assert Decision.objects.in_force().get().awarded_amount == Decimal(3000)
    session = client.get(answer.url).text
    decision = Decision.objects.in_force().get()
    assert reverse("decisions:correct_vote", args=[decision.pk]) in session
    assert client.post(page, data | {"correction_reason": "Chiffre"}).status_code == 409
    assert client.get(page).status_code == 302


def test_a_vote_form_opened_before_a_change_is_told_what_changed(client, head):
    line = listed(head)
    client.force_login(head)
    page = reverse("decisions:line_vote", args=[line.pk])
    seen = client.get(page).context["form"]["seen"].value()
    change_line(
        line_id=line.pk,
        outcome="awarded",
        amount=Decimal(1200),
        envelope=line.envelope,
        by=head,
        at=NOW + timedelta(seconds=1),
    )
    data = {"outcome": "awarded", "amount": "4000", "seen": seen}
    answer = client.post(page, data)
    assert answer.status_code == 409
    told = f"Montant proposé\u00a0: «\u00a0{euros(Decimal(4000))}\u00a0» est devenu"
    assert told in unescape(answer.text)
    assert str(head) in unescape(answer.text)
    assert not Decision.objects.exists()
    data["seen"] = answer.context["form"]["seen"].value()
    assert client.post(page, data).status_code == 302


def test_a_vote_not_possible_yet_has_no_form(client, head):
    ahead = SessionFactory(held_on=timezone.localdate() + timedelta(days=5))
    line = listed(head, session=ahead)
    client.force_login(head)
    answer = client.get(reverse("decisions:line_vote", args=[line.pk]))
    assert answer.url == ahead.get_absolute_url()


def test_an_amount_too_high_is_told_by_the_name_of_its_field(head):
    line = listed(head)
    with pytest.raises(Refusal) as refusal:
        record_vote(line_id=line.pk, vote=Vote("awarded", Decimal(5001)), by=head, at=NOW)
    assert refusal.value.sentence.startswith("Le montant attribué dépasse")


def test_a_line_changed_by_two_keeps_the_first(client, head):
    line = listed(head)
    client.force_login(head)
    page = reverse("decisions:line_edit", args=[line.pk])
    seen = client.get(page).context["form"]["seen"].value()
    data = {"proposed_outcome": "awarded", "envelope": line.envelope_id, "seen": seen}
    assert client.post(page, data | {"proposed_amount": "3000"}).status_code == 302
    answer = client.post(page, data | {"proposed_amount": "2000"})
    assert (answer.status_code, 'value="2000"' in answer.text) == (409, True)
    line.refresh_from_db()
    assert line.proposed_amount == Decimal(3000)
    data["seen"] = answer.context["form"]["seen"].value()
    assert client.post(page, data | {"proposed_amount": "2000"}).status_code == 302


def test_a_session_changed_by_two_keeps_the_first(client, head):
    session = SessionFactory(place="Nanterre")
    client.force_login(head)
    page = reverse("decisions:session_edit", args=[session.pk])
    form = client.get(page).context["form"]
    data = {field.html_name: field.value() or "" for field in form}
    assert client.post(page, data | {"place": "Antony"}).status_code == 302
    answer = client.post(page, data | {"place": "Sceaux"})
    assert answer.status_code == 409
    told = "Lieu\u00a0: «\u00a0Nanterre\u00a0» est devenu «\u00a0Antony\u00a0»"
    assert told in unescape(answer.text)
    session.refresh_from_db()
    assert session.place == "Antony"


def test_an_envelope_changed_by_two_keeps_the_first(client, head):
    envelope = EnvelopeFactory(amount=Decimal(9000))
    client.force_login(head)
    page = reverse("decisions:envelope_edit", args=[envelope.pk])
    form = client.get(page).context["form"]
    data = {field.html_name: field.value() or "" for field in form if field.value()}
    assert client.post(page, data | {"amount": "8000"}).status_code == 302
    answer = client.post(page, data | {"amount": "7000"})
    assert answer.status_code == 409
    assert "Montant" in answer.text
    envelope.refresh_from_db()
    assert envelope.amount == Decimal(8000)


def test_a_dossier_taken_meanwhile_is_named_with_who_took_it(client, head):
    session, envelope = SessionFactory(), EnvelopeFactory()
    taken, free = (
        FiledApplicationFactory(review_state=ReviewState.EVALUATED, proposed_amount=Decimal(10))
        for _ in range(2)
    )
    colleague = person_with_role(Role.UNIT_HEAD)
    add_line(
        session_id=SessionFactory().pk,
        application_id=taken.pk,
        envelope=envelope,
        by=colleague,
        at=NOW,
    )
    client.force_login(head)
    page = reverse("decisions:session_add", args=[session.pk])
    data = {"envelope": envelope.pk, "applications": [taken.pk, free.pk]}
    answer = client.post(page, data)
    assert answer.status_code == 409
    told = unescape(answer.text)
    assert f"{taken.reference} ne peut plus être inscrit" in told
    assert str(colleague) in told
    assert "n’en fait pas partie" not in told
    assert not session.lines.exists()
    assert answer.context["form"].chosen == [str(free.pk)]


def test_only_the_years_of_the_dossiers_have_their_envelopes(client, head):
    ready = FiledApplicationFactory(review_state=ReviewState.EVALUATED, proposed_amount=Decimal(10))
    year = ready.sheet.campaign.fiscal_year
    kept, old = EnvelopeFactory(fiscal_year=year), EnvelopeFactory(fiscal_year=year - 2)
    client.force_login(head)
    page = client.get(reverse("decisions:session_add", args=[SessionFactory().pk]))
    offered = page.context["form"].fields["envelope"].queryset
    assert (kept in offered, old in offered) == (True, False)


@pytest.mark.parametrize("day", ["1066-01-01", "9999-12-31"])
def test_a_session_is_of_our_days(client, head, day):
    client.force_login(head)
    data = {"held_on": day, "report_number": "27.001", "report_title": "Prévention"}
    answer = client.post(reverse("decisions:session_new"), data)
    assert answer.status_code == 422
    assert "La date d’une séance est entre le" in answer.text


def test_no_session_is_held_before_the_filing_of_its_dossiers(head):
    past = SessionFactory(held_on=timezone.localdate() - timedelta(days=30))
    with pytest.raises(Refusal) as refusal:
        listed(head, session=past)
    assert refusal.value.code == "before_filing"
    session = SessionFactory()
    listed(head, session=session)
    session.held_on = past.held_on
    with pytest.raises(Refusal) as refusal:
        save_session(session=session, by=head)
    assert refusal.value.code == "before_filing"
