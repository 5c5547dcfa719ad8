"""Where an action takes place, in the words of lists and files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from config.expressions import AnyOf
from grants.applications.models import Place
from territories.models import PriorityNeighbourhood, printed


PLACES = "named_places"  # attribute of a dossier on the screen, name in the files


@dataclass(frozen=True)
class NamedPlace:
    """A place of an action: the communes and the territories it is in, its neighbourhood if any."""

    communes: Sequence[str]
    territories: Sequence[int]
    neighbourhood: str = ""


def places_of(keys: Collection[int]) -> dict[int, list[NamedPlace]]:
    """Return the places of some dossiers in their order, by the keys of those that have any."""
    if not keys:
        return {}
    rows = (
        Place.objects.filter(AnyOf("application_id", keys))
        .order_by("position", "pk")
        .values_list(
            "application_id",
            "territories",
            "commune__name",
            "school__commune__name",
            "neighbourhood_id",
            "neighbourhood__name",
        )
    )
    rows = list(rows)
    around = _communes_of({code for *_, code, _ in rows if code})
    found = defaultdict(list)
    for application, territories, commune, of_school, code, name in rows:
        if code:
            place = NamedPlace(around[code], territories, f"{code} {printed(name)}")
        else:
            place = NamedPlace((printed(commune or of_school),), territories)
        found[application].append(place)
    return found


def _communes_of(codes: Collection[str]) -> dict[str, list[str]]:
    """Return the communes of some neighbourhoods, by their codes."""
    found: dict[str, list[str]] = {code: [] for code in codes}
    if codes:
        communes = PriorityNeighbourhood.communes.through.objects.filter(
            priorityneighbourhood__in=codes
        ).order_by("commune__sort_name", "commune")
        for code, name in communes.values_list("priorityneighbourhood_id", "commune__name"):
            found[code].append(printed(name))
    return found


def communes_words(whole_department: bool, places: Sequence[NamedPlace]) -> str:
    """Return the communes of an action, each once, in the order of its places."""
    if whole_department:
        return "Tout le département"
    return ", ".join(dict.fromkeys(name for place in places for name in place.communes))


def territories_words(whole_department: bool, places: Sequence[NamedPlace]) -> str:
    """Return the numbers of the territories of an action, or « tous »."""
    if whole_department:
        return "tous"
    numbers = {number for place in places for number in place.territories}
    return ", ".join(map(str, sorted(numbers)))


def neighbourhoods_words(places: Sequence[NamedPlace]) -> str:
    """Return the priority neighbourhoods chosen as places, with their codes."""
    return ", ".join(place.neighbourhood for place in places if place.neighbourhood)
