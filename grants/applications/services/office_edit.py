"""Change what a filed dossier says, in the office's hand: with a reason, in the open.

What is typed waits in an overlay, as in a correction request, and reaches the rows at once, as the
next deposit. The applicant is told, reads the difference, and the history keeps who did it and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import datetime_fr, plural_fr
from config.text import clean_text
from foundation.parameters.selectors import days_on
from grants.applications import hooks, sections
from grants.applications.enums import Channel, Section
from grants.applications.events import append_event
from grants.applications.forms.reopening import ChoiceGroup, reopenable
from grants.applications.models import Application, Deposit, OfficeEdit, OfficeEditState
from grants.applications.office_edit_messages import queue_edited
from grants.applications.selectors import as_corrected, current_edit, with_dossier
from grants.applications.services.completing import blocking_items, keep_aside, write_overlay
from grants.applications.services.corrections import check_length
from grants.applications.services.moves import (
    EDITABLE,
    abandon_edits,
    lock_application,
    refuse_recused,
)
from grants.applications.snapshot import declared, freeze, snapshot


if TYPE_CHECKING:
    from accounts.models import User


def editable_parts(application: Application) -> list[ChoiceGroup]:
    """Return what the office may change of a dossier: neither documents nor statements.

    Args:
        application: Fetched with ``selectors.with_dossier``.
    """
    return [group for group in reopenable(application) if group.section != Section.DOCUMENTS]


@transaction.atomic
def start_edit(
    *, application_id: int, fields: Sequence[str], reason: str, by: User, at: datetime
) -> OfficeEdit:
    """Open named parts of a filed dossier to the office; nothing changes yet.

    Args:
        application_id: A dossier filed or under review, without a correction request open.
        fields: Keys of :mod:`grants.applications.reopening`.
        reason: Why, read by the applicant.
        by: Who instructs the dossier, or the head.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state`` or ``being_edited`` (409),
            ``no_field``, ``unknown_field``, ``no_reason`` or ``too_long`` (422).
    """
    application = lock_application(application_id)
    _check_may_edit(by, application, at)
    _check_state(application)
    other = current_edit(application)
    if other is not None:
        raise Refusal(
            f"{other.author} modifie déjà ce dossier depuis le {datetime_fr(other.started_at)}.",
            code="being_edited",
            status=409,
        )
    reason = clean_text(reason).strip()
    if not reason:
        raise Refusal("Dites au demandeur pourquoi vous modifiez son dossier.", code="no_reason")
    check_length(reason)
    edit = OfficeEdit(
        application=application,
        reason=reason,
        fields=_known(application, fields),
        author=by,
        started_at=at,
    )
    edit.full_clean()
    edit.save()
    return edit


@transaction.atomic
def save_edit_section(
    *,
    application_id: int,
    section: str,
    values: sections.Values,
    invalid: dict[str, str],
    expected: str,
    by: User,
    at: datetime,
) -> Application:
    """Keep what was typed in one section; the dossier does not change.

    Args:
        application_id: The dossier.
        section: A section the edit opens.
        values: In the shape of ``sections.read``; what is not opened is dropped.
        invalid: What was typed and cannot be kept in a column, by field name.
        expected: Version of the section that the person had in front of them.
        by: Who saves.
        at: Now.

    Returns:
        The dossier as the edit makes it, never to be saved.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``closed`` or ``conflict`` (409),
            ``not_reopened`` (422).
    """
    application, edit = lock_edit(application_id, by=by, at=at)
    return keep_aside(
        application,
        edit,
        section=section,
        values=values,
        invalid=invalid,
        expected=expected,
        at=at,
    )


@transaction.atomic
def apply_edit(*, application_id: int, by: User, at: datetime, seen: str | None = None) -> Deposit:
    """Write what was typed in the dossier: its next deposit, an event, a mail to the body.

    Whoever signs is asked to attest again when the budget changed and they had attested online: a
    figure sworn by somebody is not changed behind their back.

    Args:
        application_id: The dossier.
        by: Who instructs it, or the head.
        at: Now.
        seen: What :func:`edit_mark` said on the page they checked; ``None`` without a page.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``closed`` or ``changed`` (409),
            ``incomplete`` or ``nothing_changed`` (422).
    """
    application, edit = lock_edit(application_id, by=by, at=at)
    _raise_blocking(application, edit, at=at)
    if seen is not None and seen != edit_mark(as_corrected(application, edit), edit):
        raise Refusal(
            "Cette modification a changé depuis que vous avez ouvert cette page\u00a0: relisez "
            "ce qui change, puis enregistrez.",
            code="changed",
            status=409,
        )
    before = {s: sections.read(application, s) for s in edit.overlay}
    write_overlay(application, edit)
    application.version += 1
    application.updated_at, application.updated_by = at, by
    application.save()
    fresh = with_dossier(Application.objects).get(pk=application.pk)
    changed = [s for s, values in before.items() if sections.read(fresh, s) != values]
    if not changed:
        raise Refusal("Rien n’a changé\u00a0: il n’y a rien à enregistrer.", code="nothing_changed")
    asks_again = Section.BUDGET in changed and fresh.channel != Channel.PAPER
    if asks_again:
        today = local_date(at)
        fresh.attested_at = fresh.attested_by = None
        fresh.attestation_due_on = today + timedelta(days=days_on("attestation.days", today))
        fresh.save(update_fields=["attested_at", "attested_by", "attestation_due_on"])
    return _file(fresh, edit, changed, asks_again=asks_again, by=by, at=at)


@transaction.atomic
def abandon_edit(*, application_id: int, by: User, at: datetime) -> OfficeEdit:
    """Give a change up: the dossier stays as it was filed.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``closed`` (409).
    """
    application, edit = lock_edit(application_id, by=by, at=at)
    abandon_edits(application, at)
    edit.refresh_from_db()
    return edit


def edit_mark(edited: Application, edit: OfficeEdit) -> str:
    """Return what tells what would be written from any other state of the same change.

    Args:
        edited: The dossier of :func:`grants.applications.selectors.as_corrected`.
        edit: The open change.
    """
    _payload, digest = freeze({"edit": edit.pk, **declared(edited)})
    return digest


# --- Parts ----------------------------------------------------------------------------------------
def lock_edit(application_id: int, *, by: User, at: datetime) -> tuple[Application, OfficeEdit]:
    """Return a dossier under lock with the change being made to it.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``closed`` (409) with what ended it.
    """
    application = lock_application(application_id)
    _check_may_edit(by, application, at)
    edit = current_edit(application)
    if edit is None:
        raise Refusal(_what_ended(application), code="closed", status=409)
    _check_state(application)
    return application, edit


def _what_ended(application: Application) -> str:
    last = application.office_edits.select_related("author").order_by("-started_at", "-pk").first()
    if last is None or last.ended_at is None:
        return "Aucune modification n’est en cours sur ce dossier."
    if last.state == OfficeEditState.APPLIED:
        return (
            f"La modification de {last.author} est enregistrée depuis le "
            f"{datetime_fr(last.ended_at)}\u00a0: il n’y a plus rien à changer."
        )
    return (
        f"La modification de {last.author} a été abandonnée le {datetime_fr(last.ended_at)} "
        f"(dossier «\u00a0{application.get_review_state_display()}\u00a0»)."
    )


def _check_may_edit(by: User, application: Application, at: datetime) -> None:
    refuse_recused(by, application)
    if not hooks.is_in_charge(by, application, local_date(at)):
        raise Refusal(
            "Seule la personne chargée du dossier, qui la remplace, ou la ou le responsable "
            "d’unité, modifie un dossier déposé.",
            code="not_allowed",
            status=403,
        )


def _check_state(application: Application) -> None:
    if application.review_state not in EDITABLE:
        raise Refusal(
            "Un dossier se modifie quand il est déposé ou en instruction\u00a0; celui-ci est à "
            f"l’état «\u00a0{application.get_review_state_display()}\u00a0».",
            code="wrong_state",
            status=409,
        )


def _known(application: Application, fields: Sequence[str]) -> list[str]:
    groups = editable_parts(with_dossier(Application.objects).get(pk=application.pk))
    known = {choice.key for group in groups for choice in group.choices}
    known |= {str(group.section) for group in groups}
    asked = list(dict.fromkeys(fields))
    if not asked:
        raise Refusal("Choisissez ce que vous modifiez.", code="no_field")
    if not known.issuperset(asked):
        raise Refusal("Une des parties choisies n’existe pas.", code="unknown_field")
    return asked


def _raise_blocking(application: Application, edit: OfficeEdit, *, at: datetime) -> None:
    items = blocking_items(application, edit, at=at)
    if items:
        raise Refusal(
            "La modification ne peut pas encore être enregistrée\u00a0: il reste "
            f"{len(items)} point{plural_fr(len(items))} à corriger.",
            code="incomplete",
        )


def _file(
    application: Application,
    edit: OfficeEdit,
    changed: list[str],
    *,
    asks_again: bool,
    by: User,
    at: datetime,
) -> Deposit:
    """Freeze the next deposit, close the change, write the event and the mail."""
    payload, digest = freeze(snapshot(application, at=at))
    deposit = Deposit.objects.create(
        application=application,
        number=application.deposits.count() + 1,
        payload=payload,
        sha256=digest,
        filed_at=at,
        filed_by=by,
    )
    edit.application = application
    edit.state, edit.ended_at, edit.deposit = OfficeEditState.APPLIED, at, deposit
    edit.overlay, edit.invalid_values = {}, {}
    edit.save()
    append_event(
        application=application,
        kind="office_edited",
        actor=by,
        at=at,
        comment=edit.reason,
        data={
            "deposit": deposit.number,
            "sha256": digest,
            "changed": changed,
            "attestation": "asked" if asks_again else "",
        },
        visible_to_applicant=True,
    )
    queue_edited(edit, asks_again=asks_again, at=at)
    return deposit
