"""Sections of a draft: saved alone, nothing typed lost, two people at once."""

import html
import json
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grants.applications.enums import Section
from grants.applications.models import BudgetLine
from tests.applications.dossiers import a_complete_draft, a_draft, fresh, load_parameters
from tests.factories import CommuneFactory, SchoolFactory, member_of


pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "autosave"}


@pytest.fixture(autouse=True)
def _parameters():
    load_parameters()


@pytest.fixture
def draft(client):
    application = a_draft()
    client.force_login(application.created_by)
    return application


def url(application, section) -> str:
    return reverse("applications:section", args=[application.uuid, section])


@pytest.mark.parametrize("uuid", ["-" * 36, "0" * 36, "0e89ba74-9578-47f6-9d60-57a15410cdc"])
def test_an_identifier_that_is_none_is_not_found(client, draft, uuid):
    assert client.get(f"/dossiers/brouillon/{uuid}/projet/").status_code == 404


def project(**fields) -> dict:
    return {"kind": "project", "title": "Ateliers", "version": "", **fields}


# --- Every section opens ------------------------------------------------------------------------
@pytest.mark.parametrize("section", Section.values)
@pytest.mark.parametrize("make", [a_draft, a_complete_draft])
def test_a_section_opens_within_twenty_queries(client, section, make):
    application = make()
    client.force_login(application.created_by)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url(application, section))
    assert response.status_code == 200
    assert "Enregistré n’est pas envoyé" in response.content.decode()
    assert len(queries) <= 20


# --- Saving -------------------------------------------------------------------------------------
def test_a_section_saves_alone(client, draft):
    response = client.post(
        url(draft, "projet"),
        project(
            objectives="Raccrocher",
            starts_on="2027-02-01",
            ends_on="30/06/2027",
            answer_0="Oui",
        ),
    )
    assert response.status_code == 302
    draft = fresh(draft)
    assert (draft.title, draft.objectives) == ("Ateliers", "Raccrocher")
    assert str(draft.ends_on) == "2027-06-30"
    assert [a.answer for a in draft.condition_answers.all()] == ["Oui", ""]
    assert list(draft.saved_sections) == ["projet"]
    assert draft.updated_by == draft.created_by


def test_a_saved_section_says_at_once_what_deserves_a_look(client, draft):
    page = client.post(
        url(draft, "projet"),
        project(starts_on="2019-02-01", ends_on="2019-06-30"),
        follow=True,
    )
    assert "L’action doit commencer entre le" in page.content.decode()
    assert str(fresh(draft).starts_on) == "2019-02-01"
    page = client.post(
        url(draft, "public"),
        {"version": "", "count_11_15": "10", "girls_count": "9", "boys_count": "9"},
        follow=True,
    )
    text = page.content.decode()
    assert "Filles et garçons font 18" in text
    assert "L’action doit commencer" not in text


def test_an_empty_section_is_not_reproached_what_it_lacks(client, draft):
    page = client.post(url(draft, "projet"), {"version": ""}, follow=True)
    assert "c-alert--warning" not in page.content.decode().split('id="messages"')[1].split("<h1")[0]


def test_the_answer_of_an_automatic_save_carries_the_marks_of_the_page(client, draft):
    data = {"version": "", "count_11_15": "une vingtaine"}
    answer = client.post(url(draft, "public"), data, headers=HTMX).content.decode()
    found = re.search(r'data-portal-marks="([^"]*)"', answer).group(1)
    (mark,) = json.loads(html.unescape(found))
    assert (mark["id"], mark["name"]) == ("id_count_11_15", "count_11_15")
    whole = html.unescape(client.get(url(draft, "public")).content.decode())
    assert mark["sentences"][0] in whole
    assert 'href="#id_count_11_15"' in answer
    assert "à corriger" in answer.split('id="parties"')[1]


def test_indicators_are_kept_in_order_without_empty_rows(client, draft):
    client.post(
        url(draft, "evaluation"),
        {
            "version": "",
            "indicator_0_label": "Taux d’accueil",
            "indicator_0_planned": "80 %",
            "indicator_5_label": "Familles reçues",
        },
    )
    assert [(i.label, i.planned) for i in draft.indicators.all()] == [
        ("Taux d’accueil", "80 %"),
        ("Familles reçues", ""),
    ]


