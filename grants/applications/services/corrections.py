"""Ask an applicant to complete a filed dossier; ``completing.py`` takes in the answer.

Live rows hold the last deposit. What the applicant types meanwhile waits in the request's overlay
and reaches the rows at the new deposit, all at once. Documents are the exception: a file joined is
received the same minute, as any document of a filed dossier.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import date_fr, datetime_fr
from config.text import clean_text
from foundation.parameters.selectors import days_on
from grants.applications.correction_messages import (
    queue_asked,
    queue_cancelled,
    queue_extended,
)
from grants.applications.enums import CorrectionState
from grants.applications.events import append_event
from grants.applications.forms.reopening import reopenable
from grants.applications.models import Application, CorrectionRequest
from grants.applications.reopening import Reopened, value_key
from grants.applications.section_values import from_json, to_json
from grants.applications.selectors import current_correction, current_edit, with_dossier
from grants.applications.services.moves import (
    check_move,
    lock_application,
    move,
    refuse_recused,
)
from grants.applications.workflow import Transition


if TYPE_CHECKING:
    from accounts.models import User

MAX_MESSAGE = 5000


# --- The office asks ------------------------------------------------------------------------------
@transaction.atomic
def request_correction(
    *,
    application_id: int,
    fields: Sequence[str],
    message: str,
    due_on: date,
    by: User,
    at: datetime,
) -> CorrectionRequest:
    """Reopen named parts of a dossier under review until a day, and tell its body.

    What was typed for an earlier request and never sent is offered back, where it still applies.

    Args:
        application_id: The dossier.
        fields: Keys of :mod:`grants.applications.reopening`.
        message: What is asked, in the words the applicant reads.
        due_on: Last day, included.
        by: Somebody of the desk.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` (403), ``wrong_state`` (409), ``no_field``, ``unknown_field``,
            ``no_message``, ``too_long``, ``bad_date`` (422).
    """
    application = lock_application(application_id)
    _require_desk(by, application)
    check_move(application, Transition.REQUEST_CORRECTION)
    refuse_while_edited(application)
    message = _words(message, "Dites au demandeur ce qu’il doit compléter.", code="no_message")
    check_due_date(due_on, after=local_date(at), on=local_date(at))
    correction = CorrectionRequest(
        application=application,
        number=application.corrections.count() + 1,
        message=message,
        fields=_known_fields(application, fields),
        first_due_on=due_on,
        due_on=due_on,
        asked_at=at,
        asked_by=by,
    )
    _take_up_unsent(application, correction)
    correction.full_clean()
    correction.save()
    move(
        application=application,
        transition=Transition.REQUEST_CORRECTION,
        actor=by,
        at=at,
        comment=message,
        data={
            "correction": correction.number,
            "fields": correction.fields,
            "due_on": due_on.isoformat(),
        },
        visible_to_applicant=True,
    )
    queue_asked(correction, at=at)
    return correction


@transaction.atomic
def extend_correction(
    *, application_id: int, due_on: date, reason: str, by: User, at: datetime
) -> CorrectionRequest:
    """Give more time, before or after the date, and say why.

    Raises:
        Refusal: ``not_allowed`` (403), ``closed`` (409), ``no_reason`` or ``bad_date`` (422).
    """
    application, correction = lock_open(application_id)
    _require_desk(by, application)
    reason = _words(reason, "Indiquez pourquoi le délai est prolongé.", code="no_reason")
    check_due_date(due_on, after=max(correction.due_on, local_date(at)), on=local_date(at))
    before, correction.due_on = correction.due_on, due_on
    correction.full_clean()
    correction.save(update_fields=["due_on"])
    append_event(
        application=application,
        kind="correction_extended",
        actor=by,
        at=at,
        comment=reason,
        data={
            "correction": correction.number,
            "from": before.isoformat(),
            "to": due_on.isoformat(),
        },
        visible_to_applicant=True,
    )
    queue_extended(correction, reason=reason, at=at)
    return correction


@transaction.atomic
def cancel_correction(
    *, application_id: int, reason: str, by: User, at: datetime
) -> CorrectionRequest:
    """Stop waiting and go on with the last deposit: cancelled before its date, lapsed after.

    What the applicant typed and did not send stays in the request, unread.

    Raises:
        Refusal: ``not_allowed`` (403), ``closed`` (409), ``too_long``, or ``no_reason`` (422)
            before the date.
    """
    application, correction = lock_open(application_id)
    _require_desk(by, application)
    reason = clean_text(reason).strip()
    check_length(reason)
    if not reason and not is_overdue(correction, on=local_date(at)):
        raise Refusal("Indiquez pourquoi vous n’attendez plus ces compléments.", code="no_reason")
    move(
        application=application,
        transition=Transition.RESUME,
        actor=by,
        at=at,
        comment=reason,
        data={"correction": correction.number},
        visible_to_applicant=True,
    )
    correction.refresh_from_db()
    queue_cancelled(correction, reason=reason, at=at)
    return correction


@transaction.atomic
def accept_correction(*, application_id: int, by: User, at: datetime) -> CorrectionRequest:
    """Say that the last answer was read and is enough: its marks leave the dossier's tabs.

    Raises:
        Refusal: ``not_allowed`` (403) or ``nothing_to_accept`` (409).
    """
    application = lock_application(application_id)
    _require_desk(by, application)
    correction = application.corrections.order_by("-number").first()
    if correction is None or correction.state != CorrectionState.ANSWERED:
        raise Refusal(
            "Ce dossier n’a pas de compléments à vérifier.", code="nothing_to_accept", status=409
        )
    correction.state = CorrectionState.ACCEPTED
    correction.closed_at = at
    correction.closed_by = by
    correction.save(update_fields=["state", "closed_at", "closed_by"])
    append_event(
        application=application,
        kind="correction_accepted",
        actor=by,
        at=at,
        data={"correction": correction.number},
    )
    return correction


def is_overdue(correction: CorrectionRequest, *, on: date) -> bool:
    """Tell whether the last day of an open request is over."""
    return correction.state == CorrectionState.OPEN and correction.due_on < on


# --- Parts ----------------------------------------------------------------------------------------
def lock_open(application_id: int) -> tuple[Application, CorrectionRequest]:
    """Return a dossier under lock with its open request.

    Raises:
        Refusal: ``closed`` (409): it was answered, cancelled, or the dossier is elsewhere.
    """
    application = lock_application(application_id)
    correction = current_correction(application)
    if correction is not None:
        return application, correction
    last = application.corrections.order_by("-number").first()
    if last is not None and last.answered_at is not None:
        sentence = (
            f"Les compléments ont été envoyés le {datetime_fr(last.answered_at)} : "
            "il n’y a plus rien à compléter."
        )
    else:
        sentence = "Le service n’attend pas de compléments sur ce dossier."
    raise Refusal(sentence, code="closed", status=409)


def refuse_while_edited(application: Application) -> None:
    """Refuse to reopen a dossier that somebody of the office is changing.

    Raises:
        Refusal: ``being_edited`` (409).
    """
    edit = current_edit(application)
    if edit is not None:
        raise Refusal(
            f"{edit.author} modifie ce dossier depuis le {datetime_fr(edit.started_at)}\u00a0: "
            "terminez ou abandonnez cette modification d’abord.",
            code="being_edited",
            status=409,
        )


def check_length(text: str) -> None:
    if len(text) > MAX_MESSAGE:
        raise Refusal(
            f"Le texte a {len(text)} caractères ; {MAX_MESSAGE} au plus.", code="too_long"
        )


def _require_desk(by: User, application: Application) -> None:
    if not by.access.is_desk:
        raise Refusal("Seul le service demande des compléments.", code="not_allowed", status=403)
    refuse_recused(by, application)


def _words(text: str, sentence: str, *, code: str) -> str:
    text = clean_text(text).strip()
    if not text:
        raise Refusal(sentence, code=code)
    check_length(text)
    return text


def check_due_date(due_on: date, *, after: date, on: date) -> None:
    """Refuse a last day that is not after another, or too far from today.

    Raises:
        Refusal: ``bad_date`` (422).
    """
    if due_on <= after:
        raise Refusal(f"Choisissez un jour après le {date_fr(after)}.", code="bad_date")
    longest = days_on("correction.max_days", on)
    if due_on > on + timedelta(days=longest):
        raise Refusal(f"Le délai est de {longest} jours au plus.", code="bad_date")


def _known_fields(application: Application, fields: Sequence[str]) -> list[str]:
    whole = with_dossier(Application.objects).get(pk=application.pk)
    groups = reopenable(whole)
    known = {choice.key for group in groups for choice in group.choices}
    known |= {str(group.section) for group in groups}
    asked = list(dict.fromkeys(fields))
    if not asked:
        raise Refusal("Choisissez ce que le demandeur doit compléter.", code="no_field")
    if not known.issuperset(asked):
        raise Refusal("Une des parties choisies n’existe pas.", code="unknown_field")
    return asked


def _take_up_unsent(application: Application, correction: CorrectionRequest) -> None:
    """Offer again what was typed for the last request and never sent, where it is reopened."""
    last = application.corrections.order_by("-number").first()
    if last is None or last.state == CorrectionState.ANSWERED or not last.overlay:
        return
    reopened = Reopened.of(correction.fields)
    for section, data in last.overlay.items():
        values = reopened.kept(section, from_json(data)) if section in reopened.values else {}
        if values:
            correction.overlay[section] = to_json(values)
            correction.saved_sections[section] = last.saved_sections[section]
            refused = {
                name: raw
                for name, raw in last.invalid_values.get(section, {}).items()
                if value_key(name, values) or reopened.names(section) is None
            }
            if refused:
                correction.invalid_values[section] = refused
