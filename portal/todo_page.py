"""The page « À faire »."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.kept import forget_kept
from foundation.notifications.models import DigestFrequency
from portal.digests import frequency_of
from portal.frame import Frame
from portal.todo import todo_items


DIGEST_WORDS = {
    DigestFrequency.DAILY: "Cette liste vous est envoyée chaque jour ouvré, à 8 h.",
    DigestFrequency.WEEKLY: "Cette liste vous est envoyée chaque lundi, à 8 h.",
    DigestFrequency.NONE: "Cette liste ne vous est pas envoyée.",
}


@require_safe
def todo(request: HttpRequest) -> HttpResponse:
    """Show what waits for whoever is signed in; it is theirs alone."""
    access = request.user.access
    forget_kept(request.user)  # the number above the list must be that of the list
    context = {
        "digest_words": DIGEST_WORDS[frequency_of(request.user)],
        "items": todo_items(request.user, timezone.now()),
        "ways": Frame(request).navigation[:4],
        "first_step_url": _first_step(request),
        "sees_reports": access.is_unit_head or access.is_administrator,
    }
    return render(request, "portal/todo.html", context)


def _first_step(request: HttpRequest) -> str:
    """Return where a newcomer begins: whoever has no role and no body finds theirs first."""
    if request.user.access.roles or request.user.memberships.exists():
        return ""
    return reverse("partners:join_search")
