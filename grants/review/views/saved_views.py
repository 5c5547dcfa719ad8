"""Keep the lists one comes back to: save, rename, replace, delete."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config.errors import Refusal
from foundation.jobs.models import SavedView
from grants.review.listing.desk import VIEW
from grants.review.listing.saved import (
    delete_view,
    rename_view,
    replace_view,
    save_view,
    sorted_views,
    views_of,
)
from grants.review.views.desk import hide_from_others, require_desk_reader


@require_safe
def view_list(request: HttpRequest) -> HttpResponse:
    """List one's own views, to rename or delete them."""
    require_desk_reader(request)
    return _page(request)


@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the list one looks at under a name."""
    require_desk_reader(request)
    name, query = request.POST.get("nom", ""), request.POST.get("liste", "")
    try:
        view = save_view(person=request.user, name=name, query=query, at=timezone.now())
    except Refusal as refusal:
        return _page(request, refusal, typed=name, query=query)
    messages.success(request, f"Vue «\u00a0{view.name}\u00a0» enregistrée.")
    return redirect(address_of(view))


@require_POST
def view_rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a view another name."""
    name = request.POST.get("nom", "")
    return _change(
        request,
        pk,
        lambda: rename_view(view_id=pk, person=request.user, name=name),
        "Vue renommée.",
        typed=name,
    )


@require_POST
def view_replace(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a view hold the list one looks at, and stay on it."""
    _own_view(request, pk)
    try:
        view = replace_view(view_id=pk, person=request.user, query=request.POST.get("liste", ""))
    except Refusal as refusal:
        return _page(request, refusal)
    messages.success(request, f"Vue «\u00a0{view.name}\u00a0» remplacée par cette liste.")
    return redirect(address_of(view))


@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a view."""
    return _change(
        request, pk, lambda: delete_view(view_id=pk, person=request.user), "Vue supprimée."
    )


def address_of(view: SavedView) -> str:
    """Return the address of the list that a view keeps."""
    query = f"{view.query}&" if view.query else ""
    return f"{reverse('review:desk')}?{query}{VIEW}={view.pk}"


def _own_view(request: HttpRequest, pk: int) -> SavedView:
    hide_from_others(request)
    return get_object_or_404(views_of(request.user), pk=pk)


def _change(
    request: HttpRequest, pk: int, change: Callable[[], object], done: str, typed: str = ""
) -> HttpResponse:
    _own_view(request, pk)
    try:
        change()
    except Refusal as refusal:
        return _page(request, refusal, typed=typed, renamed=pk)
    messages.success(request, done)
    return redirect("review:view_list")


def _page(
    request: HttpRequest,
    refusal: Refusal | None = None,
    *,
    typed: str = "",
    query: str = "",
    renamed: int | None = None,
) -> HttpResponse:
    rows = [(view, address_of(view)) for view in sorted_views(request.user)]
    context = {
        "rows": rows,
        "refusal": refusal,
        "errors": [(refusal.sentence, f"#nom-{renamed or 'nouveau'}")] if refusal else [],
        "typed": typed,
        "query": query,
        "renamed": renamed,
    }
    status = refusal.status if refusal else 200
    return render(request, "review/views.html", context, status=status)
