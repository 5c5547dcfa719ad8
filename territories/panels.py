"""What the apps below show on the pages of a territory and of a commune.

Territories stand above accounts, calls and decisions and import none of them: each registers its
panel in ``AppConfig.ready()``::

    register_panel("open-sheets", "calls/panels/open_sheets.html", open_sheets, order=20)
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from territories.models import Commune, Territory


Place = Territory | Commune
Context = Callable[[HttpRequest, Place], dict | None]
ZONES = ("main", "side")


@dataclass(frozen=True)
class Panel:
    """One block of a place's page.

    Attributes:
        slug: Its name in the registry.
        template: Rendered with what ``context`` returns, plus ``place`` and ``commune`` or
            ``territory`` (the other one is None). Headings start at level 2.
        context: Reads what to show; None leaves the panel out. Public: anybody sees it.
        order: Lower first.
        zone: ``main`` under the facts, or ``side`` beside the map.
    """

    slug: str
    template: str
    context: Context
    order: int
    zone: str


_panels: dict[str, Panel] = {}


def register_panel(
    slug: str, template: str, context: Context, order: int = 100, *, zone: str = "main"
) -> None:
    """Add a panel; the same slug registered again replaces the first."""
    if zone not in ZONES:
        raise ValueError(f"unknown zone: {zone!r}")
    _panels[slug] = Panel(slug, template, context, order, zone)


def render_panels(request: HttpRequest, place: Place) -> dict[str, list[SafeString]]:
    """Return the HTML of each panel of a place, by zone, in order."""
    commune = place if isinstance(place, Commune) else None
    both = {
        "place": place,
        "commune": commune,
        "territory": None if commune else place,
    }
    rendered: dict[str, list[SafeString]] = {zone: [] for zone in ZONES}
    for panel in sorted(_panels.values(), key=lambda p: (p.order, p.slug)):
        context = panel.context(request, place)
        if context is not None:
            html = render_to_string(panel.template, both | context, request=request)
            rendered[panel.zone].append(html)
    return rendered


def territory_number(place: Place) -> int:
    """Return the number of the territory that a place is, or is in."""
    return place.territory_id if isinstance(place, Commune) else place.number


def insee_codes(place: Place) -> list[str]:
    """Return the INSEE codes of a place, whose communes are read once per object."""
    if isinstance(place, Commune):
        return [place.insee]
    return [commune.insee for commune in place.communes.all()]
