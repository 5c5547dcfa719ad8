"""What the portal brings to other apps: the counter of « À faire », a panel of « Mon espace »."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from config.kept import TODO, kept
from config.templatetags.fr import number_fr
from foundation.notifications.reminders import Reminder, register_reminder
from partners.choice import bodies_of, chosen_body
from partners.models import Organisation
from partners.panels import Panel, register_space_panel
from portal import digests, frame, todo
from portal.todo_tasks import (  # noqa: F401  (they register)
    applicants,
    coordinators,
    desk,
    head,
    jobs,
    keepers,
)


if TYPE_CHECKING:
    from accounts.models import User


def register() -> None:
    """Fill the registries, once."""
    if counter not in frame.todo_counters:
        frame.todo_counters.append(counter)
    if organisation_scope not in frame.scope_providers:
        frame.scope_providers.append(organisation_scope)
    register_reminder(Reminder(kind=digests.KIND, candidates=digests.digests))
    register_space_panel(Panel("portal/_todo_panel.html", space_panel, order=10))


ALL_BODIES = "Toutes mes organisations"
_STAY_ON = ("/espace/", "/dossiers/")  # the pages that the choice narrows


def organisation_scope(request: HttpRequest) -> frame.Scope | None:
    """Let a member of several bodies choose which one they work for."""
    if request.user.access.is_office or not hasattr(request, "session"):
        return None
    bodies = bodies_of(request)
    if len(bodies) < 2:
        return None
    chosen = chosen_body(request)
    stays = request.path in _STAY_ON or request.path.endswith("/deposer/")
    return frame.Scope(
        label=str(chosen) if chosen else "Mes organisations",
        title="Changer d’organisation",
        options=[
            (ALL_BODIES, "", chosen is None),
            *((str(body), str(body.pk), body == chosen) for body in bodies),
        ],
        action=reverse("partners:choose_body"),
        name="organisation",
        back=request.path if stays else "",
    )


def counter(user: User) -> int:
    """Return the number shown in the header."""
    return kept(TODO, user, lambda: todo.count_todo(user, timezone.now()))


def space_panel(request: HttpRequest, organisation: Organisation | None) -> dict | None:
    """Return what waits for the members of a body, on « Mon espace »."""
    items = todo.todo_items(request.user, timezone.now())
    if not items:
        return None
    return {
        "tasks": [
            {
                "label": f"{number_fr(item.count)} {item.text}",
                "url": item.dossiers[0].url
                if item.count == len(item.dossiers) == 1
                else item.task.url,
                "state": "error" if item.is_late else "todo",
                "status": _status(item),
                "hint": item.dossiers[0].application.title
                if item.count == 1 and item.dossiers
                else "",
            }
            for item in items
        ]
    }


def _status(item: todo.Item) -> str:
    if item.due is None:
        return "À faire"
    return f"{'En retard depuis le' if item.is_late else 'Avant le'} {item.due_words}"
