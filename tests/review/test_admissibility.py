"""Whether a dossier may be considered: what the portal and people answer, what follows."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from config.templatetags.fr import nbsp_fr
from grants.applications.enums import (
    BudgetSide,
    Channel,
    CommitmentKind,
    CorrectionState,
    ReviewState,
)
from grants.applications.labels import applicant_headline
from grants.applications.models import (
    ApplicationDocument,
    BudgetLine,
    Commitment,
    CorrectionRequest,
    Place,
)
from grants.calls.models import ClosingExtension, RequiredDocument
from grants.calls.reference import load_default_grid, load_default_questions
from grants.calls.selectors import default_grid
from grants.decisions.services.sessions import add_line
from grants.review.admissibility import admissibility_of, standing_proposal, unanswered
from grants.review.admissibility_facts import answers_in_hand
from grants.review.closing_form import CloseForm
from grants.review.facts import with_facts
from grants.review.models import AdmissibilityCheck, RejectionProposal
from grants.review.selectors import with_last_deposit
from grants.review.services.admissibility import (
    AnswerInput,
    IncompleteAnswersError,
    answer_questions,
    propose_rejection,
)
from grants.review.services.assignment import declare_conflict
from grants.review.services.closing import ClosingProof, close_without_action
from grants.review.services.scoring import conclude_review, reopen_instruction
from grants.review.views.scope import TABS
from territories.loading import load_parameters
from territories.models import PriorityNeighbourhood
from tests.factories import (
    CallSheetFactory,
    CommuneFactory,
    EnvelopeFactory,
    FiledApplicationFactory,
    OrganisationFactory,
    SchoolFactory,
    SessionFactory,
    member_of,
    person_with_role,
)
from tests.review.world import under_review


pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)
KINDS = (
    "on_time",
    "eligible",
    "documents",
    "territory",
    "balanced",
    "commitments",
    "previous_report",
)


@pytest.fixture(autouse=True)
def _reference(db):
    load_parameters()
    load_default_grid()
    load_default_questions()


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


def a_dossier(officer, head, **fields):
    """A dossier under review, without a reader, on the usual grid: everything in order."""
    sheet = fields.pop("sheet", None) or CallSheetFactory(readers=0, grid=default_grid())
    dossier = under_review(officer, head, sheet=sheet, **fields)
    for side, account in ((BudgetSide.CHARGE, "achats"), (BudgetSide.INCOME, "cotisations")):
        BudgetLine.objects.create(
            application=dossier, side=side, account=account, planned_amount=Decimal(8000)
        )
    for kind in CommitmentKind:
        Commitment.objects.create(
            application=dossier,
            kind=kind,
            text_version="1",
            given_by=dossier.created_by,
            given_at=timezone.now(),
        )
    return dossier


@pytest.fixture
def dossier(officer, head):
    return a_dossier(officer, head)


def line_of(dossier, kind):
    fresh = type(dossier).objects.get(pk=dossier.pk)
    lines = admissibility_of(fresh, on=TODAY).lines
    return next(line for line in lines if line.question.automatic == kind)


def question(kind):
    return default_grid().questions.get(automatic=kind)


def answer(dossier, by, kind, value, comment="", **kwargs):
    return answer_questions(
        application_id=dossier.pk,
        answers={question(kind).pk: AnswerInput(value, comment)},
        by=by,
        at=timezone.now(),
        **kwargs,
    )


def refusal_of(act):
    with pytest.raises(Refusal) as refusal:
        act()
    return refusal.value


# --- The questions ------------------------------------------------------------------------------
def test_the_usual_grid_asks_seven_questions_once_and_never_once_frozen():
    grid = default_grid()
    assert tuple(grid.questions.values_list("automatic", flat=True)) == KINDS
    assert load_default_questions() == 7
    grid.questions.all().delete()
    grid.frozen_at = timezone.now()
    grid.save()
    assert load_default_questions() == 0


def test_a_dossier_in_order_waits_for_one_person_about_the_last_report(dossier):
    found = admissibility_of(dossier, on=TODAY)
    assert [line.answer for line in found.lines] == ["yes"] * 6 + [""]
    assert all(line.system.reason for line in found.lines)
    assert found.sentence == "À vérifier (1\u00a0question)"
    assert [one.automatic for one in unanswered(dossier, on=TODAY)] == ["previous_report"]


# --- What the portal answers --------------------------------------------------------------------
def test_on_time_is_the_closing_or_its_extension(dossier):
    assert "avant la clôture du" in line_of(dossier, "on_time").reason
    dossier.submitted_at = dossier.sheet.closes_at + DAY
    dossier.save()
    line = line_of(dossier, "on_time")
    assert line.answer == "no"
    assert "après la clôture du" in line.reason
    ClosingExtension.objects.create(
        sheet=dossier.sheet,
        organisation=OrganisationFactory(),
        until=dossier.sheet.closes_at + 5 * DAY,
        reason="Autre",
        granted_by=dossier.created_by,
        granted_at=timezone.now(),
    )
    assert line_of(dossier, "on_time").answer == "no"
    ClosingExtension.objects.update(organisation=dossier.organisation)
    line = line_of(dossier, "on_time")
    assert line.answer == "yes"
    assert "clôture prolongée" in line.reason


def test_the_last_second_is_on_time(dossier):
    dossier.submitted_at = dossier.sheet.closes_at.replace(microsecond=999_999)
    dossier.save()
    assert line_of(dossier, "on_time").answer == "yes"


@pytest.mark.parametrize(("late", "expected"), [(0, "yes"), (1, "no")])
def test_a_paper_dossier_counts_from_its_reception(dossier, late, expected):
    closing = timezone.localdate(dossier.sheet.closes_at)
    dossier.channel, dossier.received_on = Channel.PAPER, closing + late * DAY
    dossier.submitted_at = dossier.sheet.closes_at + 20 * DAY  # typed in later
    dossier.save()
    line = line_of(dossier, "on_time")
    assert line.answer == expected
    assert line.reason.startswith("Reçu sur papier le")


def test_eligible_is_what_the_sheet_says(officer, head):
    sheet = CallSheetFactory(readers=0, grid=default_grid(), applicant_kinds=["commune"])
    line = line_of(a_dossier(officer, head, sheet=sheet), "eligible")
    assert line.answer == "no"
    assert line.reason == (
        "Demandeur\u00a0: Association. La fiche ne s’adresse qu’aux communes et intercommunalités."
    )


def test_balanced_is_charges_and_income_and_nobody_knows_of_an_empty_one(dossier):
    BudgetLine.objects.filter(side=BudgetSide.INCOME).update(planned_amount=7000)
    line = line_of(dossier, "balanced")
    assert line.answer == "no"
    assert "8\u00a0000\u00a0€" in line.reason
    BudgetLine.objects.all().delete()
    assert line_of(dossier, "balanced").answer == ""


def test_documents_wait_for_their_delay_before_being_missing(dossier):
    asked = RequiredDocument.objects.bulk_create(
        RequiredDocument(sheet=dossier.sheet, kind=kind, label=label, mandatory=mandatory)
        for kind, label, mandatory in (("rib", "RIB", True), ("photo", "Photo", False))
    )
    dossier.documents_due_on = TODAY
    dossier.save()
    line = line_of(dossier, "documents")
    assert line.answer == ""
    assert line.reason.startswith("Il manque\u00a0: RIB. Délai jusqu’au")
    dossier.documents_due_on = TODAY - DAY
    dossier.save()
    line = line_of(dossier, "documents")
    assert line.answer == "no"
    assert "dépassé" in line.reason
    given = ApplicationDocument.objects.create(
        application=dossier, required=asked[0], label="RIB", added_at=timezone.now()
    )
    line = line_of(dossier, "documents")
    assert line.answer == "yes"
    assert line.reason == "La pièce obligatoire est reçue\u00a0; 1 à vérifier."
    given.state = "refused"
    given.save()
    line = line_of(dossier, "documents")
    assert line.answer == "no"
    assert "RIB (refusée)" in line.reason


def test_territory_is_a_place_of_the_action_inside_those_of_the_sheet(officer, head):
    inside, outside, around = (CommuneFactory(insee=code) for code in ("92025", "92071", "92050"))
    neighbourhood = PriorityNeighbourhood.objects.create(
        code="QN09201", name="Le Petit", generation=2024, in_force_from=TODAY
    )
    neighbourhood.communes.add(around)
    sheet = CallSheetFactory(readers=0, grid=default_grid(), whole_department=False)
    sheet.communes.add(inside)
    sheet.neighbourhoods.add(neighbourhood)
    dossier = a_dossier(officer, head, sheet=sheet, whole_department=False)
    assert line_of(dossier, "territory").answer == ""  # no place at all

    def with_place(**place):
        dossier.places.all().delete()
        Place.objects.create(application=dossier, **place)
        return line_of(dossier, "territory").answer

    assert with_place(commune=outside) == "no"
    assert str(outside) in line_of(dossier, "territory").reason
    assert with_place(commune=inside) == "yes"
    assert with_place(commune=around) == "yes"
    assert with_place(neighbourhood=neighbourhood) == "yes"
    assert with_place(school=SchoolFactory(commune=inside)) == "yes"
    assert with_place(school=SchoolFactory(commune=outside)) == "no"
    Place.objects.create(application=dossier, commune=inside, position=1)
    assert line_of(dossier, "territory").answer == "yes"
    dossier.places.all().delete()
    dossier.whole_department = True
    dossier.save()
    assert line_of(dossier, "territory").answer == "yes"


def test_commitments_and_attestation_go_together(dossier):
    dossier.attested_at, dossier.attestation_due_on = None, TODAY
    dossier.save()
    assert line_of(dossier, "commitments").answer == ""
    dossier.attestation_due_on = TODAY - DAY
    dossier.save()
    assert line_of(dossier, "commitments").answer == "no"
    Commitment.objects.filter(kind=CommitmentKind.REPUBLICAN_CONTRACT).delete()
    assert "Engagement non pris" in line_of(dossier, "commitments").reason
    dossier.channel = Channel.PAPER
    dossier.save()
    assert line_of(dossier, "commitments").answer == ""  # signed on paper


def test_the_last_award_is_told_beside_the_question_of_its_report(dossier):
    assert "Aucune subvention" in line_of(dossier, "previous_report").reason
    former = FiledApplicationFactory(
        organisation=dossier.organisation,
        sheet__campaign__fiscal_year=dossier.sheet.campaign.fiscal_year - 1,
        review_state=ReviewState.AWARDED,
        notified_at=timezone.now(),
    )
    line = line_of(dossier, "previous_report")
    assert line.answer == ""
    assert former.reference in line.reason


# --- What people answer -------------------------------------------------------------------------
def test_a_person_prevails_and_both_are_kept(dossier, officer):
    after = answer(dossier, officer, "on_time", "no", "Le cachet est faux.")
    line = next(one for one in after.lines if one.question.automatic == "on_time")
    assert (line.answer, line.system.answer) == ("no", "yes")
    assert after.sentence == "Irrecevable (1)"
    assert after.reasons() == (
        "Le dossier est déposé dans les délais. Non\u00a0: Le cachet est faux."
    )
    event = dossier.events.order_by("-position").first()
    assert (event.kind, event.comment) == ("admissibility_answered", "Irrecevable (1).")
    assert not event.visible_to_applicant
    assert "cachet" not in str(event.data)
    answer(dossier, officer, "on_time", "")
    assert not AdmissibilityCheck.objects.exists()


def test_the_same_answer_twice_writes_nothing(dossier, officer):
    answer(dossier, officer, "previous_report", "na")
    count = dossier.events.count()
    answer(dossier, officer, "previous_report", "na")
    assert dossier.events.count() == count


@pytest.mark.parametrize(
    ("kind", "value", "comment", "part"),
    [
        ("previous_report", "no", "", "comment"),  # a « non » says why
        ("on_time", "no", "  ", "comment"),
        ("documents", "na", "", "comment"),  # contradicts
        ("on_time", "na", "Motif", "answer"),  # not allowed there
        ("on_time", "peut-être", "Motif", "answer"),
        ("on_time", "no", "x" * 501, "comment"),
    ],
)
def test_an_answer_that_lacks_something_keeps_nothing(dossier, officer, kind, value, comment, part):
    with pytest.raises(IncompleteAnswersError) as refusal:
        answer(dossier, officer, kind, value, comment)
    assert [one.part for one in refusal.value.lacking] == [part]
    assert not AdmissibilityCheck.objects.exists()


def test_to_agree_or_to_answer_alone_needs_no_comment(dossier, officer):
    answer(dossier, officer, "on_time", "yes")
    answer(dossier, officer, "previous_report", "yes")
    assert admissibility_of(dossier, on=TODAY).sentence == "Recevable"


def test_two_people_at_once_one_is_told_what_changed(dossier, officer, head):
    version = admissibility_of(dossier, on=TODAY).version
    answer(dossier, officer, "previous_report", "yes", version=version)
    refusal = refusal_of(
        lambda: answer(dossier, head, "previous_report", "no", "Rien reçu", version=version)
    )
    assert (refusal.code, refusal.status) == ("stale", 409)
    assert str(officer) in refusal.sentence
    assert AdmissibilityCheck.objects.get().answer == "yes"


def test_answers_stop_once_the_instruction_is_over(dossier, officer):
    answer(dossier, officer, "previous_report", "yes")
    conclude(dossier, officer, 100)
    refusal = refusal_of(lambda: answer(dossier, officer, "previous_report", "na"))
    assert (refusal.code, refusal.status) == ("wrong_state", 409)


def test_a_question_of_another_grid_is_refused(dossier, officer):
    refusal = refusal_of(
        lambda: answer_questions(
            application_id=dossier.pk,
            answers={0: AnswerInput("yes")},
            by=officer,
            at=timezone.now(),
        )
    )
    assert refusal.code == "unknown_question"


# --- Concluding ---------------------------------------------------------------------------------
def conclude(dossier, by, amount):
    return conclude_review(
        application_id=dossier.pk, proposed_amount=Decimal(amount), by=by, at=timezone.now()
    )


def test_an_unanswered_question_stops_the_conclusion_and_is_named(dossier, officer):
    refusal = refusal_of(lambda: conclude(dossier, officer, 0))
    assert refusal.code == "unanswered"
    assert question("previous_report").label in refusal.sentence


def test_a_no_stops_an_amount_until_a_person_answers_otherwise(dossier, officer):
    answer(dossier, officer, "previous_report", "no", "Jamais reçu")
    refusal = refusal_of(lambda: conclude(dossier, officer, 100))
    assert refusal.code == "inadmissible"
    answer(dossier, officer, "previous_report", "yes", "Reçu depuis")
    conclude(dossier, officer, 100)


def test_a_no_lets_nothing_be_proposed(dossier, officer):
    answer(dossier, officer, "previous_report", "no", "Jamais reçu")
    assert conclude(dossier, officer, 0).review_state == ReviewState.EVALUATED


# --- The proposal of rejection ------------------------------------------------------------------
def propose(dossier, by, reason="Hors délai"):
    return propose_rejection(application_id=dossier.pk, reason=reason, by=by, at=timezone.now())


def test_an_inadmissible_dossier_goes_to_the_vote_without_a_reading(officer, head):
    sheet = CallSheetFactory(readers=2, grid=default_grid())
    dossier = a_dossier(officer, head, sheet=sheet)
    answer(dossier, officer, "eligible", "no", "Société commerciale")
    proposal = propose(dossier, officer, "Le demandeur n’est pas éligible.")
    dossier.refresh_from_db()
    assert (dossier.review_state, dossier.proposed_amount) == (ReviewState.EVALUATED, 0)
    assert standing_proposal(dossier) == proposal
    assert applicant_headline(dossier).label == "En cours d’examen"
    assert not dossier.events.order_by("-position").first().visible_to_applicant
    client = Client()
    client.force_login(member_of(dossier.organisation))
    page = client.get(reverse("applications:detail", args=[dossier.reference]))
    assert "éligible" not in page.content.decode()


def test_reopening_takes_the_proposal_back_and_another_may_follow(dossier, officer):
    answer(dossier, officer, "previous_report", "no", "Jamais reçu")
    propose(dossier, officer)
    reopen_instruction(
        application_id=dossier.pk, reason="Bilan reçu", by=officer, at=timezone.now()
    )
    assert standing_proposal(dossier) is None
    former = RejectionProposal.objects.get()
    assert former.withdrawn_by == officer
    propose(dossier, officer)
    assert RejectionProposal.objects.count() == 2


def test_an_admissible_dossier_is_not_proposed_for_rejection(dossier, officer):
    assert refusal_of(lambda: propose(dossier, officer)).code == "nothing_failed"


def test_who_may_propose_and_when(dossier, officer, head):
    answer(dossier, officer, "previous_report", "no", "Jamais reçu")
    stranger = person_with_role(Role.CASE_OFFICER)
    assert refusal_of(lambda: propose(dossier, stranger)).status == 403
    assert refusal_of(lambda: propose(dossier, officer, " ")).code == "reason_missing"
    assert refusal_of(lambda: propose(dossier, officer, "x" * 5001)).code == "too_long"
    declare_conflict(person=officer, application=dossier, reason="", at=timezone.now())
    assert refusal_of(lambda: propose(dossier, officer)).code == "recused"
    propose(dossier, head)
    assert refusal_of(lambda: propose(dossier, head)).code == "already_proposed"


# --- Closing without action ---------------------------------------------------------------------
def close(dossier, by, reason, **proof):
    return close_without_action(
        application_id=dossier.pk,
        reason=reason,
        comment="",
        proof=ClosingProof(**proof),
        by=by,
        at=timezone.now(),
    )


def test_any_other_reason_leads_to_the_proposal(dossier, officer):
    for reason in ("late", "", "ineligible"):
        refusal = refusal_of(lambda reason=reason: close(dossier, officer, reason))
        assert refusal.code == "unknown_reason"
        assert "Recevabilité" in refusal.sentence


def test_a_withdrawal_says_how_it_was_received(dossier, officer):
    assert refusal_of(lambda: close(dossier, officer, "withdrawal")).code == "received_missing"
    ahead = {"received_by": "letter", "received_on": TODAY + DAY}
    assert refusal_of(lambda: close(dossier, officer, "withdrawal", **ahead)).code == (
        "received_ahead"
    )
    closed = close(dossier, officer, "withdrawal", received_by="letter", received_on=TODAY)
    assert "reçu par courrier le" in closed.closing_reason


def test_a_duplicate_names_another_dossier_of_the_same_body(dossier, officer):
    assert refusal_of(lambda: close(dossier, officer, "duplicate")).code == "duplicate_missing"
    strange = FiledApplicationFactory()
    gone = FiledApplicationFactory(
        organisation=dossier.organisation, review_state=ReviewState.WITHDRAWN
    )
    elsewhere = FiledApplicationFactory(organisation=dossier.organisation)  # another campaign
    assert elsewhere.reference not in str(
        CloseForm(application=dossier, on=timezone.localdate())["duplicate_of"]
    )
    for reference in (
        strange.reference,
        dossier.reference,
        gone.reference,
        elsewhere.reference,
        "2031-9999",
        "x" * 400,
    ):
        refusal = refusal_of(
            lambda reference=reference: close(dossier, officer, "duplicate", duplicate_of=reference)
        )
        assert refusal.code == "duplicate_unknown"
    twin = FiledApplicationFactory(
        organisation=dossier.organisation, sheet__campaign=dossier.sheet.campaign
    )
    assert twin.reference in str(
        CloseForm(application=dossier, on=timezone.localdate())["duplicate_of"]
    )
    closed = close(dossier, officer, "duplicate", duplicate_of=twin.reference)
    assert closed.closing_reason == f"Demande en double du dossier {twin.reference}"


def test_no_answer_needs_a_delay_that_is_over(dossier, officer):
    assert refusal_of(lambda: close(dossier, officer, "no_answer")).code == "nothing_asked"
    asked = CorrectionRequest.objects.create(
        application=dossier,
        number=1,
        message="Le RIB",
        fields=["budget"],
        first_due_on=TODAY,
        due_on=TODAY,
        asked_at=timezone.now(),
        asked_by=officer,
    )
    dossier.review_state = ReviewState.CORRECTION_REQUESTED
    dossier.save()
    assert refusal_of(lambda: close(dossier, officer, "no_answer")).code == "still_time"
    asked.state = CorrectionState.ANSWERED
    asked.answered_at = timezone.now()
    asked.save()
    assert refusal_of(lambda: close(dossier, officer, "no_answer")).code == "nothing_asked"
    asked.state, asked.answered_at = CorrectionState.OPEN, None
    asked.first_due_on = asked.due_on = TODAY - DAY
    asked.save()
    assert "Pas de réponse" in close(dossier, officer, "no_answer").closing_reason


def test_overdue_documents_count_as_no_answer(dossier, officer):
    RequiredDocument.objects.create(sheet=dossier.sheet, kind="rib", label="RIB")
    dossier.documents_due_on = TODAY - DAY
    dossier.save()
    assert close(dossier, officer, "no_answer").review_state == ReviewState.CLOSED_WITHOUT_ACTION


# --- The pages ----------------------------------------------------------------------------------
def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def tab(dossier):
    return reverse("review:tab", args=[dossier.reference, "recevabilite"])


def posted(dossier, **answers):
    data = {"version": admissibility_of(dossier, on=TODAY).version}
    for kind, (value, comment) in answers.items():
        pk = question(kind).pk
        data |= {f"answer_{pk}": value, f"comment_{pk}": comment}
    return data


def test_the_tab_shows_both_answers_and_keeps_what_was_typed_on_error(dossier, officer):
    client = signed_in(officer)
    page = client.get(tab(dossier)).content.decode()
    assert "À vérifier (1\u00a0question)" in page
    assert page.count("<fieldset") >= 7
    url = reverse("review:admissibility_answer", args=[dossier.reference])
    wrong = posted(dossier, on_time=("no", ""), previous_report=("yes", "Vu en juin"))
    response = client.post(url, wrong)
    assert response.status_code == 422
    page = response.content.decode()
    assert "Vu en juin" in page
    assert f'href="#id_comment_{question("on_time").pk}"' in page
    assert not AdmissibilityCheck.objects.exists()
    right = posted(dossier, on_time=("no", "Cachet"), previous_report=("yes", "Vu en juin"))
    assert client.post(url, right).status_code == 302
    page = client.get(tab(dossier)).content.decode()
    assert "Irrecevable (1)" in page
    assert "Cachet" in page
    assert "Proposer le rejet" in page
    assert client.post(url, wrong).status_code == 409  # opened before


def test_after_a_lost_race_a_second_sending_prevails(dossier, officer, head):
    stale = posted(dossier, previous_report=("yes", "Le mien"))
    answer(dossier, head, "previous_report", "no", "Le sien")
    url = reverse("review:admissibility_answer", args=[dossier.reference])
    response = signed_in(officer).post(url, stale)
    assert response.status_code == 409
    page = response.content.decode()
    assert "Le mien" in page
    assert "Le sien" in page
    form = response.context["admissibility_form"]
    again = {**stale, "version": form["version"].value()}
    assert signed_in(officer).post(url, again).status_code == 302
    assert AdmissibilityCheck.objects.get().comment == "Le mien"


@pytest.mark.parametrize(
    "value", ["\U0001f600" * 20, "<script>alert(1)</script>", "x" * 20000, "é" * 501]
)
def test_hostile_values_give_a_page(dossier, officer, value):
    url = reverse("review:admissibility_answer", args=[dossier.reference])
    response = signed_in(officer).post(url, posted(dossier, on_time=(value, value)))
    assert response.status_code == 422
    assert "<script>alert" not in response.content.decode()


def test_the_rejection_is_proposed_from_the_tab_with_its_reasons_filled_in(dossier, officer):
    answer(dossier, officer, "eligible", "no", "Société commerciale")
    client = signed_in(officer)
    assert "Société commerciale" in client.get(tab(dossier)).content.decode()
    url = reverse("review:admissibility_reject", args=[dossier.reference])
    assert client.post(url, {"rejet-reason": ""}).status_code == 422
    assert client.post(url, {"rejet-reason": "Société"}).status_code == 302
    assert standing_proposal(dossier).reason == "Société"
    assert client.post(url, {"rejet-reason": "Société"}).status_code == 409
    page = client.get(tab(dossier)).content.decode()
    assert "admissibility_answer" not in page
    assert reverse("review:admissibility_answer", args=[dossier.reference]) not in page


def test_others_read_the_tab_without_a_form(dossier, head):
    for role in (Role.ADMINISTRATOR, Role.COORDINATOR):
        page = signed_in(person_with_role(role)).get(tab(dossier)).content.decode()
        assert question("on_time").label in page
        assert reverse("review:admissibility_answer", args=[dossier.reference]) not in page


def test_the_tab_costs_the_same_whatever_its_places_and_documents(officer, head):
    sheet = CallSheetFactory(readers=0, grid=default_grid(), whole_department=False)
    dossier = a_dossier(officer, head, sheet=sheet, whole_department=False)
    client = signed_in(officer)

    def counted():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(tab(dossier)).status_code == 200
        return len(queries)

    def grow(start, count):
        for number in range(start, start + count):
            quarter = PriorityNeighbourhood.objects.create(
                code=f"QN092{number:02d}", name=f"Q{number}", generation=2024, in_force_from=TODAY
            )
            quarter.communes.add(CommuneFactory())
            sheet.neighbourhoods.add(quarter)
            sheet.communes.add(CommuneFactory())
            Place.objects.create(application=dossier, neighbourhood=quarter, position=number)
            RequiredDocument.objects.create(sheet=sheet, kind=f"k{number}", label=f"Pièce {number}")

    grow(0, 1)
    counted()
    few = counted()
    grow(1, 12)
    assert counted() == few


# --- Where a proposed rejection is told ---------------------------------------------------------
@pytest.fixture
def proposed(dossier, officer):
    answer(dossier, officer, "eligible", "no", "Société commerciale")
    propose(dossier, officer, "MOTIF-DE-REJET du dossier")
    return type(dossier).objects.get(pk=dossier.pk)


def test_the_desk_shows_it_on_the_page_and_in_the_list(proposed, officer):
    client = signed_in(officer)
    page = client.get(proposed.get_desk_url()).content.decode()
    assert "Rejet proposé au vote" in page
    assert "MOTIF-DE-REJET" in page
    page = client.get(reverse("review:desk"), {"liste": "tous"}).content.decode()
    assert "rejet proposé" in page


def test_it_stays_with_those_who_read_scores(proposed, officer):
    declare_conflict(person=officer, application=proposed, reason="", at=timezone.now())
    for person in (officer, person_with_role(Role.COORDINATOR)):
        client = signed_in(person)
        for slug in ("", "recevabilite", "historique", "decision"):
            url = f"{proposed.get_desk_url()}{slug and slug + '/'}"
            page = client.get(url).content.decode()
            assert "MOTIF-DE-REJET" not in page, slug
            assert "Rejet proposé au vote" not in page, slug
        page = client.get(reverse("review:desk"), {"liste": "tous"}).content.decode()
        assert "rejet proposé" not in page


def test_the_vote_is_told_the_reason_and_takes_nothing_of_it(proposed, head):
    session = SessionFactory()
    line = add_line(
        session_id=session.pk,
        application_id=proposed.pk,
        envelope=EnvelopeFactory(fiscal_year=proposed.sheet.campaign.fiscal_year),
        by=head,
        at=timezone.now(),
    )
    assert line.proposed_outcome == "rejected"
    client = signed_in(head)
    assert "MOTIF-DE-REJET" in client.get(session.get_absolute_url()).content.decode()
    response = client.get(reverse("decisions:line_vote", args=[line.pk]))
    assert "MOTIF-DE-REJET" in response.content.decode()
    assert not response.context["form"]["reason_text"].value()


def test_the_next_step_is_to_answer_before_concluding(dossier, officer):
    page = signed_in(officer).get(dossier.get_desk_url()).content.decode()
    assert "Contrôler la recevabilité" in page
    answer(dossier, officer, "previous_report", "yes")
    page = signed_in(officer).get(dossier.get_desk_url()).content.decode()
    assert "Contrôler la recevabilité" not in page


@pytest.mark.parametrize("name", ["admissibility_answer", "admissibility_reject"])
def test_who_stands_aside_neither_answers_nor_proposes(dossier, officer, name):
    declare_conflict(person=officer, application=dossier, reason="", at=timezone.now())
    url = reverse(f"review:{name}", args=[dossier.reference])
    assert signed_in(officer).post(url, posted(dossier)).status_code == 403
    assert url not in signed_in(officer).get(tab(dossier)).content.decode()


def test_the_side_box_counts_the_answers_of_the_portal_too(officer, head):
    sheet = CallSheetFactory(readers=0, grid=default_grid())
    dossier = under_review(officer, head, sheet=sheet)  # nothing in its budget, no commitment
    found = admissibility_of(type(dossier).objects.get(pk=dossier.pk), on=TODAY)
    assert (len(found.failed), len(found.unanswered)) == (1, 2)
    page = signed_in(officer).get(dossier.get_desk_url())
    told = [one.text for one in page.context["blockers"]]
    assert "Recevabilité\u00a0: 2 questions sans réponse" in [nbsp_fr(one) for one in told]
    assert any("1 réponse «\u00a0Non\u00a0»" in one for one in told)
    assert "Contrôler la recevabilité" in page.context["next_action"].text
    with pytest.raises(Refusal):
        conclude_review(
            application_id=dossier.pk, proposed_amount=Decimal(100), by=officer, at=timezone.now()
        )


def test_the_side_box_answers_as_the_tab_does_on_every_question(officer, head):
    sheet = CallSheetFactory(readers=0, grid=default_grid(), whole_department=False)
    dossier = a_dossier(officer, head, sheet=sheet, whole_department=False)
    RequiredDocument.objects.create(sheet=sheet, kind="rib", label="RIB", mandatory=True)
    sheet.communes.add(CommuneFactory())
    Place.objects.create(application=dossier, commune=CommuneFactory(), position=1)
    for given in (None, sheet.closes_at + 40 * DAY):
        if given:
            type(dossier).objects.filter(pk=dossier.pk).update(submitted_at=given - DAY)
            ClosingExtension.objects.create(
                sheet=sheet,
                organisation=dossier.organisation,
                until=given,
                reason="Grève",
                granted_by=head,
                granted_at=timezone.now(),
            )
        fresh = type(dossier).objects.get(pk=dossier.pk)
        answers = sorted(line.answer for line in admissibility_of(fresh, on=TODAY).lines)
        row = with_facts(with_last_deposit(type(dossier).objects.filter(pk=dossier.pk))).get()
        assert sorted(answers_in_hand(row, on=TODAY)) == answers
        assert {"yes", "no", ""} == set(answers)


@pytest.mark.parametrize("slug", [slug for slug, _label in TABS])
def test_a_page_with_every_question_open_costs_twenty_queries_at_most(officer, head, slug):
    sheet = CallSheetFactory(readers=0, grid=default_grid(), whole_department=False)
    dossier = under_review(officer, head, sheet=sheet, whole_department=False)
    required = RequiredDocument.objects.create(sheet=sheet, kind="rib", label="RIB", mandatory=True)
    ApplicationDocument.objects.create(
        application=dossier, required=required, added_at=timezone.now()
    )
    Place.objects.create(application=dossier, commune=CommuneFactory(), position=1)
    client = signed_in(officer)
    url = dossier.get_desk_url()
    if slug != "resume":
        url = reverse("review:tab", args=[dossier.reference, slug])
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    assert len(queries) <= 20, "\n".join(query["sql"][:150] for query in queries)
