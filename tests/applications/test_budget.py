"""The budget: one figure for the request, whole euros, never a float, sixty lines."""

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, strategies as st

from config.money import EuroField, euros
from grants.applications.calculations import budget_totals
from grants.applications.chart_of_accounts import ACCOUNTS, BY_KEY
from grants.applications.enums import BudgetSide
from grants.applications.forms.budget import MAX_ROWS_AN_ACCOUNT
from grants.applications.models import BudgetLine
from tests.applications.dossiers import a_complete_draft, a_draft, a_sheet, fresh, load_parameters


HTMX = {"HX-Request": "true", "HX-Target": "autosave"}
EXACT = (
    "config/money.py",
    "grants/applications/calculations.py",
    "grants/applications/annual_budget.py",
    "grants/applications/chart_of_accounts.py",
    "grants/applications/sections.py",
    "grants/applications/forms/budget.py",
    "grants/applications/forms/fields.py",
)


# --- Never a float ------------------------------------------------------------------------------
@pytest.mark.parametrize("name", EXACT)
def test_no_amount_passes_through_a_float(name):
    tree = ast.parse((django_settings.BASE_DIR / name).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), name
        assert not (isinstance(node, ast.Name) and node.id == "float"), name


def test_no_script_computes_an_amount():
    for path in Path(django_settings.BASE_DIR / "static/js").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert "parseFloat" not in text, path.name


# --- Hypothesis ---------------------------------------------------------------------------------
cents = st.integers(0, 10**12).map(lambda n: Decimal(n) / 100)
spaces = st.sampled_from(["", " ", "\u00a0", "\u202f", "\u2009"])
points = st.sampled_from([",", "."])


@given(cents, spaces, points, st.booleans(), st.booleans())
def test_an_amount_reads_the_same_however_it_was_written(amount, space, point, before, dotted):
    whole, _, decimals = f"{amount:.2f}".partition(".")
    if len(whole) > 10:
        return
    parts = f"{int(whole):,}".split(",")
    text = ("." if dotted and point == "," else space).join(parts) + point + decimals
    text = f"€{space}{text}" if before else f"{text}{space}€"
    assert EuroField().clean(text) == amount


@given(cents)
def test_cents_are_rounded_half_up_with_a_word(amount):
    if amount >= Decimal(10) ** 10 - 1:
        return
    field = EuroField(whole=True)
    kept = field.clean(f"{amount:.2f}")
    assert kept == int(kept)
    assert -Decimal("0.5") < kept - amount <= Decimal("0.5")
    assert bool(field.remark) == (kept != amount)
    if field.remark:
        assert field.remark == f"Montant arrondi à l’euro\u00a0: {euros(kept)}."


class Line:
    def __init__(self, account, amount, own) -> None:
        self.account, self.planned_amount, self.is_this_request = account.key, amount, own
        self.side = account.side


lines = st.lists(
    st.builds(Line, st.sampled_from(ACCOUNTS), st.integers(0, 10**7).map(Decimal), st.just(False)),
    max_size=60,
)


@given(lines)
def test_totals_are_sums_and_the_sentence_says_the_gap(drawn):
    totals = budget_totals(drawn)

    def total(side, *, in_kind):
        rows = [one for one in drawn if one.side == side]
        return sum(
            (one.planned_amount for one in rows if BY_KEY[one.account].is_in_kind == in_kind),
            Decimal(0),
        )

    assert totals.charges == total(BudgetSide.CHARGE, in_kind=False)
    assert totals.income == total(BudgetSide.INCOME, in_kind=False)
    assert totals.charges_with_in_kind == totals.charges + total(BudgetSide.CHARGE, in_kind=True)
    assert totals.income_with_in_kind == totals.income + total(BudgetSide.INCOME, in_kind=True)
    if totals.charges > totals.income:
        gap = totals.charges - totals.income
        assert totals.sentence == f"Il manque {euros(gap)} de produits."
    elif totals.income > totals.charges:
        gap = totals.income - totals.charges
        assert totals.sentence == f"Les produits dépassent les charges de {euros(gap)}."
    else:
        assert ("équilibré" in totals.sentence) != totals.is_empty


# --- The page -----------------------------------------------------------------------------------
@pytest.fixture
def draft(client):
    load_parameters()
    application = a_draft(sheet=a_sheet(rate_ceiling=Decimal("0.30")))
    client.force_login(application.created_by)
    return application