def test_a_section_saves_within_fifteen_queries(client):
    application = a_complete_draft()
    client.force_login(application.created_by)
    posts = {
        "demandeur": {"contact_name": "Ada", "annual_64": "10"},
        "projet": project(answer_0="Oui"),
        "moyens": {"staff_volunteers_people": "4"},
        "evaluation": {"indicator_0_label": "Taux"},
        "lieux": {"communes": [application.places.get().commune_id]},
        "public": {"count_11_15": "30"},
        "budget": {"requested_amount": "100", "remuneration-0-amount": "100"},
        "engagements": {"accuracy": "on"},
    }
    for section, data in posts.items():
        version = fresh(application).saved_sections[section]
        with CaptureQueriesContext(connection) as queries:
            response = client.post(url(application, section), {**data, "version": version})
        assert response.status_code == 302, section
        assert len(queries) <= 15, (section, [q["sql"][:240] for q in queries])


def test_saved_and_continue_leads_to_the_next_section(client, draft):
    response = client.post(url(draft, "projet"), project(next="1"))
    assert response["Location"] == url(draft, "lieux")


# --- Nothing typed is lost ----------------------------------------------------------------------
def test_an_invalid_value_is_kept_and_shown_while_the_rest_is_saved(client, draft):
    response = client.post(
        url(draft, "projet"), project(starts_on="31/02/2027", objectives="Raccrocher")
    )
    assert response.status_code == 422
    draft = fresh(draft)
    assert draft.objectives == "Raccrocher"
    assert draft.starts_on is None
    assert draft.invalid_values == {"projet": {"starts_on": "31/02/2027"}}
    page = client.get(url(draft, "projet")).content.decode()
    assert 'value="31/02/2027"' in page
    assert "Indiquez une date valide, par exemple 15/03/2027." in page


def test_a_corrected_value_is_no_longer_invalid(client, draft):
    client.post(url(draft, "projet"), project(starts_on="31/02/2027"))
    version = fresh(draft).saved_sections["projet"]
    client.post(url(draft, "projet"), project(starts_on="2027-02-03", version=version))
    assert fresh(draft).invalid_values == {}
    assert str(fresh(draft).starts_on) == "2027-02-03"


def test_a_text_that_is_too_long_is_kept_whole(client, draft):
    title = "Un très long intitulé " * 20
    client.post(url(draft, "projet"), project(title=title))
    draft = fresh(draft)
    assert draft.title == ""
    assert draft.invalid_values["projet"]["title"].strip() == title.strip()
    page = client.get(url(draft, "projet")).content.decode()
    assert title.strip() in page
    assert "maxlength" not in page


def test_an_end_before_the_start_is_kept_and_shown(client, draft):
    client.post(url(draft, "projet"), project(starts_on="2027-05-01", ends_on="2027-04-01"))
    draft = fresh(draft)
    assert draft.ends_on is None
    assert draft.invalid_values["projet"] == {"ends_on": "2027-04-01"}
    assert "L’action finit avant de commencer." in client.get(url(draft, "projet")).content.decode()


@pytest.mark.parametrize(
    "raw", ["-5", "１２", "1_000", "1e9", "NaN", "9" * 400, "0x10", "1,5", "💶"]
)
def test_a_hostile_count_is_kept_as_typed(client, draft, raw):
    response = client.post(url(draft, "public"), {"count_11_15": raw, "version": ""})
    assert response.status_code == 422
    assert fresh(draft).invalid_values["public"]["count_11_15"] == raw
    assert not fresh(draft).audience_counts.exists()
    assert client.get(url(draft, "public")).status_code == 200


@pytest.mark.parametrize("raw", ["-5", "１２", "1_000", "1e9", "NaN", "9" * 400, "0x10", "abc"])
def test_a_hostile_amount_is_kept_as_typed(client, draft, raw):
    data = {"remuneration-0-amount": raw, "requested_amount": "100", "version": ""}
    assert client.post(url(draft, "budget"), data).status_code == 422
    draft = fresh(draft)
    assert draft.invalid_values["budget"]["remuneration-0-amount"] == raw
    assert draft.requested_amount == 100
    assert f'value="{raw}"' in client.get(url(draft, "budget")).content.decode()


@pytest.mark.parametrize(
    "text",
    ["' OR 1=1 --", "{{7*7}}", "<script>alert(1)</script>", "=cmd|x", "../../", "%_", "İß", "👩‍🎓"],
)
def test_hostile_text_is_stored_as_typed_and_shown_escaped(client, draft, text):
    client.post(url(draft, "projet"), project(title=text, objectives=text))
    assert fresh(draft).objectives == text
    page = client.get(url(draft, "projet")).content.decode()
    assert "<script>alert(1)" not in page


def test_bidirectional_controls_leave_names_only(client, draft):
    client.post(url(draft, "projet"), project(title="a\u202eb", objectives="e\u0301t\u00e9"))
    assert fresh(draft).title == "ab"
    assert fresh(draft).objectives == "été"


