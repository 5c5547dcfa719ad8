"""Renewing last year's request: what is taken, who may, on which sheet, once."""

import threading
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from config.errors import Refusal
from grants.applications.checks import missing_items
from grants.applications.enums import ReviewState, Section
from grants.applications.models import Application, BudgetLine
from grants.applications.progress import steps, task_items
from grants.applications.renewable import choices_for, renewable_by, renewables_for
from grants.applications.renewal import APPLICATION, PARTS, REREAD, Policy
from grants.applications.sections import read
from grants.applications.services.drafts import save_section, start_draft
from grants.applications.services.renewal import start_renewal
from tests.applications.dossiers import a_draft, load_parameters
from tests.applications.renewals import (
    LAST,
    a_renewed_draft,
    last_years_dossier,
    last_years_sheet,
    this_years_sheet,
)
from tests.factories import (
    CampaignFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    member_of,
)


@pytest.fixture(autouse=True)
def _parameters(request):
    if not request.node.get_closest_marker("no_parameters"):
        load_parameters()


pytestmark = pytest.mark.django_db


def renew(previous, sheet, by, **options) -> Application:
    return start_renewal(
        previous_id=previous.pk, sheet_id=sheet.pk, by=by, at=timezone.now(), **options
    )


def refused(*args, **options) -> str:
    with pytest.raises(Refusal) as found:
        renew(*args, **options)
    return found.value.code


# --- Each policy at work ------------------------------------------------------------------------
_OTHERWISE = {"starts_on", "ends_on", "framework"}  # taken, but not as they were


def test_the_fields_taken_are_exactly_those_the_table_says():
    previous = last_years_dossier()
    blank = a_draft(sheet=this_years_sheet(), organisation=previous.organisation)
    draft = a_renewed_draft(previous=previous, sheet=blank.sheet, by=blank.created_by)
    same = {n for n in APPLICATION if getattr(draft, n) == getattr(previous, n)}
    taken = {n for n, policy in APPLICATION.items() if policy is not Policy.RESET}
    assert taken - _OTHERWISE <= same
    reset = {n for n, policy in APPLICATION.items() if policy is Policy.RESET}
    own = {"id", "uuid", "renewal_of", "created_at", "updated_at", "version"}  # of each dossier
    assert {n for n in reset - own if getattr(draft, n) != getattr(blank, n)} == set()
    assert draft.renewal_of == previous


@pytest.mark.parametrize("model", PARTS, ids=lambda model: model.__name__)
def test_the_columns_of_the_rows_taken_are_those_the_table_says(model):
    previous = last_years_dossier()
    draft = a_renewed_draft(previous=previous)
    taken = [n for n, policy in PARTS[model].items() if policy is not Policy.RESET]

    def rows(application):
        found = model.objects.filter(application=application)
        if model is BudgetLine:
            found = found.exclude(is_this_request=True)
        return set(map(tuple_, found))

    def tuple_(row):
        return tuple(str(getattr(row, n)) for n in taken)

    match model.__name__:
        case "ConditionAnswer":  # matched, see below
            assert rows(draft) == {("Signée en mars.",), ("Oui, deux.",)}
        case "Indicator":
            assert rows(draft) == rows(previous) | {("Baisse des exclusions", "")}
        case _:
            assert rows(draft) == rows(previous)
    for name, policy in PARTS[model].items():
        if policy is Policy.RESET and name not in {"id", "application", "position", "condition"}:
            default = model._meta.get_field(name).get_default()
            for row in model.objects.filter(application=draft):
                assert getattr(row, name) == default, name


def test_the_amount_is_asked_anew_and_promises_of_last_year_are_not_kept():
    draft = a_renewed_draft()
    assert draft.requested_amount is None
    assert not draft.budget_lines.filter(is_this_request=True).exists()
    assert set(draft.budget_lines.values_list("status", flat=True)) == {""}


def test_dates_are_those_of_a_year_later_when_the_sheet_allows_them():
    draft = a_renewed_draft()
    assert (draft.starts_on, draft.ends_on) == (date(2027, 2, 1), date(2027, 6, 30))


