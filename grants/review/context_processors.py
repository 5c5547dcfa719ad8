"""What the templates of a dossier's pages are given beside their context."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from grants.review.middleware import has_trail
from grants.review.views.trail import trail_of


def trail(request: HttpRequest) -> dict[str, Any]:
    """Give the list one comes from, for the addresses of a dossier's pages.

    ``trail_query`` ends an address that has no parameters, ``trail_more`` one that has some.
    """
    if not request.GET or not has_trail(request.resolver_match):
        return {"trail_query": "", "trail_more": ""}

    def after(mark: str) -> str:
        kept = trail_of(request)
        return f"{mark}{kept}" if kept else ""

    return {
        "trail_query": SimpleLazyObject(lambda: after("?")),
        "trail_more": SimpleLazyObject(lambda: after("&")),
    }