# --- Two colleagues -----------------------------------------------------------------------------
def test_two_colleagues_on_one_section_choose(client, draft):
    client.post(url(draft, "projet"), project(title="Titre du collègue"))
    response = client.post(url(draft, "projet"), project(title="Mon titre"))
    page = response.content.decode()
    assert response.status_code == 409
    assert fresh(draft).title == "Titre du collègue"
    assert 'value="Mon titre"' in page
    assert "Titre du collègue" in page
    version = fresh(draft).saved_sections["projet"]
    assert f'name="version" value="{version}"' in page
    assert 'hx-trigger="never"' in page, "nothing is saved by itself before the choice"
    assert "Votre saisie n’est pas enregistrée" in page
    client.post(url(draft, "projet"), project(title="Mon titre", version=version))
    assert fresh(draft).title == "Mon titre"


def test_two_colleagues_on_two_sections_do_not_meet(client, draft):
    client.post(url(draft, "projet"), project())
    assert client.post(url(draft, "public"), {"count_0_5": "4", "version": ""}).status_code == 302


def test_the_same_values_twice_are_no_conflict(client, draft):
    assert client.post(url(draft, "projet"), project()).status_code == 302
    assert client.post(url(draft, "projet"), project()).status_code == 302


def test_a_version_of_a_part_never_saved_is_compared(client, draft):
    assert client.post(url(draft, "projet"), project(version="x")).status_code == 409
    assert fresh(draft).title == ""


def test_a_conflict_keeps_lines_that_only_one_typed(client, draft):
    client.post(url(draft, "budget"), {"locations-0-amount": "50", "version": ""})
    response = client.post(
        url(draft, "budget"), {"locations-0-amount": "", "entretien-0-amount": "70", "version": ""}
    )
    page = response.content.decode()
    assert response.status_code == 409
    assert 'value="70"' in page
    assert "613 – Locations" in page


# --- Automatic save -----------------------------------------------------------------------------
def test_an_automatic_save_answers_with_the_hour_and_the_new_version(client, draft):
    response = client.post(url(draft, "projet"), project(), headers=HTMX)
    page = response.content.decode()
    assert response.status_code == 200
    assert "Enregistré à" in page
    assert fresh(draft).saved_sections["projet"] in page
    assert "<html" not in page


def test_an_automatic_save_never_overwrites_a_colleague(client, draft):
    client.post(url(draft, "projet"), project(title="Collègue"))
    response = client.post(url(draft, "projet"), project(title="Moi"), headers=HTMX)
    assert response.status_code == 409
    assert "Comparer et choisir" in response.content.decode()
    assert fresh(draft).title == "Collègue"


def test_an_automatic_save_shows_the_totals(client, draft):
    data = {"locations-0-amount": "1 200", "version": ""}
    page = client.post(url(draft, "budget"), data, headers=HTMX).content.decode()
    assert "Il manque 1\u00a0200\u00a0€ de produits." in page


# --- Places -------------------------------------------------------------------------------------
def test_a_college_ticked_stands_for_its_commune(client, draft):
    nanterre, clichy = CommuneFactory(insee="92050"), CommuneFactory(insee="92024")
    school = SchoolFactory(commune=nanterre)
    data = {"communes": [nanterre.pk, clichy.pk], "schools": [school.pk], "version": ""}
    client.post(url(draft, "lieux"), data)
    places = list(fresh(draft).places.all())
    assert {(p.commune_id, p.school_id) for p in places} == {
        ("92024", None),
        (None, school.pk),
    }
    assert all(p.territories == [7] for p in places)
    page = client.get(url(draft, "lieux")).content.decode()
    assert re.search(rf'id="id_communes_{nanterre.pk}"\s+checked', page)


def test_shares_are_percentages_and_optional(client, draft):
    one, two = CommuneFactory(), CommuneFactory()
    both = {"communes": [one.pk, two.pk]}
    client.post(url(draft, "lieux"), {**both, "version": ""})
    assert [p.share for p in fresh(draft).places.all()] == [None, None]
    version = fresh(draft).saved_sections["lieux"]
    shares = {f"share_commune_{one.pk}": "33,3333", f"share_commune_{two.pk}": "abc"}
    response = client.post(url(draft, "lieux"), {**both, **shares, "version": version})
    assert response.status_code == 422
    assert fresh(draft).invalid_values["lieux"] == {f"share_commune_{two.pk}": "abc"}
    assert fresh(draft).places.get(commune=one).share == Decimal("0.333333")


def test_an_unknown_place_is_ignored(client, draft):
    data = {"communes": ["99999"], "schools": ["nope"], "whole_department": "on", "version": ""}
    client.post(url(draft, "lieux"), data)
    assert fresh(draft).whole_department
    assert not fresh(draft).places.exists()


