from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms

from config.fields import NameField
from config.money import EuroField
from grants.applications.calculations import BudgetTotals, budget_totals
from grants.applications.chart_of_accounts import (
    ACCOUNTS,
    BY_KEY,
    DEPARTMENT,
    POSITIONS,
    Account,
    Group,
    accounts_of,
)
from grants.applications.checks import aid_to_look_at, budget_rates
from grants.applications.enums import BudgetSide, FundingStatus, Section
from grants.applications.forms.base import SectionForm
from grants.applications.sections import LineValue


MAX_ROWS_AN_ACCOUNT = 30
_NAME = re.compile(r"([a-z_]{2,40})-(\d{1,2})-(?:amount|funder|status)", re.ASCII)
_PARTS = ("amount", "funder", "status")
REQUEST = "requested_amount"


@dataclass(frozen=True)
class Row:
    """A line of the table: its account and its rank among the lines of that account."""

    account: Account
    number: int

    @property
    def key(self) -> str:
        return f"{self.account.key}-{self.number}"


@dataclass(frozen=True)
class ShownRow:
    """A line with its controls; ``amount`` is the request's field on the request's own line."""

    key: str
    account: Account
    amount: forms.BoundField
    funder: forms.BoundField | None
    status: forms.BoundField | None
    is_this_request: bool
    removable: bool


