"""The page « À faire »."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.frame import Frame
from portal.todo import todo_items


@require_safe
def todo(request: HttpRequest) -> HttpResponse:
    """Show what waits for whoever is signed in; it is theirs alone."""
    access = request.user.access
    context = {
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
