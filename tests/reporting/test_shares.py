"""Money by place: to the cent, nothing lost."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from reporting.shares import EVERYWHERE, NOWHERE, Amounts, SharedPlace, divide, totals_by_zone


AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2)


def test_a_place_over_two_zones_splits_its_part_between_them():
    divided = divide(Decimal("100.00"), [Decimal("0.5"), None], [("a", "b"), ("c",)])
    assert divided == {"a": Decimal("25.00"), "b": Decimal("25.00"), "c": Decimal("50.00")}


def test_shares_of_zero_count_as_equal():
    assert divide(Decimal(10), [Decimal(0), Decimal(0)], [("a",), ("b",)]) == {"a": 5, "b": 5}


@given(
    amount=AMOUNTS,
    places=st.lists(
        st.tuples(
            st.none() | st.decimals(min_value=0, max_value=1, places=6),
            st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=3, unique=True),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_whatever_the_shares_the_zones_add_up_to_the_amount(amount, places):
    divided = divide(amount, [share for share, _ in places], [zones for _, zones in places])
    assert sum(divided.values()) == amount
    assert all(part >= 0 for part in divided.values())


@pytest.mark.parametrize(
    ("whole", "places", "zone"), [(True, [], EVERYWHERE), (False, [], NOWHERE)]
)
def test_dossiers_without_a_place_keep_a_line_of_their_own(whole, places, zone):
    row = Amounts(1, whole, Decimal(7), Decimal(3), True)
    found = totals_by_zone([row], {1: places}, lambda place: place.communes)
    assert list(found) == [zone]
    assert (found[zone].requested, found[zone].awarded, found[zone].awarded_count) == (7, 3, 1)


def test_a_dossier_over_two_zones_counts_in_both():
    places = {1: [SharedPlace(None, ("92002",), (7,)), SharedPlace(None, ("92024",), (3,))]}
    row = Amounts(1, False, Decimal("0.01"), Decimal(0), False)
    found = totals_by_zone([row], places, lambda place: place.territories)
    assert [found[n].count for n in (7, 3)] == [1, 1]
    assert [found[n].requested for n in (7, 3)] == [Decimal("0.01"), Decimal("0.00")]
