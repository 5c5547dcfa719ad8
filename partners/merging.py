"""What moves when a double is joined to the body it doubles: each lower app moves its own rows.

In an ``AppConfig.ready()``::

    register_mover("dossiers", move_applications, words=("dossier", "dossiers"), names=names_of,
                   lock=lock_dossiers)

``lock_dossiers(source_id, target_id)`` locks what other services lock before a body, so that a
merge waits for them instead of each waiting for the other; it is called before the bodies are
locked. Then ``move_applications(source=, target=, by=, at=)`` runs inside the merge's transaction,
the two bodies being locked, and returns how many rows it moved. ``names_of(source)`` names them for
the page that asks to confirm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from partners.models import Organisation


@dataclass(frozen=True)
class Mover:
    """One kind of row that follows a body.

    Attributes:
        slug: Stable word, kept in the row of the merge.
        move: Moves them.
        words: What they are called, one and many.
        names: Names them, before anything moves.
        lock: Locks those that are locked before a body elsewhere.
    """

    slug: str
    move: Callable[..., int]
    words: tuple[str, str]
    names: Callable[[Organisation], Iterable[str]]
    lock: Callable[[int, int], object] | None = None


_movers: dict[str, Mover] = {}


def register_mover(
    slug: str,
    move: Callable[..., int],
    *,
    words: tuple[str, str],
    names: Callable[[Organisation], Iterable[str]],
    lock: Callable[[int, int], object] | None = None,
) -> None:
    """Add what moves; a second registration under the same slug replaces the first."""
    _movers[slug] = Mover(slug, move, words, names, lock)


def movers() -> list[Mover]:
    """Return what moves, always in the same order."""
    return [_movers[slug] for slug in sorted(_movers)]
