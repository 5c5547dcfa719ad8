"""Where a person lands after signing in: the first page of their navigation."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from portal.frame import Frame


@require_safe
def after_sign_in(request: HttpRequest) -> HttpResponse:
    frame = Frame(request)
    entries = frame.navigation
    return redirect(entries[0].url if entries else frame.home_url)
