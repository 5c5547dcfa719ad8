"""Take back the opinions that nobody awaits any more, once an instruction ends."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from grants.applications.events import append_event
from grants.review import opinion_messages
from grants.review.models import OpinionRequest, OpinionState


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User
    from grants.applications.models import Application


def pending_opinions(application: Application) -> QuerySet[OpinionRequest]:
    """Return the opinions asked on a dossier and not given, the nearest date first."""
    asked = application.opinion_requests.filter(state=OpinionState.ASKED)
    return asked.select_related("person").order_by("due_on", "pk")


def revoke_pending(
    application: Application, *, reason: str, by: User, at: datetime
) -> list[OpinionRequest]:
    """Take back every opinion still awaited: its reminders stop, its page closes, a mail says so.

    Called in the act that ends an instruction, once it has ended. Whoever was asked is told by
    the mail of any revocation; the history keeps why.

    Args:
        application: The dossier, locked by the caller.
        reason: Kept in the history.
        by: Who ends the instruction.
        at: Now.
    """
    live = pending_opinions(application).select_for_update(of=("self",), no_key=True)
    taken = []
    for asked in live:
        asked.application = application
        asked.state, asked.revoked_at, asked.revoked_by = OpinionState.REVOKED, at, by
        asked.save(update_fields=["state", "revoked_at", "revoked_by"])
        append_event(
            application=application,
            kind="opinion_revoked",
            actor=by,
            at=at,
            comment=f"{asked.addressee}\u00a0: {reason}",
            data={"request": asked.pk},
        )
        opinion_messages.queue_revoked(asked, at=at)
        taken.append(asked)
    return taken
