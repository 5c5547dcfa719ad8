"""Where an action takes place, in the words of lists and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Prefetch

from grants.applications.models import Place


if TYPE_CHECKING:
    from grants.applications.models import Application

_DRAWN = ("commune", "school__commune", "neighbourhood")


def places_to_name() -> Prefetch:
    """Return the prefetch that the functions of this module read."""
    places = (
        Place.objects.select_related(*_DRAWN)
        .defer(*(f"{name}__svg_path" for name in _DRAWN))
        .prefetch_related("neighbourhood__communes")
    )
    return Prefetch("places", places)


def communes_words(application: Application) -> str:
    """Return the communes of an action, each once, in the order of its places."""
    if application.whole_department:
        return "Tout le département"
    names: dict[str, None] = {}
    for place in application.places.all():
        names.update(dict.fromkeys(_communes_of(place)))
    return ", ".join(names)


def _communes_of(place: Place) -> list[str]:
    if place.commune is not None:
        return [str(place.commune)]
    if place.school is not None:
        return [str(place.school.commune)]
    return [str(commune) for commune in place.neighbourhood.communes.all()]


def territories_words(application: Application) -> str:
    """Return the numbers of the territories of an action, or « tous »."""
    if application.whole_department:
        return "tous"
    numbers = {number for place in application.places.all() for number in place.territories}
    return ", ".join(map(str, sorted(numbers)))


def neighbourhoods_words(application: Application) -> str:
    """Return the priority neighbourhoods chosen as places, with their codes."""
    found = [p.neighbourhood for p in application.places.all() if p.neighbourhood is not None]
    return ", ".join(f"{one.code} {one.display_name}" for one in found)