def test_a_date_that_the_sheet_does_not_allow_is_left_empty():
    sheet = this_years_sheet(action_from=date(2027, 3, 1), action_to=date(2027, 12, 31))
    draft = a_renewed_draft(sheet=sheet)
    assert (draft.starts_on, draft.ends_on) == (None, date(2027, 6, 30))


def test_the_day_that_a_year_lacks_becomes_the_last_of_february():
    previous = last_years_dossier(
        sheet=last_years_sheet(campaign=CampaignFactory(fiscal_year=2024)),
        starts_on=date(2024, 2, 29),
        ends_on=date(2024, 5, 1),
    )
    draft = a_renewed_draft(previous=previous)
    assert draft.starts_on == date(2027, 2, 28)


def test_the_framework_is_that_of_the_new_sheet_when_it_stands_in_one():
    from territories.models import Framework

    old, new = (Framework.objects.create(kind="other", name=n) for n in ("Ancien", "Nouveau"))
    previous = last_years_dossier(framework=old)
    assert a_renewed_draft(previous=previous).framework == old
    other = this_years_sheet(code="C3", framework=new)
    assert a_renewed_draft(previous=previous, sheet=other).framework == new


def test_conditions_are_matched_by_their_text_whatever_their_place():
    draft = a_renewed_draft()
    assert [(a.condition, a.answer) for a in draft.condition_answers.all()] == [
        ("Convention avec le collège", "Signée en mars."),
        ("Deux adultes au moins", "Oui, deux."),
    ]


def test_a_condition_reworded_a_little_is_the_same_another_one_is_not():
    sheet = this_years_sheet(
        conditions="- Deux adultes au moins.\n- Convention avec les collèges\n- Trois adultes"
    )
    draft = a_renewed_draft(sheet=sheet)
    answers = [a.answer for a in draft.condition_answers.all()]
    assert answers == ["Oui, deux.", "Signée en mars.", ""]


def test_a_neighbourhood_that_is_none_any_more_is_left_out():
    from territories.models import PriorityNeighbourhood

    past = PriorityNeighbourhood.objects.create(
        code="QP092001",
        generation=2015,
        name="Ancien",
        in_force_from=date(2015, 1, 1),
        in_force_to=date(2023, 12, 31),
    )
    previous = last_years_dossier()
    previous.places.create(neighbourhood=past, territories=[1])
    draft = a_renewed_draft(previous=previous)
    assert [p.neighbourhood for p in draft.places.all()] == [None]


def test_messages_statements_and_history_stay_with_the_request_they_were_written_for():
    draft = a_renewed_draft()
    assert not draft.commitments.exists()
    assert not draft.messages.exists()
    assert not draft.events.exists()
    assert not draft.deposits.exists()
    assert draft.saved_sections == {}
    assert draft.reference is None


# --- To read again ------------------------------------------------------------------------------
def test_a_section_with_something_taken_is_to_read_again_until_it_is_saved():
    draft = a_renewed_draft()
    at = timezone.now()
    to_read = [i.section for i in missing_items(draft, at=at) if i.field == "relecture"]
    assert tuple(to_read) == REREAD
    assert all(i.blocking for i in missing_items(draft, at=at) if i.field == "relecture")
    saved = save_section(
        application_id=draft.pk,
        section=Section.PUBLIC,
        values=read(draft, Section.PUBLIC),
        invalid={},
        expected="",
        by=draft.created_by,
        at=at,
    )
    left = [i.section for i in missing_items(saved, at=at) if i.field == "relecture"]
    assert Section.PUBLIC not in left
    assert len(left) == len(REREAD) - 1


def test_the_task_list_says_which_parts_are_to_read_again():
    draft = a_renewed_draft()
    states = {
        row["label"]: (row["state"], row["status"])
        for row in task_items(draft, missing_items(draft, at=timezone.now()))
    }
    assert states["Projet"] == ("todo", f"Reprise de {LAST}-0042, à relire")
    assert states["Lieux"][0] == "done"  # only copied


def test_the_side_list_says_the_same_as_the_task_list():
    draft = a_renewed_draft()
    side = {step.label: step.state for step in steps(draft, Section.PLACES)}
    said = {row["label"]: row["status"] for row in task_items(draft, [])}
    assert {label for label, state in side.items() if state == "reread"} == {
        label for label, status in said.items() if "à relire" in status
    }
    assert side["Projet"] == "reread"


