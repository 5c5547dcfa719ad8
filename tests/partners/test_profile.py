from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from partners.enums import OrganisationKind, RepresentativeRole, Right
from partners.hub import Viewer, hub_cards
from partners.models import HumanMeans, OrganisationFlag, Representative, YearAccounts
from partners.selectors import profile_of
from partners.services.profile import (
    ApprovalValue,
    RepresentativeValue,
    affiliations_token,
    representatives_token,
    save_affiliations,
    save_human_means,
    save_representatives,
    save_year_accounts,
)
from tests.factories import (
    BankDetailsFactory,
    OrganisationDocumentFactory,
    OrganisationFactory,
    UserFactory,
    member_of,
    person_with_role,
)


pytestmark = pytest.mark.django_db

LAST = timezone.localdate().year - 1
NADIA = RepresentativeValue("legal", "Nadia Estrade", "Présidente", "nadia@essai.example")
PAUL = RepresentativeValue("legal", "Paul Jourdain")


def text_of(answer) -> str:
    """Return a page with plain spaces."""
    return answer.content.decode().replace("\xa0", " ")


def url(name: str, body, **kwargs) -> str:
    return reverse(f"partners:{name}", kwargs={"pk": body.pk, **kwargs})


@pytest.fixture
def body():
    return OrganisationFactory()


@pytest.fixture
def manager(client: Client, body):
    user = member_of(body)
    client.force_login(user)
    return user


def save_people(body, by, *rows, **more):
    return save_representatives(
        organisation_id=body.pk, rows=rows, by=by, at=timezone.now(), **more
    )


def people_data(*rows: dict, **more) -> dict:
    data = {"people-TOTAL_FORMS": len(rows), "people-INITIAL_FORMS": 0, **more}
    for n, row in enumerate(rows):
        data |= {f"people-{n}-{name}": value for name, value in row.items()}
    return data


# --- Representatives ----------------------------------------------------------------------------
def test_the_first_legal_representative_is_not_flagged(body):
    saved = save_people(body, member_of(body), NADIA)
    assert not saved.flagged
    assert not OrganisationFlag.objects.exists()


def test_another_legal_representative_is_flagged_and_blocks_nothing(body):
    manager = member_of(body)
    save_people(body, manager, NADIA)
    assert save_people(body, manager, PAUL).flagged
    flag = OrganisationFlag.objects.get()
    assert flag.kind == "representative"
    assert flag.text.replace("\xa0", " ") == (
        "Le représentant légal est désormais Paul Jourdain ; c’était Nadia Estrade."
    )
    assert flag.raised_by == manager
    assert body.representatives.get().name == "Paul Jourdain"


def test_a_legal_representative_taken_away_is_flagged(body):
    manager = member_of(body)
    save_people(body, manager, NADIA)
    assert save_people(body, manager).flagged
    assert "n’est plus indiqué" in OrganisationFlag.objects.get().text


def test_the_flag_names_who_follows_a_legal_representative_taken_away(body):
    manager = member_of(body)
    save_people(body, manager, NADIA)
    save_people(body, manager)
    assert save_people(body, manager, PAUL).flagged
    assert OrganisationFlag.objects.get().text.replace("\xa0", " ") == (
        "Le représentant légal est désormais Paul Jourdain ; c’était Nadia Estrade."
    )


@pytest.mark.parametrize("name", ["nadia ESTRADE", " Nadia  Estrade "])
def test_the_same_name_written_otherwise_is_not_flagged(body, name):
    manager = member_of(body)
    save_people(body, manager, NADIA)
    assert not save_people(body, manager, RepresentativeValue("legal", name)).flagged


def test_the_office_does_not_flag_its_own_change(body):
    save_people(body, member_of(body), NADIA)
    assert not save_people(body, person_with_role(Role.UNIT_HEAD), PAUL).flagged


def test_a_body_has_one_legal_representative(body):
    with pytest.raises(Refusal) as refusal:
        save_people(body, member_of(body), NADIA, PAUL)
    assert refusal.value.code == "two_legals"
    assert not Representative.objects.exists()


