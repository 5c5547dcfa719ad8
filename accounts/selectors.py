"""What is known of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.db.models import QuerySet
from django.db.models.functions import Lower


if TYPE_CHECKING:
    from accounts.models import User


def confirmed_addresses(user: User) -> QuerySet:
    """Return the addresses a person has shown to be theirs, in lower case, as one column."""
    return (
        EmailAddress.objects.filter(user=user, verified=True)
        .annotate(address=Lower("email"))
        .values("address")
    )


def owns_address(user: User, email: str) -> bool:
    """Tell whether a person has confirmed an address; one query."""
    return EmailAddress.objects.filter(user=user, verified=True, email__iexact=email).exists()
