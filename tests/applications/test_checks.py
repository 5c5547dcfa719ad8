"""Each rule of « Vérifier », and its link to a control that exists."""

import re
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from foundation.parameters.models import Parameter
from grants.applications.calculations import budget_totals
from grants.applications.checks import (
    aid_to_look_at,
    budget_rates,
    missing_document_labels,
    missing_items,
)
from grants.applications.models import ApplicationDocument, BudgetLine, Place, StaffLine
from grants.calls.models import RequiredDocument
from partners.models import Membership
from tests.applications.dossiers import (
    a_complete_draft,
    a_draft,
    a_sheet,
    complete_profile,
    fresh,
    load_parameters,
)
from tests.factories import CommuneFactory, OrganisationFactory


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _parameters():
    load_parameters()


@pytest.fixture
def draft():
    return a_complete_draft()


def found(application) -> list[tuple[str, str, bool]]:
    items = missing_items(fresh(application), at=timezone.now())
    return [(item.section, item.field, item.blocking) for item in items]


def change(application, **fields) -> None:
    type(application).objects.filter(pk=application.pk).update(**fields)


def line(application, account) -> BudgetLine:
    return application.budget_lines.get(account=account)


def test_a_complete_draft_lacks_nothing(draft):
    assert found(draft) == []


def test_an_empty_draft_lists_every_section_in_order():
    sections = [section for section, _, _ in found(a_draft())]
    assert list(dict.fromkeys(sections)) == [
        "demandeur",
        "projet",
        "lieux",
        "public",
        "evaluation",
        "budget",
        "engagements",
    ]


# --- Each rule ----------------------------------------------------------------------------------
def _title(a):
    change(a, title="")


def _objectives(a):
    change(a, objectives="")


def _description(a):
    change(a, description="")


def _no_start(a):
    change(a, starts_on=None)


def _no_end(a):
    change(a, ends_on=None)


def _early(a):
    change(a, starts_on=date(2026, 12, 31))


def _late(a):
    change(a, ends_on=date(2028, 9, 1))


def _no_place(a):
    a.places.all().delete()


def _shares(a):
    a.places.update(share=Decimal("0.4"))
    Place.objects.create(application=a, commune=CommuneFactory(), share=Decimal("0.5"), position=1)


def _no_public(a):
    a.audience_counts.all().delete()


def _unbalanced(a):
    line(a, "autofinancement").delete()


def _no_charge(a):
    a.budget_lines.filter(side="charge").delete()


def _in_kind(a):
    BudgetLine.objects.create(
        application=a, side="income", account="benevolat", planned_amount=Decimal(5)
    )


def _own_line(a):
    change(a, requested_amount=Decimal(2999))


def _no_amount(a):
    change(a, requested_amount=None)


def _no_contact(a):
    change(a, contact_name="")


def _no_contact_email(a):
    change(a, contact_email="")


def _invalid_contact(a):
    change(a, invalid_values={"demandeur": {"contact_email": "ada@"}}, contact_email="")


def _invalid(a):
    change(a, invalid_values={"public": {"girls_count": "douze"}})


BLOCKING = [
    (_no_contact, "demandeur", "contact_name"),
    (_no_contact_email, "demandeur", "contact_email"),
    (_invalid_contact, "demandeur", "contact_email"),
    (_title, "projet", "title"),
    (_objectives, "projet", "objectives"),
    (_description, "projet", "description"),
    (_no_start, "projet", "starts_on"),
    (_no_end, "projet", "ends_on"),
    (_early, "projet", "starts_on"),
    (_late, "projet", "ends_on"),
    (_no_place, "lieux", "whole_department"),
    (_shares, "lieux", "shares"),
    (_no_public, "public", "count_0_5"),
    (_unbalanced, "budget", "balance"),
    (_no_charge, "budget", "balance"),
    (_in_kind, "budget", "in_kind_balance"),
    (_own_line, "budget", "requested_amount"),
    (_no_amount, "budget", "requested_amount"),
    (_invalid, "public", "girls_count"),
]


@pytest.mark.parametrize(("break_it", "section", "field"), BLOCKING)
def test_a_blocking_point_is_listed_with_a_link_that_works(client, draft, break_it, section, field):
    break_it(draft)
    assert (section, field, True) in found(draft)
    check_link(client, draft, section, field)


