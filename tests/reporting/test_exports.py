"""The year as files: stable columns, one row a dossier, defused cells, the sums of the screen."""

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.utils import timezone

from accounts.enums import Role
from config.spreadsheets import Kind, csv_cell, neutral
from grants.applications.enums import MoneyState, ReviewState
from grants.review.models import ConflictOfInterest, Review, Score
from grants.review.services.summaries import refresh_summary
from reporting.columns import COORDINATOR_COLUMNS, YEAR_COLUMNS
from territories.loading import load_parameters
from tests.factories import (
    CallSheetFactory,
    CampaignFactory,
    CommuneFactory,
    FiledApplicationFactory,
    GridFactory,
    OrganisationFactory,
    UserFactory,
    person_with_role,
)
from tests.portal.actions import a_decision, an_action, count_public, take_place
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db

NAMES = [
    "exercice",
    "reference",
    "etat",
    "fiche_code",
    "fiche_titre",
    "organisation",
    "nature",
    "siret",
    "rna",
    "commune_siege",
    "communes_action",
    "territoires",
    "qpv",
    "intitule",
    "montant_demande",
    "montant_propose",
    "montant_attribue",
    "date_depot",
    "date_decision",
    "deliberation",
    "date_notification",
    "voie_notification",
    "note",
    "public_total",
    "filles",
    "garcons",
    "premiere_demande_ou_renouvellement",
]


@pytest.fixture
def head(client):
    load_parameters()
    user = person_with_role(Role.UNIT_HEAD)
    client.force_login(user)
    return user


@pytest.fixture
def sheet(db):
    return CallSheetFactory(campaign=CampaignFactory(fiscal_year=2031), code="C1", title="Veiller")


def as_csv(client, year: int = 2031) -> list[dict]:
    text = b"".join(client.get(f"/rapports/{year}/dossiers.csv").streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def as_book(client, year: int = 2031):
    response = client.get(f"/rapports/{year}/dossiers.xlsx")
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))


def euros(rows: list[dict], name: str) -> Decimal:
    return sum((Decimal(row[name].replace(",", ".")) for row in rows if row[name]), Decimal(0))


def test_the_columns_are_a_promise():
    assert [column.name for column in YEAR_COLUMNS] == NAMES
    assert all(column.help for column in YEAR_COLUMNS)
    left = [name for name in NAMES if name not in {"note", "montant_propose"}]
    assert [column.name for column in COORDINATOR_COLUMNS] == left


def test_a_row_says_everything_of_a_dossier(client, head, sheet):
    antony = CommuneFactory(name="Antony", territory__number=7)
    organisation = OrganisationFactory(
        legal_name="Les Passerelles", siret="55208131766522", rna="W921234567", commune=antony
    )
    decision = an_action(
        sheet=sheet,
        amount=Decimal("1500.50"),
        organisation=organisation,
        title="Ateliers du soir",
        requested_amount=Decimal(2000),
        proposed_amount=Decimal(1800),
        girls_count=12,
        boys_count=10,
    )
    take_place(decision.application, antony)
    count_public(decision.application, **{"11_15": 15, "16_17": 7})
    (row,) = as_csv(client)
    assert list(row) == NAMES
    today = timezone.localdate().isoformat()
    assert row == {
        "exercice": "2031",
        "reference": decision.application.reference,
        "etat": "Attribué",
        "fiche_code": "C1",
        "fiche_titre": "Veiller",
        "organisation": "Les Passerelles",
        "nature": "Association",
        "siret": "55208131766522",
        "rna": "W921234567",
        "commune_siege": "Antony",
        "communes_action": "Antony",
        "territoires": "7",
        "qpv": "",
        "intitule": "Ateliers du soir",
        "montant_demande": "2000,00",
        "montant_propose": "1800,00",
        "montant_attribue": "1500,50",
        "date_depot": today,
        "date_decision": decision.decided_on.isoformat(),
        "deliberation": decision.deliberation_number,
        "date_notification": today,
        "voie_notification": "Courrier postal",
        "note": "",
        "public_total": "22",
        "filles": "12",
        "garcons": "10",
        "premiere_demande_ou_renouvellement": "Première demande",
    }


