"""The figures of the request that a dossier renews, to stand beside this year's."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from config.money import euros
from config.templatetags.fr import number_fr
from config.text import fold
from grants.applications import hooks
from grants.applications.calculations import BudgetTotals, budget_totals
from grants.applications.chart_of_accounts import ACCOUNTS, Account
from grants.applications.labels import Headline, applicant_headline
from grants.applications.models import Application, BudgetLine


if TYPE_CHECKING:
    from accounts.models import User


class LastYear:
    """An earlier request, in figures: each is read when a page shows it."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.reference: str = application.reference or ""
        self.year: int = application.sheet.campaign.fiscal_year
        self.requested: Decimal | None = application.requested_amount

    @cached_property
    def awarded(self) -> Decimal | None:
        """Euros, once the decision is notified."""
        return hooks.notified_awards([self.application.pk]).get(self.application.pk)

    @cached_property
    def headline(self) -> Headline:
        """Where it stands, in the applicant's words: the decision only once notified."""
        return applicant_headline(self.application)

    @cached_property
    def lines(self) -> list[BudgetLine]:
        return list(self.application.budget_lines.all())

    @cached_property
    def totals(self) -> BudgetTotals:
        return budget_totals(self.lines)

    @cached_property
    def planned(self) -> dict[str, Decimal]:
        """Euros by account, the line of the request apart."""
        amounts: dict[str, Decimal] = {}
        for line in self.lines:
            if not line.is_this_request and line.planned_amount:
                amounts[line.account] = amounts.get(line.account, Decimal(0)) + line.planned_amount
        return amounts

    @cached_property
    def counts(self) -> dict[str, int]:
        """People by age band."""
        return {one.band: one.count for one in self.application.audience_counts.all()}

    @cached_property
    def indicators(self) -> dict[str, str]:
        """What was planned and what happened, in words, by folded label."""
        return {
            fold(one.label): " ; ".join(
                f"{word} {value}"
                for word, value in (("prévu", one.planned), ("réalisé", one.actual))
                if value
            )
            for one in self.application.indicators.all()
        }

    def beside(self, name: str, label: str = "") -> str:
        """Return what stands beside a control of a section, in words; empty for nothing.

        Args:
            name: Of the control: ``requested_amount``, ``deplacements-0-amount``, ``count_6_10``,
                ``girls_count``, ``indicator_0_planned``…
            label: The words of an indicator.
        """
        if name == "requested_amount":
            return self._amount(self.requested)
        if name.endswith("-0-amount"):  # the lines of an account together, beside the first one
            return self._amount(self.planned.get(name.removesuffix("-0-amount")))
        if name.startswith("count_"):
            return self._number(self.counts.get(name.removeprefix("count_")))
        if name in ("girls_count", "boys_count"):
            return self._number(getattr(self.application, name))
        if name.endswith("_planned"):
            said = self.indicators.get(fold(label), "")
            return f"En {self.year}\u00a0: {said}" if said else ""
        return ""

    def _amount(self, amount: Decimal | None) -> str:
        return "" if amount is None else f"En {self.year}\u00a0: {euros(amount)}"

    def _number(self, number: int | None) -> str:
        return "" if number is None else f"En {self.year}\u00a0: {number_fr(number)}"


def last_year(application: Application) -> LastYear | None:
    """Return the figures of the request that a dossier renews; ``None`` when it renews none."""
    if application.renewal_of_id is None:
        return None
    previous = Application.objects.select_related("sheet__campaign").get(
        pk=application.renewal_of_id
    )
    return LastYear(previous)


def last_year_for_office(application: Application, user: User) -> LastYear | None:
    """Return the same to the office: only what the person may open there."""
    found = last_year(application)
    if found is None:
        return None
    mine = Application.objects.office_visible_to(user).filter(pk=found.application.pk)
    return found if mine.exists() else None


@dataclass(frozen=True)
class ComparedLine:
    """An account of the budget in two years, in euros; ``None`` where it has no line."""

    account: Account
    before: Decimal | None
    now: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """Euros more or less than before; ``None`` when one of them is unknown."""
        return None if self.before is None or self.now is None else self.now - self.before


def compared_lines(application: Application, before: LastYear) -> list[ComparedLine]:
    """Set the accounts of two budgets side by side, in the table's order.

    The line of the request aside: the amounts asked are told apart. Accounts of an older plan are
    left out.
    """
    now = LastYear(application).planned
    return [
        ComparedLine(account, before.planned.get(account.key), now.get(account.key))
        for account in ACCOUNTS
        if account.key in before.planned or account.key in now
    ]