def test_who_only_edits_does_not_change_the_representatives(body):
    with pytest.raises(Refusal) as refusal:
        save_people(body, member_of(body, Right.EDIT, Right.SIGN), NADIA)
    assert refusal.value.status == 403


def test_two_colleagues_never_overwrite_each_other(body):
    manager = member_of(body)
    seen = representatives_token(body)
    save_people(body, manager, NADIA, seen=seen)
    with pytest.raises(Refusal) as refusal:
        save_people(body, manager, PAUL, seen=seen)
    assert (refusal.value.code, refusal.value.status) == ("conflict", 409)
    assert body.representatives.get().name == "Nadia Estrade"


def test_representatives_are_added_and_removed_with_rows(client, body, manager):
    page = url("representatives", body)
    answer = client.post(
        page,
        people_data(
            {"role": "legal", "name": "Nadia Estrade", "phone": "0199001234"},
            {"role": "treasurer", "name": "Théo Ythier"},
            {"role": "other", "name": ""},
        ),
    )
    assert answer["Location"] == url("organisation_detail", body)
    assert [r.name for r in body.representatives.all()] == ["Nadia Estrade", "Théo Ythier"]
    assert body.representatives.first().phone == "01 99 00 12 34"
    client.post(
        page,
        people_data(
            {"role": "legal", "name": "Nadia Estrade"},
            {"role": "treasurer", "name": "Théo Ythier", "remove": "on"},
        ),
    )
    assert [r.name for r in body.representatives.all()] == ["Nadia Estrade"]


def test_one_more_row_keeps_what_was_typed_and_saves_nothing(client, body, manager):
    answer = client.post(
        url("representatives", body),
        people_data({"role": "legal", "name": "Nadia Estrade", "email": "pas une"}, add="1"),
    )
    page = text_of(answer)
    assert answer.status_code == 200
    assert 'value="Nadia Estrade"' in page
    assert 'value="pas une"' in page
    assert 'name="people-1-name"' in page
    assert not body.representatives.exists()


def test_wrong_values_of_a_person_are_kept_and_explained(client, body, manager):
    answer = client.post(
        url("representatives", body),
        people_data({"role": "legal", "name": "", "email": "nadia@", "phone": "12"}),
    )
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Indiquez une adresse e-mail complète" in page
    assert "Saisissez un numéro à dix chiffres" in page
    assert 'value="nadia@"' in page
    assert 'href="#id_people-0-email"' in page


def test_a_change_of_president_is_said_on_the_page(client, body, manager):
    save_people(body, manager, NADIA)
    page = text_of(
        client.post(
            url("representatives", body),
            people_data({"role": "legal", "name": "Paul Jourdain"}),
            follow=True,
        )
    )
    assert "Le changement de représentant légal est signalé au service ; vous pouvez" in page
    assert "signalé au service ; rien n’est bloqué" in page


def test_a_conflict_shows_what_is_stored_and_keeps_what_was_typed(client, body, manager):
    seen = representatives_token(body)
    save_people(body, manager, NADIA)
    data = people_data({"role": "legal", "name": "Paul Jourdain"}, seen=seen)
    answer = client.post(url("representatives", body), data)
    page = text_of(answer)
    assert answer.status_code == 409
    assert "Une autre personne a modifié cette page pendant votre saisie" in page
    assert "Nadia Estrade" in page
    assert 'value="Paul Jourdain"' in page
    again = data | {"seen": answer.context["token"]}
    assert client.post(url("representatives", body), again).status_code == 302
    assert body.representatives.get().name == "Paul Jourdain"


def test_a_commune_has_a_mayor_and_no_treasurer(client):
    commune = OrganisationFactory(kind=OrganisationKind.COMMUNE)
    client.force_login(member_of(commune))
    page = client.get(url("representatives", commune)).content.decode()
    assert "Maire" in page
    assert "Correspondant du service" in page
    assert "Trésorier" not in page


# --- Human means --------------------------------------------------------------------------------
def save_means(body, by, **counts) -> HumanMeans:
    return save_human_means(organisation_id=body.pk, year=LAST, by=by, at=timezone.now(), **counts)


