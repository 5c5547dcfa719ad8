"""Budgets that balance: the request, its lines, the body's own year."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from grants.applications.enums import BudgetSide, FundingStatus


C, I = BudgetSide.CHARGE.value, BudgetSide.INCOME.value  # noqa: E741  (charges, income)
ASKED, SECURED = FundingStatus.REQUESTED.value, FundingStatus.SECURED.value


@dataclass(frozen=True)
class Line:
    """A line: side, account, euros, funder, status, whether it is this request."""

    side: str
    account: str
    amount: Decimal
    funder: str = ""
    status: str = ""
    is_this_request: bool = False


def budget(random: Random, town: str) -> tuple[Decimal, list[Line]]:
    """Return the amount requested and lines whose two sides are equal, in whole euros."""
    requested = 100 * round(10 ** random.uniform(1.2, 2.5))  # 1 600 to 31 600
    others = [
        Line(I, "communes", _euros(requested * random.uniform(0.1, 0.6)), f"Ville de {town}"),
        Line(I, "autofinancement", _euros(requested * random.uniform(0.05, 0.3))),
    ]
    others[0] = _with_status(random, others[0])
    if random.random() < 0.35:
        state = Line(I, "etat", _euros(requested * random.uniform(0.1, 0.5)), "Préfecture (FIPD)")
        others.append(_with_status(random, state))
    if random.random() < 0.3:
        others.append(Line(I, "ventes", _euros(random.choice((150, 300, 450, 800)))))
    asked = Line(I, "departement", Decimal(requested), status=ASKED, is_this_request=True)
    total = asked.amount + sum(line.amount for line in others)
    charges = _charges(random, total)
    lines = [*charges, asked, *others]
    if random.random() < 0.35:
        gift = _euros(random.choice((900, 1800, 2400)))
        lines += [Line(C, "personnel_benevole", gift), Line(I, "benevolat", gift)]
    return asked.amount, lines


def _charges(random: Random, total: Decimal) -> list[Line]:
    shares = {
        "matieres_fournitures": random.uniform(0.05, 0.12),
        "locations": random.uniform(0.02, 0.08),
        "honoraires": random.uniform(0.05, 0.2),
        "deplacements": random.uniform(0.01, 0.05),
        "charges_sociales": random.uniform(0.15, 0.2),
    }
    lines = [Line(C, account, _euros(total * Decimal(share))) for account, share in shares.items()]
    left = total - sum(line.amount for line in lines)
    return [*lines, Line(C, "remuneration", left)]


def _with_status(random: Random, line: Line) -> Line:
    status = SECURED if random.random() < 0.5 else ASKED
    return Line(line.side, line.account, line.amount, line.funder, status)


def annual_budget(random: Random) -> list[tuple[str, Decimal]]:
    """Return a balanced year of a small body, by class of accounts."""
    wages = Decimal(random.choice((24000, 38000, 64000, 92000, 140000, 310000)))
    charges = {
        "60": wages * 15 / 100,
        "61": wages / 10,
        "62": wages * 8 / 100,
        "63": wages / 50,
        "64": wages,
    }
    total = sum(charges.values())
    sales, dues = total / 8, total / 20
    income = {"70": _euros(sales), "75": _euros(dues)}
    income["74"] = _euros(total) - income["70"] - income["75"]
    rounded = {code: _euros(amount) for code, amount in charges.items()}
    rounded["64"] += _euros(total) - sum(rounded.values())
    return sorted({**rounded, **income}.items())


def _euros(amount: float | Decimal | int) -> Decimal:
    return Decimal(amount).quantize(Decimal(1))
