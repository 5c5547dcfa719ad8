"""« À faire » follows the states of rows, for each kind of person."""

import html
from datetime import timedelta
from decimal import Decimal

import pytest
from dateutil.relativedelta import relativedelta
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from foundation.documents.enums import FileState, ScanState
from foundation.documents.models import StoredFile
from foundation.documents.services import store_bytes
from foundation.jobs.models import Job
from foundation.notifications.models import OutboxState
from grants.applications.enums import ReviewState
from grants.applications.models import (
    Application,
    ApplicationDocument,
    CorrectionRequest,
    Deposit,
    Message,
    OfficeEdit,
)
from grants.applications.selectors import awaits_documents
from grants.calls.enums import RequestHistory, SheetState
from grants.calls.models import ClosingExtension, RequiredDocument
from grants.decisions.models import SessionLine
from grants.letters.models import Letter
from grants.review.models import (
    Assignment,
    ConflictOfInterest,
    OpinionRequest,
    Review,
    ScoreSummary,
)
from partners.enums import MembershipState, Right
from portal.frame import todo_counters
from portal.todo import count_todo, todo_items
from territories.loading import load_parameters
from tests.factories import (
    ApplicationFactory,
    CallSheetFactory,
    EnvelopeFactory,
    FiledApplicationFactory,
    MembershipFactory,
    OrganisationFactory,
    OutboxMessageFactory,
    SessionFactory,
    TerritoryFactory,
    UserFactory,
    member_of,
    person_with_role,
)
from tests.portal.actions import a_decision
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db


def todo(user) -> dict[str, int]:
    """Return what waits, by key, and check that the counter says the same."""
    at = timezone.now()
    items = todo_items(user, at)
    assert count_todo(user, at) == sum(item.count for item in items)
    return {item.task.key: item.count for item in items}


def item(user, key: str):
    return next(one for one in todo_items(user, timezone.now()) if one.task.key == key)


def assign(application, person, role: str = "officer", rank: int | None = None) -> None:
    Assignment.objects.create(
        application=application,
        person=person,
        role=role,
        rank=rank,
        assigned_by=person,
        assigned_at=timezone.now(),
    )


def a_letter(application, **fields) -> Letter:
    number = Letter.objects.count()
    return Letter.objects.create(
        **{
            "application": application,
            "kind": "award",
            "subject": "Objet",
            "frozen_text": "Texte",
            "reference": f"C-{number}",
            "check_code": f"CODE{number}",
            "issued_on": timezone.localdate(),
            "created_at": timezone.now(),
            **fields,
        }
    )


# --- Officer --------------------------------------------------------------------------------------
def test_an_officer_has_the_dossiers_to_instruct_until_they_are_concluded():
    officer = person_with_role(Role.CASE_OFFICER)
    mine = FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW)
    FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW)  # somebody else's
    assign(mine, officer)
    assert todo(officer) == {"to-instruct": 1}
    assert item(officer, "to-instruct").dossiers[0].application == mine
    mine.review_state = ReviewState.EVALUATED
    mine.save()
    assert todo(officer) == {}


def an_edit(application, author, *, state: str = "open") -> None:
    OfficeEdit.objects.create(
        application=application,
        reason="Coquille",
        fields=["projet.title"],
        author=author,
        started_at=timezone.now(),
        state=state,
    )


def test_each_dossier_to_instruct_has_its_legal_date_the_soonest_first():
    load_parameters()
    officer, today = person_with_role(Role.CASE_OFFICER), timezone.localdate()
    for days in (20, 70, 40):
        application = FiledApplicationFactory(
            review_state=ReviewState.UNDER_REVIEW,
            submitted_at=timezone.now() - timedelta(days=days),
            documents_due_on=today + timedelta(days=9) if days == 40 else None,
        )
        assign(application, officer)
    found = item(officer, "to-instruct")
    filed_on = [today - timedelta(days=days) for days in (70, 20)]
    plain = [day + relativedelta(months=2) for day in filed_on]
    suspended = today - timedelta(days=40) + relativedelta(months=2) + timedelta(days=49)
    assert [dossier.due for dossier in found.dossiers] == sorted([*plain, suspended])
    assert (found.due, found.is_late) == (min(plain), True)


