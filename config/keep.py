"""Forms whose text must survive: a closed session, a form that expired, a lost answer.

Such a form carries the field ``kept``. Without script it is empty; with it, it names the copy that
the browser keeps (``static/js/keep.js``), and the cookie of the same name tells that this copy is
in the database.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac


FIELD = COOKIE = "kept"
_NAME = re.compile(r"[A-Za-z0-9.-]{4,60}", re.ASCII)
_LEFT_OUT = frozenset({"csrfmiddlewaretoken", FIELD})
_NEVER_SHOWN = frozenset({"iban", "bic"})  # asked again: the device may be shared
_SECRET = re.compile("pass|secret|token|otp", re.IGNORECASE)
_LONG = 40  # characters from which a text is worth showing, to be copied
_ANSWER_SECONDS = 600


def person_key(user) -> str:
    """Return what a browser files its copies under: one a person, saying nothing about them."""
    return salted_hmac("config.keep", str(user.pk), algorithm="sha256").hexdigest()[:16]


def keep_confirmed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Tell the browser that what it keeps of this form is in the database."""
    name = request.POST.get(FIELD, "")
    if _NAME.fullmatch(name):
        response.set_cookie(
            COOKIE,
            name,
            max_age=_ANSWER_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
    return response


class KeepMiddleware:
    """Confirm the forms that a view accepted: it leads to another page, without an error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            request.method == "POST"
            and 300 <= response.status_code < 400
            and request.user.is_authenticated
            and FIELD in request.POST
            and not _says_no(request)
        ):
            keep_confirmed(request, response)
        return response


def _says_no(request: HttpRequest) -> bool:
    queued = getattr(messages.get_messages(request), "_queued_messages", ())
    return any(message.level >= messages.ERROR for message in queued)


# --- A form that cannot be accepted now: give its text back -------------------------------------
@dataclass(frozen=True)
class Typed:
    """What a refused form carried, to be sent again by the person."""

    action: str
    fields: list[tuple[str, str]]
    had_files: bool = False

    @property
    def texts(self) -> list[str]:
        """Return the long texts, to be copied in case."""
        return [value for _, value in self.fields if len(value) >= _LONG and " " in value.strip()]


def typed_in(request: HttpRequest) -> Typed | None:
    """Return what a form of ours carried; ``None`` when it must not come back.

    Only a form of the portal's own pages comes back, with its field ``kept``: another site must
    not lead somebody to confirm what it wrote. A password never comes back.
    """
    if request.method != "POST" or FIELD not in request.POST or not _is_from_here(request):
        return None
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in _LEFT_OUT | _NEVER_SHOWN
    ]
    if any(_SECRET.search(name) for name, _ in fields):
        return None
    return Typed(request.get_full_path(), fields, had_files=bool(request.FILES))


def _is_from_here(request: HttpRequest) -> bool:
    page = request.headers.get("Origin") or request.headers.get("Referer", "")
    parts = urlsplit(page)
    return f"{parts.scheme}://{parts.netloc}" == f"{request.scheme}://{request.get_host()}"


def give_back(
    request: HttpRequest, typed: Typed, *, status: int, sign_in: str = ""
) -> HttpResponse:
    """Show what was typed and a button that sends it again, once signed in."""
    context = {"typed": typed, "sign_in": sign_in, "field": FIELD}
    response = render(request, "errors/kept.html", context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response
