"""Refusals and error pages: one exception for the rules, one page per HTTP state."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from config.keep import give_back, typed_in


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


class WrongAccountError(Http404):
    """A link that people get by e-mail leads to nothing this account may open.

    The page is a 404 like any other: it says which account is signed in, never whether what was
    asked exists.
    """


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, WrongAccountError) and request.user.is_authenticated:
        return render(request, "errors/wrong_account.html", status=404)
    return render(request, "errors/404.html", status=404)


def not_allowed(request: HttpRequest, *, back: str = "") -> HttpResponse:
    """Say that an address only takes a form, and lead back."""
    return render(request, "errors/405.html", {"back": back}, status=405)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "errors/500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form expired; give its text back when it came from one of our pages."""
    typed = None if "HX-Request" in request.headers else typed_in(request)
    if typed:
        response = give_back(request, typed, status=403)
    else:
        response = render(request, "errors/csrf.html", status=403)
    response["X-Form-Expired"] = "1"  # the script fetches a new token and sends again
    return response


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Show a refusal on a page of its own (when no form is at hand to carry it)."""
    return render(request, "errors/refused.html", {"refusal": refusal}, status=refusal.status)