def test_documents_that_did_not_come_in_time_wait_for_the_officer_of_the_dossier():
    officer, today = person_with_role(Role.CASE_OFFICER), timezone.localdate()
    application = FiledApplicationFactory(
        review_state=ReviewState.UNDER_REVIEW, documents_due_on=today
    )
    assign(application, officer)
    assert "documents-late" not in todo(officer)
    row = Application.objects.filter(pk=application.pk)
    row.update(documents_due_on=today - timedelta(days=1))
    assert item(officer, "documents-late").is_late
    assert "documents-late" not in todo(person_with_role(Role.CASE_OFFICER))
    row.update(review_state=ReviewState.CORRECTION_REQUESTED)  # its request has its own date
    assert "documents-late" not in todo(officer)
    row.update(review_state=ReviewState.WITHDRAWN)
    assert "documents-late" not in todo(officer)


def test_an_attestation_past_its_date_waits_until_it_is_given():
    officer, today = person_with_role(Role.CASE_OFFICER), timezone.localdate()
    application = FiledApplicationFactory(
        review_state=ReviewState.UNDER_REVIEW, attested_at=None, attestation_due_on=today
    )
    assign(application, officer)
    assert "attestations-late" not in todo(officer)
    row = Application.objects.filter(pk=application.pk)
    row.update(attestation_due_on=today - timedelta(days=1))
    assert todo(officer)["attestations-late"] == 1
    row.update(review_state=ReviewState.CLOSED_WITHOUT_ACTION)
    assert "attestations-late" not in todo(officer)
    row.update(review_state=ReviewState.UNDER_REVIEW, attested_at=timezone.now())
    assert "attestations-late" not in todo(officer)


def test_an_edit_left_open_waits_for_its_author_only():
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    first, second = FiledApplicationFactory(), FiledApplicationFactory()
    an_edit(first, officer)
    an_edit(second, officer, state="abandoned")
    assert todo(officer)["edits-to-finish"] == 1
    assert item(officer, "edits-to-finish").dossiers[0].url == reverse(
        "review:edit", args=[first.reference]
    )
    assert "edits-to-finish" not in todo(head)


def test_an_officer_has_what_is_left_to_score():
    officer = person_with_role(Role.CASE_OFFICER)
    application = FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW)
    assign(application, officer, "reader", 1)
    assert todo(officer) == {"to-score": 1}
    review = Review.objects.create(
        application=application,
        reviewer=officer,
        deposit=application.deposits.get(),
        updated_at=timezone.now(),
    )
    assert todo(officer) == {"to-score": 1}
    review.state = "final"
    review.save()
    assert todo(officer) == {}


def test_whoever_stands_aside_has_nothing_to_score():
    officer = person_with_role(Role.CASE_OFFICER)
    application = FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW)
    assign(application, officer, "reader", 1)
    ConflictOfInterest.objects.create(
        person=officer, organisation=application.organisation, declared_at=timezone.now()
    )
    assert todo(officer) == {}


def test_an_officer_has_the_messages_and_the_documents_of_their_dossiers():
    officer = person_with_role(Role.CASE_OFFICER)
    application = FiledApplicationFactory(review_state=ReviewState.CORRECTION_REQUESTED)
    assign(application, officer)
    for side in ("applicant", "applicant", "office"):
        Message.objects.create(
            application=application,
            side=side,
            author=application.created_by,
            text="Bonjour",
            sent_at=timezone.now(),
        )
    document = ApplicationDocument.objects.create(
        application=application, label="Statuts", added_at=timezone.now()
    )
    assert todo(officer) == {"unread-from-applicants": 1, "documents-to-check": 1}
    assert item(officer, "documents-to-check").dossiers[0].url.endswith("/pieces/")
    document.state = "accepted"
    document.save()
    application.messages.update(read_at=timezone.now())
    assert todo(officer) == {}


# --- Head -----------------------------------------------------------------------------------------
def test_a_head_has_what_to_assign_to_list_and_to_vote():
    head = person_with_role(Role.UNIT_HEAD)
    FiledApplicationFactory()
    FiledApplicationFactory(review_state=ReviewState.EVALUATED)
    for days in (-1, 1):
        proposed = FiledApplicationFactory(review_state=ReviewState.PROPOSED)
        SessionLine.objects.create(
            session=SessionFactory(held_on=timezone.localdate() + timedelta(days=days)),
            application=proposed,
            envelope=EnvelopeFactory(),
            proposed_amount=Decimal(100),
            added_by=head,
            added_at=timezone.now(),
        )
    assert todo(head) == {"to-assign": 1, "to-list": 1, "to-vote": 1}


