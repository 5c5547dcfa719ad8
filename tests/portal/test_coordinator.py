"""The coordinator's pages: their territory, whole, without a score."""

import csv
import html
import io
from decimal import Decimal

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from foundation.parameters.models import Parameter
from grants.applications.enums import ReviewState
from grants.review.models import Review, Score
from grants.review.services.summaries import refresh_summary
from tests.factories import (
    CallSheetFactory,
    CommuneFactory,
    FiledApplicationFactory,
    GridFactory,
    RoleAssignmentFactory,
    TerritoryFactory,
    UserFactory,
    person_with_role,
)
from tests.portal.actions import a_decision, an_action, take_place
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db
HOME = "/coordination/"
LIST = "/coordination/dossiers/"


def words(response) -> str:
    return html.unescape(response.content.decode()).replace("\xa0", " ")


@pytest.fixture
def seven(db):
    return TerritoryFactory(number=7, name="Antony, Bagneux")


@pytest.fixture
def antony(seven):
    return CommuneFactory(name="Antony", territory=seven)


@pytest.fixture
def coordinator(client, seven):
    user = person_with_role(Role.COORDINATOR, territory=seven)
    client.force_login(user)
    return user


def filed_in(*communes, **fields):
    application = FiledApplicationFactory(**fields)
    take_place(application, *communes)
    return application


def csv_rows(response) -> list[dict]:
    text = b"".join(response.streaming_content).decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_the_home_says_what_there_is_to_see_before_anything_is_filed(client, coordinator):
    page = words(client.get(HOME))
    assert "Territoire 7" in page
    assert "Aucun dossier déposé sur votre territoire" in page


def test_dossiers_are_counted_by_state_with_a_link_to_each_list(client, coordinator, antony):
    filed_in(antony, requested_amount=Decimal(5000), review_state=ReviewState.UNDER_REVIEW)
    filed_in(antony, requested_amount=Decimal(2500), review_state=ReviewState.UNDER_REVIEW)
    filed_in(antony, requested_amount=Decimal(100))
    page = words(client.get(HOME))
    year = timezone.localdate().year
    link = f"{LIST}?exercice={year}&etat=under_review"
    assert link in page
    assert "7 500 €" in page
    assert "7 600 €" in page
    listed = words(client.get(link))
    assert listed.count("<tr data-row") == 2
    assert "7 500 €" in listed


def test_communes_share_the_money_and_the_sum_is_that_of_the_dossiers(client, coordinator, antony):
    clichy = CommuneFactory(name="Clichy", territory__number=3)
    bagneux = CommuneFactory(name="Bagneux", territory=antony.territory)
    filed_in(antony, bagneux, clichy, requested_amount=Decimal("100.00"))
    lines = {line.label: line for line in client.get(HOME).context["communes"]}
    assert lines["Antony"].requested == Decimal("33.34")
    assert lines["Bagneux"].requested == Decimal("33.33")
    assert lines["Part menée dans d’autres territoires"].requested == Decimal("33.33")
    assert sum(line.requested for line in lines.values()) == Decimal("100.00")


def test_another_territory_is_nowhere_to_be_seen(client, coordinator, antony):
    clichy = CommuneFactory(name="Clichy", territory__number=3)
    filed_in(clichy, title="CANARI-AILLEURS")
    filed_in(antony, title="Ici")
    a_decision(title="CANARI-DÉCIDÉ", whole_department=False)
    for url in (HOME, LIST, f"{LIST}?commune={clichy.pk}", f"{LIST}?q=CANARI"):
        assert "CANARI" not in words(client.get(url)).replace("q=CANARI", "").replace(
            'value="CANARI"', ""
        ).replace(": CANARI", "")
    exported = csv_rows(client.get("/coordination/dossiers.csv"))
    assert [row["intitule"] for row in exported] == ["Ici"]


def test_the_whole_département_sees_the_seven(client, antony):
    client.force_login(person_with_role(Role.COORDINATOR))
    filed_in(CommuneFactory(name="Clichy", territory__number=3), title="À Clichy")
    filed_in(antony, title="À Antony")
    page = words(client.get(LIST))
    assert "À Clichy" in page
    assert "À Antony" in page
    assert "Tout le département" in words(client.get(HOME))


