"""What the tab « Historique » shows: the events, one filter at a time, and their check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from grants.applications.events import chain_faults
from grants.review.timeline import GROUPS, counts, entries, is_told, kind_of
from grants.review.views.scope import tab_url


if TYPE_CHECKING:
    from django.http import HttpRequest

    from grants.applications.models import Application

FILTER = "evenements"


def history_context(
    request: HttpRequest, dossier: Application, context: dict[str, Any]
) -> dict[str, Any]:
    """Tell the dossier's story; words about scores stay with those who may read scores."""
    chain = list(dossier.events.select_related("actor"))
    events = [
        one
        for one in chain
        if is_told(one.kind, one.data, dossier, request.user, context["standing"])
    ]
    # As it happened: what was noted later (a paper, a taking over) stands at its own day.
    events.sort(key=lambda one: (one.at, one.position), reverse=True)
    counted = counts(events)
    asked = request.GET.get(FILTER, "")
    group = asked if counted[asked] else ""
    kept = [event for event in events if not group or kind_of(event.kind).group == group]
    marks = context["marks"]
    checks = request.user.access.is_administrator
    return {
        "entries": entries(dossier, kept, request.user, context["standing"], new=marks.positions),
        "event_filters": [
            _filter(dossier, context["trail"], slug, label, count, group)
            for slug, label, count in (
                ("", "Tout", len(events)),
                *((slug, label, counted[slug]) for slug, label in GROUPS.items()),
            )
            if count
        ],
        "event_group": GROUPS.get(group, ""),
        "events_count": len(events),
        "faults": chain_faults(dossier) if checks else None,
        "last_hash": max(chain, key=lambda one: one.position).hash if checks and chain else "",
    }


def _filter(
    dossier: Application, trail: str, slug: str, label: str, count: int, current: str
) -> dict[str, Any]:
    query = "&".join(filter(None, [trail, urlencode({FILTER: slug}) if slug else ""]))
    return {
        "label": label,
        "count": count,
        "url": tab_url(dossier, "historique", query),
        "current": slug == current,
    }
