"""The history of a dossier in memory: its events, chained as ``append_event`` chains them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grants.applications.events import comment_digest, event_hash
from portal.load.writer import Table, as_json


COLUMNS = (
    "application_id",
    "position",
    "kind",
    "from_state",
    "to_state",
    "actor_id",
    "at",
    "comment",
    "comment_digest",
    "data",
    "visible_to_applicant",
    "previous_hash",
    "hash",
)


@dataclass(slots=True)
class Line:
    """What ``event_hash`` reads of an event."""

    application_id: int
    position: int
    kind: str
    from_state: str
    to_state: str
    actor_id: int | None
    at: datetime
    comment_digest: str
    data: dict[str, Any]
    visible_to_applicant: bool
    previous_hash: str


class History:
    """The events of one dossier, kept until they are all known, then written in order of time."""

    def __init__(self, application_id: int) -> None:
        self.application_id = application_id
        self._found: list[tuple] = []
        self.version = 1

    def note(
        self,
        kind: str,
        actor_id: int | None,
        at: datetime,
        *,
        states: tuple[str, str] = ("", ""),
        comment: str = "",
        data: dict[str, Any] | None = None,
        shown: bool = False,
    ) -> None:
        """Keep an event; two of the same instant stay in the order given."""
        self.version += 1
        self._found.append((at, kind, actor_id, states, comment, data or {}, shown))

    def last_at(self) -> datetime:
        """Return when something last happened."""
        return max(one[0] for one in self._found)

    def write(self, table: Table) -> None:
        """Chain the events by their hashes and keep their rows."""
        previous = ""
        self._found.sort(key=lambda one: one[0])
        for position, (at, kind, actor, states, comment, data, shown) in enumerate(
            self._found, start=1
        ):
            digest = comment_digest(comment)
            line = Line(
                application_id=self.application_id,
                position=position,
                kind=kind,
                from_state=states[0],
                to_state=states[1],
                actor_id=actor,
                at=at,
                comment_digest=digest,
                data=data,
                visible_to_applicant=shown,
                previous_hash=previous,
            )
            fingerprint = event_hash(line)
            table.add(
                self.application_id,
                position,
                kind,
                states[0],
                states[1],
                actor,
                at,
                comment,
                digest,
                as_json(data),
                shown,
                previous,
                fingerprint,
            )
            previous = fingerprint
