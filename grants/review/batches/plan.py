"""The steps of a batch, kept for a working day: pages a browser comes back to.

What is chosen in a list, then what was shown of it, wait in the cache under an address that only
their author opens: the confirmation does just what that page showed, and nothing typed is lost on
the way back. Both are forgotten after :data:`LASTS`; nothing of them is in the database before the
job is launched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.core.cache import cache
from django.utils.datastructures import MultiValueDict


if TYPE_CHECKING:
    from accounts.models import User
    from grants.review.batches.registry import BatchAct, Line, Values

LASTS = 8 * 3600  # seconds: a working day; a session does not last longer
CHOSEN, SHOWN = "chosen", "shown"


@dataclass(frozen=True)
class Planned:
    """One dossier of a plan.

    Attributes:
        key: Its primary key.
        position: Of the last event of its history, when it was shown.
        data: What was chosen for it.
    """

    key: int
    position: int
    data: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """A batch as it was shown to the person who confirms it."""

    dossiers: list[Planned]
    values: dict[str, Any]


@dataclass(frozen=True)
class ChosenStep:
    """Dossiers chosen for an act, and what was typed in its form so far.

    Attributes:
        uuid: Of its address.
        keys: Of the dossiers.
        typed: What the form was last sent with; ``None`` before that.
    """

    uuid: UUID
    keys: list[int]
    typed: MultiValueDict | None


@dataclass(frozen=True)
class ShownLine:
    """One dossier of a check page.

    Attributes:
        key: Its primary key.
        ok: Whether the act will be tried on it.
        reason: What was said of it.
        position: Of the last event of its history.
        data: What was chosen for it.
        amount: Euros it adds to the sum of the page; ``None`` for nothing.
    """

    key: int
    ok: bool
    reason: str
    position: int
    data: dict[str, Any]
    amount: Decimal | None


@dataclass(frozen=True)
class ShownStep:
    """What a check page shows, and what its confirmation does: never changed once written.

    Attributes:
        uuid: Of its address; also the one-time key of its confirmation.
        chosen: The step where its form was filled in; ``None`` for an act that asks nothing.
        lines: Of the dossiers.
        values: What the form said.
    """

    uuid: UUID
    chosen: UUID | None
    lines: list[ShownLine]
    values: dict[str, Any]

    @property
    def plan(self) -> Plan:
        dossiers = [Planned(one.key, one.position, one.data) for one in self.lines if one.ok]
        return Plan(dossiers, self.values)


def keep_chosen(act: BatchAct, by: User, keys: Sequence[int]) -> UUID:
    """Keep a selection; return the name of its page."""
    return _keep(uuid4(), act, by, {"kind": CHOSEN, "keys": list(keys), "typed": None})


def keep_typed(
    act: BatchAct, by: User, step: ChosenStep, typed: Mapping[str, Sequence[str]]
) -> None:
    """Keep what the form of a selection was last sent with."""
    words = {name: list(values) for name, values in typed.items()}
    _keep(step.uuid, act, by, {"kind": CHOSEN, "keys": step.keys, "typed": words})


def keep_shown(
    act: BatchAct, by: User, lines: Sequence[Line], values: Values, *, chosen: UUID | None = None
) -> UUID:
    """Keep what will be done with each dossier; return the name of its page."""
    rows = [
        [
            line.application.pk,
            line.ok,
            line.reason,
            line.application.last_position or 0,
            dict(line.data),
            act.amount(line.application) if line.ok else None,
        ]
        for line in lines
    ]
    content = {"kind": SHOWN, "rows": rows, "values": dict(values), "chosen": chosen}
    return _keep(uuid4(), act, by, content)


def read_step(uuid: UUID, act: BatchAct, by: User) -> ChosenStep | ShownStep | None:
    """Return a step kept for this person and this act; ``None`` otherwise, or too old."""
    content = cache.get(_name(uuid))
    if content is None or (content["act"], content["by"]) != (act.slug, by.pk):
        return None
    if content["kind"] == CHOSEN:
        typed = content["typed"]
        return ChosenStep(uuid, content["keys"], None if typed is None else MultiValueDict(typed))
    lines = [ShownLine(*row) for row in content["rows"]]
    return ShownStep(uuid, content["chosen"], lines, content["values"])


def _keep(uuid: UUID, act: BatchAct, by: User, content: dict[str, Any]) -> UUID:
    cache.set(_name(uuid), {"act": act.slug, "by": by.pk, **content}, timeout=LASTS)
    return uuid


def _name(uuid: UUID) -> str:
    return f"review:batch:{uuid}"
