"""What the pages of a batch show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from grants.review.batches.registry import BatchAct, Line


@dataclass(frozen=True)
class Preview:
    """The dossiers of a batch, those that go and those that stay."""

    act: BatchAct
    lines: Sequence[Line]

    @cached_property
    def kept(self) -> list[Line]:
        return [line for line in self.lines if line.ok]

    @cached_property
    def left_out(self) -> list[Line]:
        return [line for line in self.lines if not line.ok]

    @cached_property
    def total(self) -> Decimal:
        """Euros of the dossiers that go."""
        amounts = (self.act.amount(line.application) for line in self.kept)
        return sum((one for one in amounts if one is not None), Decimal(0))