def test_drafts_and_other_years_stay_out(client, head, sheet):
    kept = FiledApplicationFactory(sheet=sheet)
    FiledApplicationFactory(sheet=CallSheetFactory(campaign=CampaignFactory(fiscal_year=2030)))
    FiledApplicationFactory._meta.model.objects.create(
        sheet=sheet,
        organisation=kept.organisation,
        created_at=timezone.now(),
        updated_at=timezone.now(),
        created_by=kept.created_by,
    )
    assert [row["reference"] for row in as_csv(client)] == [kept.reference]


def test_the_sums_of_the_files_are_those_of_the_screen(client, head, sheet):
    commune = CommuneFactory(territory__number=7)
    other = CommuneFactory(territory__number=3)
    for amount in ("100.01", "33.33", "7.00"):
        decision = an_action(sheet=sheet, amount=Decimal(amount), requested_amount=Decimal(200))
        take_place(decision.application, commune, other)
    a_decision(sheet=sheet, outcome="rejected", requested_amount=Decimal("50.50"))
    an_action(
        sheet=sheet, amount=999, money_state=MoneyState.RENOUNCED, requested_amount=Decimal(999)
    )
    page = client.get("/rapports/?exercice=2031").context
    rows, book = as_csv(client), as_book(client)
    assert len(rows) == page["totals"].count == 5
    assert euros(rows, "montant_demande") == page["totals"].requested == Decimal("1649.50")
    assert euros(rows, "montant_attribue") == page["totals"].awarded == Decimal("140.34")
    for table in ("states", "sheets", "territories"):
        assert sum(line.requested for line in page[table]) == page["totals"].requested, table
        assert sum(line.awarded for line in page[table]) == page["totals"].awarded, table
    totals = dict(book["Totaux"].iter_rows(min_row=2, max_col=2, values_only=True))
    assert totals["dossiers"] == 5
    assert totals["montant_attribue"] == pytest.approx(140.34)
    assert book["Dossiers"].max_row == 6


def test_both_formats_hold_the_same_rows(client, head, sheet):
    decision = an_action(sheet=sheet, amount=Decimal("12.30"), title="Ateliers")
    (row,) = as_csv(client)
    sheet_ = as_book(client)["Dossiers"]
    names = [cell.value for cell in sheet_[1]]
    values = dict(zip(names, [cell.value for cell in sheet_[2]], strict=True))
    assert names == NAMES
    assert values["reference"] == row["reference"] == decision.application.reference
    assert values["montant_attribue"] == 12.3
    assert values["date_decision"].date() == decision.decided_on
    assert isinstance(values["siret"], str)


@pytest.mark.parametrize(
    "hostile",
    [
        "=1+1",
        "+33",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1+1",
        "\xa0=1+1",
        "＝1+1",
        '=HYPERLINK("http://x")',
    ],
)
def test_a_cell_that_would_be_a_formula_is_defused(hostile: str):
    assert neutral(hostile) == f"'{hostile}"
    assert csv_cell(Kind.TEXT, hostile).startswith("'")


def test_ordinary_words_are_left_alone():
    for text in ("Ateliers = réussite", "2031-0001", "a-b", "", "'cité"):
        assert neutral(text) == text


def test_hostile_names_are_defused_in_both_files(client, head, sheet):
    FiledApplicationFactory(
        sheet=sheet,
        title='=HYPERLINK("http://mal.example";"x")',
        organisation=OrganisationFactory(legal_name="@SUM(1+1);x\n=2"),
    )
    (row,) = as_csv(client)
    assert row["intitule"].startswith("'=HYPERLINK")
    assert row["organisation"] == "'@SUM(1+1);x\n=2"
    cells = {cell.value: cell for cell in as_book(client)["Dossiers"][2]}
    title = cells['\'=HYPERLINK("http://mal.example";"x")']
    assert title.data_type in {"s", "inlineStr"}
    assert title.hyperlink is None


