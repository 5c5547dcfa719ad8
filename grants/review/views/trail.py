"""The list one comes from, carried from dossier to dossier, from tab to tab and through each act.

It stands in every address of a dossier's pages, the actions of its forms included; what answers an
act leads back with it (:class:`grants.review.middleware.TrailMiddleware`).
"""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from grants.applications.models import Application
from grants.review.listing.desk import VIEW
from grants.review.listing.saved import clean_query
from grants.review.views.desk import desk_listing


def trail_of(request: HttpRequest) -> str:
    """Return the parameters of the list one comes from, to go on through it; nothing else."""
    kept = [clean_query(request.GET.urlencode())]
    view = request.GET.get(VIEW, "")
    if view.isascii() and view.isdigit():
        kept.append(urlencode({VIEW: view}))
    return "&".join(filter(None, kept))


#: Tabs that every dossier has: the next one of the list opens where one is.
_EVERYWHERE = frozenset({"projet", "budget", "pieces", "complements", "echanges", "historique"})


def around(request: HttpRequest, application: Application, trail: str, tab: str) -> dict[str, str]:
    """Return the addresses of the list one comes from, and of its dossiers before and after."""
    before, after = desk_listing(request).neighbours(application)

    def url(reference: str) -> str:
        if not reference:
            return ""
        if tab in _EVERYWHERE:
            return f"{reverse('review:tab', args=[reference, tab])}?{trail}"
        return f"{reverse('review:application', args=[reference])}?{trail}"

    return {
        "list": f"{reverse('review:desk')}?{trail}",
        "before": url(before),
        "after": url(after),
    }
