"""The page « À faire »."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
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
        "sees_reports": access.is_unit_head or access.is_administrator,
    }
    return render(request, "portal/todo.html", context)
