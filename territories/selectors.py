"""What the public pages of the territories read."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from territories.models import Commune, PriorityNeighbourhood, School, Territory


@dataclass
class TerritoryRow:
    """One line of the table beside the map.

    Attributes:
        population: Sum over the communes, reference year of the communes.
        neighbourhood_count: Priority neighbourhoods in force; one over two communes counts once.
    """

    territory: Territory
    communes: list[Commune]
    population: int
    neighbourhood_count: int
    school_count: int


def territory_rows(on: date) -> list[TerritoryRow]:
    """Return the seven territories with their communes and counts (four queries).

    Args:
        on: Day on which the priority neighbourhoods must be in force.
    """
    communes: dict[int, list[Commune]] = {}
    for commune in Commune.objects.select_related("territory"):
        communes.setdefault(commune.territory_id, []).append(commune)
    neighbourhoods = Counter(
        dict(
            in_force(PriorityNeighbourhood.objects.all(), on)
            .order_by()
            .values_list("communes__territory")
            .annotate(Count("code", distinct=True))
        )
    )
    schools = Counter(
        dict(School.objects.order_by().values_list("commune__territory").annotate(Count("uai")))
    )
    return [
        TerritoryRow(
            territory=territory,
            communes=communes.get(territory.number, []),
            population=sum(c.population for c in communes.get(territory.number, [])),
            neighbourhood_count=neighbourhoods[territory.number],
            school_count=schools[territory.number],
        )
        for territory in Territory.objects.all()
    ]


def in_force(
    neighbourhoods: QuerySet[PriorityNeighbourhood], on: date
) -> QuerySet[PriorityNeighbourhood]:
    """Keep the priority neighbourhoods in force on a day."""
    return neighbourhoods.filter(
        Q(in_force_to__isnull=True) | Q(in_force_to__gte=on), in_force_from__lte=on
    )


@dataclass
class Neighbourhoods:
    """The priority neighbourhoods of a place: those in force, and those of before."""

    current: list[PriorityNeighbourhood]
    former: list[PriorityNeighbourhood]


def neighbourhoods_of(insee_codes: list[str], on: date) -> Neighbourhoods:
    """Return the priority neighbourhoods of some communes, with all their communes."""
    found = (
        PriorityNeighbourhood.objects.filter(communes__in=insee_codes)
        .distinct()
        .prefetch_related("communes")
    )
    current = [n for n in found if _is_in_force(n, on)]
    return Neighbourhoods(current=current, former=[n for n in found if not _is_in_force(n, on)])


def _is_in_force(neighbourhood: PriorityNeighbourhood, on: date) -> bool:
    end = neighbourhood.in_force_to
    return neighbourhood.in_force_from <= on and (end is None or end >= on)
