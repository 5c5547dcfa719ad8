"""Where a person lands after signing in: their invitation, else the first page of their work."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from partners.views.invitations import WAY_BACK
from portal.frame import Frame


@require_safe
def after_sign_in(request: HttpRequest) -> HttpResponse:
    if invitation := request.session.pop(WAY_BACK, ""):
        return redirect(invitation)
    frame = Frame(request)
    entries = frame.navigation
    return redirect(entries[0].url if entries else frame.home_url)