# --- Budget -------------------------------------------------------------------------------------
@pytest.mark.parametrize("raw", ["1 234,50", "1\u202f234,50", "1\u00a0234.5 €", "€1234,50"])
def test_a_pasted_amount_is_read_and_rounded_with_a_remark(client, draft, raw):
    data = {"remuneration-0-amount": raw, "version": ""}
    response = client.post(url(draft, "budget"), data, follow=True)
    assert BudgetLine.objects.get(account="remuneration").planned_amount == 1235
    assert "Montant arrondi à l’euro" in response.content.decode()


def test_the_request_and_its_line_are_one_figure(client, draft):
    client.post(url(draft, "budget"), {"requested_amount": "3000", "version": ""})
    line = BudgetLine.objects.get(is_this_request=True)
    assert fresh(draft).requested_amount == line.planned_amount == 3000
    assert (line.account, line.status) == ("departement", "requested")


def test_an_account_is_added_and_removed_without_script(client, draft):
    data = {"locations-0-amount": "12", "account": "secours_nature", "add": "account"}
    client.post(url(draft, "budget"), {**data, "version": ""})
    page = client.get(url(draft, "budget")).content.decode()
    assert 'name="secours_nature-0-amount"' in page
    assert 'value="12"' in page
    version = fresh(draft).saved_sections["budget"]
    client.post(
        url(draft, "budget"),
        {
            "locations-0-amount": "12",
            "secours_nature-0-amount": "4",
            "remove": "secours_nature-0",
            "version": version,
        },
    )
    assert not BudgetLine.objects.filter(account="secours_nature").exists()


def test_several_funders_under_one_account_keep_their_rank(client, draft):
    data = {
        "communes-0-amount": "100",
        "communes-0-funder": "Ville de Bagneux",
        "communes-0-status": "secured",
        "communes-1-amount": "abc",
        "communes-1-funder": "Ville de Sceaux",
        "communes-3-amount": "300",
        "version": "",
    }
    client.post(url(draft, "budget"), data)
    lines = BudgetLine.objects.filter(account="communes").order_by("position")
    assert [(line.funder, line.planned_amount) for line in lines] == [
        ("Ville de Bagneux", 100),
        ("Ville de Sceaux", 0),
        ("", 300),
    ]
    assert fresh(draft).invalid_values["budget"] == {"communes-1-amount": "abc"}
    page = client.get(url(draft, "budget")).content.decode()
    assert 'name="communes-1-amount" value="abc"' in page


def test_an_invalid_line_that_moves_up_keeps_its_text(client, draft):
    data = {"etat-0-amount": "", "etat-1-amount": "oups", "version": ""}
    client.post(url(draft, "budget"), data)
    assert fresh(draft).invalid_values["budget"] == {"etat-0-amount": "oups"}


# --- Commitments --------------------------------------------------------------------------------
def test_a_statement_says_who_when_and_which_text(client, draft):
    client.post(url(draft, "engagements"), {"republican_contract": "on", "version": ""})
    given = draft.commitments.get()
    assert (given.kind, given.text_version) == ("republican_contract", "2021-1947")
    assert given.given_by == draft.created_by


def test_unticking_withdraws_the_statement(client, draft):
    client.post(url(draft, "engagements"), {"accuracy": "on", "version": ""})
    version = fresh(draft).saved_sections["engagements"]
    client.post(url(draft, "engagements"), {"version": version})
    assert not draft.commitments.exists()


def test_a_public_body_is_not_asked_the_republican_contract(client):
    from tests.factories import OrganisationFactory

    draft = a_draft(organisation=OrganisationFactory(kind="commune"))
    client.force_login(draft.created_by)
    page = client.get(url(draft, "engagements")).content.decode()
    assert "contrat d’engagement républicain" not in page
    client.post(url(draft, "engagements"), {"republican_contract": "on", "version": ""})
    assert not draft.commitments.exists()


# --- Rights -------------------------------------------------------------------------------------
def test_a_member_without_the_right_to_edit_may_not_save(client, draft):
    client.force_login(member_of(draft.organisation, "sign"))
    assert client.get(url(draft, "projet")).status_code == 403
    assert client.post(url(draft, "projet"), project()).status_code == 403
    assert client.get(draft.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("typed", ["1,005", "%", "１２", "100,1", "-5", "NaN"])
def test_a_share_is_refused_rather_than_rounded(client, draft, typed):
    address = url(draft, Section.PUBLIC)
    answer = client.post(address, {"version": "", "qpv_rate": typed})
    assert answer.status_code == 422
    assert fresh(draft).qpv_rate is None
    assert typed in client.get(address).content.decode()


def test_a_title_keeps_its_non_breaking_spaces(client, draft):
    typed = "Objectif\u00a0: 1\u202f500 jeunes"
    client.post(url(draft, Section.PROJECT), project(title=f" {typed}\u202e "))
    assert fresh(draft).title == typed
