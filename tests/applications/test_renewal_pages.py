"""The pages of a renewal: offers, choice of the sheet, what was taken, marks beside the fields."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from grants.applications import hooks
from grants.applications.enums import ReviewState, Section
from grants.applications.models import Application
from grants.applications.renewable import SHOWN_AT_MOST, renewables_for
from grants.applications.services.drafts import start_draft
from grants.applications.views.entry import _takes_requests
from grants.calls.enums import ApplicantKind
from partners.enums import OrganisationKind
from tests.applications.dossiers import a_draft, load_letters
from tests.applications.renewals import (
    LAST,
    a_renewed_draft,
    last_years_dossier,
    last_years_sheet,
    this_years_sheet,
)
from tests.factories import OrganisationFactory, member_of, person_with_role
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _reference():
    load_letters()


@pytest.fixture
def previous():
    return last_years_dossier(notified_at=timezone.now())


@pytest.fixture
def sheet():
    return this_years_sheet()


def start_url(sheet) -> str:
    return reverse("applications:start", args=[sheet.campaign.fiscal_year, sheet.code])


def renew_url(previous) -> str:
    return reverse("applications:renew", args=[previous.reference])


def section_url(draft, section) -> str:
    return reverse("applications:section", args=[draft.uuid, section])


def text_of(response) -> str:
    return " ".join(response.content.decode().replace("\u00a0", " ").split())


# --- Start ----------------------------------------------------------------------------------------
def test_the_start_page_offers_last_years_request_beside_a_blank_one(
    client, previous, sheet, monkeypatch
):
    monkeypatch.setattr(hooks, "award_readers", [lambda ids: {previous.pk: 2500}])
    client.force_login(member_of(previous.organisation))
    page = text_of(client.get(start_url(sheet)))
    assert f"Repartir de {LAST}-0042" in page
    assert "3 000 € demandés, 2 500 € attribués" in page
    assert "Dossier vierge" in page


def test_nothing_of_another_body_is_offered(client, previous, sheet):
    client.force_login(member_of(OrganisationFactory()))
    page = text_of(client.get(start_url(sheet)))
    assert previous.reference not in page
    assert previous.title not in page


def test_a_decision_not_notified_is_not_told(client, sheet):
    previous = last_years_dossier(review_state=ReviewState.REJECTED)
    client.force_login(member_of(previous.organisation))
    page = text_of(client.get(start_url(sheet)))
    assert "En cours d’examen" in page
    assert "Non retenu" not in page


def test_the_start_page_costs_the_same_whatever_the_years(client, sheet):
    organisation = OrganisationFactory()
    client.force_login(member_of(organisation))

    def make(count):
        for n in range(count):
            last_years_dossier(
                organisation,
                sheet=last_years_sheet(f"A{n}"),
                reference=f"2025-{Application.objects.count():04d}",
            )

    make(1)
    client.get(start_url(sheet))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get(start_url(sheet))
    make(9)
    with CaptureQueriesContext(connection) as many:
        page = client.get(start_url(sheet)).content.decode()
    assert page.count("Repartir de 2025-") == 10
    assert len(few) == len(many) <= 14


def test_beginning_from_the_start_page_leads_to_what_was_taken(client, previous, sheet):
    client.force_login(member_of(previous.organisation))
    response = client.post(renew_url(previous), {"sheet": sheet.pk})
    draft = Application.objects.drafts().get()
    assert response["Location"] == reverse("applications:renewed", args=[draft.uuid])
    page = text_of(client.get(response["Location"]))
    assert f"Ce qui est repris de {LAST}-0042" in page
    assert "Montant demandé" in page
    assert "2 réponses aux conditions" in page
    assert "intitulé" in page


def test_a_draft_that_exists_is_shown_with_the_choice(client, previous, sheet):
    by = member_of(previous.organisation)
    begun = a_renewed_draft(previous=previous, sheet=sheet, by=by)
    client.force_login(by)
    refused = client.post(renew_url(previous), {"sheet": sheet.pk})
    assert refused.status_code == 409
    page = text_of(refused)
    assert begun.get_absolute_url() in page
    assert "Commencer un autre brouillon" in page
    client.post(renew_url(previous), {"sheet": sheet.pk, "another": "1"})
    assert Application.objects.drafts().count() == 2


def test_a_blank_form_sent_when_a_colleague_just_began_says_so(client, previous, sheet):
    by, colleague = member_of(previous.organisation), member_of(previous.organisation)
    client.force_login(by)
    assert "Commencer un autre" not in text_of(client.get(start_url(sheet)))
    start_draft(
        sheet_id=sheet.pk,
        organisation_id=previous.organisation_id,
        by=colleague,
        at=timezone.now(),
    )
    response = client.post(start_url(sheet), {"organisation": previous.organisation_id})
    assert response.status_code == 409
    assert "Un brouillon existe déjà pour cette fiche" in text_of(response)
    assert "Commencer un autre brouillon" in text_of(response)
    client.post(start_url(sheet), {"organisation": previous.organisation_id, "another": "1"})
    assert Application.objects.drafts().count() == 2


def test_a_form_sent_twice_leads_both_times_to_the_same_draft(client, previous, sheet):
    client.force_login(member_of(previous.organisation))
    key = "3f1c1a52-9f0e-4f6e-8e34-6b6f1d3a9a11"
    data = {"sheet": sheet.pk, "request_key": key}
    client.post(renew_url(previous), data)
    draft = Application.objects.drafts().get()
    assert client.post(renew_url(previous), data)["Location"] == draft.get_absolute_url()
    blank = {"organisation": previous.organisation_id, "request_key": key, "another": "1"}
    assert client.post(start_url(sheet), blank)["Location"] == draft.get_absolute_url()


# --- Renew ----------------------------------------------------------------------------------------
def test_the_page_to_renew_proposes_the_same_sheet_and_warns_of_the_others(client, previous, sheet):
    this_years_sheet(code="A1")
    client.force_login(member_of(previous.organisation))
    page = text_of(client.get(renew_url(previous)))
    assert "La même fiche qu’en 2026" in page
    assert "Autre fiche : conditions et résultats attendus différents" in page
    assert page.index("La même fiche") < page.index("Autre fiche :")


def test_without_an_open_campaign_the_page_says_so(client, previous):
    client.force_login(member_of(previous.organisation))
    page = text_of(client.get(renew_url(previous)))
    assert "Aucune fiche ne prend de nouvelle demande aujourd’hui" in page


@pytest.mark.parametrize("value", ["", "0", "abc", "99999999999999999999", "\u0661"])
def test_a_sheet_that_is_none_is_refused(client, previous, sheet, value):
    client.force_login(member_of(previous.organisation))
    assert client.post(renew_url(previous), {"sheet": value}).status_code == 422


def test_who_only_signs_may_not_renew(client, previous, sheet):
    client.force_login(member_of(previous.organisation, "sign"))
    assert client.get(renew_url(previous)).status_code == 403


def test_a_withdrawn_request_has_no_page_to_renew(client, sheet):
    previous = last_years_dossier(review_state=ReviewState.WITHDRAWN)
    client.force_login(member_of(previous.organisation))
    assert client.get(renew_url(previous)).status_code == 404


def test_the_page_of_a_past_request_leads_to_its_renewal(client, previous, sheet):
    by = member_of(previous.organisation)
    client.force_login(by)
    assert renew_url(previous) in text_of(client.get(previous.get_absolute_url()))
    draft = a_renewed_draft(previous=previous, sheet=sheet, by=by)
    page = text_of(client.get(previous.get_absolute_url()))
    assert "Un brouillon la renouvelle déjà" in page
    assert draft.get_absolute_url() in page


def test_a_request_of_the_open_campaign_offers_no_renewal(client, sheet):
    dossier = last_years_dossier(sheet=sheet)
    client.force_login(member_of(dossier.organisation))
    assert renew_url(dossier) not in text_of(client.get(dossier.get_absolute_url()))


def test_the_list_offers_to_renew_past_requests_at_a_constant_cost(client, sheet):
    organisation = OrganisationFactory()
    client.force_login(member_of(organisation))
    old = last_years_sheet()

    def make(count):
        for _ in range(count):
            number = Application.objects.count()
            last_years_dossier(organisation, sheet=old, reference=f"2026-{number:04d}")

    assert_same_queries(
        lambda: client.get(reverse("applications:list") + "?par=50"),
        few=lambda: make(1),
        many=lambda: make(49),
        row="/renouveler/",
    )


def test_the_page_that_starts_reads_no_more_than_it_offers(client, sheet):
    organisation = OrganisationFactory()
    by = member_of(organisation)
    other, same = last_years_sheet(code="Z9"), last_years_sheet()
    for number in range(SHOWN_AT_MOST + 1):
        last_years_dossier(organisation, sheet=other, reference=f"2026-{number:04d}")
    first = last_years_dossier(organisation, sheet=same, reference="2026-0900")
    school = OrganisationFactory(kind=OrganisationKind.SCHOOL, merged_into=organisation)
    heir = last_years_dossier(school, sheet=same, reference="2026-0901")
    offered = renewables_for(sheet, by)
    assert len(offered) == SHOWN_AT_MOST
    assert {one.application.pk for one in offered if one.same_sheet} == {first.pk, heir.pk}
    assert [one.same_sheet for one in offered][:2] == [True, True]
    for_schools = this_years_sheet(code="D1", applicant_kinds=[ApplicantKind.PUBLIC_BODY])
    assert renewables_for(for_schools, by) == []


def test_the_page_that_starts_reads_the_extensions_once(sheet, django_assert_num_queries):
    closed = last_years_sheet()
    bodies = [OrganisationFactory() for _ in range(3)]
    with django_assert_num_queries(1):
        assert not _takes_requests(closed, bodies)


# --- The pages of the draft -----------------------------------------------------------------------
def test_fields_taken_are_marked_until_their_section_is_saved(client, previous, sheet):
    draft = a_renewed_draft(previous=previous, sheet=sheet)
    client.force_login(draft.created_by)
    page = text_of(client.get(section_url(draft, "projet")))
    assert "Cette partie vient de votre demande 2026-0042" in page
    marks = page.count("Repris de votre demande 2026-0042")
    assert marks >= 4  # description, two dates, two answers
    Application.objects.filter(pk=draft.pk).update(
        saved_sections={Section.PROJECT: timezone.now().isoformat()}
    )
    page = text_of(client.get(section_url(draft, "projet")))
    assert "Repris de votre demande" not in page
    assert "id_relecture" not in page


def test_a_field_only_copied_bears_no_mark(client, previous, sheet):
    draft = a_renewed_draft(previous=previous, sheet=sheet)
    client.force_login(draft.created_by)
    assert "Repris de" not in text_of(client.get(section_url(draft, "lieux")))


def test_last_years_figures_stand_beside_the_budget(client, previous, sheet, monkeypatch):
    monkeypatch.setattr(hooks, "award_readers", [lambda ids: {previous.pk: 2500}])
    draft = a_renewed_draft(previous=previous, sheet=sheet)
    client.force_login(draft.created_by)
    page = text_of(client.get(section_url(draft, "budget")))
    assert "En 2026 : 8 000 €" in page  # wages
    assert "En 2026 : 3 000 €" in page  # asked then
    assert "2 500 €" in page  # awarded


def test_last_years_award_is_not_told_before_its_notification(client, sheet):
    draft = a_renewed_draft(previous=last_years_dossier(), sheet=sheet)
    client.force_login(draft.created_by)
    page = text_of(client.get(section_url(draft, "budget")))
    assert "en cours d’examen" in page
    assert "2 500 €" not in page  # what the office proposed


def test_last_years_public_and_indicators_stand_beside_this_years(client, previous, sheet):
    draft = a_renewed_draft(previous=previous, sheet=sheet)
    client.force_login(draft.created_by)
    page = text_of(client.get(section_url(draft, "public")))
    assert "En 2026 : 20" in page
    assert "En 2026 : 12" in page
    page = text_of(client.get(section_url(draft, "evaluation")))
    assert "En 2026 : prévu 80 % ; réalisé 72 %" in page


def test_a_blank_draft_says_nothing_of_last_year(client, previous, sheet):
    draft = a_draft(sheet=sheet, organisation=previous.organisation)
    client.force_login(draft.created_by)
    for section in ("projet", "budget", "public"):
        page = text_of(client.get(section_url(draft, section)))
        assert "En 2026" not in page
        assert "Repris de" not in page
    response = client.get(reverse("applications:renewed", args=[draft.uuid]))
    assert response["Location"] == draft.get_absolute_url()


def test_saving_a_section_unread_marks_it_as_read(client, previous, sheet):
    draft = a_renewed_draft(previous=previous, sheet=sheet)
    client.force_login(draft.created_by)
    data = {"count_11_15": "24", "girls_count": "12", "boys_count": "12", "version": ""}
    client.post(section_url(draft, "public"), data)
    draft.refresh_from_db()
    assert Section.PUBLIC in draft.saved_sections
    page = text_of(client.get(section_url(draft, "public")))
    assert "Repris de" not in page
    assert "En 2026 : 20" in page  # last year stays beside


def test_a_renewed_draft_is_not_filed_unread(client, previous, sheet):
    draft = a_renewed_draft(previous=previous, sheet=sheet)
    client.force_login(draft.created_by)
    page = text_of(client.get(reverse("applications:verify", args=[draft.uuid])))
    assert "Cette partie est reprise de votre demande 2026-0042 : relisez-la" in page
    assert f"{section_url(draft, 'budget')}#id_relecture" in page


def test_the_pages_of_a_renewed_draft_stay_quick(
    client, previous, sheet, django_assert_max_num_queries
):
    draft = a_renewed_draft(previous=previous, sheet=sheet)
    client.force_login(draft.created_by)
    client.get(draft.get_absolute_url())
    with django_assert_max_num_queries(24):
        client.get(draft.get_absolute_url())
    with django_assert_max_num_queries(24):
        client.get(reverse("applications:renewed", args=[draft.uuid]))
    with django_assert_max_num_queries(16):
        client.get(section_url(draft, "budget"))


# --- The office -----------------------------------------------------------------------------------
def filed_renewal(previous, sheet) -> Application:
    draft = a_renewed_draft(previous=previous, sheet=sheet)
    Application.objects.filter(pk=draft.pk).update(
        review_state=ReviewState.UNDER_REVIEW,
        reference="2027-0007",
        submitted_at=timezone.now() - timedelta(days=1),
    )
    draft.refresh_from_db()
    return draft


def test_the_office_reads_that_it_is_a_renewal_with_last_years_money(client, previous, sheet):
    dossier = filed_renewal(previous, sheet)
    client.force_login(person_with_role("case_officer"))
    page = text_of(client.get(dossier.get_desk_url()))
    assert "Renouvellement" in page
    assert previous.get_desk_url() in page
    page = text_of(client.get(reverse("review:tab", args=[dossier.reference, "budget"])))
    assert "En 2026, demande" in page
    assert "8 000 €" in page


def test_the_office_reads_that_it_is_a_first_request(client, sheet):
    dossier = last_years_dossier(sheet=sheet, reference="2027-0009")
    client.force_login(person_with_role("case_officer"))
    assert "Première demande" in text_of(client.get(dossier.get_desk_url()))


def test_a_coordinator_reads_last_year_only_where_they_may(client, previous, sheet):
    from grants.applications.last_year import last_year_for_office

    dossier = filed_renewal(previous, sheet)
    here = previous.places.get().commune.territory
    elsewhere = type(here).objects.create(
        number=here.number % 7 + 1, name="Ailleurs", slug="ailleurs"
    )
    there = person_with_role("coordinator", territory=elsewhere)
    assert last_year_for_office(dossier, there) is None
    mine = person_with_role("coordinator", territory=here)
    assert last_year_for_office(dossier, mine) is not None
