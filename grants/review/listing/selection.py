"""From the query of a list to its dossiers, for the acts that bear on many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import QueryDict

from grants.review.listing.desk import DeskList


if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from accounts.models import User
    from grants.applications.models import Application


def desk_list(user: User, query: str, *, on: date) -> DeskList:
    """Return the desk's list that a query asks for, as a person may see it.

    Args:
        user: Who looks.
        query: What follows « ? » in the address of the list.
        on: Today: it says who replaces whom, and where the legal clock stands.
    """
    return DeskList(user, QueryDict(query), on=on)


def selected(user: User, query: str, *, on: date) -> QuerySet[Application]:
    """Return the dossiers of a list, visible to a person and filtered as it shows them."""
    return desk_list(user, query, on=on).filtered