def test_subsidised_jobs_are_among_the_employees(body):
    manager = member_of(body)
    save_means(body, manager, employees=2, subsidised_jobs=2)
    with pytest.raises(Refusal) as refusal:
        save_means(body, manager, employees=2, subsidised_jobs=3)
    assert refusal.value.code == "subsidised"


def test_the_people_of_this_year_are_not_counted_yet(body):
    with pytest.raises(Refusal) as refusal:
        save_human_means(
            organisation_id=body.pk,
            year=LAST + 1,
            by=member_of(body),
            at=timezone.now(),
            volunteers=3,
        )
    assert refusal.value.code == "year"


def test_who_edits_fills_the_means_and_who_only_signs_does_not(body):
    assert save_means(body, member_of(body, Right.EDIT), volunteers=12).volunteers == 12
    with pytest.raises(Refusal):
        save_means(body, member_of(body, Right.SIGN), volunteers=13)


def test_figures_are_read_as_people_type_them(client, body, manager):
    client.post(
        url("human_means", body),
        {"volunteers": "1\u202f250", "employees": " 4 ", "employees_fte": "3,25"},
    )
    means = body.human_means.get()
    assert (means.year, means.volunteers, means.employees) == (LAST, 1250, 4)
    assert means.employees_fte == Decimal("3.25")


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("volunteers", "une dizaine", "Indiquez un nombre entier en chiffres, par exemple 25."),
        ("volunteers", "-3", "Indiquez un nombre entier en chiffres, par exemple 25."),
        ("volunteers", "٣", "Indiquez un nombre entier en chiffres, par exemple 25."),
        ("volunteers", "100001", "Ce nombre paraît trop grand : vérifiez-le."),
        ("employees_fte", "1,234", "Indiquez au plus deux chiffres après la virgule."),
        ("employees_fte", "1e3", "Indiquez un nombre, par exemple 1,5."),
    ],
)
def test_a_figure_that_is_none_is_kept_and_explained(client, body, manager, field, typed, sentence):
    answer = client.post(url("human_means", body), {field: typed})
    page = text_of(answer)
    assert answer.status_code == 422
    assert sentence in page
    assert f'value="{typed}"' in page
    assert not body.human_means.exists()


def test_another_year_is_another_row(client, body, manager):
    page = url("human_means", body)
    client.post(page, {"volunteers": "10"})
    client.post(f"{page}?annee={LAST - 1}", {"volunteers": "8"})
    assert list(body.human_means.values_list("year", "volunteers")) == [(LAST, 10), (LAST - 1, 8)]


def test_the_words_of_the_means_are_explained(client, body, manager):
    page = client.get(url("human_means", body)).content.decode()
    assert "donnent régulièrement de leur temps sans être payées" in page
    assert "pour 0,4." in page


def test_a_commune_is_not_asked_for_volunteers(client):
    commune = OrganisationFactory(kind=OrganisationKind.COMMUNE)
    client.force_login(member_of(commune))
    page = client.get(url("human_means", commune)).content.decode()
    assert "Bénévoles" not in page
    assert "Agents du service" in page


# --- Affiliations and accounts ------------------------------------------------------------------
def test_approvals_and_affiliations_are_kept(client, body, manager):
    answer = client.post(
        url("affiliations", body),
        {
            "approvals-TOTAL_FORMS": 1,
            "approvals-INITIAL_FORMS": 0,
            "approvals-0-kind": "Jeunesse et éducation populaire",
            "approvals-0-given_by": "Préfecture",
            "approvals-0-given_on": "2019-03-12",
            "network": "Fédération d’essai",
            "is_public_utility": "yes",
            "public_utility_on": "04/05/2001",
            "pays_commercial_taxes": "no",
        },
    )
    assert answer.status_code == 302
    body.refresh_from_db()
    assert body.network == "Fédération d’essai"
    assert (body.is_public_utility, body.pays_commercial_taxes) == (True, False)
    assert body.public_utility_on == date(2001, 5, 4)
    assert body.approvals.get().given_on == date(2019, 3, 12)