def check_link(client, draft, section, field):
    """The control named by the link stands on the page of its section."""
    client.force_login(draft.created_by)
    listed = client.get(reverse("applications:verify", args=[draft.uuid])).content.decode()
    page = reverse("applications:section", args=[draft.uuid, section])
    assert f'href="{page}#id_{field}"' in listed
    assert re.search(rf'id="id_{field}"', client.get(page).content.decode())


@pytest.mark.parametrize("kind", ["republican_contract", "accuracy", "up_to_date", "other_funders"])
def test_each_statement_must_be_ticked(client, draft, kind):
    draft.commitments.get(kind=kind).delete()
    assert found(draft) == [("engagements", kind, True)]
    check_link(client, draft, "engagements", kind)


def test_a_public_body_owes_no_republican_contract():
    commune = a_complete_draft(organisation=OrganisationFactory(kind="commune"))
    commune.commitments.get(kind="republican_contract").delete()
    assert found(commune) == []


def test_the_window_includes_its_first_and_last_day(draft):
    change(draft, starts_on=date(2027, 1, 1), ends_on=date(2028, 8, 31))
    assert found(draft) == []


def test_the_whole_department_needs_no_place(draft):
    draft.places.all().delete()
    change(draft, whole_department=True)
    assert found(draft) == []


def test_another_departmental_line_is_not_this_request(draft):
    line(draft, "autofinancement").delete()
    BudgetLine.objects.create(
        application=draft,
        side="income",
        account="departement",
        funder="Direction de la culture",
        planned_amount=Decimal(5000),
    )
    assert [f for f in found(draft) if f[2]] == []


# --- Warnings -----------------------------------------------------------------------------------
def _rate(a):
    change(a, sheet=a_sheet(rate_ceiling=Decimal("0.3")))


def _zero(a):
    line(a, "departement").delete()
    BudgetLine.objects.create(
        application=a, side="income", account="departement", is_this_request=True
    )
    change(a, requested_amount=Decimal(0))
    a.budget_lines.filter(account="autofinancement").update(planned_amount=Decimal(8000))


def _public_aid(a):
    a.budget_lines.filter(account="autofinancement").update(account="etat")


def _sexes(a):
    change(a, girls_count=11)


def _no_target(a):
    a.indicators.filter(position=1).update(planned="")


def _no_answer(a):
    a.condition_answers.filter(position=0).update(answer=" ")


def _no_activity(a):
    change(a, has_economic_activity=None)


def _no_aid(a):
    change(a, public_aid_amount=None)


def _no_annual_budget(a):
    a.annual_budget_lines.all().delete()


def _annual_gap(a):
    a.annual_budget_lines.filter(account="75").delete()


def _no_deliberation(a):
    organisation = OrganisationFactory(kind="commune")
    complete_profile(organisation)
    change(a, organisation=organisation, deliberation_to_come=False)
    Membership.objects.filter(user=a.created_by).update(organisation=organisation)
    a.commitments.filter(kind="republican_contract").delete()


def _too_many_permanent(a):
    StaffLine.objects.create(application=a, category="employees", people=2, fte=Decimal("1.5"))
    StaffLine.objects.create(application=a, category="permanent", people=3, fte=Decimal("1.5"))


def _too_many_subsidised(a):
    StaffLine.objects.create(application=a, category="subsidised", fte=Decimal("0.5"))


def _recruitment(a):
    change(a, plans_recruitment=True)


WARNINGS = [
    (_no_activity, "demandeur", "has_economic_activity"),
    (_no_aid, "demandeur", "public_aid_amount"),
    (_no_annual_budget, "demandeur", "annual_60"),
    (_annual_gap, "demandeur", "annual_60"),
    (_no_deliberation, "demandeur", "deliberation_number"),
    (_too_many_permanent, "moyens", "staff_permanent_people"),
    (_too_many_subsidised, "moyens", "staff_subsidised_fte"),
    (_recruitment, "moyens", "recruitment_fte"),
    (_rate, "budget", "requested_amount"),
    (_zero, "budget", "requested_amount"),
    (_public_aid, "budget", "balance"),
    (_sexes, "public", "girls_count"),
    (_no_target, "evaluation", "indicator_1_planned"),
    (_no_answer, "projet", "answer_0"),
]


