"""Small helpers of the views."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme


def htmx_or_page(
    request: HttpRequest,
    template: str,
    context: dict | None = None,
    *,
    partial: str = "results",
    status: int = 200,
) -> HttpResponse:
    """Render a page, or only one of its partials when htmx swaps that part.

    The partial is sent when the target of the swap bears its name (``hx-target="#results"``);
    a boosted link, a history restore and a plain request get the whole page.
    """
    htmx = request.htmx
    wants_part = bool(htmx) and htmx.target == partial and not htmx.history_restore_request
    name = f"{template}#{partial}" if wants_part else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def safe_next(request: HttpRequest, default: str) -> str:
    """Return the ``next`` address of the request when it stays on this site.

    A word that is no address (« -1 ») is not followed: Django would take it for a page's name.
    """
    url = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    is_address = url.startswith(("/", "http://", "https://"))
    return url if allowed and is_address else default
