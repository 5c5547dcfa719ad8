"""What a batch will do, as it was shown: signed, so that the confirmation does just that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core import signing

from config.errors import Refusal


if TYPE_CHECKING:
    from accounts.models import User
    from grants.review.batches.registry import BatchAct, Line, Values

SALT = "review.batch"
LASTS = 8 * 3600  # seconds: a working day; a session does not last longer


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


def sign_choice(act: BatchAct, by: User, keys: Sequence[int]) -> str:
    """Carry a selection from one page to the next."""
    return signing.dumps([act.slug, by.pk, list(keys)], salt=f"{SALT}.choice", compress=True)


def read_choice(token: str, act: BatchAct, by: User) -> list[int]:
    """Return a selection carried by a page.

    Raises:
        Refusal: ``stale`` (409): not signed by us for this person and act, or too old.
    """
    slug, person, keys = _read(token, f"{SALT}.choice", 3)
    _check(slug == act.slug and person == by.pk)
    return keys


def sign_plan(act: BatchAct, by: User, lines: Sequence[Line], values: Values) -> str:
    """Write down what the lines that are done say."""
    rows = [
        [line.application.pk, line.application.last_position or 0, dict(line.data)]
        for line in lines
        if line.ok
    ]
    content = [act.slug, by.pk, rows, dict(values)]
    return signing.dumps(content, salt=f"{SALT}.plan", compress=True)


def read_plan(token: str, act: BatchAct, by: User) -> Plan:
    """Return what was shown and is now confirmed.

    Raises:
        Refusal: ``stale`` (409): not signed by us for this person and act, or too old.
    """
    slug, person, rows, values = _read(token, f"{SALT}.plan", 4)
    _check(slug == act.slug and person == by.pk)
    return Plan([Planned(*row) for row in rows], values)


def _read(token: str, salt: str, length: int) -> list:
    try:
        content = signing.loads(token, salt=salt, max_age=LASTS)
    except signing.BadSignature:
        content = None
    _check(isinstance(content, list) and len(content) == length)
    return content


def _check(is_right: bool) -> None:
    if not is_right:
        raise Refusal(
            "Cette page n’est plus à jour\u00a0: repartez de la liste des dossiers.",
            code="stale",
            status=409,
        )