def test_a_draft_begun_blank_has_nothing_to_read_again():
    items = missing_items(a_draft(), at=timezone.now())
    assert "relecture" not in {i.field for i in items}


# --- Who may, what may --------------------------------------------------------------------------
def test_only_who_may_edit_renews():
    previous, sheet = last_years_dossier(), this_years_sheet()
    other = member_of(OrganisationFactory())
    signatory = member_of(previous.organisation, "sign")
    pending = MembershipFactory(organisation=previous.organisation, state="pending").user
    gone = MembershipFactory(organisation=previous.organisation, state="ended").user
    for person in (other, signatory, pending, gone, UserFactory()):
        assert refused(previous, sheet, person) == "not_renewable"
    assert renew(previous, sheet, member_of(previous.organisation, "edit")).is_draft


@pytest.mark.parametrize(
    ("fields", "renewable"),
    [
        ({"review_state": ReviewState.AWARDED}, True),
        ({"review_state": ReviewState.REJECTED}, True),
        ({"review_state": ReviewState.UNDER_REVIEW}, True),
        ({"review_state": ReviewState.WITHDRAWN}, False),
        (
            {
                "review_state": ReviewState.CLOSED_WITHOUT_ACTION,
                "closing_reason": "Demande en double : voir 2026-0041",
            },
            False,
        ),
        (
            {
                "review_state": ReviewState.CLOSED_WITHOUT_ACTION,
                "closing_reason": "Pas de réponse à une demande de pièces",
            },
            True,
        ),
    ],
)
def test_what_may_be_renewed(fields, renewable):
    previous = last_years_dossier(**fields)
    by = member_of(previous.organisation)
    assert renewable_by(by).filter(pk=previous.pk).exists() is renewable
    if not renewable:
        assert refused(previous, this_years_sheet(), by) == "not_renewable"


def test_the_word_for_a_double_is_the_one_the_office_writes():
    from grants.applications.labels import CLOSED_AS_DUPLICATE
    from grants.review.services.closing import CLOSING_REASONS

    assert CLOSING_REASONS["duplicate"] == CLOSED_AS_DUPLICATE


def test_a_draft_is_not_renewed():
    draft = a_draft(sheet=last_years_sheet(closes_at=timezone.now() + timedelta(days=1)))
    assert refused(draft, this_years_sheet(), draft.created_by) == "not_renewable"


def test_a_request_is_renewed_in_a_later_campaign_only():
    previous = last_years_dossier()
    same_year = this_years_sheet(code="C9")
    type(same_year.campaign).objects.filter(pk=same_year.campaign_id).update(fiscal_year=LAST)
    assert refused(previous, same_year, member_of(previous.organisation)) == "not_later"


def test_a_closed_sheet_renews_nothing():
    previous = last_years_dossier()
    closed = this_years_sheet(closes_at=timezone.now() - timedelta(days=1))
    assert refused(previous, closed, member_of(previous.organisation)) == "not_open"


def test_a_sheet_for_others_renews_nothing():
    previous = last_years_dossier()
    communes = this_years_sheet(applicant_kinds=["commune"])
    by = member_of(previous.organisation)
    assert refused(previous, communes, by) == "wrong_kind"
    assert renewables_for(communes, by) == []


def test_a_request_of_a_body_merged_into_ours_is_renewed_for_ours():
    ours = OrganisationFactory()
    previous = last_years_dossier(OrganisationFactory(merged_into=ours))
    draft = renew(previous, this_years_sheet(), member_of(ours))
    assert draft.organisation == ours


def test_a_consultant_of_two_bodies_renews_each_for_itself():
    person = UserFactory()
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    for body in (ours, theirs):
        MembershipFactory(user=person, organisation=body)
    sheet = this_years_sheet()
    first = renew(last_years_dossier(ours), sheet, person)
    second = renew(last_years_dossier(theirs, reference="2026-0043"), sheet, person)
    assert (first.organisation, second.organisation) == (ours, theirs)


