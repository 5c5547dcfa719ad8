"""What the office's people must do to keep a session: a second factor, and not to leave it idle."""

import time
from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from config.keep import give_back, typed_in


LAST_SEEN = "accounts_last_seen"
_MARK_EVERY = 60  # seconds: the session is not written again at each request
_OPEN_WITHOUT_FACTOR = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "account_logout",
        "account_login",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "account_email_verification_sent",
        "account_confirm_email",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "healthz",
        "readyz",
    }
)


class IdleSessionMiddleware:
    """Sign out a person of the office after half an hour without any request.

    Everybody else’s session lasts ``SESSION_COOKIE_AGE`` from the last thing they did, an automatic
    save included: who types all evening is not signed out in the middle.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        now = int(time.time())
        seen = request.session.get(LAST_SEEN)
        idle = seen is not None and now - seen > settings.STAFF_IDLE_MINUTES * 60
        if idle and user.access.is_office:
            logout(request)
            messages.warning(
                request,
                f"Votre session est restée {settings.STAFF_IDLE_MINUTES} minutes sans activité : "
                "elle a été fermée. Connectez-vous pour continuer.",
            )
            return self._to_sign_in(request)
        # What a page asks by itself while nobody is there keeps no session awake.
        is_automatic = "X-Portal-Automatic" in request.headers
        if seen is None or (now - seen >= _MARK_EVERY and not is_automatic):
            request.session[LAST_SEEN] = now
        return self.get_response(request)

    @staticmethod
    def _to_sign_in(request: HttpRequest) -> HttpResponse:
        back = request.get_full_path() if request.method == "GET" else reverse("portal:home")
        url = f"{reverse('account_login')}?{urlencode({'next': back})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        typed = typed_in(request)
        if typed:
            return give_back(request, typed, status=401, sign_in=url)
        return redirect(url)


class SecondFactorMiddleware:
    """Keep the office's people on the set-up of their second factor until they have one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        if not settings.STAFF_MFA_REQUIRED:
            return None
        user = request.user
        if not (user.is_authenticated and user.access.is_office):
            return None
        match = request.resolver_match
        if match and match.view_name in _OPEN_WITHOUT_FACTOR:
            return None
        if is_mfa_enabled(user):
            return None
        return redirect("mfa_activate_totp")
