"""Write dated parameters."""

from django.db import transaction

from foundation.parameters.models import Parameter


@transaction.atomic
def add_missing_parameters(rows: list[dict[str, str]]) -> int:
    """Add the parameters whose key has no value from that day on yet.

    A value edited in the administration is never overwritten.

    Args:
        rows: ``key``, ``label``, ``value``, ``valid_from`` (ISO date), ``source``.

    Returns:
        How many parameter values there are then.
    """
    Parameter.objects.bulk_create([Parameter(**row) for row in rows], ignore_conflicts=True)
    return Parameter.objects.count()
