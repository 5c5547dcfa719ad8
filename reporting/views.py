"""The year in figures, and its dossiers as files."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.spreadsheets import Workbook, file_response
from reporting.columns import YEAR_COLUMNS
from reporting.exports import export_rows
from reporting.selectors import (
    Line,
    by_sheet,
    by_state,
    by_territory,
    chosen_year,
    of_year,
    totals,
    with_decision,
    years_of,
)


YEAR = "exercice"


def may_read_reports(request: HttpRequest) -> bool:
    """Let in the unit head and the administrators."""
    access = request.user.access
    return access.is_unit_head or access.is_administrator


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show a year's figures by state, sheet and territory."""
    if not may_read_reports(request):
        raise PermissionDenied
    years = years_of(request.user)
    year = chosen_year(request.GET.get(YEAR, ""), years)
    context = {"year": year, "years": years}
    if year is not None:
        dossiers = with_decision(of_year(request.user, year))
        found = totals(dossiers)
        context |= {
            "totals": found,
            "average": found.awarded / found.awarded_count if found.awarded_count else None,
            "states": by_state(dossiers, request.user),
            "sheets": by_sheet(dossiers),
            "territories": by_territory(dossiers),
            "columns": YEAR_COLUMNS,
        }
        context["shared"] = has_shared_dossiers(context["territories"], found.count)
    return render(request, "reporting/home.html", context)


def has_shared_dossiers(lines: Sequence[Line], count: int) -> bool:
    """Tell whether a dossier is counted in several lines (its money never is)."""
    return sum(line.count for line in lines) > count


@require_safe
def export(request: HttpRequest, year: str, extension: str) -> HttpResponseBase:
    """Hand out the filed dossiers of a year, one row each."""
    if not may_read_reports(request) or int(year) not in years_of(request.user):
        raise Http404
    dossiers = with_decision(of_year(request.user, int(year)))
    return file_response(
        extension,
        name=f"maillage-dossiers-{year}",
        columns=YEAR_COLUMNS,
        rows=export_rows(dossiers.order_by("reference", "pk"), YEAR_COLUMNS, request.user),
        about=Workbook(f"Dossiers déposés, exercice {year}"),
    )
