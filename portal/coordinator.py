"""The coordinator's pages: the dossiers and the funded actions of their territory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import django_filters as filters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import Access
from accounts.models import User
from config.listing import ListPage, Sort
from config.spreadsheets import Workbook, file_response
from grants.applications.labels import office_headline
from grants.applications.models import Application
from grants.calls.models import CallSheet
from grants.calls.selectors import sheets_open_in
from grants.decisions.models import Decision
from grants.review.filters import DeskFilter
from grants.review.listing.rows import for_rows, with_parts
from grants.review.votes_told import headline_for
from portal.actions import public_actions
from reporting.columns import COORDINATOR_COLUMNS
from reporting.exports import export_rows
from reporting.selectors import (
    Line,
    amounts_of,
    by_state,
    chosen_year,
    of_year,
    totals,
    with_decision,
    years_of,
    zone_line,
)
from reporting.shares import EVERYWHERE, NOWHERE, ZoneTotals, read_places, totals_by_zone
from territories import maps
from territories.models import Commune, PriorityNeighbourhood, School, Territory
from territories.selectors import in_force


YEAR = "exercice"
SHOWN_ACTIONS, SHOWN_SHEETS = 10, 6
ELSEWHERE = "elsewhere"
SORTS = (
    Sort("reference", ("reference",), descending_first=True),
    Sort("depot", ("submitted_at",), descending_first=True),
    Sort("organisation", ("organisation__search_name",)),
    Sort("demande", ("requested_amount",), descending_first=True),
    Sort("attribue", ("awarded_amount",), descending_first=True),
    Sort("etat", ("state_rank", "reference")),
)


def require_coordinator(request: HttpRequest) -> None:
    if not request.user.access.is_coordinator:
        raise PermissionDenied


def territories_of(access: Access) -> list[Territory]:
    """Return the territories a coordinator follows, all seven for the whole département."""
    found = Territory.objects.all()
    if not access.whole_department:
        found = found.filter(number__in=access.territories)
    return list(found)


def scope_words(access: Access, territories: Sequence[Territory]) -> str:
    """Name what a coordinator follows: « Territoire 7 », « Tout le département »."""
    if access.whole_department:
        return "Tout le département"
    numbers = [str(territory.number) for territory in territories]
    if len(numbers) == 1:
        return f"Territoire {numbers[0]}"
    return f"Territoires {', '.join(numbers[:-1])} et {numbers[-1]}" if numbers else ""


# --- Home -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class StateLine:
    """A state of the dossiers: its figures, its badge, where to see them."""

    line: Line
    tone: str
    icon: str


@require_safe
def coordinator_home(request: HttpRequest) -> HttpResponse:
    """Show the territory: map, dossiers by state and by commune, awards, next closings."""
    require_coordinator(request)
    access = request.user.access
    territories = territories_of(access)
    communes = list(Commune.objects.filter(territory__in=territories))
    years = years_of(request.user)
    year = chosen_year(request.GET.get(YEAR, ""), years)
    drawing = _drawing(territories, communes)
    context = {
        "scope": scope_words(access, territories),
        "territories": territories,
        "whole_department": access.whole_department,
        "drawing": drawing,
        "neighbourhoods": {"current": drawing.quarters if drawing else ()},
        "years": years,
        "year": year,
        "sheets": _next_closings(communes),
    }
    if year is not None:
        dossiers = with_decision(of_year(request.user, year), only_notified=True)
        actions = _actions(request.user, year)
        context |= {
            "totals": totals(dossiers),
            "states": _states(dossiers, request.user),
            "communes": _by_commune(dossiers, communes),
            "actions": list(actions[:SHOWN_ACTIONS]),
        }
    return render(request, "portal/coordinator_home.html", context)


def _drawing(territories: Sequence[Territory], communes: Sequence[Commune]) -> maps.Drawing | None:
    """Draw the one territory close, or the whole département."""
    if len(territories) != 1:
        everything = list(Commune.objects.all())
        return (
            maps.department_map(Territory.objects.all(), everything)
            if any(commune.svg_path for commune in everything)
            else None
        )
    quarters = in_force(PriorityNeighbourhood.objects.all(), timezone.localdate())
    return maps.close_map(
        title=f"Carte du territoire {territories[0].number}",
        inside=communes,
        around=Commune.objects.exclude(territory__in=territories),
        outline=territories[0].svg_path,
        quarters=quarters.filter(communes__in=communes).distinct(),
        schools=School.objects.filter(commune__in=communes),
        link_inside=True,
    )


def _next_closings(communes: Sequence[Commune]) -> list[CallSheet]:
    sheets = sheets_open_in(insee_codes=[one.insee for one in communes], at=timezone.now())
    return list(sheets[:SHOWN_SHEETS])


def _actions(user: User, year: int) -> QuerySet[Decision]:
    visible = of_year(user, year).order_by().values("pk")
    return public_actions().filter(application__in=visible).order_by("-decided_on", "-pk")


def _states(dossiers: QuerySet[Application], user: User) -> list[StateLine]:
    lines = []
    for line in by_state(dossiers, user):
        head = office_headline(Application(review_state=line.key))
        lines.append(StateLine(line, head.tone, head.icon))
    return lines


def _by_commune(dossiers: QuerySet[Application], communes: Sequence[Commune]) -> list[Line]:
    """Add up by commune of the action; what happens elsewhere stays in a line of its own."""
    mine = {commune.insee for commune in communes}
    found = totals_by_zone(
        amounts_of(dossiers),
        read_places(dossiers),
        lambda place: [code if code in mine else ELSEWHERE for code in place.communes],
    )
    lines = [
        zone_line(commune, str(commune), found.get(commune.insee, ZoneTotals()))
        for commune in communes
    ]
    others = (
        (EVERYWHERE, "Tout le département"),
        (ELSEWHERE, "Part menée dans d’autres territoires"),
        (NOWHERE, "Lieu non précisé"),
    )
    lines += [zone_line(None, label, found[key]) for key, label in others if key in found]
    return lines


# --- Dossiers -------------------------------------------------------------------------------------
class CoordinatorFilter(DeskFilter):
    """The desk's filters without who instructs the dossier."""

    charge = None
    exercice = filters.ChoiceFilter(
        label="Exercice", field_name="sheet__campaign__fiscal_year", empty_label="Tous"
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        years = years_of(self.request.user)
        self.filters["exercice"].extra["choices"] = [(year, str(year)) for year in years]


@require_safe
def coordinator_applications(request: HttpRequest) -> HttpResponse:
    """List the filed dossiers of the territory; no score, no proposed amount."""
    require_coordinator(request)
    listing = applications_listing(request)
    user = request.user
    rows = [(application, headline_for(user, application)) for application in listing.rows]
    territories = territories_of(request.user.access)
    context = {
        "listing": listing,
        "rows": rows,
        "scope": scope_words(request.user.access, territories),
        "query": _query(listing),
    }
    return render(request, "portal/coordinator_applications.html", context)


def applications_listing(request: HttpRequest) -> ListPage:
    """Return the list that the address asks for, as this coordinator may see it."""
    visible = with_decision(Application.objects.office_visible_to(request.user), only_notified=True)
    return ListPage(
        request,
        with_parts(for_rows(visible), ["territory_numbers", "state_rank"], request.user),
        sorts=SORTS,
        default_sort="-depot",
        filter_class=partial(CoordinatorFilter, on=timezone.localdate()),
        totals={"requested": Sum("requested_amount"), "awarded": Sum("awarded_amount")},
    )


def _query(listing: ListPage) -> str:
    """Return the filters and the order of the list, for the addresses of its files."""
    return listing.url(page=None, par=None).partition("?")[2]


@require_safe
def coordinator_export(request: HttpRequest, extension: str) -> HttpResponseBase:
    """Hand out exactly what is filtered, in its order, one row a dossier."""
    if not request.user.access.is_coordinator:
        raise Http404
    listing = applications_listing(request)
    scope = scope_words(request.user.access, territories_of(request.user.access))
    return file_response(
        extension,
        name="maillage-dossiers-territoire",
        columns=COORDINATOR_COLUMNS,
        rows=export_rows(listing.ordered, COORDINATOR_COLUMNS, request.user),
        about=Workbook(
            f"Dossiers déposés : {scope}",
            [(tag.label, tag.value) for tag in listing.tags],
        ),
    )
