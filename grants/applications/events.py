"""The dossier's history: append-only rows, chained by hash, and their verification.

Each row's hash covers the previous one, so that a row changed, removed or slipped in afterwards
breaks the chain. Free words enter through a salted digest only: a redaction can erase the words
and keep the chain valid.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings

from config.dates import local_date
from grants.applications import hooks
from grants.applications.models import Application, Event


if TYPE_CHECKING:
    from accounts.models import User

REDACTED = "redacted"  # its data holds the digests of what was masked


def comment_digest(comment: str) -> str:
    """Return the salted digest of a comment (empty for no comment)."""
    if not comment:
        return ""
    salt = settings.EVENT_DIGEST_SALT.encode()
    return hmac.new(salt, comment.encode(), hashlib.sha256).hexdigest()


def event_hash(event: Event) -> str:
    """Return the SHA-256 of an event's canonical bytes, the previous hash included."""
    content = {
        "application": event.application_id,
        "position": event.position,
        "kind": event.kind,
        "from": event.from_state,
        "to": event.to_state,
        "actor": event.actor_id,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "comment": event.comment_digest,
        "data": event.data,
        "visible": event.visible_to_applicant,
        "previous": event.previous_hash,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def append_event(
    *,
    application: Application,
    kind: str,
    actor: User | None,
    at: datetime,
    from_state: str = "",
    to_state: str = "",
    comment: str = "",
    data: dict[str, Any] | None = None,
    visible_to_applicant: bool = False,
) -> Event:
    """Append one line to a dossier's history.

    Args:
        application: The dossier, whose row the caller has locked (positions are taken under it).
        kind: Stable word: a transition, or ``assigned``, ``message_sent``…
        actor: Who acted; ``None`` for the portal itself.
        at: When.
        from_state: Review state before, when it changed.
        to_state: Review state after, when it changed.
        comment: Words of the actor, shown in the history.
        data: JSON values that the history shows or that proofs need; no personal data. ``for``
            is added when the actor replaces the officer that day.
        visible_to_applicant: Also shown on the applicant's timeline.
    """
    data = {**(data or {}), **_acting_for(application, kind, actor, at)}
    last = application.events.order_by("-position").only("position", "hash").first()
    event = Event(
        application=application,
        position=last.position + 1 if last else 1,
        kind=kind,
        from_state=from_state,
        to_state=to_state,
        actor=actor,
        at=at,
        comment=comment,
        comment_digest=comment_digest(comment),
        data=data,
        visible_to_applicant=visible_to_applicant,
        previous_hash=last.hash if last else "",
    )
    event.hash = event_hash(event)
    event.save(force_insert=True)
    return event


# Done for oneself or as the head: never in the place of a colleague away.
PERSONAL = frozenset(
    {
        "assign",
        "reassigned",
        "reader_assigned",
        "conflict_declared",
        "conflict_withdrawn",
        "unassigned",
        "reader_withdrawn",
        "review_finalised",
        "review_reopened",
        "review_reconfirmed",
    }
)


def _acting_for(
    application: Application, kind: str, actor: User | None, at: datetime
) -> dict[str, int]:
    """Return, as data of an event, the colleague away in whose place the actor does it."""
    if actor is None or kind in PERSONAL:
        return {}
    replaced = hooks.stands_in_for(actor, application, local_date(at))
    return {"for": replaced.pk} if replaced else {}


def masked_comments(events: list[Event]) -> dict[int, str]:
    """Return the digests of the masked comments by position: redactions later in the chain vouch.

    A redaction counts only for what stands before it; the last one wins.
    """
    digests: dict[int, str] = {}
    for event in events:
        if event.kind == REDACTED:
            for position, digest in event.data.get("comments", {}).items():
                if int(position) < event.position:
                    digests[int(position)] = digest
    return digests


@dataclass(frozen=True)
class ChainFault:
    """Something wrong in a dossier's history.

    Attributes:
        position: Of the event; 0 for the dossier itself.
        what: In English, for logs and commands.
        sentence: In French, for people.
    """

    position: int
    what: str
    sentence: str


def chain_faults(application: Application) -> list[ChainFault]:
    """Return what is wrong with a dossier's history; empty when sound."""
    faults: list[ChainFault] = []
    previous_hash = ""
    state = None
    events = list(application.events.order_by("position"))
    masked = masked_comments(events)

    def blame(event: Event, what: str, sentence: str) -> None:
        faults.append(ChainFault(event.position, what, sentence))

    for expected, event in enumerate(events, start=1):
        if event.position != expected:
            blame(
                event,
                f"position {expected} is missing",
                f"la ligne {expected} a disparu ou a été déplacée",
            )
        if event.previous_hash != previous_hash:
            blame(
                event,
                "does not follow the previous event",
                "elle ne suit pas l’empreinte de la ligne précédente",
            )
        if event.hash != event_hash(event):
            blame(
                event,
                "content does not match its hash",
                "son contenu ne correspond plus à son empreinte",
            )
        digest = masked.get(event.position, event.comment_digest)
        if digest != comment_digest(event.comment):
            blame(
                event,
                "comment does not match its digest",
                "son commentaire a été changé après coup",
            )
        if event.to_state:
            if state is not None and event.from_state != state:
                blame(
                    event,
                    f"starts from {event.from_state}, the dossier was {state}",
                    "elle part d’un état où le dossier n’était pas",
                )
            state = event.to_state
        previous_hash = event.hash
    if state is not None and state != application.review_state:
        faults.append(
            ChainFault(
                0,
                f"state {application.review_state}, history {state}",
                "l’état du dossier n’est pas celui de sa dernière ligne",
            )
        )
    return faults


def verify_chain(application: Application) -> list[str]:
    """Return what is wrong with a dossier's history, in English sentences; empty when sound."""
    name = application.reference or application.uuid
    return [
        f"{name} event {fault.position}: {fault.what}"
        if fault.position
        else f"{name}: {fault.what}"
        for fault in chain_faults(application)
    ]
