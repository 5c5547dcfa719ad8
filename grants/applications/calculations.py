"""What the dossier computes: pure functions, whole or to the cent, never a float."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Protocol

from config.money import CENT, euros
from grants.applications.chart_of_accounts import BY_KEY
from grants.applications.enums import BudgetSide


ZERO = Decimal(0)


class Line(Protocol):
    """What a budget line must say to be counted (a row of the model does)."""

    account: str
    side: str
    planned_amount: Decimal
    is_this_request: bool


@dataclass(frozen=True)
class BudgetTotals:
    """The totals of a forecast budget, in euros.

    Attributes:
        charges: Charges without voluntary contributions.
        income: Income without voluntary contributions.
        in_kind_charges: Account 86.
        in_kind_income: Account 87.
        requested: This request's own line in account 74.
        public_aid: All public funders of account 74, this request included.
    """

    charges: Decimal = ZERO
    income: Decimal = ZERO
    in_kind_charges: Decimal = ZERO
    in_kind_income: Decimal = ZERO
    requested: Decimal = ZERO
    public_aid: Decimal = ZERO

    @property
    def charges_with_in_kind(self) -> Decimal:
        return self.charges + self.in_kind_charges

    @property
    def income_with_in_kind(self) -> Decimal:
        return self.income + self.in_kind_income

    @property
    def gap(self) -> Decimal:
        """Charges minus income: above zero, income is missing."""
        return self.charges - self.income

    @property
    def in_kind_gap(self) -> Decimal:
        return self.in_kind_charges - self.in_kind_income

    @property
    def is_empty(self) -> bool:
        return not (self.charges_with_in_kind or self.income_with_in_kind)

    @property
    def is_balanced(self) -> bool:
        return self.gap == 0

    @property
    def requested_rate(self) -> Decimal | None:
        """Share of the request in the income without voluntary contributions; None without any."""
        return self.requested / self.income if self.income else None

    @property
    def public_aid_rate(self) -> Decimal | None:
        return self.public_aid / self.income if self.income else None

    @property
    def sentence(self) -> str:
        """Say in words whether the budget balances."""
        if self.is_empty:
            return "Le budget est vide."
        if self.gap > 0:
            return f"Il manque {euros(self.gap)} de produits."
        if self.gap < 0:
            return f"Les produits dépassent les charges de {euros(-self.gap)}."
        return "Le budget est équilibré."

    @property
    def in_kind_sentence(self) -> str:
        """Say in words whether accounts 86 and 87 are equal."""
        if self.in_kind_gap > 0:
            return f"Il manque {euros(self.in_kind_gap)} au compte 87 (contributions volontaires)."
        if self.in_kind_gap < 0:
            return f"Il manque {euros(-self.in_kind_gap)} au compte 86 (contributions volontaires)."
        return "Les contributions volontaires sont équilibrées."


def budget_totals(lines: Iterable[Line]) -> BudgetTotals:
    """Add up a forecast budget.

    Args:
        lines: Budget lines; a line of an account that is not in the chart counts in its column.

    Returns:
        Totals without and with voluntary contributions (accounts 86 and 87). The national form
        counts them in its totals; the rate of the grant is computed without them.

    Source:
        CERFA n° 12156: « Le total des charges doit être égal au total des produits ».
    """
    sums = dict.fromkeys(
        ("charges", "income", "in_kind_charges", "in_kind_income", "requested", "public_aid"), ZERO
    )
    for line in lines:
        account = BY_KEY.get(line.account)
        in_kind = account is not None and account.is_in_kind
        column = "charges" if line.side == BudgetSide.CHARGE else "income"
        sums[f"in_kind_{column}" if in_kind else column] += line.planned_amount
        if line.is_this_request:
            sums["requested"] += line.planned_amount
        if account is not None and account.is_public_aid:
            sums["public_aid"] += line.planned_amount
    return BudgetTotals(**sums)


def effective_shares(shares: Sequence[Decimal | None]) -> list[Decimal]:
    """Return the share of each place, equal unless said.

    Args:
        shares: Fractions between 0 and 1; ``None`` takes an equal part of what the others leave.

    Returns:
        One fraction a place. Their sum is 1 when every share is ``None`` or when some are;
        otherwise it is the sum of what was said.
    """
    said = sum((s for s in shares if s is not None), ZERO)
    silent = sum(1 for s in shares if s is None)
    left = max(ZERO, 1 - said)
    return [left / silent if s is None else s for s in shares]


def split_by_share(amount: Decimal, shares: Sequence[Decimal | None]) -> list[Decimal]:
    """Split an amount between places, to the cent; the remainder goes to the first place.

    Args:
        amount: Euros, zero or more, with two decimals at most.
        shares: One fraction a place, ``None`` for an equal part (:func:`effective_shares`). They
            are brought back to a sum of 1, so that three times 33.3333 % splits everything.

    Returns:
        Euros, in the order of the shares; they add up to ``amount`` exactly. Empty without place.

    Raises:
        ValueError: If a share or the amount is negative, or if every share is zero.
    """
    if amount < 0 or any(s is not None and s < 0 for s in shares):
        raise ValueError("a negative amount or share")
    if not shares:
        return []
    fractions = effective_shares(shares)
    whole = sum(fractions, ZERO)
    if not whole:
        raise ValueError("every share is zero")
    parts = [(amount * f / whole).quantize(CENT, rounding=ROUND_DOWN) for f in fractions]
    parts[0] += amount - sum(parts, ZERO)
    return parts
