from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from grants.applications.calculations import budget_totals, effective_shares, split_by_share
from grants.applications.chart_of_accounts import ACCOUNTS, BY_KEY, GROUPS


@dataclass
class Line:
    account: str
    amount: int
    is_this_request: bool = False

    @property
    def side(self) -> str:
        return BY_KEY[self.account].side

    @property
    def planned_amount(self) -> Decimal:
        return Decimal(self.amount)


EURO = "\u00a0€"


# --- The chart ----------------------------------------------------------------------------------
def test_every_account_has_one_key():
    assert len(BY_KEY) == len(ACCOUNTS) == 52


def test_every_group_has_a_line():
    assert {a.group.key for a in ACCOUNTS} == {g.key for g in GROUPS}


def test_a_dozen_accounts_are_shown_at_once():
    assert sum(a.is_usual for a in ACCOUNTS) == 12


def test_voluntary_contributions_keep_semantic_keys():
    shown = {a.key: (a.code, a.label) for a in ACCOUNTS if a.group.key == "87"}
    assert shown == {
        "benevolat": ("870", "Bénévolat"),
        "prestations": ("871", "Prestations en nature"),
        "dons": ("875", "Dons en nature"),
    }


def test_only_account_74_asks_for_a_funder():
    assert {a.group.key for a in ACCOUNTS if a.needs_funder} == {"74"}
    assert all(a.needs_funder for a in ACCOUNTS if a.many)


def test_keys_fit_their_column():
    assert all(len(a.key) <= 40 for a in ACCOUNTS)


# --- The budget ---------------------------------------------------------------------------------
def test_totals_leave_voluntary_contributions_aside():
    totals = budget_totals(
        [
            Line("remuneration", 8000),
            Line("locations", 2000),
            Line("personnel_benevole", 500),
            Line("departement", 6000, is_this_request=True),
            Line("aides_privees", 4000),
            Line("benevolat", 500),
        ]
    )
    assert (totals.charges, totals.income) == (10000, 10000)
    assert (totals.charges_with_in_kind, totals.income_with_in_kind) == (10500, 10500)
    assert totals.requested_rate == Decimal("0.6")
    assert totals.public_aid_rate == Decimal("0.6")
    assert totals.is_balanced
    assert totals.sentence == "Le budget est équilibré."


@pytest.mark.parametrize(
    ("charge", "income", "sentence"),
    [
        (2200, 1000, f"Il manque 1\u00a0200{EURO} de produits."),
        (1000, 1001, f"Les produits dépassent les charges de 1{EURO}."),
        (0, 0, "Le budget est vide."),
    ],
)
def test_the_gap_is_said_in_words(charge, income, sentence):
    lines = [Line("locations", charge), Line("cotisations", income)]
    assert budget_totals(lines).sentence == sentence


@pytest.mark.parametrize(
    ("given_", "received", "sentence"),
    [
        (10, 4, f"Il manque 6{EURO} au compte 87 (contributions volontaires)."),
        (4, 10, f"Il manque 6{EURO} au compte 86 (contributions volontaires)."),
        (5, 5, "Les contributions volontaires sont équilibrées."),
    ],
)
def test_voluntary_contributions_balance_apart(given_, received, sentence):
    lines = [Line("personnel_benevole", given_), Line("benevolat", received)]
    assert budget_totals(lines).in_kind_sentence == sentence


def test_no_rate_without_income():
    assert budget_totals([]).requested_rate is None
    assert budget_totals([]).public_aid_rate is None


amounts = st.integers(0, 10**9)


@given(st.lists(st.tuples(st.sampled_from(ACCOUNTS), amounts), max_size=40))
def test_every_line_counts_once(drawn):
    totals = budget_totals([Line(account.key, amount) for account, amount in drawn])
    assert totals.charges_with_in_kind + totals.income_with_in_kind == sum(a for _, a in drawn)


# --- Shares -------------------------------------------------------------------------------------
def test_the_remainder_goes_to_the_first_place():
    parts = split_by_share(Decimal("100.00"), [None, None, None])
    assert parts == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


def test_a_silent_place_takes_what_is_left():
    half = Decimal("0.5")
    assert effective_shares([half, None, None]) == [half, Decimal("0.25"), Decimal("0.25")]


def test_an_amount_cannot_be_split_over_nothing():
    assert split_by_share(Decimal(10), []) == []
    with pytest.raises(ValueError, match="zero"):
        split_by_share(Decimal(10), [Decimal(0)])
    with pytest.raises(ValueError, match="negative"):
        split_by_share(Decimal(-1), [None])


cents = st.integers(0, 10**11).map(lambda n: Decimal(n) / 100)
fractions = st.one_of(st.none(), st.integers(0, 10**6).map(lambda n: Decimal(n) / 10**6))


@given(cents, st.lists(fractions, min_size=1, max_size=12))
def test_a_split_preserves_the_sum_and_the_cents(amount, shares):
    if not sum(effective_shares(shares)):
        return
    parts = split_by_share(amount, shares)
    assert sum(parts) == amount
    assert all(p >= 0 and p == p.quantize(Decimal("0.01")) for p in parts)
    whole = sum(effective_shares(shares))
    for part, share in list(zip(parts, effective_shares(shares), strict=True))[1:]:
        assert abs(part - amount * share / whole) < Decimal("0.01")
