"""The public pages of funded actions: only what is awarded, notified, in force."""

import html
import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from grants.applications.enums import MoneyState
from grants.calls.enums import SheetState
from portal.masking import FEW, HIDDEN, public_counts
from territories.models import Theme
from tests.factories import CallSheetFactory, CampaignFactory, CommuneFactory
from tests.portal.actions import a_decision, an_action, count_public, take_place
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db
LIST = "/actions/"


def words(response) -> str:
    return html.unescape(response.content.decode()).replace("\xa0", " ")


def url_of(decision) -> str:
    return reverse("portal:action_detail", args=[decision.application.reference])


def hidden_cases():
    return {
        "not notified": lambda: a_decision(notified=False, title="CANARI"),
        "rejected": lambda: a_decision(outcome="rejected", title="CANARI"),
        "deferred": lambda: a_decision(outcome="deferred", title="CANARI"),
        "renounced": lambda: a_decision(money_state=MoneyState.RENOUNCED, title="CANARI"),
    }


@pytest.mark.parametrize("case", hidden_cases())
def test_nothing_else_than_a_notified_award_is_public(client, case: str):
    decision = hidden_cases()[case]()
    assert client.get(url_of(decision)).status_code == 404
    assert "CANARI" not in words(client.get(LIST))


def test_a_superseded_award_is_not_public(client):
    decision = an_action(title="CANARI")
    decision.superseded_at = timezone.now()
    decision.save()
    assert client.get(url_of(decision)).status_code == 404
    assert "CANARI" not in words(client.get(LIST))


def test_the_page_of_an_action_says_what_is_public_and_nothing_else(client):
    decision = an_action(
        amount=Decimal("3000.50"),
        requested_amount=Decimal(7777),
        proposed_amount=Decimal(6666),
        title="Ateliers du soir",
        objectives="Raccrocher les élèves.",
        description="Deux ateliers par semaine.",
        means="CANARI-MOYENS",
        partners_text="CANARI-PARTENAIRES",
        public_description="CANARI-PUBLIC",
    )
    decision.conditions = "CANARI-CONDITIONS"
    decision.withdrawals = "CANARI-ELUS"
    decision.save()
    page = words(client.get(url_of(decision)))
    for shown in (
        "Ateliers du soir",
        "Raccrocher les élèves.",
        "Deux ateliers par semaine.",
        "3 000,50 €",
        "Tout le département",
        decision.application.organisation.legal_name,
        decision.application.sheet.get_absolute_url(),
    ):
        assert shown in page
    person = decision.application.created_by
    for secret in ("CANARI", "7 777", "6 666", person.last_name, person.email):
        assert secret not in page


def test_hostile_words_of_a_dossier_stay_words(client):
    decision = an_action(title="<script>alert(1)</script>", description="<img src=x onerror=a()>")
    raw = client.get(url_of(decision)).content.decode()
    assert "<script>alert(1)" not in raw
    assert "<img src=x" not in raw


def test_small_numbers_of_people_are_masked_on_the_page(client):
    decision = an_action(girls_count=3, boys_count=41)
    count_public(decision.application, **{"11_15": 40, "16_17": 4})
    page = words(client.get(url_of(decision)))
    cells = re.findall(r'<td class="text-end">([^<]*)</td>', page)
    assert cells == ["40", "moins de 5", "moins de 5", "non communiqué"]


def test_the_list_counts_and_adds_up_what_is_filtered(client):
    antony = CommuneFactory(name="Antony", territory__number=7)
    clichy = CommuneFactory(name="Clichy", territory__number=3)
    first, second, everywhere = (
        an_action(amount=amount, title=title)
        for amount, title in ((1000, "Ici"), (2000, "Ailleurs"), (400, "Partout"))
    )
    take_place(first.application, antony)
    take_place(second.application, clichy)
    page = words(client.get(LIST))
    assert "3 actions, 3 400 € attribués" in page
    page = words(client.get(LIST, {"commune": antony.pk}))
    assert "2 actions, 1 400 € attribués" in page
    assert "Ici" in page
    assert "Partout" in page
    assert second.application.reference not in page
    page = words(client.get(LIST, {"territoire": 3}))
    assert "2 actions, 2 400 € attribués" in page
    assert first.application.reference not in page
    page = words(client.get(LIST, {"q": "ailleurs"}))
    assert "1 action, 2 000 € attribués" in page
    assert everywhere.application.reference not in page


def test_the_list_is_filtered_by_year_and_theme(client):
    theme = Theme.objects.create(label="Décrochage scolaire", slug="decrochage")
    old = CallSheetFactory(
        campaign=CampaignFactory(fiscal_year=2021), state=SheetState.DRAFT, published_at=None
    )
    old.themes.add(theme)
    old.state, old.published_at = SheetState.PUBLISHED, old.opens_at
    old.save()
    an_action(sheet=old, title="Ancienne")
    an_action(title="Récente")
    for query in ({"exercice": 2021}, {"theme": theme.pk}):
        page = words(client.get(LIST, query))
        assert "Ancienne" in page
        assert "Récente" not in page


def test_a_wrong_filter_is_said_and_shows_nothing(client):
    an_action(title="Récente")
    page = words(client.get(LIST, {"commune": "zzz"}))
    assert "Un filtre n’est pas compris" in page
    assert "Récente" not in page


def test_the_list_costs_the_same_whatever_its_rows(client):
    sheet = CallSheetFactory()
    communes = [CommuneFactory(territory__number=7) for _ in range(3)]

    def make(count: int) -> None:
        for _ in range(count):
            take_place(an_action(sheet=sheet).application, *communes)

    assert_same_queries(
        lambda: client.get(LIST, {"par": "50"}),
        few=lambda: make(1),
        many=lambda: make(49),
        row="<tr data-row",
    )


def test_the_page_of_a_territory_leads_to_the_action(client):
    commune = CommuneFactory(territory__number=7)
    decision = an_action()
    take_place(decision.application, commune)
    page = words(client.get(reverse("territories:commune", args=[commune.slug])))
    assert url_of(decision) in page


# --- Counts ---------------------------------------------------------------------------------------
BANDS = [("11–15 ans", 20), ("16–17 ans", 12)]


def test_counts_of_five_and_more_are_given():
    shown = public_counts([("11–15 ans", 5)], girls=5, boys=None)
    assert (shown.bands, shown.total, shown.girls, shown.boys) == (
        [("11–15 ans", "5")],
        "5",
        "5",
        "",
    )


@pytest.mark.parametrize("small", [1, 4])
def test_a_small_band_takes_the_total_and_the_sexes_with_it(small: int):
    shown = public_counts([*BANDS, ("Parents", small)], girls=16, boys=16 + small)
    assert shown.bands[-1] == ("Parents", FEW)
    assert (shown.total, shown.girls, shown.boys) == ("", HIDDEN, HIDDEN)


def test_a_small_sex_takes_the_other_with_it():
    shown = public_counts(BANDS, girls=2, boys=30)
    assert (shown.total, shown.girls, shown.boys) == ("32", FEW, HIDDEN)


def test_a_band_without_anybody_is_left_out():
    shown = public_counts([("0–5 ans", 0), *BANDS], girls=None, boys=None)
    assert [label for label, _words in shown.bands] == ["11–15 ans", "16–17 ans"]