def test_only_notified_awards_have_an_amount(client, coordinator, antony):
    told, untold = an_action(amount=1234), a_decision(amount=4321, notified=False)
    for decision in (told, untold):
        take_place(decision.application, antony)
    home, listed = words(client.get(HOME)), words(client.get(LIST))
    for page in (home, listed):
        assert "1 234 €" in page
        assert "4 321 €" not in page
    assert reverse("portal:action_detail", args=[told.application.reference]) in home
    exported = {row["reference"]: row for row in csv_rows(client.get("/coordination/dossiers.csv"))}
    assert exported[told.application.reference]["montant_attribue"] == "1234,00"
    hidden = exported[untold.application.reference]
    assert {hidden[k] for k in ("montant_attribue", "date_decision", "deliberation")} == {""}


def test_no_score_and_no_proposed_amount_in_any_format(client, coordinator, antony):
    Parameter.objects.get_or_create(
        key="review.gap_points", valid_from="2017-01-01", defaults={"value": "20", "label": "Écart"}
    )
    application = filed_in(
        antony,
        sheet=CallSheetFactory(grid=GridFactory()),
        review_state=ReviewState.EVALUATED,
        proposed_amount=Decimal("4242.42"),
    )
    review = Review.objects.create(
        application=application,
        reviewer=UserFactory(),
        deposit=application.deposits.get(),
        state="final",
        updated_at=timezone.now(),
    )
    for criterion, level in zip(application.sheet.grid.criteria.all(), (5, 3, 1), strict=True):
        Score.objects.create(review=review, criterion=criterion, level=level)
    refresh_summary(application)
    desk = person_with_role(Role.UNIT_HEAD)
    client.force_login(desk)
    year = application.sheet.campaign.fiscal_year
    assert csv_rows(client.get(f"/rapports/{year}/dossiers.csv"))[0]["note"] == "72,0"
    client.force_login(coordinator)
    (row,) = csv_rows(client.get("/coordination/dossiers.csv"))
    assert not {"note", "montant_propose"} & row.keys()
    assert not {"72,0", "4242,42"} & set(row.values())
    book = openpyxl.load_workbook(
        io.BytesIO(b"".join(client.get("/coordination/dossiers.xlsx").streaming_content))
    )
    cells = [cell.value for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not {"note", "montant_propose", 72, 4242.42} & set(cells)
    for url in (HOME, LIST):
        assert "4 242" not in words(client.get(url))


def test_the_export_is_exactly_what_is_filtered(client, coordinator, antony):
    for state in (ReviewState.SUBMITTED, ReviewState.EVALUATED, ReviewState.EVALUATED):
        filed_in(antony, review_state=state, requested_amount=Decimal("10.50"))
    query = {"etat": "evaluated", "tri": "reference"}
    page = client.get(LIST, query)
    link = f"/coordination/dossiers.csv?{page.context['query']}"
    assert link in words(page)
    exported = csv_rows(client.get(link))
    shown = [application.reference for application, _headline in page.context["rows"]]
    assert [row["reference"] for row in exported] == shown
    total = sum(Decimal(row["montant_demande"].replace(",", ".")) for row in exported)
    assert total == page.context["listing"].totals["requested"] == Decimal("21.00")


def test_a_wrong_filter_exports_nothing(client, coordinator, antony):
    filed_in(antony)
    assert csv_rows(client.get("/coordination/dossiers.csv?etat=nimporte")) == []


def test_the_list_costs_the_same_whatever_its_rows(client, coordinator, antony):
    sheet = CallSheetFactory()
    assert_same_queries(
        lambda: client.get(LIST, {"par": "50"}),
        few=lambda: filed_in(antony, sheet=sheet),
        many=lambda: [filed_in(antony, sheet=sheet) for _ in range(49)],
        row="<tr data-row",
    )


def test_the_home_costs_the_same_whatever_its_dossiers(client, coordinator, antony):
    sheet = CallSheetFactory()

    def make() -> None:
        take_place(an_action(sheet=sheet).application, antony)

    assert_same_queries(
        lambda: client.get(HOME),
        few=make,
        many=lambda: [make() for _ in range(49)],
        at_most=20,
    )


def test_a_former_coordinator_is_refused(client, seven):
    yesterday = timezone.localdate() - timezone.timedelta(days=1)
    user = RoleAssignmentFactory(role=Role.COORDINATOR, territory=seven, ends_on=yesterday).user
    client.force_login(user)
    assert client.get(HOME).status_code == 403
    assert client.get(LIST).status_code == 403
