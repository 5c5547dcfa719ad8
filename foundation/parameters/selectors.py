"""Read dated parameters."""

from datetime import date
from decimal import Decimal

from foundation.parameters.models import Parameter


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
    value = (
        Parameter.objects.filter(key=key, valid_from__lte=on)
        .order_by("-valid_from", "-pk")
        .values_list("value", flat=True)
        .first()
    )
    if value is None:
        raise MissingParameterError(f"{key} on {on:%Y-%m-%d}")
    return value


def values_on(keys: list[str], on: date) -> dict[str, str]:
    """Return several parameters in one query; see :func:`value_on`."""
    rows = (
        Parameter.objects.filter(key__in=keys, valid_from__lte=on)
        .order_by("key", "-valid_from", "-pk")
        .distinct("key")
        .values_list("key", "value")
    )
    values = dict(rows)
    missing = sorted(set(keys) - set(values))
    if missing:
        raise MissingParameterError(f"{', '.join(missing)} on {on:%Y-%m-%d}")
    return values


def amount_on(key: str, on: date) -> Decimal:
    """Return a parameter in euros (see :func:`value_on`)."""
    return Decimal(value_on(key, on))


def days_on(key: str, on: date) -> int:
    """Return a parameter in days (see :func:`value_on`)."""
    return int(value_on(key, on))
