"""Notes between colleagues, once written: correct one's own for a while, take it back, pin one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import IntegerField, Subquery
from django.db.models.functions import Cast

from config.dates import local_date
from config.errors import Refusal
from config.text import clean_prose
from foundation.parameters.selectors import count_in_force, value_on
from grants.applications.services.moves import lock_application, refuse_recused
from grants.review.models import InternalNote


if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from accounts.models import User
    from grants.applications.models import Application

EDIT_MINUTES = "note.edit_minutes"


def notes_of(application: Application, *, on: date) -> QuerySet[InternalNote]:
    """Return a dossier's notes, pinned ones first, with how long one may be corrected.

    Annotates ``edit_minutes`` (parameter ``note.edit_minutes``, minutes), for
    :func:`may_edit`. One query.
    """
    found = count_in_force(EDIT_MINUTES, on)
    return (
        InternalNote.objects.filter(application=application)
        .select_related("author")
        .annotate(edit_minutes=Cast(Subquery(found), IntegerField()))
    )


def may_edit(note: InternalNote, user: User, *, minutes: int, at: datetime) -> bool:
    """Tell whether a person may still correct a note: their own, for a while.

    Args:
        note: The note.
        user: Who looks.
        minutes: How long it may be corrected after it was written.
        at: Now.
    """
    if note.author_id != user.pk or note.deleted_at is not None:
        return False
    return at - note.written_at <= timedelta(minutes=minutes)


@transaction.atomic
def edit_note(*, note_id: int, text: str, by: User, at: datetime) -> InternalNote:
    """Correct one's own note, for a while; the page says when it was.

    Raises:
        Refusal: ``not_allowed``, ``not_author`` or ``recused`` (403), ``deleted`` or
            ``too_late`` (409), ``empty`` (422).
    """
    note = _lock(note_id, by)
    _refuse_others(note, by)
    minutes = int(value_on(EDIT_MINUTES, local_date(at)))
    if not may_edit(note, by, minutes=minutes, at=at):
        raise Refusal(
            f"Une note se corrige pendant {minutes} minutes. Celle-ci est plus ancienne\u00a0: "
            "écrivez-en une nouvelle, ou supprimez-la.",
            code="too_late",
            status=409,
        )
    text = clean_prose(text).strip()
    if not text:
        raise Refusal("Écrivez la note avant de l’enregistrer.", code="empty")
    if note.text == text:
        return note
    note.text, note.edited_at = text, at
    note.save(update_fields=["text", "edited_at"])
    return note


@transaction.atomic
def delete_note(*, note_id: int, by: User, at: datetime) -> InternalNote:
    """Take one's own note back: its words go, its author and dates stay.

    Raises:
        Refusal: ``not_allowed``, ``not_author`` or ``recused`` (403), ``deleted`` (409).
    """
    note = _lock(note_id, by)
    _refuse_others(note, by)
    note.text, note.deleted_at, note.pinned_at = "", at, None
    note.save(update_fields=["text", "deleted_at", "pinned_at"])
    return note


@transaction.atomic
def pin_note(*, note_id: int, is_pinned: bool, by: User, at: datetime) -> InternalNote:
    """Keep a note above the others, or let it take its place again.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``deleted`` (409).
    """
    note = _lock(note_id, by)
    note.pinned_at = at if is_pinned else None
    note.save(update_fields=["pinned_at"])
    return note


def _lock(note_id: int, by: User) -> InternalNote:
    """Lock a note and its dossier; refuse who may not touch its notes."""
    if not by.access.is_desk:
        raise Refusal("Seul le service écrit des notes.", code="not_allowed", status=403)
    found = InternalNote.objects.only("application_id").get(pk=note_id)
    refuse_recused(by, lock_application(found.application_id))
    note = InternalNote.objects.select_for_update(of=("self",), no_key=True).get(pk=note_id)
    if note.deleted_at is not None:
        raise Refusal("Cette note a été supprimée entre-temps.", code="deleted", status=409)
    return note


def _refuse_others(note: InternalNote, by: User) -> None:
    if note.author_id != by.pk:
        raise Refusal("Chacun ne corrige que ses notes.", code="not_author", status=403)
