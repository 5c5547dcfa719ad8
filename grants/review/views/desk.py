"""The desk: its lists."""

from functools import cached_property, partial
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import Access
from config.listing import PAGE, SIZE, SORT, ListPage, Sort
from grants.applications.labels import office_headline
from grants.applications.models import Application
from grants.review.calculations import ApplicationScore
from grants.review.filters import DeskFilter
from grants.review.scores import scores_for
from grants.review.selectors import (
    BASKETS,
    Basket,
    basket_counts,
    for_desk_rows,
    in_basket,
)


BASKET = "liste"
WAITING_LIST = "en-attente"
SORTS = (
    Sort("reference", ("reference",), descending_first=True),
    Sort("depot", ("filed_at", "submitted_at"), descending_first=True),
    Sort("organisation", ("organisation__search_name",)),
    Sort("demande", ("requested_amount",), descending_first=True),
    Sort("propose", ("shown_proposed_amount",), descending_first=True),
    Sort("etat", ("review_state", "reference")),
    Sort("attendu", ("awaited_on", "reference")),
)


class DeskPage(ListPage):
    """The list within a basket: ``liste`` is a place, not a filter: it stays in every address."""

    @cached_property
    def reset_url(self) -> str:
        return self._address({key: self.params.getlist(key) for key in (BASKET, SORT, SIZE)})

    @property
    def kept_parameters(self) -> list[tuple[str, str]]:
        return [(key, self.params[key]) for key in (BASKET, SORT, SIZE) if self.params.get(key)]

    @property
    def query(self) -> str:
        """The parameters of this list, for the addresses of its dossiers."""
        kept = {key: self.params.getlist(key) for key in self.params if key != PAGE}
        return urlencode([(key, one) for key, values in kept.items() for one in values if one])


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """List the dossiers this person may open, in the desk's baskets."""
    access = request.user.access
    if not may_open_desk(access):
        raise PermissionDenied
    visible = Application.objects.office_visible_to(request.user)
    basket = basket_asked(request)
    listing = desk_listing(request)
    rows = list(listing.rows)
    shows_awaited = basket.slug == WAITING_LIST
    shows_scores = (access.is_desk or access.is_administrator) and not shows_awaited
    scores = {}
    if rows and shows_scores:
        scores = scores_for(rows, request.user)
    context = {
        "listing": listing,
        "rows": [_row(row, scores) for row in rows],
        "basket": basket,
        "baskets": _tabs(visible, request, basket) if access.is_desk else [],
        "shows_scores": shows_scores,
        "shows_awaited": shows_awaited,
        "may_file": access.is_desk,
    }
    return render(request, "review/desk.html", context)


def desk_listing(request: HttpRequest) -> DeskPage:
    """Return the list that the address asks for, as this person may see it."""
    visible = Application.objects.office_visible_to(request.user)
    basket = basket_asked(request)
    return DeskPage(
        request,
        for_desk_rows(in_basket(visible, basket.slug, request.user), request.user),
        sorts=SORTS,
        default_sort="attendu" if basket.slug == WAITING_LIST else "-depot",
        filter_class=partial(DeskFilter, on=timezone.localdate()),
        totals={
            "requested": Sum("requested_amount"),
            "proposed": Sum("shown_proposed_amount"),
        },
    )


def may_open_desk(access: Access) -> bool:
    return access.is_desk or access.is_administrator or access.is_coordinator


def basket_asked(request: HttpRequest) -> Basket:
    """Return the basket of the address, else the one where this person's day begins."""
    by_slug = {basket.slug: basket for basket in BASKETS}
    access = request.user.access
    if not access.is_desk:
        return by_slug["tous"]
    default = "a-affecter" if access.is_unit_head else "mes-dossiers"
    return by_slug.get(request.GET.get(BASKET, ""), by_slug[default])


def _row(row: Application, scores: dict[int, ApplicationScore]) -> dict[str, Any]:
    officer = " ".join(filter(None, [row.officer_first_name, row.officer_last_name]))
    return {
        "application": row,
        "headline": office_headline(row),
        "officer": officer,
        "territories": row.territory_numbers,
        "score": scores.get(row.pk),
        "awaited_on": row.awaited_on,
        "is_late": row.awaited_on is not None and row.awaited_on < timezone.localdate(),
    }


def _tabs(visible: QuerySet[Application], request: HttpRequest, current: Basket) -> list[dict]:
    counts = basket_counts(visible, request.user)
    return [
        {"basket": basket, "count": counts[basket.slug], "current": basket == current}
        for basket in BASKETS
    ]