class BudgetForm(SectionForm):
    """The forecast budget: the usual lines, those added, and the line of this request.

    A line's controls are named ``<account>-<rank>-amount``. The line of this request and the
    amount requested are one figure, in one control.
    """

    section = Section.BUDGET
    needed = frozenset({REQUEST})

    def build(self) -> None:
        self.rows = self._posted_rows() if self.is_bound else self._stored_rows()
        self.fields[REQUEST] = EuroField(
            label="Montant demandé au Département (la présente demande)", whole=True
        )
        for row in self.rows:
            label = str(row.account) + (f" ({row.number + 1})" if row.number else "")
            self.fields[f"{row.key}-amount"] = EuroField(label=f"Montant : {label}", whole=True)
            if row.account.needs_funder:
                self.fields[f"{row.key}-funder"] = NameField(
                    widget=forms.TextInput({"placeholder": "Financeur"}),
                    label=f"Financeur : {label}",
                    max_length=150,
                )
                self.fields[f"{row.key}-status"] = forms.ChoiceField(
                    label=f"Statut : {label}", choices=[("", "Statut"), *FundingStatus.choices]
                )

    def _stored_rows(self) -> list[Row]:
        counts = dict.fromkeys(BY_KEY, 0)
        for line in self.stored["lines"]:
            if not line.is_this_request and line.account in counts:
                counts[line.account] += 1
        for account in ACCOUNTS:
            if account.is_usual and account.key != DEPARTMENT:
                counts[account.key] = max(counts[account.key], 1)
        return [Row(BY_KEY[key], n) for key, count in counts.items() for n in range(count)]

    def _posted_rows(self) -> list[Row]:
        found = {
            (match[1], int(match[2]))
            for name in self.data
            if (match := _NAME.fullmatch(name)) and match[1] in BY_KEY
        }
        ordered = sorted(found, key=lambda key: (POSITIONS[key[0]], key[1]))
        return [Row(BY_KEY[key], n) for key, n in ordered if n < MAX_ROWS_AN_ACCOUNT]

    def initial_of(self, values: dict[str, Any]) -> dict[str, Any]:
        initial: dict[str, Any] = {REQUEST: values["requested_amount"]}
        counts: dict[str, int] = {}
        for line in values["lines"]:
            if line.is_this_request:
                continue
            number = counts.setdefault(line.account, 0)
            counts[line.account] += 1
            key = f"{line.account}-{number}"
            initial |= {f"{key}-amount": line.amount or None}
            if BY_KEY[line.account].needs_funder:
                initial |= {f"{key}-funder": line.funder, f"{key}-status": line.status}
        return initial

    # --- Values -----------------------------------------------------------------------------
    def values(self) -> dict[str, Any]:
        requested = self.cleaned_data.get(REQUEST)
        lines = [self._line(row) for row in self._ordered_rows()]
        request = LineValue(
            BudgetSide.INCOME,
            DEPARTMENT,
            requested if requested is not None else Decimal(0),
            status=FundingStatus.REQUESTED,
            is_this_request=True,
        )
        before = [line for line in lines if POSITIONS[line.account] < POSITIONS[DEPARTMENT]]
        after = lines[len(before) :]
        return {REQUEST: requested, "lines": [*before, request, *after]}

    def _line(self, row: Row) -> LineValue:
        return LineValue(
            str(row.account.side),
            row.account.key,
            self.kept(f"{row.key}-amount", Decimal(0)),
            self.kept(f"{row.key}-funder", ""),
            self.kept(f"{row.key}-status", ""),
        )

    def _kept_rows(self) -> list[Row]:
        """Return the lines to store: those filled in, and the empty ones somebody added."""
        removed = str(self.data.get("remove", ""))
        return [
            row
            for row in self.rows
            if row.key != removed
            and (
                not row.account.is_usual
                or row.number > 0
                or row.account.key == DEPARTMENT
                or any(str(self.data.get(f"{row.key}-{part}", "")).strip() for part in _PARTS)
            )
        ] + self._added_row()

    def _added_row(self) -> list[Row]:
        """Return the line asked with « Ajouter un compte » (kept last among its account's)."""
        account = BY_KEY.get(str(self.data.get("account", "")))
        if "add" not in self.data or account is None:
            return []
        numbers = [row.number for row in self.rows if row.account == account]
        if numbers and (not account.many or len(numbers) >= MAX_ROWS_AN_ACCOUNT):
            return []
        return [Row(account, max(numbers, default=-1) + 1)]

    def _ordered_rows(self) -> list[Row]:
        return sorted(self._kept_rows(), key=lambda r: (POSITIONS[r.account.key], r.number))

    def added_id(self) -> str:
        """Return where to lead after « Ajouter » : the first control of the new line."""
        for row in self._added_row():
            part = "funder" if row.account.needs_funder else "amount"
            return f"id_{row.key}-{part}"
        return "id_lines"

    def renamed(self) -> dict[str, str | None]:
        names: dict[str, str | None] = {name: None for name in self.fields if name != REQUEST}
        counts: dict[str, int] = {}
        for row in self._ordered_rows():
            number = counts.setdefault(row.account.key, 0)
            counts[row.account.key] += 1
            names |= {f"{row.key}-{part}": f"{row.account.key}-{number}-{part}" for part in _PARTS}
        return names

    def remarks(self) -> list[str]:
        full = []
        if "add" in self.data and not self._added_row():
            full = ["Ce compte ne prend pas une ligne de plus."]
        return full + [
            f"{field.label.removeprefix('Montant : ')} : {field.remark}"
            for field in self.fields.values()
            if getattr(field, "remark", "")
        ]

    # --- For the page -----------------------------------------------------------------------
    @cached_property
    def totals(self) -> BudgetTotals:
        """Totals of what is stored."""
        return stored_totals(self.stored["lines"])

    def count_what_was_posted(self) -> None:
        """Make the totals those of what was just saved; an amount in error counts for nothing."""
        self.totals = stored_totals(self.values()["lines"])

    def warnings(self) -> list[str]:
        """Return what the service will look at; none of it stops a filing."""
        rates = budget_rates(self.application, self.totals, look_from=aid_to_look_at(self.on))
        return [item.message for item in rates]

    def columns(self) -> list[tuple[str, list[tuple[Group, list[ShownRow]]]]]:
        """Return the two columns, without voluntary contributions, by group of accounts."""
        return [(str(side.label), self._groups(side, in_kind=False)) for side in BudgetSide]

    def in_kind_columns(self) -> list[tuple[str, list[tuple[Group, list[ShownRow]]]]]:
        """Return accounts 86 and 87, when a line was added there."""
        columns = [(str(side.label), self._groups(side, in_kind=True)) for side in BudgetSide]
        return columns if any(groups for _, groups in columns) else []

    def _groups(self, side: str, *, in_kind: bool) -> list[tuple[Group, list[ShownRow]]]:
        groups: dict[Group, list[ShownRow]] = {}
        for account in accounts_of(side, in_kind=in_kind):
            rows = [self._shown(row) for row in self.rows if row.account == account]
            if account.key == DEPARTMENT:
                rows.insert(0, self._request_row(account))
            if rows:
                groups.setdefault(account.group, []).extend(rows)
        return list(groups.items())

    def _shown(self, row: Row) -> ShownRow:
        funded = row.account.needs_funder
        return ShownRow(
            row.key,
            row.account,
            self[f"{row.key}-amount"],
            self[f"{row.key}-funder"] if funded else None,
            self[f"{row.key}-status"] if funded else None,
            is_this_request=False,
            removable=not row.account.is_usual or row.number > 0 or row.account.key == DEPARTMENT,
        )

    def _request_row(self, account: Account) -> ShownRow:
        return ShownRow(
            "demande", account, self[REQUEST], None, None, is_this_request=True, removable=False
        )

    def accounts_to_add(self) -> list[tuple[str, list[Account]]]:
        """Return the accounts that can still be added, by group."""
        present = {row.account.key for row in self.rows}
        groups: dict[str, list[Account]] = {}
        for account in ACCOUNTS:
            if account.many or account.key not in present:
                groups.setdefault(str(account.group), []).append(account)
        return list(groups.items())


@dataclass(frozen=True)
class _Counted:
    account: str
    side: str
    planned_amount: Decimal
    is_this_request: bool


def stored_totals(lines: list[LineValue]) -> BudgetTotals:
    """Add up lines as read from a section."""
    return budget_totals(
        _Counted(line.account, line.side, line.amount, line.is_this_request) for line in lines
    )
