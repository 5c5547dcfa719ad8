"""The score at its limits: weights, n/a, rounding, two and three readers."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from grants.review.calculations import (
    FinalReview,
    ScoredCriterion,
    application_score,
    exact_total,
    review_total,
    rounded,
)


def criterion(weight: str | int, level: int | None, *, na: bool = False) -> ScoredCriterion:
    return ScoredCriterion(Decimal(weight), level, na)


@pytest.mark.parametrize(
    ("scores", "total"),
    [
        ([criterion(20, 5), criterion(80, 5)], "100.0"),
        ([criterion(20, 0), criterion(80, 0)], "0.0"),
        ([criterion(20, 4), criterion(15, 3)], "71.4"),  # (16 + 9) / 35
        ([criterion(50, 3), criterion(50, None, na=True)], "60.0"),  # left out, never 0
        ([criterion(50, 3), criterion(50, None)], "60.0"),  # running total of a draft
        ([criterion("33.33", 1), criterion("66.67", 2)], "33.3"),
        ([criterion(1, 1), criterion(7, 0)], "2.5"),
        ([criterion(1, 1), criterion(15, 0)], "1.3"),  # 1.25, half up
    ],
)
def test_a_total_is_rescaled_to_100(scores, total):
    assert review_total(scores) == Decimal(total)


@pytest.mark.parametrize("scores", [[], [criterion(10, None, na=True)], [criterion(10, None)]])
def test_all_not_applicable_gives_no_total(scores):
    assert review_total(scores) is None


@pytest.mark.parametrize(
    ("points", "expected"),
    [("12.25", "12.3"), ("12.249", "12.2"), ("66.65", "66.7"), ("0.05", "0.1"), ("99.95", "100.0")],
)
def test_one_decimal_is_half_up(points, expected):
    assert rounded(Fraction(points)) == Decimal(expected)


def finals(*totals: str | None) -> list[FinalReview]:
    return [
        FinalReview(key, None if total is None else Fraction(total))
        for key, total in enumerate(totals, start=1)
    ]


@pytest.mark.parametrize(
    ("totals", "total", "gap", "third", "counted"),
    [
        ((), None, None, False, ()),
        ((None,), None, None, False, ()),
        (("70",), "70.0", None, False, (1,)),
        (("70", None), "70.0", None, False, (1,)),
        (("70", "60"), "65.0", "10.0", False, (1, 2)),
        (("80", "60"), "70.0", "20.0", False, (1, 2)),  # 20 exactly is allowed
        (("80.1", "60"), "70.1", "20.1", True, (1, 2)),
        (("40", "80", "70"), "75.0", None, False, (2, 3)),
        (("40", "60", "80"), "70.0", None, False, (2, 3)),  # tie: the higher pair
        (("80", "40", "60"), "70.0", None, False, (1, 3)),
        (("50", "50", "90"), "50.0", None, False, (1, 2)),
    ],
)
def test_readers_are_brought_together(totals, total, gap, third, counted):
    score = application_score(finals(*totals))
    assert score.total == (None if total is None else Decimal(total))
    assert score.gap == (None if gap is None else Decimal(gap))
    assert score.needs_third is third
    assert score.counted == counted


levels = st.integers(0, 5)
weights = st.decimals("0.01", "999.99", places=2)


@given(st.lists(st.tuples(weights, levels), min_size=1, max_size=12))
def test_a_total_stays_between_0_and_100(rows):
    total = review_total([criterion(weight, level) for weight, level in rows])
    assert Decimal(0) <= total <= Decimal(100)


@given(st.lists(st.tuples(weights, levels), min_size=1, max_size=12), weights)
def test_a_criterion_not_applicable_changes_nothing(rows, weight):
    scores = [criterion(w, level) for w, level in rows]
    assert exact_total([*scores, criterion(weight, None, na=True)]) == exact_total(scores)


@given(st.lists(st.fractions(0, 100), min_size=1, max_size=3), st.randoms())
def test_the_order_of_the_readers_changes_nothing(totals, random):
    reviews = [FinalReview(key, total) for key, total in enumerate(totals)]
    shuffled = random.sample(reviews, len(reviews))
    assert application_score(shuffled).total == application_score(reviews).total