def test_a_head_follows_the_letters_to_the_notification():
    head = person_with_role(Role.UNIT_HEAD)
    decision = a_decision(notified=False)
    assert todo(head) == {"letters-to-generate": 1}
    letter = a_letter(decision.application)
    decision.letter = letter
    decision.save()
    assert todo(head) == {}
    for state, key in (
        ("ready", "letters-to-sign"),
        ("signed", "letters-to-notify"),
        ("failed", "letters-failed"),
    ):
        letter.state = state
        letter.save()
        assert todo(head) == {key: 1}
    letter.state = "notified"
    letter.save()
    assert todo(head) == {}


def test_the_lists_of_letters_leave_receipts_out(client):
    head = person_with_role(Role.UNIT_HEAD)
    decision = a_decision(notified=False)
    decision.letter = a_letter(decision.application, state="ready", subject="Attribution")
    decision.save()
    a_letter(decision.application, kind="receipt", state="ready", reference="RECU-1")
    client.force_login(head)
    found = item(head, "letters-to-sign")
    page = client.get(found.task.url).content.decode()
    assert found.count == 1
    assert "RECU-1" not in page
    assert decision.letter.reference in page


# --- The directory --------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.UNIT_HEAD, Role.ADMINISTRATOR])
def test_the_office_answers_for_bodies_that_nobody_manages(role: str):
    person = person_with_role(role)
    MembershipFactory(state=MembershipState.PENDING, rights=[])
    managed = OrganisationFactory()
    member_of(managed, Right.MANAGE)
    MembershipFactory(organisation=managed, state=MembershipState.PENDING, rights=[])
    assert todo(person) == {"memberships-at-office": 1}


def test_an_administrator_has_the_messages_that_failed():
    administrator = person_with_role(Role.ADMINISTRATOR)
    OutboxMessageFactory(state=OutboxState.FAILED)
    OutboxMessageFactory(state=OutboxState.SENT)
    assert todo(administrator) == {"messages-failed": 1}


def test_a_newcomer_is_led_to_their_body(client):
    client.force_login(UserFactory())
    page = client.get("/a-faire/").content.decode()
    assert "Rien ne vous attend" not in page
    assert f'href="{reverse("partners:join_search")}"' in page


def test_a_coordinator_reads_that_nothing_waits(client):
    FiledApplicationFactory()
    coordinator = person_with_role(Role.COORDINATOR)
    client.force_login(coordinator)
    assert todo(coordinator) == {}
    assert "Rien ne vous attend" in client.get("/a-faire/").content.decode()


# --- Applicant ------------------------------------------------------------------------------------
def test_an_applicant_has_their_open_drafts_with_their_closing():
    organisation = OrganisationFactory()
    member = member_of(organisation)
    soon = CallSheetFactory(closes_at=timezone.now() + timedelta(days=2))
    late = CallSheetFactory(closes_at=timezone.now() - timedelta(days=2))
    draft = ApplicationFactory(organisation=organisation, sheet=soon)
    ApplicationFactory(organisation=organisation, sheet=late)
    ApplicationFactory()  # another body's
    assert todo(member) == {"drafts": 1}
    found = item(member, "drafts")
    assert found.due == soon.closes_at
    assert found.dossiers[0].url == draft.get_absolute_url()


@pytest.mark.parametrize("for_them", [True, False])
def test_an_extension_reopens_the_draft_of_its_body_alone(for_them: bool):
    organisation = OrganisationFactory()
    member = member_of(organisation)
    sheet = CallSheetFactory(closes_at=timezone.now() - timedelta(days=2))
    ApplicationFactory(organisation=organisation, sheet=sheet)
    until = timezone.now() + timedelta(days=5)
    ClosingExtension.objects.create(
        sheet=sheet,
        organisation=organisation if for_them else OrganisationFactory(),
        until=until,
        reason="Panne",
        granted_by=UserFactory(),
        granted_at=timezone.now(),
    )
    assert todo(member) == ({"drafts": 1} if for_them else {})