# --- Which sheet ----------------------------------------------------------------------------------
def test_the_sheet_of_the_same_code_is_proposed_first():
    previous = last_years_dossier()
    by = member_of(previous.organisation)
    a1, c2 = this_years_sheet(code="A1"), this_years_sheet(code="C2")
    this_years_sheet(code="B1", closes_at=timezone.now() - timedelta(days=1))
    choices = choices_for(previous, by, timezone.now())
    assert [(c.sheet, c.same_sheet) for c in choices] == [(c2, True), (a1, False)]


def test_requests_of_the_same_code_are_offered_first():
    organisation = OrganisationFactory()
    by = member_of(organisation)
    other = last_years_dossier(organisation, sheet=last_years_sheet("A1"), reference="2026-0001")
    same = last_years_dossier(organisation, reference="2026-0002")
    found = renewables_for(this_years_sheet(), by)
    assert [(r.application, r.same_sheet) for r in found] == [(same, True), (other, False)]


def test_an_award_is_told_once_notified_only(monkeypatch):
    from grants.applications import hooks

    awards = {}
    monkeypatch.setattr(hooks, "award_readers", [lambda ids: awards])
    previous = last_years_dossier()
    by, sheet = member_of(previous.organisation), this_years_sheet()
    offer = renewables_for(sheet, by)[0]
    assert (offer.awarded, offer.headline.label) == (None, "En cours d’examen")
    awards[previous.pk] = Decimal(2500)
    Application.objects.filter(pk=previous.pk).update(notified_at=timezone.now())
    offer = renewables_for(sheet, by)[0]
    assert (offer.awarded, offer.headline.label) == (Decimal(2500), "Attribué")


# --- Once -----------------------------------------------------------------------------------------
def test_a_draft_that_exists_is_continued_unless_another_is_asked():
    previous, sheet = last_years_dossier(), this_years_sheet()
    by, colleague = member_of(previous.organisation), member_of(previous.organisation)
    renew(previous, sheet, by)
    assert refused(previous, sheet, colleague) == "draft_exists"
    assert refused(previous, sheet, by) == "draft_exists"
    assert renew(previous, sheet, colleague, another=True).is_draft
    assert Application.objects.drafts().count() == 2


def test_a_blank_draft_counts_too_and_another_sheet_does_not():
    previous, sheet = last_years_dossier(), this_years_sheet()
    by = member_of(previous.organisation)
    a_draft(sheet=sheet, organisation=previous.organisation, by=by)
    assert refused(previous, sheet, by) == "draft_exists"
    assert renew(previous, this_years_sheet(code="A1"), by).is_draft


def test_a_form_sent_twice_begins_one_dossier():
    previous, sheet = last_years_dossier(), this_years_sheet()
    by, key = member_of(previous.organisation), uuid4()
    draft = renew(previous, sheet, by, request_key=key)
    with pytest.raises(Refusal) as found:
        renew(previous, sheet, by, another=True, request_key=key)
    assert found.value.code == "already_done"
    assert found.value.result_url == draft.get_absolute_url()


def _at_once(*calls) -> list[str]:
    """Run calls in threads that start together; return ``done`` or the code of the refusal."""
    ready = threading.Barrier(len(calls))
    results = []

    def run(call) -> None:
        try:
            ready.wait(timeout=10)
            call()
            results.append("done")
        except Refusal as refusal:
            results.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return sorted(results)


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_at_once_begin_one_draft():
    previous, sheet = last_years_dossier(), this_years_sheet()
    first, second = (member_of(previous.organisation) for _ in range(2))
    results = _at_once(
        lambda: renew(previous, sheet, first),
        lambda: start_draft(
            sheet_id=sheet.pk,
            organisation_id=previous.organisation_id,
            by=second,
            at=timezone.now(),
        ),
    )
    assert results == ["done", "draft_exists"]
    assert Application.objects.drafts().count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_double_click_begins_one_draft():
    previous, sheet = last_years_dossier(), this_years_sheet()
    by, key = member_of(previous.organisation), uuid4()
    once = lambda: renew(previous, sheet, by, another=True, request_key=key)  # noqa: E731
    assert _at_once(once, once) == ["already_done", "done"]
    assert Application.objects.drafts().count() == 1
