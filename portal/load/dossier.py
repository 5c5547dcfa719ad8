"""A dossier while it is written: what it is, and what its row will say at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

from accounts.models import User
from portal.load.actors import Body
from portal.load.budgets import Line
from portal.load.calls import Sheet
from portal.load.history import History
from portal.load.plan import Timeline
from portal.load.words import Words


@dataclass
class Dossier:
    """One dossier of the load.

    Attributes:
        quality: Of the project, from 0 to 1: readings follow it.
        deposit: Key of its last deposit.
        values: Columns of its row, written last.
    """

    key: int
    number: int
    sheet: Sheet
    body: Body
    line: Timeline
    random: Random
    history: History
    editor: User
    officer: User
    renewal_of: int | None
    reference: str | None = None
    requested: Decimal = Decimal(0)
    charges: Decimal = Decimal(0)
    quality: float = 0.5
    words: Words | None = None
    places: list[tuple[str, str, list[int]]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    now: datetime | None = None
    first_deposit: int = 0
    deposit: int = 0
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def is_private(self) -> bool:
        return self.body.organisation.is_private_body

    @property
    def state(self) -> str:
        return self.line.state