def test_the_attestation_waits_for_whoever_may_sign():
    due = timezone.localdate() - timedelta(days=1)
    application = FiledApplicationFactory(
        attested_at=None, attested_by=None, attestation_due_on=due
    )
    signatory = member_of(application.organisation, Right.SIGN)
    editor = member_of(application.organisation, Right.EDIT)
    assert todo(signatory) == {"to-attest": 1}
    assert todo(editor) == {}
    found = item(signatory, "to-attest")
    assert (found.due, found.is_late) == (due, True)
    application.review_state = ReviewState.WITHDRAWN
    application.save()
    assert todo(signatory) == {}


@pytest.mark.parametrize(
    ("asked", "counts"),
    [
        ({}, True),
        ({"mandatory": False}, False),
        ({"applicant_kind": "association"}, True),
        ({"applicant_kind": "commune"}, False),
        ({"history": RequestHistory.FIRST}, True),
        ({"history": RequestHistory.RENEWAL}, False),
    ],
)
def test_a_missing_document_waits_with_its_date(asked: dict, counts: bool):
    sheet = CallSheetFactory(state=SheetState.DRAFT, published_at=None)
    required = RequiredDocument.objects.create(sheet=sheet, label="Statuts", **asked)
    application = FiledApplicationFactory(
        sheet=sheet, documents_due_on=timezone.localdate() + timedelta(days=9)
    )
    member = member_of(application.organisation)
    assert todo(member) == ({"documents-missing": 1} if counts else {})
    document = ApplicationDocument.objects.create(
        application=application, required=required, label="Statuts", added_at=timezone.now()
    )
    assert todo(member) == {}
    document.state = FileState.REFUSED  # to give again: as the dossier's own page says
    document.save()
    assert awaits_documents(Application.objects.get(pk=application.pk)) is counts
    assert todo(member) == ({"documents-missing": 1} if counts else {})


def test_an_applicant_has_messages_decisions_and_people_who_wait():
    decision = a_decision()
    application = decision.application
    member = member_of(application.organisation)
    Message.objects.create(
        application=application,
        side="office",
        author=UserFactory(),
        text="Bonjour",
        sent_at=timezone.now(),
    )
    MembershipFactory(
        organisation=application.organisation, state=MembershipState.PENDING, rights=[]
    )
    assert todo(member) == {
        "unread-from-office": 1,
        "decisions-to-open": 1,
        "members-to-accept": 1,
    }


def test_a_decision_not_notified_gives_nothing_away():
    decision = a_decision(notified=False)
    assert todo(member_of(decision.application.organisation)) == {}


def test_somebody_without_a_body_has_nothing():
    ApplicationFactory()
    FiledApplicationFactory(attested_at=None)
    assert todo(UserFactory()) == {}


# --- Pages ----------------------------------------------------------------------------------------
def test_the_soonest_due_comes_first_and_five_dossiers_are_named(client):
    organisation = OrganisationFactory()
    member = member_of(organisation)
    sheet = CallSheetFactory()
    drafts = [ApplicationFactory(organisation=organisation, sheet=sheet) for _ in range(7)]
    FiledApplicationFactory(
        organisation=organisation, attested_at=None, attestation_due_on=timezone.localdate()
    )
    client.force_login(member)
    page = html.unescape(client.get("/a-faire/").content.decode())
    assert page.index('data-task="to-attest"') < page.index('data-task="drafts"')
    assert sum(draft.get_absolute_url() in page for draft in drafts) == 5
    assert "Voir les 2 autres" in page


def test_my_space_shows_what_waits(client):
    organisation = OrganisationFactory()
    client.force_login(member_of(organisation))
    assert "Ce qui vous attend" not in client.get("/espace/").content.decode()
    ApplicationFactory(organisation=organisation, title="Ateliers du mercredi")
    page = client.get("/espace/").content.decode()
    assert "Ce qui vous attend" in page
    assert "Ateliers du mercredi" in page


def test_the_header_counts(client):
    client.force_login(person_with_role(Role.UNIT_HEAD))
    FiledApplicationFactory()
    page = client.get("/aide/").content.decode()
    assert 'À faire <span class="c-count">1</span>' in page


