"""The history of the body behind a dossier, beside the dossier."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from grants.review.body_history import body_history
from grants.review.permissions import standing_in
from grants.review.views.frame import page_context
from grants.review.views.scope import desk_dossier


PART = "organisation-passe"  # where the summary puts it
PAGE = "organisation"  # no tab of that name: none is current


@require_safe
def body(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what this person may know of a body; alone when the summary asks for it."""
    dossier = desk_dossier(request, reference)
    history = body_history(
        request.user,
        dossier,
        standing_in(request.user, dossier),
        on=timezone.localdate(),
    )
    context = {"application": dossier, "history": history}
    if request.htmx and request.htmx.target == PART:
        response = render(request, "review/partials/_body_history.html", context)
    else:
        context = page_context(request, dossier, PAGE) | context
        response = render(request, "review/body.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
