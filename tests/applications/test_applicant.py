"""Who asks, their means, how they will measure: what the national form adds to the dossier."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from grants.applications.annual_budget import CLASSES, annual_totals
from grants.applications.checks import missing_items
from grants.applications.enums import Section, StaffCategory
from grants.applications.glossary import TERMS
from grants.applications.integrity import deposit_faults
from grants.applications.models import Application
from grants.applications.organisation_profile import profile_data, profile_from
from grants.applications.progress import progress_sentence
from grants.applications.selectors import deposited_body
from grants.applications.services.filing import submit_application
from grants.applications.snapshot import FORMAT, snapshot
from grants.applications.words import count_words, words_sentence
from partners.models import Organisation, Representative
from partners.selectors import profile_of
from tests.applications.dossiers import (
    a_complete_draft,
    a_draft,
    a_sheet,
    complete_profile,
    fresh,
    load_letters,
)
from tests.factories import OrganisationFactory, UserFactory, member_of


pytestmark = pytest.mark.django_db
NEW_PARTS = {"profile", "applicant", "means", "evaluation"}


@pytest.fixture(autouse=True)
def _reference():
    load_letters()


@pytest.fixture
def draft(client):
    application = a_draft()
    client.force_login(application.created_by)
    return application


@pytest.fixture
def commune(client):
    application = a_draft(organisation=OrganisationFactory(kind="commune"))
    client.force_login(application.created_by)
    return application


def url(application, section=Section.APPLICANT) -> str:
    return reverse("applications:section", args=[application.uuid, section])


def page_of(client, application, section=Section.APPLICANT) -> str:
    response = client.get(url(application, section))
    assert response.status_code == 200
    return response.content.decode().replace("\u00a0", " ")


# --- Whom to call -------------------------------------------------------------------------------
def test_who_begins_a_dossier_is_whom_to_call_until_they_say_otherwise():
    organisation = OrganisationFactory()
    person = member_of(organisation, "edit", function="Coordinatrice")
    draft = a_draft(organisation=organisation, by=person)
    assert draft.contact_name == person.get_full_name()
    assert (draft.contact_function, draft.contact_email) == ("Coordinatrice", person.email)


def test_a_contact_is_kept_and_a_wrong_address_stays_as_typed(client, draft):
    data = {"contact_name": "Ada", "contact_email": "ada@", "contact_phone": "0140000000"}
    assert client.post(url(draft), {**data, "version": ""}).status_code == 422
    draft = fresh(draft)
    assert (draft.contact_name, draft.contact_phone) == ("Ada", "01 40 00 00 00")
    assert draft.invalid_values["demandeur"] == {"contact_email": "ada@"}
    assert 'value="ada@"' in page_of(client, draft)


def test_a_dossier_without_contact_is_not_filed():
    draft = a_complete_draft()
    Application.objects.filter(pk=draft.pk).update(contact_email="")
    items = [i for i in missing_items(fresh(draft), at=timezone.now()) if i.blocking]
    assert [(i.section, i.field) for i in items] == [("demandeur", "contact_email")]


# --- Public and private bodies ------------------------------------------------------------------
def test_a_commune_is_asked_its_deliberation_and_nothing_of_an_association(client, commune):
    page = page_of(client, commune)
    assert 'name="deliberation_number"' in page
    assert 'name="contact_service"' in page
    for name in ("has_economic_activity", "public_aid_amount", "annual_60"):
        assert f'name="{name}"' not in page


def test_an_association_is_asked_no_deliberation(client, draft):
    page = page_of(client, draft)
    assert 'name="deliberation_number"' not in page
    assert 'name="annual_60"' in page


def test_a_deliberation_may_come_later(client, commune):
    def asked() -> list[str]:
        return [i.field for i in missing_items(fresh(commune), at=timezone.now())]

    assert "deliberation_number" in asked()
    client.post(url(commune), {"deliberation_to_come": "on", "version": ""})
    assert fresh(commune).deliberation_to_come
    assert "deliberation_number" not in asked()


def test_what_is_not_asked_of_a_body_is_not_erased(client, commune):
    Application.objects.filter(pk=commune.pk).update(public_aid_amount=Decimal(500))
    data = {"contact_name": "Ada", "public_aid_amount": "7", "version": ""}
    client.post(url(commune), data)
    assert fresh(commune).public_aid_amount == 500


# --- Public aid ---------------------------------------------------------------------------------
def test_public_aid_is_declared_in_whole_euros(client, draft):
    data = {
        "has_economic_activity": "yes",
        "public_aid_amount": "12 000,40",
        "public_aid_regime": "de_minimis",
        "version": "",
    }
    response = client.post(url(draft), data, follow=True)
    draft = fresh(draft)
    assert (draft.has_economic_activity, draft.public_aid_amount) == (True, 12000)
    assert "Les centimes sont arrondis" in response.content.decode()


@pytest.mark.parametrize(
    ("activity", "regime", "amount", "remarked"),
    [
        (True, "de_minimis", 240_000, False),
        (True, "de_minimis", 240_001, True),
        (True, "sgei_de_minimis", 600_000, False),
        (True, "sgei_de_minimis", 600_001, True),
        (False, "de_minimis", 900_000, False),
        (True, "exempted", 900_000, False),
    ],
)
def test_an_aid_near_its_ceiling_is_remarked(activity, regime, amount, remarked):
    draft = a_complete_draft()
    Application.objects.filter(pk=draft.pk).update(
        has_economic_activity=activity, public_aid_regime=regime, public_aid_amount=amount
    )
    items = missing_items(fresh(draft), at=timezone.now())
    assert [i.field for i in items] == (["public_aid_amount"] if remarked else [])
    assert not any(i.blocking for i in items)


def test_the_help_names_the_ceilings_of_the_day(client, draft):
    page = page_of(client, draft)
    assert "300 000 €" in page
    assert "750 000 €" in page


# --- The body's year ----------------------------------------------------------------------------
def test_the_annual_budget_is_told_in_words(client, draft):
    data = {"annual_64": "90 000", "annual_74": "70 000", "annual_86": "5 000", "version": ""}
    client.post(url(draft), data)
    assert {line.account: line.amount for line in draft.annual_budget_lines.all()} == {
        "64": 90000,
        "74": 70000,
        "86": 5000,
    }
    said = "90 000 € de charges et 70 000 € de produits : il manque 20 000 € de produits."
    assert said in page_of(client, draft)


@pytest.mark.parametrize(
    ("charges", "income", "words"),
    [(0, 0, "Rien"), (5, 5, "équilibré"), (5, 3, "il manque 2"), (3, 5, "excédent de 2")],
)
def test_the_totals_of_a_year(charges, income, words):
    totals = annual_totals({"60": Decimal(charges), "70": Decimal(income), "99": Decimal(8)})
    assert words in totals.sentence.replace("\u00a0", " ")


def test_the_body_s_budget_is_not_asked_twice(client, draft):
    data = {"annual_64": "90 000", "version": ""}
    client.post(url(draft), data)
    Application.objects.filter(pk=draft.pk).update(kind="operating")
    page = page_of(client, draft)
    assert "il n’est pas demandé deux fois" in page
    assert 'name="annual_64"' not in page
    version = fresh(draft).saved_sections["demandeur"]
    client.post(url(draft), {"contact_name": "Ada", "version": version})
    assert draft.annual_budget_lines.get().amount == 90000, "kept, should the request change back"
    assert not snapshot(fresh(draft), at=timezone.now())["applicant"]["annual_budget"]


def test_classes_are_those_of_the_national_form():
    codes = [one.code for one in CLASSES]
    assert codes[:11] == [str(n) for n in range(60, 70)] + ["86"]
    assert codes[11:] == ["70", "73", "74", "75", "76", "77", "78", "79", "87"]


# --- The body's profile -------------------------------------------------------------------------
def test_gaps_of_the_profile_are_said_and_block_nothing():
    draft = a_complete_draft()
    Representative.objects.all().delete()
    items = missing_items(fresh(draft), at=timezone.now())
    assert [(i.section, i.field, i.blocking) for i in items] == [("demandeur", "profile", False)]
    assert "le représentant légal" in items[0].message


def test_only_who_manages_the_body_is_led_to_its_profile(client):
    draft = a_draft()
    link = reverse("partners:organisation_detail", args=[draft.organisation_id])
    client.force_login(member_of(draft.organisation, "edit"))
    page = page_of(client, draft)
    assert "Une personne qui gère" in page
    assert f'href="{link}">Compléter' not in page
    client.force_login(member_of(draft.organisation, "edit", "manage"))
    assert "Compléter la fiche" in page_of(client, draft)


def test_a_profile_reads_back_as_it_was():
    organisation = OrganisationFactory(public_utility_on=date(2020, 5, 4), is_public_utility=True)
    complete_profile(organisation)
    organisation.refresh_from_db()
    data = json.loads(json.dumps(profile_data(profile_of(organisation))))
    assert profile_data(profile_from(data)) == data
    assert data["representatives"][0]["name"] == "Ada Diallo"


# --- Means, evaluation, public ------------------------------------------------------------------
def test_staff_is_counted_in_people_and_full_time(client, draft):
    data = {
        "staff_volunteers_people": "6",
        "staff_employees_fte": "1,5",
        "staff_permanent_people": "un",
        "plans_recruitment": "no",
        "version": "",
    }
    response = client.post(url(draft, Section.MEANS), data)
    assert response.status_code == 422
    lines = {line.category: (line.people, line.fte) for line in draft.staff_lines.all()}
    assert lines == {"volunteers": (6, None), "employees": (None, Decimal("1.50"))}
    draft = fresh(draft)
    assert draft.plans_recruitment is False
    assert draft.invalid_values["moyens"] == {"staff_permanent_people": "un"}
    page = page_of(client, draft, Section.MEANS)
    assert 'value="un"' in page
    assert 'value="1,5"' in page


@pytest.mark.parametrize("raw", ["-1", "１", "1e3", "NaN", "1,234", "999999", "½"])
def test_a_hostile_full_time_is_kept_as_typed(client, draft, raw):
    data = {"staff_employees_fte": raw, "version": ""}
    assert client.post(url(draft, Section.MEANS), data).status_code == 422
    assert fresh(draft).invalid_values["moyens"] == {"staff_employees_fte": raw}
    assert not draft.staff_lines.exists()


def test_every_category_of_staff_has_its_row(client, draft):
    page = page_of(client, draft, Section.MEANS)
    for category in StaffCategory:
        assert f'name="staff_{category}_people"' in page


def test_the_whole_departement_wins_and_forgets_nothing(client):
    draft = a_complete_draft()
    client.force_login(draft.created_by)
    place = draft.places.get()
    data = {
        "whole_department": "on",
        "communes": [place.commune_id],
        "version": fresh(draft).saved_sections["lieux"],
    }
    client.post(url(draft, Section.PLACES), data)
    assert fresh(draft).whole_department
    assert draft.places.get().commune_id == place.commune_id
    assert "l’emporte" in page_of(client, draft, Section.PLACES)
    read = client.get(reverse("applications:submit", args=[draft.uuid])).content.decode()
    assert "Tout le département." in read
    assert "sans effet" in read


# --- Words --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("  ", 0),
        ("un", 1),
        ("l’action de l’année", 3),
        ("oui : non", 2),
        ("12 000 €", 2),
        ("deux\nlignes\u00a0?", 2),
        ("– – –", 0),
    ],
)
def test_words_are_what_stands_between_spaces(text, count):
    assert count_words(text) == count


def test_a_count_of_words_advises_and_refuses_nothing(client, draft):
    assert words_sentence(1, 150, 300) == "1 mot\u00a0; 150 à 300 conseillés"
    assert words_sentence(301, 150, 300).endswith("un peu long")
    text = "mot " * 400
    data = {"kind": "project", "description": text, "version": ""}
    assert client.post(url(draft, Section.PROJECT), data).status_code == 302
    assert "400 mots ; 150 à 300 conseillés : un peu long" in page_of(
        client, draft, Section.PROJECT
    )


def test_every_term_has_words_and_its_figures():
    for key, term in TERMS.items():
        slots = {slot for slot, _ in term.parameters}
        text = " ".join(term.text)
        assert term.question.endswith("?"), key
        assert all(f"{{{slot}}}" in text for slot in slots), key


# --- How far ------------------------------------------------------------------------------------
def test_progress_is_said_in_words():
    def rows(*states):
        return [{"state": state} for state in states]

    assert progress_sentence(rows("done", "done")) == "2 parties sur 2 complétées."
    sentence = progress_sentence(rows("done", "todo", "error", "optional"))
    words = "1 partie sur 4 complétée ; il reste 2 à compléter ou à corriger et 1 facultative."
    assert sentence.replace("\u00a0", " ") == words


def test_the_list_says_who_worked_last_and_on_what(client, draft):
    colleague = UserFactory(first_name="Zélie", last_name="Ndiaye")
    member_of(draft.organisation, user=colleague)
    client.force_login(colleague)
    client.post(url(draft, Section.MEANS), {"means": "Deux salles", "version": ""})
    page = client.get(draft.get_absolute_url()).content.decode().replace("\u00a0", " ")
    assert "par Zélie Ndiaye (partie « Moyens et partenaires »)" in page
    assert "2 parties sur 9 complétées" in page, "means, and no document is asked"
    assert "Facultatif" in page


# --- The deposit --------------------------------------------------------------------------------
def filed(draft) -> Application:
    return submit_application(application_id=draft.pk, by=draft.created_by, at=timezone.now())


def test_a_deposit_holds_everything_that_was_declared(client):
    draft = a_complete_draft()
    draft.staff_lines.create(category="employees", people=2, fte=Decimal("1.5"))
    Application.objects.filter(pk=draft.pk).update(
        evaluation_method="Chaque mois.", inclusion_text="Mixte.", is_city_policy=True
    )
    dossier = filed(draft)
    content = json.loads(bytes(dossier.deposits.get().payload))
    assert content["format"] == FORMAT == 2
    assert content["applicant"]["contact_name"] == "Ada Diallo"
    assert content["applicant"]["annual_budget"][0] == {"account": "64", "amount": "90000.00"}
    assert content["means"]["staff"] == [{"category": "employees", "people": 2, "fte": "1.50"}]
    assert content["evaluation"]["evaluation_method"] == "Chaque mois."
    assert content["public"]["inclusion"] == "Mixte."
    assert content["project"]["is_city_policy"] is True
    assert content["profile"]["representatives"][0]["name"] == "Ada Diallo"


def test_the_dossier_shows_the_profile_of_the_day_it_was_filed():
    dossier = filed(a_complete_draft())
    Representative.objects.update(name="Quelqu’un d’autre")
    cards = {card.slug: dict(card.facts) for card in deposited_body(dossier)["profile_cards"]}
    assert "Ada Diallo" in cards["representants"].values()


def test_an_older_deposit_stays_readable_and_verifiable(client, monkeypatch):
    def as_before(application, *, at):
        content = snapshot(application, at=at) | {"format": 1}
        return {k: v for k, v in content.items() if k not in NEW_PARTS}

    monkeypatch.setattr("grants.applications.services.filing.snapshot", as_before)
    dossier = filed(a_complete_draft())
    assert json.loads(bytes(dossier.deposits.get().payload))["format"] == 1
    Organisation.objects.update(legal_name="Un nom plus récent")
    body = deposited_body(fresh(dossier))
    assert body["profile_cards"] == []
    assert body["body"].legal_name != "Un nom plus récent"
    assert list(deposit_faults()) == []
    client.force_login(dossier.created_by)
    for address in (dossier.get_absolute_url(), f"{dossier.get_absolute_url()}demande/"):
        assert client.get(address).status_code == 200, address


def test_what_to_prepare_names_the_nine_parts(client):
    sheet = a_sheet()
    page = client.get(
        reverse("applications:prepare", args=[sheet.campaign.fiscal_year, sheet.code])
    ).content.decode()
    assert "Les neuf parties du dossier" in page
    assert len(Section) == 9
    for section in Section:
        assert section.label in page