def test_the_counter_is_one_query(django_assert_num_queries):
    for role in (Role.UNIT_HEAD, Role.CASE_OFFICER):
        user = person_with_role(role)
        assert user.access.is_desk
        with django_assert_num_queries(1):
            assert sum(count(user) for count in todo_counters) == 0


def test_the_page_costs_the_same_whatever_waits(client):
    head = person_with_role(Role.UNIT_HEAD)
    client.force_login(head)
    sheet = CallSheetFactory()

    def make() -> None:
        assign(FiledApplicationFactory(sheet=sheet, review_state="under_review"), head)
        FiledApplicationFactory(sheet=sheet)
        a_decision(sheet=sheet, notified=False)

    assert_same_queries(
        lambda: client.get("/a-faire/"), few=make, many=lambda: [make() for _ in range(49)]
    )


# --- Opinions, third readings, long work ----------------------------------------------------------
def test_a_head_has_the_third_readings_to_give_unless_scores_are_hidden_from_them():
    head = person_with_role(Role.UNIT_HEAD)
    application = FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW)
    assign(application, person_with_role(Role.CASE_OFFICER))
    ScoreSummary.objects.create(application=application, total=50, gap=30, needs_third=True)
    assert todo(head) == {"third-readings": 1}
    assign(application, person_with_role(Role.CASE_OFFICER), "reader", 3)
    assert todo(head) == {}
    application.assignments.filter(rank=3).delete()
    ConflictOfInterest.objects.create(
        person=head, application=application, declared_at=timezone.now()
    )
    assert "third-readings" not in todo(head)


def test_a_dossier_whose_officer_stood_aside_is_to_be_assigned_again():
    head = person_with_role(Role.UNIT_HEAD)
    FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW)
    assert todo(head) == {"to-assign": 1}


def test_a_reader_confirms_a_reading_made_on_an_older_deposit():
    reader = person_with_role(Role.CASE_OFFICER)
    application = FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW)
    review = Review.objects.create(
        application=application,
        reviewer=reader,
        deposit=application.deposits.get(),
        state="final",
        updated_at=timezone.now(),
        finalised_at=timezone.now(),
    )
    assert todo(reader) == {}
    later = Deposit.objects.create(
        application=application,
        number=2,
        payload=b"{}",
        sha256="0" * 64,
        filed_at=timezone.now(),
        filed_by=application.created_by,
    )
    assert todo(reader) == {"readings-to-confirm": 1}
    review.deposit = later
    review.save()
    assert todo(reader) == {}


def an_opinion_asked(application, coordinator, *, days: int) -> OpinionRequest:
    return OpinionRequest.objects.create(
        application=application,
        source="coordinator",
        person=coordinator,
        due_on=timezone.localdate() + timedelta(days=days),
        asked_by=person_with_role(Role.CASE_OFFICER),
        asked_at=timezone.now() - timedelta(days=20),
    )


def test_a_coordinator_has_the_opinions_to_give_and_the_officer_those_that_are_late():
    coordinator = person_with_role(Role.COORDINATOR)
    officer = person_with_role(Role.CASE_OFFICER)
    application = FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW)
    assign(application, officer)
    request = an_opinion_asked(application, coordinator, days=3)
    assert todo(coordinator) == {"opinions-to-give": 1}
    waiting = item(coordinator, "opinions-to-give")
    assert (waiting.due, waiting.is_late) == (request.due_on, False)
    assert "opinions-late" not in todo(officer)
    request.due_on = timezone.localdate() - timedelta(days=1)
    request.save()
    assert todo(officer)["opinions-late"] == 1
    assert item(officer, "opinions-late").is_late
    request.state = "given"
    request.save()
    assert todo(coordinator) == {}
    assert "opinions-late" not in todo(officer)


def test_a_coordinator_has_what_they_are_asked_outside_their_territory():
    coordinator = person_with_role(Role.COORDINATOR, territory=TerritoryFactory())
    application = FiledApplicationFactory(
        review_state=ReviewState.UNDER_REVIEW, whole_department=False
    )
    asked = an_opinion_asked(application, coordinator, days=3)
    assert todo(coordinator) == {"opinions-to-give": 1}
    ConflictOfInterest.objects.create(
        person=coordinator, application=application, reason="Proche", declared_at=asked.asked_at
    )
    assert todo(coordinator) == {}


