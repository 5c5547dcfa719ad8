"""What lower apps show on the pages of a body: « Mon espace » and the body's own page.

In an ``AppConfig.ready()``::

    register_space_panel(Panel("applications/_space_panel.html", space_context, order=10))

``context(request, organisation)`` returns what the template needs, or ``None`` to show nothing;
on « Mon espace » the organisation is ``None``: the panel is about the person's bodies together.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest

from partners.models import Organisation


PanelContext = Callable[[HttpRequest, Organisation | None], dict | None]


@dataclass(frozen=True)
class Panel:
    """A part of a page.

    Attributes:
        template: Rendered with ``panel`` = what ``context`` returned, and nothing else.
        context: Called once per page.
        order: Lower first.
    """

    template: str
    context: PanelContext
    order: int = 100


@dataclass(frozen=True)
class ShownPanel:
    template: str
    context: dict


_space: list[Panel] = []
_organisation: list[Panel] = []


def register_space_panel(panel: Panel) -> None:
    """Add a panel to « Mon espace » (once: the same one again is ignored)."""
    _add(_space, panel)


def register_organisation_panel(panel: Panel) -> None:
    """Add a panel to the page of a body."""
    _add(_organisation, panel)


def space_panels(request: HttpRequest) -> list[ShownPanel]:
    """Return the panels of « Mon espace » that have something to show, in order."""
    return _shown(_space, request, None)


def organisation_panels(request: HttpRequest, organisation: Organisation) -> list[ShownPanel]:
    """Return the panels of a body's page that have something to show, in order."""
    return _shown(_organisation, request, organisation)


def _add(panels: list[Panel], panel: Panel) -> None:
    if panel not in panels:
        panels.append(panel)
        panels.sort(key=lambda one: (one.order, one.template))


def _shown(panels, request, organisation) -> list[ShownPanel]:
    made = [(panel.template, panel.context(request, organisation)) for panel in panels]
    return [ShownPanel(template, context) for template, context in made if context is not None]