def test_a_date_that_is_none_is_shown_as_typed(client, body, manager):
    answer = client.post(
        url("affiliations", body),
        {
            "approvals-TOTAL_FORMS": 1,
            "approvals-INITIAL_FORMS": 0,
            "approvals-0-kind": "Sport",
            "approvals-0-given_on": "31/02/2020",
        },
    )
    page = text_of(answer)
    assert answer.status_code == 422
    assert 'value="31/02/2020"' in page
    assert "Indiquez une date valide" in page


def test_affiliations_see_that_a_colleague_changed_them(body):
    manager = member_of(body)
    seen = affiliations_token(body)
    values = {"organisation_id": body.pk, "by": manager, "at": timezone.now()}
    save_affiliations(approvals=[ApprovalValue("Sport")], seen=seen, **values)
    with pytest.raises(Refusal) as refusal:
        save_affiliations(approvals=[], seen=seen, **values)
    assert refusal.value.code == "conflict"
    assert body.approvals.count() == 1


@pytest.mark.parametrize("name", ["affiliations", "year_accounts"])
def test_a_public_body_gives_no_affiliations_nor_accounts(client, name):
    commune = OrganisationFactory(kind=OrganisationKind.COMMUNE)
    client.force_login(member_of(commune))
    assert client.get(url(name, commune)).status_code == 404


ACCOUNTS = {
    "starts_on": f"{LAST}-01-01",
    "ends_on": f"{LAST}-12-31",
    "charges_amount": "48 250,40",
    "income_amount": "47 100",
    "public_aid_amount": "30 000",
    "cash_amount": "-120",
}


def test_the_result_of_a_year_is_computed_and_rounding_is_said(client, body, manager):
    answer = client.post(url("year_accounts", body), ACCOUNTS, follow=True)
    page = text_of(answer)
    accounts = body.year_accounts.get()
    assert (accounts.year, accounts.result_amount) == (LAST, Decimal(-1150))
    assert accounts.cash_amount == Decimal(-120)
    assert "résultat de −1 150 €" in page
    assert "montant arrondi à l’euro : 48 250 €" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ends_on": f"{LAST + 1}-12-31"}, "Cet exercice n’est pas encore clos."),
        ({"starts_on": f"{LAST + 1}-01-01"}, "L’exercice finit avant de commencer."),
        ({"starts_on": "2001-01-01"}, "Un exercice dure deux ans au plus"),
        ({"public_aid_amount": "50000"}, "Les aides publiques sont comptées parmi les produits"),
        ({"approved_on": f"{LAST}-06-01"}, "Des comptes s’approuvent après la fin"),
        ({"charges_amount": "beaucoup"}, "Indiquez un montant en chiffres"),
    ],
)
def test_accounts_that_cannot_be_are_explained(client, body, manager, changes, sentence):
    answer = client.post(url("year_accounts", body), ACCOUNTS | changes)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not YearAccounts.objects.exists()


def test_the_service_refuses_them_too(body):
    values = {"organisation_id": body.pk, "by": member_of(body), "at": timezone.now()}
    days = {"starts_on": date(LAST, 1, 1), "ends_on": date(LAST, 12, 31)}
    for more, code in (
        ({"ends_on": date(LAST - 1, 1, 1)}, "dates"),
        ({"ends_on": date(LAST + 2, 1, 1)}, "not_closed"),
        ({"income_amount": Decimal(1), "public_aid_amount": Decimal(2)}, "public_aid"),
        ({"approved_on": date(LAST, 2, 1)}, "approved_early"),
    ):
        with pytest.raises(Refusal) as refusal:
            save_year_accounts(**values, **(days | more))
        assert refusal.value.code == code


# --- Identity -----------------------------------------------------------------------------------
def test_the_purpose_keeps_its_lines(client, body, manager):
    client.post(
        url("organisation_edit", body),
        {
            "legal_name": "Les Passerelles",
            "purpose": "Accueillir.\r\nAccompagner.",
            "correspondence_address": "BP 12",
            "local_registry": "Volume 12, folio 3, tribunal de Metz",
        },
    )
    body.refresh_from_db()
    assert body.purpose == "Accueillir.\nAccompagner."
    assert body.correspondence_address == "BP 12"
    assert body.local_registry == "Volume 12, folio 3, tribunal de Metz"


