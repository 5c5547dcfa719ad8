"""Database constraints that several models need."""

from django.db.models import CheckConstraint, F, Q


def in_order(app_model: str, first: str, last: str, *, sentence: str, strict: bool = False):
    """Constrain ``first`` to come before ``last`` (or be equal unless ``strict``); null passes."""
    lookup = "lt" if strict else "lte"
    return CheckConstraint(
        name=f"{app_model}_{first}_before_{last}",
        condition=Q(**{f"{first}__{lookup}": F(last)})
        | Q(**{f"{first}__isnull": True})
        | Q(**{f"{last}__isnull": True}),
        violation_error_message=sentence,
    )


def not_negative(app_model: str, field: str, *, sentence: str):
    """Constrain an amount or a count to be zero or more; null passes."""
    return CheckConstraint(
        name=f"{app_model}_{field}_not_negative",
        condition=Q(**{f"{field}__gte": 0}) | Q(**{f"{field}__isnull": True}),
        violation_error_message=sentence,
    )
