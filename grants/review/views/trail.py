"""The list one comes from, carried from dossier to dossier and from tab to tab."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from grants.applications.models import Application
from grants.review.views.desk import desk_listing


#: Parameters of a tab itself, which are not those of the list one comes from.
OWN_PARAMETERS = frozenset({"evenements", "avant", "apres"})


def trail_of(request: HttpRequest) -> str:
    """Return the parameters of the list one comes from, to go on through it."""
    if request.method not in {"GET", "HEAD"}:
        return ""
    kept = request.GET.copy()
    for name in OWN_PARAMETERS & set(kept):
        del kept[name]
    return kept.urlencode()


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
