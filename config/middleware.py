"""What every request passes through, whatever the page."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, is_valid_path, resolve
from django.utils.http import url_has_allowed_host_and_scheme

from config.errors import not_allowed
from config.keep import give_back, typed_in
from config.kept import forget_kept


_WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|TRUNCATE|MERGE)\b", re.IGNORECASE)
_MAY_WRITE_ON_GET = {"mfa_view_recovery_codes", "mfa_download_recovery_codes"}
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
SEARCHED = "q"  # name of what is looked for, on every page


class WriteOnGetError(RuntimeError):
    """A page asked with GET tried to change the database."""


class CleanInputMiddleware:
    """Refuse NUL characters and lone surrogates wherever they stand (400).

    PostgreSQL stores neither; without this they would end in a server error. What a page is asked
    to look for (``q``) is only cleaned of them: whatever is typed in a search is answered.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self._check([request.path_info])
        if request.method in {"GET", "HEAD"} and SEARCHED in request.GET:
            request.GET = _without_forbidden(request.GET)
        self._check(_names_and_values(request.GET))
        content_type = request.content_type or ""
        if request.method == "POST" and content_type.startswith(
            ("application/x-www-form-urlencoded", "multipart/form-data")
        ):
            self._check(_names_and_values(request.POST))
        return self.get_response(request)

    @staticmethod
    def _check(texts: list[str]) -> None:
        for text in texts:
            if _FORBIDDEN.search(text):
                raise BadRequest("Caractère interdit dans la demande.")


def _without_forbidden(query: QueryDict) -> QueryDict:
    cleaned = query.copy()
    cleaned.setlist(SEARCHED, [_FORBIDDEN.sub("", one) for one in query.getlist(SEARCHED)])
    cleaned._mutable = False
    return cleaned


def _names_and_values(query) -> list[str]:
    return [text for name, values in query.lists() for text in (name, *values)]


class SignInMiddleware(LoginRequiredMiddleware):
    """Ask to sign in, then lead back to the page one was on.

    A form sent after the session closed has an address that only takes a form: the way back is
    the page it was on. A part of a page (htmx) must not receive the sign-in page in its place:
    it gets a 401 with the address, and the script says it beside what was typed. Without script,
    a form that keeps its text comes back with it.
    """

    def handle_no_permission(self, request: HttpRequest, view_func) -> HttpResponse:
        part = "HX-Request" in request.headers
        if request.method in {"GET", "HEAD"} and not part:
            return super().handle_no_permission(request, view_func)
        page = request.headers.get("HX-Current-URL" if part else "Referer", "")
        allowed = url_has_allowed_host_and_scheme(
            page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )
        answer = redirect_to_login(
            _path(page) if allowed else "/",
            self.get_login_url(view_func),
            self.get_redirect_field_name(view_func),
        )
        if part:
            return HttpResponse(status=401, headers={"X-Sign-In": answer.url})
        typed = typed_in(request)
        if typed:
            return give_back(request, typed, status=401, sign_in=answer.url)
        messages.warning(
            request, "Votre session est fermée. Connectez-vous : vous reviendrez à la même page."
        )
        return answer


def _path(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(("", "", parts.path, parts.query, ""))


class PrivatePagesMiddleware:
    """Keep what a signed-in person sees out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store, private"
        return response


class NotAllowedMiddleware:
    """Give a page, with a way back, to whoever opens an address that only takes a form.

    Such addresses are met by typing them, or by reloading after a form was sent. Parts of a page
    and what is no browser's visit keep the empty answer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            response.status_code == 405
            and request.method == "GET"
            and "HX-Request" not in request.headers
            and "text/html" in request.headers.get("Accept", "")
        ):
            page = not_allowed(request, back=_way_back(request))
            page["Allow"] = response.get("Allow", "")
            return page
        return response


def _way_back(request: HttpRequest) -> str:
    """Return the page they come from, else the nearest one above; empty without any."""
    page = request.headers.get("Referer", "")
    came_from = _path(page)
    known = came_from != request.get_full_path() and not came_from.startswith("//")
    if known and url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return came_from
    parts = request.path.strip("/").split("/")[:-1]
    while parts:
        above = f"/{'/'.join(parts)}/"
        if is_valid_path(above):
            return above
        parts.pop()
    return ""


class ReadonlyGetMiddleware:
    """A GET changes nothing: any write it tries on the database raises.

    Left out: the Django administration (it writes its log itself) and the pages of recovery
    codes, where the sign-in library notes that they were seen.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"} or _is_left_out(request):
            return self.get_response(request)
        with connection.execute_wrapper(_refuse_writes):
            return self.get_response(request)


def _is_left_out(request: HttpRequest) -> bool:
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return False
    return "admin" in match.app_names or match.view_name in _MAY_WRITE_ON_GET


def _refuse_writes(execute, sql, params, many, context):
    if _WRITES.match(str(sql)):
        raise WriteOnGetError(str(sql)[:120])
    return execute(sql, params, many, context)


class KeptNumbersMiddleware:
    """Count again the numbers kept for a person once they did something (``config.kept``)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # What a page sends by itself while it stays open is nobody's act.
        is_automatic = "X-Portal-Automatic" in request.headers
        acts = request.method not in {"GET", "HEAD"} and not is_automatic
        if acts and settings.NUMBERS_KEPT_SECONDS and request.user.is_authenticated:
            forget_kept(request.user)
        return response
