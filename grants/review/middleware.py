"""What the pages of a dossier have in common, whoever answers them."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve

from grants.review.views.trail import trail_of


class TrailMiddleware:
    """Put back the list one comes from when an act leads to a dossier's page.

    An act is posted to an address that holds the list; the view answers with the bare address of
    a page, and needs not know where one comes from.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.GET or response.status_code not in {302, 303}:
            return response
        to = urlsplit(response.headers.get("Location", ""))
        if to.netloc or to.query or not has_trail(_match(to.path)):
            return response
        if has_trail(request.resolver_match) and (trail := trail_of(request)):
            response.headers["Location"] = to._replace(query=trail).geturl()
        return response


def has_trail(match: ResolverMatch | None) -> bool:
    """Tell whether an address is of the pages that carry a list: a dossier's, and its acts."""
    if match is None:
        return False
    desk = match.namespace == "review" and "reference" in match.kwargs
    return desk or match.namespace == "decisions"


def _match(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None