def test_whoever_started_a_job_sees_that_it_is_over_until_they_open_it():
    officer = person_with_role(Role.CASE_OFFICER)
    job = Job.objects.create(
        kind="desk-export",
        label="Export",
        scope="1",
        state="running",
        created_by=officer,
        created_at=timezone.now(),
    )
    assert todo(officer) == {}
    job.state, job.finished_at = "done", timezone.now()
    job.save()
    assert todo(officer) == {"jobs-unseen": 1}
    assert todo(person_with_role(Role.CASE_OFFICER)) == {}
    job.seen_at = timezone.now()
    job.save()
    assert todo(officer) == {}


# --- A line leads to what it counts ---------------------------------------------------------------
def rows_behind(client, url: str) -> int:
    return client.get(url).text.count("<tr data-row")


def test_each_line_about_dossiers_leads_to_the_list_of_what_it_counts(client):
    load_parameters()
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    at = timezone.now()
    everything = {
        "message": FiledApplicationFactory(review_state=ReviewState.AWARDED),
        "documents": FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW),
        "answer": FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW),
        "lapsed": FiledApplicationFactory(review_state=ReviewState.CORRECTION_REQUESTED),
        "opinion": FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW),
        "third": FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW),
        "nothing": FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW),
        "closed": FiledApplicationFactory(review_state=ReviewState.EVALUATED),
        "papers": FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW),
        "unsigned": FiledApplicationFactory(review_state=ReviewState.EVALUATED),
        "edited": FiledApplicationFactory(review_state=ReviewState.UNDER_REVIEW),
    }
    for application in everything.values():
        assign(application, officer)
    Message.objects.create(
        application=everything["message"],
        side="applicant",
        author=everything["message"].created_by,
        text="Bonjour",
        sent_at=at,
    )
    ApplicationDocument.objects.create(
        application=everything["documents"], label="Statuts", added_at=at
    )
    for name, state in (("answer", "answered"), ("lapsed", "open")):
        CorrectionRequest.objects.create(
            application=everything[name],
            number=1,
            message="À revoir",
            fields=["budget"],
            first_due_on=timezone.localdate() - timedelta(days=2),
            due_on=timezone.localdate() - timedelta(days=2),
            state=state,
            asked_at=at - timedelta(days=20),
            asked_by=officer,
        )
    for name, fields in (
        ("papers", {"documents_due_on": timezone.localdate() - timedelta(days=1)}),
        (
            "unsigned",
            {"attested_at": None, "attestation_due_on": timezone.localdate() - timedelta(days=1)},
        ),
    ):
        Application.objects.filter(pk=everything[name].pk).update(**fields)
    an_edit(everything["edited"], officer)
    an_opinion_asked(everything["opinion"], person_with_role(Role.COORDINATOR), days=-1)
    ScoreSummary.objects.create(application=everything["third"], total=50, gap=30, needs_third=True)
    for person in (officer, head):
        client.force_login(person)
        items = [one for one in todo_items(person, at) if "/instruction/" in one.task.url]
        assert items
        assert {one.task.key: rows_behind(client, one.task.url) for one in items} == {
            one.task.key: one.count for one in items
        }
    seen = {one.task.key for one in todo_items(officer, at)}
    assert seen == {
        "to-instruct",
        "unread-from-applicants",
        "corrections-to-read",
        "corrections-lapsed",
        "documents-to-check",
        "opinions-late",
        "documents-late",
        "attestations-late",
        "edits-to-finish",
    }


def test_a_file_is_late_at_the_antivirus_only_when_there_is_one(settings):
    head = person_with_role(Role.UNIT_HEAD)
    stored = store_bytes(
        owner=FiledApplicationFactory(),
        kind="generated",
        name="a.txt",
        content=b"a",
        media_type="text/plain",
        at=timezone.now(),
    )
    StoredFile.objects.filter(pk=stored.pk).update(
        scan_state=ScanState.PENDING, uploaded_at=timezone.now() - timedelta(hours=2)
    )
    settings.CLAMAV_SOCKET = "/nowhere/clamd.ctl"
    assert todo(head)["quarantine"] == 1
    settings.CLAMAV_SOCKET = ""
    assert "quarantine" not in todo(head)
