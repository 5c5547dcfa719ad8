"""The desk: its lists."""

from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.listing import ListPage, Sort
from grants.applications.labels import office_headline
from grants.applications.models import Application
from grants.review.filters import DeskFilter
from grants.review.selectors import BASKETS, basket_counts, for_desk_rows, in_basket, scores_for
from grants.review.views.scope import gap_allowed


SORTS = (
    Sort("reference", ("reference",), descending_first=True),
    Sort("depot", ("submitted_at",), descending_first=True),
    Sort("organisation", ("organisation__search_name",)),
    Sort("demande", ("requested_amount",), descending_first=True),
    Sort("propose", ("proposed_amount",), descending_first=True),
    Sort("etat", ("review_state", "reference")),
)


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """List the dossiers this person may open, in the desk's baskets."""
    access = request.user.access
    if not (access.is_desk or access.is_administrator or access.is_coordinator):
        raise PermissionDenied
    visible = Application.objects.office_visible_to(request.user)
    basket = _basket(request)
    listing = ListPage(
        request,
        for_desk_rows(in_basket(visible, basket.slug, request.user)),
        sorts=SORTS,
        default_sort="-depot",
        filter_class=DeskFilter,
        totals={"requested": Sum("requested_amount"), "proposed": Sum("proposed_amount")},
    )
    rows = list(listing.rows)
    scores = scores_for(rows, request.user, gap_allowed=gap_allowed())
    counts = basket_counts(visible, request.user)
    shown = BASKETS if access.is_desk else [b for b in BASKETS if b.slug == "tous"]
    context = {
        "listing": listing,
        "rows": [
            {
                "application": row,
                "headline": office_headline(row),
                "officer": row.officers[0].person if row.officers else None,
                "territories": sorted({n for p in row.places.all() for n in p.territories}),
                "score": scores.get(row.pk),
            }
            for row in rows
        ],
        "basket": basket,
        "baskets": [
            {"basket": one, "count": counts[one.slug], "current": one == basket} for one in shown
        ],
        "shows_scores": access.is_desk or access.is_administrator,
    }
    return render(request, "review/desk.html", context)


def _basket(request: HttpRequest):
    default = "tous"
    if request.user.access.is_unit_head:
        default = "a-affecter"
    elif request.user.access.is_case_officer:
        default = "mes-dossiers"
    asked = request.GET.get("liste", "")
    by_slug = {basket.slug: basket for basket in BASKETS}
    if not request.user.access.is_desk:
        return by_slug["tous"]
    return by_slug.get(asked, by_slug[default])