def test_numbers_are_written_for_french_spreadsheets():
    assert csv_cell(Kind.MONEY, Decimal("-1234.5")) == "-1234,50"
    assert csv_cell(Kind.SCORE, Decimal("72.5")) == "72,5"
    assert csv_cell(Kind.DAY, date(2031, 3, 9)) == "2031-03-09"
    assert csv_cell(Kind.MONEY, None) == ""


def test_whoever_stands_aside_gets_no_score(client, head, sheet):
    sheet = CallSheetFactory(campaign=sheet.campaign, grid=GridFactory())
    for _ in range(2):
        application = FiledApplicationFactory(sheet=sheet, review_state=ReviewState.EVALUATED)
        review = Review.objects.create(
            application=application,
            reviewer=UserFactory(),
            deposit=application.deposits.get(),
            state="final",
            updated_at=timezone.now(),
        )
        for criterion in sheet.grid.criteria.all():
            Score.objects.create(review=review, criterion=criterion, level=4)
        refresh_summary(application)
    assert [row["note"] for row in as_csv(client)] == ["80,0", "80,0"]
    ConflictOfInterest.objects.create(
        person=head, application=application, declared_at=timezone.now()
    )
    notes = {row["reference"]: row["note"] for row in as_csv(client)}
    assert notes[application.reference] == ""
    assert sorted(notes.values()) == ["", "80,0"]


def test_a_second_year_is_a_renewal(client, head, sheet):
    organisation = OrganisationFactory()
    before = CallSheetFactory(campaign=CampaignFactory(fiscal_year=2030))
    an_action(sheet=before, organisation=organisation)
    FiledApplicationFactory(sheet=sheet, organisation=organisation)
    (row,) = as_csv(client)
    assert row["premiere_demande_ou_renouvellement"] == "Renouvellement"


def test_the_answer_is_a_file_to_download_that_no_cache_keeps(client, head, sheet):
    FiledApplicationFactory(sheet=sheet)
    for extension, media in (("csv", "text/csv"), ("xlsx", "spreadsheetml")):
        answer = client.get(f"/rapports/2031/dossiers.{extension}")
        assert media in answer["Content-Type"]
        assert f'filename="maillage-dossiers-2031.{extension}"' in answer["Content-Disposition"]
        assert answer["Content-Disposition"].startswith("attachment")
        assert "no-store" in answer["Cache-Control"]
        b"".join(answer.streaming_content)


def test_a_year_without_dossiers_is_not_found(client, head, sheet):
    assert client.get("/rapports/2031/dossiers.csv").status_code == 404
    assert client.get("/rapports/9999/dossiers.csv").status_code == 404


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_a_file_costs_the_same_whatever_its_rows(client, head, sheet, extension: str):
    commune = CommuneFactory(territory__number=7)

    def make() -> None:
        take_place(an_action(sheet=sheet).application, commune)

    assert_same_queries(
        lambda: client.get(f"/rapports/2031/dossiers.{extension}"),
        few=make,
        many=lambda: [make() for _ in range(49)],
    )


def test_the_page_costs_the_same_whatever_its_dossiers(client, head, sheet):
    commune = CommuneFactory(territory__number=7)

    def make() -> None:
        take_place(an_action(sheet=sheet).application, commune)

    assert_same_queries(
        lambda: client.get("/rapports/?exercice=2031"),
        few=make,
        many=lambda: [make() for _ in range(49)],
    )


def test_the_page_before_any_filing_says_when_figures_come(client, head):
    assert "Aucun dossier déposé" in client.get("/rapports/").content.decode()
