"""What the pages of a batch show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from grants.applications.models import Application
    from grants.review.batches.registry import BatchAct, Line


@dataclass(frozen=True)
class Preview:
    """The dossiers of a batch, those that go and those that stay.

    Attributes:
        act: What would be done.
        lines: Of the dossiers.
        amounts: Euros of each dossier, by key, as they were when it was checked; those of the act
            without it.
    """

    act: BatchAct
    lines: Sequence[Line]
    amounts: Mapping[int, Decimal | None] | None = None

    @cached_property
    def kept(self) -> list[Line]:
        return [line for line in self.lines if line.ok]

    @cached_property
    def left_out(self) -> list[Line]:
        return [line for line in self.lines if not line.ok]

    @cached_property
    def total(self) -> Decimal:
        """Euros of the dossiers that go."""
        amounts = (self._amount(line.application) for line in self.kept)
        return sum((one for one in amounts if one is not None), Decimal(0))

    def _amount(self, application: Application) -> Decimal | None:
        if self.amounts is not None:
            return self.amounts.get(application.pk)
        return self.act.amount(application)
