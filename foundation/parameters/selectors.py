"""Read dated parameters.

A stored value that its declaration refuses is passed over: the one before it holds, or else the one
that the portal ships with. ``faults`` names such rows; no page falls because of one.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from foundation.parameters.declared import COUNTS, DECLARED, kind_of
from foundation.parameters.models import Parameter


if TYPE_CHECKING:
    from django.db.models import QuerySet

logger = logging.getLogger(__name__)


class MissingParameterError(LookupError):
    """No value of this parameter is in force on that day: ``load_reference`` was not run."""


def value_on(key: str, on: date) -> str:
    """Return the text of a parameter as in force on a day.

    Args:
        key: Slug of the parameter, as in ``fixtures/reference/parameters.json``.
        on: The day the rule is applied.

    Raises:
        MissingParameterError: If no value has come into force yet.
    """
    return values_on([key], on)[key]


def values_on(keys: Iterable[str], on: date) -> dict[str, str]:
    """Return several parameters in one query; see :func:`value_on`."""
    keys = list(keys)
    rows = (
        Parameter.objects.filter(key__in=keys, valid_from__lte=on)
        .order_by("key", "-valid_from", "-pk")
        .values_list("key", "value")
    )
    stored: dict[str, list[str]] = defaultdict(list)
    for key, value in rows:
        stored[key].append(value)
    missing = sorted(set(keys) - set(stored))
    if missing:
        raise MissingParameterError(f"{', '.join(missing)} on {on:%Y-%m-%d}")
    return {key: _first_sound(key, values) for key, values in stored.items()}


def amount_on(key: str, on: date) -> Decimal:
    """Return a parameter in euros (see :func:`value_on`)."""
    return Decimal(value_on(key, on))


def days_on(key: str, on: date) -> int:
    """Return a parameter in days (see :func:`value_on`)."""
    return int(value_on(key, on))


def numbers_by_day(key: str) -> list[tuple[date, Decimal]]:
    """Return every value of a number with the first day of each, oldest first, in one query."""
    kind = kind_of(key)
    rows = Parameter.objects.filter(key=key).order_by("valid_from", "pk")
    stored = list(rows.values_list("valid_from", "value"))
    sound = [(day, Decimal(value)) for day, value in stored if not kind.fault(value)]
    if stored and not sound:
        _warn(key)
        return [(stored[0][0], Decimal(shipped(key)))]
    return sound


def count_in_force(key: str, on: date) -> QuerySet[Parameter]:
    """Return, for a subquery, the stored text of a whole number: PostgreSQL may cast it."""
    pattern = COUNTS[key].pattern
    rows = Parameter.objects.filter(key=key, valid_from__lte=on, value__regex=pattern)
    return rows.order_by("-valid_from", "-pk").values("value")[:1]


def faults() -> Iterator[str]:
    """Yield one sentence per stored value that is passed over, and per parameter without value."""
    held = set()
    rows = Parameter.objects.order_by("key", "valid_from").values_list("key", "valid_from", "value")
    for key, valid_from, value in rows:
        held.add(key)
        if kind_of(key).fault(value):
            yield f"{key} from {valid_from:%Y-%m-%d}: {value[:40]!r} is not {kind_of(key).words}"
    for key in sorted(DECLARED.keys() - held):
        yield f"{key}: no value; load_reference adds it"


@cache
def shipped(key: str) -> str:
    """Return the last value of a parameter in the reference file that ships with the portal.

    Raises:
        MissingParameterError: If the file does not know the key.
    """
    path = settings.BASE_DIR / "fixtures/reference/parameters.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    found = sorted((row["valid_from"], row["value"]) for row in rows if row["key"] == key)
    if not found:
        raise MissingParameterError(key)
    return found[-1][1]


def _first_sound(key: str, values: list[str]) -> str:
    kind = kind_of(key)
    for value in values:
        if not kind.fault(value):
            return value
        _warn(key)
    return shipped(key) if key in DECLARED else values[0]


def _warn(key: str) -> None:
    logger.warning("Parameter %s: a stored value is not usable, another one is read.", key)
