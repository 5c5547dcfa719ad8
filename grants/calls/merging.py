"""What closing extensions do when the body they were granted to is joined to another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from grants.calls.models import ClosingExtension
from partners.merging import register_mover
from partners.models import Organisation


if TYPE_CHECKING:
    from accounts.models import User


def move_extensions(*, source: Organisation, target: Organisation, by: User, at: datetime) -> int:
    """Give a double's extensions to the body kept; return how many."""
    return ClosingExtension.objects.filter(organisation=source).update(organisation=target)


def names_of(source: Organisation) -> Iterator[str]:
    """Name the extensions of a body."""
    for row in ClosingExtension.objects.filter(organisation=source).select_related("sheet"):
        yield str(row)


def register() -> None:
    register_mover(
        "extensions", move_extensions, words=("prolongation", "prolongations"), names=names_of
    )