@pytest.mark.parametrize(("break_it", "section", "field"), WARNINGS)
def test_a_remark_never_blocks(client, draft, break_it, section, field):
    break_it(draft)
    assert found(draft) == [(section, field, False)]
    check_link(client, draft, section, field)


def test_past_dates_are_remarked():
    year = timezone.localdate().year
    draft = a_complete_draft(sheet=a_sheet(action_from=date(year - 1, 1, 1)))
    yesterday = timezone.localdate() - timedelta(days=1)
    change(draft, starts_on=date(year - 1, 2, 1), ends_on=yesterday)
    assert found(draft) == [("projet", "ends_on", False)]
    change(draft, ends_on=timezone.localdate())
    assert found(draft) == []


@pytest.mark.parametrize(("rate", "remarked"), [("0.375", False), ("0.374", True)])
def test_the_ceiling_itself_is_allowed(draft, rate, remarked):
    change(draft, sheet=a_sheet(rate_ceiling=Decimal(rate)))
    assert bool(found(draft)) == remarked


# --- Documents ----------------------------------------------------------------------------------
def _ask(sheet, kind, **fields) -> RequiredDocument:
    return RequiredDocument.objects.create(sheet=sheet, kind=kind, label=f"Pièce {kind}", **fields)


def test_a_missing_document_never_blocks(client, draft):
    asked = _ask(draft.sheet, "rib")
    assert found(draft) == [("pieces", f"document_{asked.pk}", False)]
    assert missing_document_labels(fresh(draft)) == ["Pièce rib"]
    check_link(client, draft, "pieces", f"document_{asked.pk}")
    ApplicationDocument.objects.create(
        application=draft, required=asked, label="RIB", added_at=timezone.now()
    )
    assert found(draft) == []


def test_documents_depend_on_the_kind_of_body_and_on_its_history(draft):
    _ask(draft.sheet, "statuts", applicant_kind="association", history="first")
    _ask(draft.sheet, "deliberation", applicant_kind="commune")
    _ask(draft.sheet, "bilan", history="renewal")
    _ask(draft.sheet, "plaquette", mandatory=False)
    assert missing_document_labels(fresh(draft)) == ["Pièce statuts"]
    change(draft, renewal_of=a_draft())
    assert missing_document_labels(fresh(draft)) == ["Pièce bilan"]


def test_an_indicator_without_words_is_mentioned(draft):
    indicator = draft.indicators.first()
    draft.indicators.filter(pk=indicator.pk).update(label="")
    assert found(fresh(draft)) == [("evaluation", f"indicator_{indicator.position}_label", False)]


# --- Pages --------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["draft", "verify", "submit"])
@pytest.mark.parametrize("make", [a_draft, a_complete_draft])
def test_the_pages_of_a_draft_stay_within_twenty_queries(client, name, make):
    application = make()
    client.force_login(application.created_by)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(reverse(f"applications:{name}", args=[application.uuid]))
    assert response.status_code == 200
    assert len(queries) <= 20, "\n".join(q["sql"][:150] for q in queries)


def test_the_task_list_says_where_each_section_stands(client, draft):
    change(draft, invalid_values={"public": {"girls_count": "douze"}})
    draft.places.all().delete()
    client.force_login(draft.created_by)
    page = client.get(draft.get_absolute_url()).content.decode()
    states = re.findall(r"(À compléter|Complété|À corriger)</span>", page)
    assert states == ["Complété"] * 2 + ["À compléter", "À corriger"] + ["Complété"] * 5
    assert "2 points" in page


def test_the_look_at_public_aid_follows_its_dated_rate(draft):
    totals = budget_totals(draft.budget_lines.all())
    rate, today = totals.public_aid_rate, timezone.localdate()
    assert rate > 0

    def remarks(on: date) -> list[str]:
        rates = budget_rates(draft, totals, look_from=aid_to_look_at(on))
        return [item.message for item in rates]

    known = remarks(today)
    below = (rate - Decimal("0.01")).quantize(Decimal("0.01"), ROUND_FLOOR)  # two decimals at most
    Parameter.objects.create(key="public_aid.warning_rate", value=str(below), valid_from=today)
    [remark] = set(remarks(today)) - set(known)
    assert remark.startswith("Les aides publiques font")
    assert remarks(today - timedelta(days=1)) == known
