"""What somebody who leaves a body holds in it: the lower apps say it, the leaving page shows it.

In an ``AppConfig.ready()``::

    register_holdings(holdings_of)

``holdings_of(membership, on)`` returns what the person began or what waits for them there that day.
Nothing of it moves when they leave: it belongs to the body.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from partners.enums import Right
from partners.models import Membership


@dataclass(frozen=True)
class Holding:
    """One thing held.

    Attributes:
        words: One sentence without its full stop, about the person (« a commencé… »).
        names: The rows concerned, as the body knows them.
    """

    words: str
    names: Sequence[str] = field(default_factory=tuple)


Source = Callable[[Membership, date], Iterable[Holding]]
_sources: list[Source] = []


def register_holdings(source: Source) -> None:
    """Add a source (once)."""
    if source not in _sources:
        _sources.append(source)


def holdings_of(membership: Membership, on: date) -> list[Holding]:
    """Return all that a member holds on a day."""
    own = []
    if is_last_with(membership, Right.MANAGE):
        own.append(Holding("Personne d’autre ne gère les membres et la fiche"))
    if is_last_signatory(membership, on):
        own.append(Holding("Personne d’autre ne peut attester les demandes"))
    return own + [holding for source in _sources for holding in source(membership, on)]


def is_last_with(membership: Membership, right: Right) -> bool:
    """Tell whether a member is the only one who holds a right in their body."""
    others = membership.organisation.memberships.with_right(right).exclude(pk=membership.pk)
    return right in membership.rights and not others.exists()


def is_last_signatory(membership: Membership, on: date) -> bool:
    """Tell whether nobody else of their body may attest on a day."""
    others = membership.organisation.memberships.signatories_on(on).exclude(pk=membership.pk)
    return Right.SIGN in membership.rights and not others.exists()
