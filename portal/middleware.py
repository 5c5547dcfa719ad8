"""What the pages that gather ask of every request."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.todo_count import forget_count


class TodoCountMiddleware:
    """Count again what waits for a person once they did something."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # What a page sends by itself while it stays open is nobody's act.
        is_automatic = "X-Portal-Automatic" in request.headers
        acts = request.method not in {"GET", "HEAD"} and not is_automatic
        if acts and settings.TODO_COUNT_SECONDS and request.user.is_authenticated:
            forget_count(request.user)
        return response
