"""Who did what, in the history of a dossier: « Claire Morel, pour Julien Petit »."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import User
from grants.applications.models import Event


def actor_words(events: Sequence[Event]) -> dict[int, str]:
    """Return who did each event, by its key, and in the place of whom; one query at most.

    Args:
        events: With ``actor`` fetched.
    """
    away = {event.data["for"] for event in events if "for" in event.data}
    names = User.objects.in_bulk(away) if away else {}
    found = {}
    for event in events:
        replaced = names.get(event.data.get("for"))
        who = str(event.actor or "Maillage")
        found[event.pk] = f"{who}, pour {replaced}" if replaced else who
    return found
