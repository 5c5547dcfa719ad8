"""Refusals and error pages: one exception for the rules, one page per HTTP state."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class Refusal(Exception):
    """A service refuses what it was asked.

    Attributes:
        sentence: What to tell the person, in French, ready to show.
        code: Stable word for tests and for the views (``late``, ``conflict``…).
        status: HTTP status of the page that shows it: 409 for a lost race, 403 for a missing
            right, 422 otherwise.
    """

    def __init__(self, sentence: str, *, code: str, status: int = 422) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.status = status


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "errors/500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "errors/csrf.html", status=403)


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Show a refusal on a page of its own (when no form is at hand to carry it)."""
    return render(request, "errors/refused.html", {"refusal": refusal}, status=refusal.status)