def url(application) -> str:
    return reverse("applications:section", args=[application.uuid, "budget"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        ("1 234,50", 1235),
        ("1\u202f234,49\u00a0€", 1234),
        ("1.234,50", 1235),
        ("1234.5", 1235),
        ("€ 1\u2009234,5", 1235),
        ("0,49", 0),
        ("9999999999", 9999999999),
    ],
)
def test_a_pasted_amount_is_kept_in_whole_euros_everywhere(client, draft, raw, amount):
    data = {"requested_amount": raw, "locations-0-amount": raw, "version": ""}
    client.post(url(draft), data)
    assert fresh(draft).requested_amount == amount
    for line in BudgetLine.objects.filter(application=draft):
        assert line.planned_amount == amount


@pytest.mark.django_db
@pytest.mark.parametrize(
    "raw", ["-5", "douze", "1e5", "١٢٣", "1.500", "12,345", "9" * 11, "1\u200b2", "=1+1"]
)
def test_an_amount_that_is_none_is_kept_as_typed_with_its_sentence(client, draft, raw):
    answer = client.post(url(draft), {"requested_amount": raw, "version": ""}, headers=HTMX)
    assert "1 valeur à corriger" in answer.content.decode()
    assert fresh(draft).requested_amount is None
    assert fresh(draft).invalid_values["budget"]["requested_amount"] == raw


@pytest.mark.django_db
def test_the_request_is_typed_once_beside_other_departmental_grants(client, draft):
    data = {
        "requested_amount": "3000",
        "departement-0-amount": "500",
        "departement-0-funder": "Département, culture",
        "departement-0-status": "secured",
        "version": "",
    }
    client.post(url(draft), data)
    rows = draft.budget_lines.filter(account="departement").order_by("position")
    found = [(line.is_this_request, line.planned_amount, line.funder) for line in rows]
    assert found == [(True, 3000, ""), (False, 500, "Département, culture")]
    page = client.get(url(draft)).content.decode()
    assert page.count('name="requested_amount"') == 1


@pytest.mark.django_db
def test_an_automatic_save_gives_totals_rates_and_warnings(client, draft):
    data = {
        "requested_amount": "900",
        "remuneration-0-amount": "1200",
        "autofinancement-0-amount": "100",
        "personnel_benevole-0-amount": "300",
        "benevolat-0-amount": "250",
        "version": "",
    }
    page = client.post(url(draft), data, headers=HTMX).content.decode().replace("\u00a0", " ")
    for words in (
        "Il manque 200 € de produits.",
        "Il manque 50 € au compte 87",
        "1 500 €",
        "90,0 % des produits",
        "Aides publiques, votre demande comprise",
        "la fiche prévoit 30 % au plus",
        "au-delà de 80 %",
    ):
        assert words in page, words


def sixty_lines() -> dict:
    data = {"remuneration-0-amount": "100000", "requested_amount": "3000", "version": ""}
    for account in ("communes", "etat"):
        for n in range(30):
            data[f"{account}-{n}-funder"] = f"Financeur {n}"
            data[f"{account}-{n}-amount"] = str(n)
            data[f"{account}-{n}-status"] = "requested"
    return data


@pytest.mark.django_db
def test_sixty_lines_cost_what_one_costs(client, draft):
    application = a_complete_draft()
    client.force_login(application.created_by)
    counts = []
    for data in ({"remuneration-0-amount": "1"}, sixty_lines()):
        version = fresh(application).saved_sections["budget"]
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(url(application), {**data, "version": version}, headers=HTMX)
        assert answer.status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15
    assert application.budget_lines.count() == 62


@pytest.mark.django_db
def test_a_line_too_many_is_said_and_loses_nothing(client, draft):
    data = {**sixty_lines(), "account": "communes", "add": "account"}
    answer = client.post(url(draft), data, follow=True)
    assert "Ce compte ne prend pas une ligne de plus." in answer.content.decode()
    assert draft.budget_lines.filter(account="communes").count() == MAX_ROWS_AN_ACCOUNT


@pytest.mark.django_db
def test_an_added_line_opens_at_its_first_control_and_loses_no_typed_text(client, draft):
    data = {
        "communes-0-funder": "Ville de Bagneux",
        "communes-0-amount": "mille",
        "account": "communes",
        "add": "account",
        "version": "",
    }
    answer = client.post(url(draft), data)
    assert answer["Location"] == f"{url(draft)}#id_communes-1-funder"
    page = client.get(url(draft)).content.decode()
    assert 'id="id_communes-1-funder"' in page
    assert 'value="Ville de Bagneux"' in page
    assert 'value="mille"' in page
