"""The desk: its lists, and their files."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Access
from config.errors import Refusal, refused
from config.kept import BASKETS as BASKETS_KEPT, kept
from config.spreadsheets import file_response
from config.templatetags.fr import date_fr
from foundation.jobs.services import AlreadyRunningError
from grants.applications.models import Application
from grants.review.batches.registry import acts_for
from grants.review.listing.baskets import BASKETS, basket_counts
from grants.review.listing.columns import columns_for
from grants.review.listing.desk import VIEW, DeskList
from grants.review.listing.export import (
    FILE_NAME,
    MOST_ROWS_AT_ONCE,
    about,
    start_export,
)
from grants.review.listing.saved import clean_query, sorted_views
from grants.review.listing.screen import drawings, filter_groups, screen_rows
from grants.review.permissions import replacements_on


MINE = "mes-dossiers"


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """List the dossiers this person may open, in the desk's baskets."""
    require_desk_reader(request)
    listing = desk_listing(request)
    return render(request, "review/desk.html", desk_context(request, listing))


def desk_context(request: HttpRequest, listing: DeskList) -> dict[str, Any]:
    """Return what the page of a list shows."""
    user = request.user
    views = sorted_views(user)
    view = next((one for one in views if str(one.pk) == request.GET.get(VIEW)), None)
    search = listing.filterset.search
    rows = screen_rows(listing)
    return {
        "listing": listing,
        "rows": rows,
        "drawings": drawings(rows),
        "groups": filter_groups(listing.form),
        "basket": listing.basket,
        **_invalid_filters(listing),
        "baskets": _tabs(request, listing) if user.access.is_desk else [],
        "notes": [*_those_replaced(listing), *(search.notes if search else [])],
        "columns": columns_for(user),
        "views": views,
        "view": view,
        "view_is_changed": view is not None and _differs(listing, view.query),
        "acts": acts_for(user),
        "files": (("xlsx", "pour Excel"), ("ods", "pour LibreOffice")),
        "exports_at_once": listing.count <= MOST_ROWS_AT_ONCE,
        "may_file": user.access.is_desk,
    }


def _those_replaced(listing: DeskList) -> list[str]:
    """Say whose dossiers stand among one's own, and until when."""
    if listing.basket.slug != MINE:
        return []
    standing_in = replacements_on(listing.on).filter(substitute=listing.user)
    return [
        f"{one.person} s’absente jusqu’au {date_fr(one.ends_on)}\u00a0: ses dossiers sont ici avec "
        "les vôtres, son nom est écrit sur chacun."
        for one in standing_in.select_related("person").order_by("ends_on", "pk")
    ]


def desk_listing(request: HttpRequest) -> DeskList:
    """Return the list that the address asks for, as this person may see it."""
    return DeskList(request.user, request.GET, on=timezone.localdate())


@require_safe
def export(request: HttpRequest, extension: str) -> HttpResponseBase:
    """Hand out exactly what is filtered, in its order, with the chosen columns."""
    hide_from_others(request)
    listing = desk_listing(request)
    if extension != "csv" and listing.count > MOST_ROWS_AT_ONCE:
        context = {"listing": listing, "extension": extension}
        return render(request, "review/desk_export.html", context)
    return file_response(
        extension,
        name=FILE_NAME,
        columns=listing.file_columns,
        rows=listing.file_rows(),
        about=about(listing),
    )


@require_POST
def export_job(request: HttpRequest, extension: str) -> HttpResponse:
    """Prepare a long workbook aside: its page says when it is ready."""
    hide_from_others(request)
    query = request.POST.get("liste", "")
    try:
        job = start_export(person=request.user, query=query, extension=extension, at=timezone.now())
    except AlreadyRunningError as error:
        if error.job is None:
            return refused(request, error)
        job = error.job
    except Refusal as error:
        return refused(request, error)
    return redirect("jobs:detail", uuid=job.uuid)


def require_desk_reader(request: HttpRequest) -> None:
    """Let in those whom the lists of the desk are for."""
    if not may_open_desk(request.user.access):
        raise PermissionDenied


def hide_from_others(request: HttpRequest) -> None:
    """Say nothing of what hangs on the lists to those whom they are not for."""
    if not may_open_desk(request.user.access):
        raise Http404


def may_open_desk(access: Access) -> bool:
    return access.is_desk or access.is_administrator or access.is_coordinator


def _differs(listing: DeskList, query: str) -> bool:
    """Tell whether a list is no longer the one that a view keeps."""
    kept = DeskList(listing.user, QueryDict(query), on=listing.on)
    return clean_query(listing.query) != clean_query(kept.query)


def _invalid_filters(listing: DeskList) -> dict[str, Any]:
    """Return what the page says of the filters it cannot read, by their names."""
    form = listing.form
    names = [f"«\u00a0{form[name].label}\u00a0»" for name in form.errors if name in form.fields]
    return {
        "invalid_filters": names,
        "invalid_title": "Un filtre n’est pas valable"
        if len(names) == 1
        else "Des filtres ne sont pas valables",
        "invalid_text": f"À corriger\u00a0: {', '.join(names)}. Rien n’est cherché en attendant.",
    }


def _tabs(request: HttpRequest, listing: DeskList) -> list[dict]:
    visible = Application.objects.office_visible_to(request.user)
    counts = kept(BASKETS_KEPT, request.user, lambda: basket_counts(visible, request.user))
    if not listing.is_filtered:  # the number beside the list's name must be that of the list
        counts[listing.basket.slug] = listing.count
    return [
        {"basket": one, "count": counts[one.slug], "current": one == listing.basket}
        for one in BASKETS
    ]
