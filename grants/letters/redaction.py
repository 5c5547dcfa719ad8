"""What a redaction does to letters: an unsigned one is made again without the words."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from grants.applications import hooks
from grants.applications.masking import Words
from grants.applications.redactable import Trace, excerpts
from grants.applications.services.documents import forget_files
from grants.letters.models import Letter, LetterKind, LetterState
from grants.letters.services import ask_for_generation
from grants.letters.variables import VariableType


if TYPE_CHECKING:
    from grants.applications.models import Application

SIGNED_REMARK = "Ce courrier est signé\u00a0: il ne se modifie plus."


def register() -> None:
    if find_words not in hooks.finders:
        hooks.finders.append(find_words)
        hooks.on_redacted.append(mask_words)


def find_words(application: Application, words: Words) -> list[Trace]:
    """Return the letters of a dossier that hold words; signed ones cannot be masked."""
    traces = []
    for letter in _letters(application):
        texts = _texts(letter, words)
        if texts:
            traces.append(
                Trace(
                    place=f"{letter.get_kind_display()} {letter.reference}",
                    count=sum(map(words.count, texts)),
                    excerpts=excerpts(words, texts),
                    remark=SIGNED_REMARK if _is_signed(letter) else "",
                    is_office_only=letter.kind != LetterKind.RECEIPT,
                )
            )
    return traces


def mask_words(*, application: Application, words: Words, at: datetime) -> None:
    """Mask the words in the letters that nobody signed; their PDF is made again.

    The letter keeps its reference and its check code: a copy printed before still says
    « authentique », but its bytes are not those of the file any more.
    """
    for letter in _letters(application):
        if _is_signed(letter) or not _texts(letter, words):
            continue
        letter.subject = words.mask(letter.subject, limit=250)
        letter.context = {**letter.context, "values": _masked_values(letter, words)}
        letter.error = words.mask(letter.error)
        files = list(letter.files.all())
        for stored in files:
            stored.delete()
        transaction.on_commit(partial(forget_files, [stored.file for stored in files]))
        letter.state = LetterState.TO_GENERATE
        letter.attempts, letter.lease_until = 0, None
        letter.save(
            update_fields=["subject", "context", "error", "state", "attempts", "lease_until"]
        )
        ask_for_generation(letter)


def _letters(application: Application) -> list[Letter]:
    return list(application.letters.order_by("pk").prefetch_related("files"))


def _is_signed(letter: Letter) -> bool:
    return any(stored.uploaded_by_id is not None for stored in letter.files.all())


def _texts(letter: Letter, words: Words) -> list[str]:
    values = [value for type_name, value in _typed(letter) if _is_text(type_name)]
    return words.texts_of([f"{letter.subject}\u00a0", *values])


def _masked_values(letter: Letter, words: Words) -> dict[str, list]:
    return {
        name: [kind, words.mask_json(value) if _is_text(kind) else value]
        for name, (kind, value) in letter.context.get("values", {}).items()
    }


def _typed(letter: Letter) -> list[list]:
    return list(letter.context.get("values", {}).values())


def _is_text(type_name: str) -> bool:
    return type_name in {VariableType.TEXT, VariableType.LINES}
