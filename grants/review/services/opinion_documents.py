"""Write which documents of a dossier are read with a request for an opinion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.errors import Refusal
from grants.review.models import OpinionRequest, SharedDocument
from grants.review.opinion_pieces import Piece, offer_of


if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User


@dataclass(frozen=True)
class Change:
    """Which documents are newly read, and which are not any more: their keys."""

    shared: list[int]
    unshared: list[int]

    def __bool__(self) -> bool:
        return bool(self.shared or self.unshared)

    def as_data(self) -> dict[str, list[int]]:
        """Return what an event keeps of it: keys, never words that somebody typed."""
        found = {"shared": self.shared, "unshared": self.unshared}
        return {name: keys for name, keys in found.items() if keys}


def keep_shared(asked: OpinionRequest, files: Sequence[int], *, by: User, at: datetime) -> Change:
    """Make these files the ones read with a request; the caller holds the locks and checked who.

    A newer version of a document takes the place of the one shared before, and says so.

    Raises:
        Refusal: ``not_offered`` (422), when a file is not, or not any more, one to share.
    """
    wanted = _offered(asked, files)
    before = {one.document_id: one for one in asked.shared_documents.all()}
    left = [one for key, one in before.items() if key not in wanted]
    SharedDocument.objects.filter(pk__in=[one.pk for one in left]).delete()
    shared = []
    for key, piece in wanted.items():
        row = before.get(key)
        if row is not None and row.file_id == piece.file.pk:
            continue
        replaces_at = row.shared_at if row is not None else None
        row = row or SharedDocument(request=asked, document=piece.document)
        row.file, row.shared_by, row.shared_at = piece.file, by, at
        row.replaces_at = replaces_at
        row.save()
        shared.append(key)
    return Change(shared, [one.document_id for one in left])


def _offered(asked: OpinionRequest, files: Sequence[int]) -> dict[int, Piece]:
    """Return the pieces chosen, by key of their document."""
    if not files:
        return {}
    offered = {piece.file.pk: piece for piece in offer_of(asked.application).pieces}
    if any(key not in offered for key in files):
        raise Refusal(
            "Une des pièces choisies ne peut plus être partagée : elle vient d’être remplacée, "
            "refusée ou masquée. Revoyez votre choix.",
            code="not_offered",
        )
    return {offered[key].document.pk: offered[key] for key in files}