# --- The page of the body -----------------------------------------------------------------------
def cards_of(body, **more) -> dict:
    values = {
        "flags": [],
        "members": [],
        "pending": [],
        "consent": None,
        "viewer": Viewer(reads_bank=False),
        "on": timezone.localdate(),
    }
    return {card.slug: card for card in hub_cards(profile_of(body), **(values | more))}


def test_an_empty_association_is_told_what_is_missing(body):
    cards = cards_of(body)
    assert set(cards) == {
        "identite",
        "representants",
        "moyens",
        "affiliations",
        "comptes",
        "banque",
        "documents",
        "membres",
        "decisions",
    }
    assert cards["representants"].missing == ["le nom du représentant légal"]
    assert cards["moyens"].missing == [f"les effectifs au 31 décembre {LAST}"]
    assert "statuts" in cards["documents"].missing
    states = {slug: card.state for slug, card in cards.items()}
    assert states.pop("decisions") == "optional"
    assert set(states.values()) == {"todo"}


def test_an_empty_commune_is_asked_for_less():
    commune = OrganisationFactory(kind=OrganisationKind.COMMUNE)
    cards = cards_of(commune)
    assert not {"affiliations", "comptes"} & set(cards)
    assert cards["representants"].missing == ["le nom du maire", "le correspondant du service"]
    assert cards["moyens"].state == "optional"
    assert cards["documents"].state == "optional"
    assert "l’objet" not in cards["identite"].missing
    assert "le numéro RNA" not in cards["identite"].missing


def test_old_accounts_are_asked_again(body):
    YearAccounts.objects.create(
        organisation=body,
        year=LAST - 1,
        starts_on=date(LAST - 1, 1, 1),
        ends_on=date(LAST - 1, 5, 1),
    )
    assert cards_of(body)["comptes"].missing == ["des comptes de moins de 18\xa0mois"]


def test_a_profile_takes_six_queries(body, django_assert_num_queries):
    OrganisationDocumentFactory.create_batch(5, organisation=body)
    BankDetailsFactory(organisation=body)
    Representative.objects.create(organisation=body, role="legal", name="Nadia Estrade")
    with django_assert_num_queries(6):
        profile = profile_of(body)
        assert profile.legal_representative.name == "Nadia Estrade"
        assert len(profile.documents) == 5


def test_the_page_of_a_body_is_cheap(client, body, manager, django_assert_max_num_queries):
    OrganisationDocumentFactory.create_batch(20, organisation=body)
    BankDetailsFactory(organisation=body)
    for _ in range(10):
        member_of(body)
    client.get(url("organisation_detail", body))
    with django_assert_max_num_queries(20):
        client.get(url("organisation_detail", body))


def test_a_reader_of_the_body_sees_the_cards_without_the_links(client, body):
    client.force_login(member_of(body, Right.SIGN))
    save_people(body, member_of(body), NADIA)
    page = client.get(url("organisation_detail", body)).content.decode()
    assert "Nadia Estrade" in page
    for name in ("representatives", "human_means", "organisation_edit"):
        assert url(name, body) not in page
        assert client.get(url(name, body)).status_code == 404
    assert url("documents", body) in page


def test_who_edits_fills_figures_but_not_people(client, body):
    client.force_login(member_of(body, Right.EDIT))
    for name, status in (
        ("human_means", 200),
        ("affiliations", 200),
        ("year_accounts", 200),
        ("document_add", 200),
        ("representatives", 404),
        ("organisation_edit", 404),
        ("bank_edit", 404),
    ):
        assert client.get(url(name, body)).status_code == status, name


def test_an_ex_member_sees_nothing(client, body):
    user = UserFactory()
    client.force_login(user)
    for name in ("organisation_detail", "bank", "documents", "representatives"):
        assert client.get(url(name, body)).status_code == 404


def test_roles_have_the_words_of_the_body():
    commune = OrganisationFactory(kind=OrganisationKind.COMMUNE)
    Representative.objects.create(
        organisation=commune, role=RepresentativeRole.LEGAL, name="Rose Urvoas"
    )
    assert ("Maire", "Rose Urvoas") in cards_of(commune)["representants"].facts
