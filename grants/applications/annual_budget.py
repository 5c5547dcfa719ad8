"""The whole body's forecast budget of the year, by class of accounts (CERFA 12156, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from config.money import euros
from grants.applications.chart_of_accounts import GROUPS
from grants.applications.enums import BudgetSide, GrantKind
from grants.applications.models import Application


@dataclass(frozen=True)
class AccountClass:
    """An account of two digits."""

    code: str
    label: str
    side: str
    is_in_kind: bool

    def __str__(self) -> str:
        return f"{self.code} – {self.label}"


CLASSES = tuple(
    AccountClass(group.code, group.label, group.side, group.is_in_kind)
    for group in GROUPS
    if group.code
)
_BY_CODE = {one.code: one for one in CLASSES}


def asks_annual_budget(application: Application) -> bool:
    """Tell whether the body's own budget is asked beside the action's.

    Of a private body only; and when the request is for its whole functioning, the budget of the
    request is already the body's.
    """
    return application.organisation.is_private_body and application.kind == GrantKind.PROJECT


@dataclass(frozen=True)
class AnnualTotals:
    """Totals of the body's year, in euros, voluntary contributions (86 and 87) aside."""

    charges: Decimal
    income: Decimal
    in_kind_charges: Decimal
    in_kind_income: Decimal

    @property
    def is_empty(self) -> bool:
        return not any((self.charges, self.income, self.in_kind_charges, self.in_kind_income))

    @property
    def sentence(self) -> str:
        """Say the totals and their gap in words."""
        if self.is_empty:
            return "Rien n’est encore indiqué."
        said = f"{euros(self.charges)} de charges et {euros(self.income)} de produits"
        if self.charges == self.income:
            return f"{said} : le budget de l’année est équilibré."
        if self.charges > self.income:
            return f"{said} : il manque {euros(self.charges - self.income)} de produits."
        return f"{said} : un excédent de {euros(self.income - self.charges)} est prévu."


def annual_totals(amounts: Mapping[str, Decimal]) -> AnnualTotals:
    """Add up the body's year.

    Args:
        amounts: Euros by class of accounts ("60" to "87"); an unknown class counts nowhere.
    """
    return AnnualTotals(
        charges=side_total(amounts, BudgetSide.CHARGE),
        income=side_total(amounts, BudgetSide.INCOME),
        in_kind_charges=amounts.get("86", Decimal(0)),
        in_kind_income=amounts.get("87", Decimal(0)),
    )


def side_total(amounts: Mapping[str, Decimal], side: str) -> Decimal:
    """Return the total of one side in euros, without voluntary contributions."""
    return sum(
        (
            amount
            for code, amount in amounts.items()
            if (one := _BY_CODE.get(code)) and one.side == side and not one.is_in_kind
        ),
        Decimal(0),
    )
