"""Expressions that Django does not have."""

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, Func, Value


class AnyOf(Func):
    """Whether a key is one of many, given to the database as one array.

    ``__in`` gives each of them apart, which Django and the driver then go through several times:
    with a thousand keys that costs more than what is read.

    Args:
        field: Name of the key.
        keys: Those looked for.
    """

    template = "(%(expressions)s))"
    arg_joiner = " = ANY ("
    output_field = BooleanField()

    def __init__(self, field: str, keys: Iterable[int]) -> None:
        super().__init__(field, Value(list(keys), output_field=ArrayField(BigIntegerField())))
