"""The money of a dossier, place by place: shares to the cent that add up to the amount."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from grants.applications.calculations import split_by_share
from grants.applications.models import Place
from territories.models import PriorityNeighbourhood


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from grants.applications.models import Application

EVERYWHERE = "everywhere"
NOWHERE = "nowhere"
ZERO = Decimal(0)


@dataclass(frozen=True)
class SharedPlace:
    """A place of a dossier, with the communes and territories it lies in.

    Attributes:
        share: Part of the money, ``None`` for an equal part.
        communes: INSEE codes; several for a neighbourhood over a boundary.
        territories: Numbers.
    """

    share: Decimal | None
    communes: tuple[str, ...]
    territories: tuple[int, ...]


@dataclass(frozen=True)
class Amounts:
    """One dossier as the tables by place count it, in euros."""

    pk: int
    whole_department: bool
    requested: Decimal
    awarded: Decimal
    is_awarded: bool


@dataclass
class ZoneTotals:
    """What a zone holds. A dossier over two zones is counted in both, its money is split."""

    count: int = 0
    requested: Decimal = ZERO
    awarded: Decimal = ZERO
    awarded_count: int = 0


def divide(
    amount: Decimal, shares: Sequence[Decimal | None], zones: Sequence[Sequence[Hashable]]
) -> dict[Hashable, Decimal]:
    """Split an amount between zones, to the cent.

    The places share first (:func:`split_by_share`); a place over several zones then splits its
    part equally between them.

    Args:
        amount: Euros, zero or more.
        shares: One a place, ``None`` for an equal part; all zero counts as all equal.
        zones: One sequence a place, not empty.

    Returns:
        Euros by zone, whose sum is ``amount`` exactly.
    """
    if not any(share is None or share for share in shares):
        shares = [None] * len(shares)
    divided: dict[Hashable, Decimal] = defaultdict(lambda: ZERO)
    for part, inside in zip(split_by_share(amount, shares), zones, strict=True):
        for piece, zone in zip(split_by_share(part, [None] * len(inside)), inside, strict=True):
            divided[zone] += piece
    return dict(divided)


def totals_by_zone(
    rows: Iterable[Amounts],
    places: dict[int, list[SharedPlace]],
    zones_of: Callable[[SharedPlace], Sequence[Hashable]],
) -> dict[Hashable, ZoneTotals]:
    """Add up dossiers by zone; the sums of the zones are those of the dossiers.

    Args:
        rows: The dossiers.
        places: Their places, by dossier, in order (:func:`read_places`).
        zones_of: Which zones a place lies in; a dossier for the whole département goes to
            ``EVERYWHERE``, one without a place to ``NOWHERE``.
    """
    totals: dict[Hashable, ZoneTotals] = defaultdict(ZoneTotals)
    for row in rows:
        shared = places.get(row.pk, [])
        if row.whole_department or not shared:
            shares, zones = [None], [(EVERYWHERE if row.whole_department else NOWHERE,)]
        else:
            shares = [place.share for place in shared]
            zones = [zones_of(place) or (NOWHERE,) for place in shared]
        requested = divide(row.requested, shares, zones)
        awarded = divide(row.awarded, shares, zones)
        for zone in requested:
            one = totals[zone]
            one.count += 1
            one.requested += requested[zone]
            one.awarded += awarded[zone]
            one.awarded_count += row.is_awarded
    return dict(totals)


def read_places(applications: QuerySet[Application]) -> dict[int, list[SharedPlace]]:
    """Return the places of some dossiers, in two queries whatever their number."""
    links = PriorityNeighbourhood.communes.through.objects.order_by("commune_id")
    communes_of: dict[str, list[str]] = defaultdict(list)
    for neighbourhood, commune in links.values_list("priorityneighbourhood_id", "commune_id"):
        communes_of[neighbourhood].append(commune)
    found: dict[int, list[SharedPlace]] = defaultdict(list)
    places = Place.objects.filter(application__in=applications.order_by().values("pk"))
    for pk, share, territories, commune, neighbourhood, school_commune in places.order_by(
        "application", "position", "pk"
    ).values_list(
        "application_id",
        "share",
        "territories",
        "commune_id",
        "neighbourhood_id",
        "school__commune_id",
    ):
        direct = commune or school_commune
        inside = (direct,) if direct else tuple(communes_of[neighbourhood])
        found[pk].append(SharedPlace(share, inside, tuple(territories)))
    return dict(found)
