"""Lock a dossier, move it along the review axis."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import datetime_fr
from grants.applications import hooks
from grants.applications.enums import CorrectionState, MessageSide, ReviewState
from grants.applications.events import append_event
from grants.applications.labels import event_label
from grants.applications.models import Application, OfficeEditState
from grants.applications.workflow import TRANSITIONS, Move, Transition, check
from partners.enums import MembershipState


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User


# States in which the office may change what was filed: not while the applicant completes it, nor
# once the amount is proposed.
EDITABLE = frozenset({ReviewState.SUBMITTED, ReviewState.UNDER_REVIEW})


def lock_application(application_id: int) -> Application:
    """Return a dossier with its row locked until the end of the transaction.

    Raises:
        Refusal: ``gone`` (409) when it was deleted meanwhile.
    """
    application = (
        Application.objects.select_for_update(of=("self",), no_key=True)
        .select_related("sheet__campaign", "organisation")
        .filter(pk=application_id)
        .first()
    )
    if application is None:
        raise Refusal("Ce dossier n’existe plus.", code="gone", status=409)
    return application


def lock_applications(applications: QuerySet[Application]) -> list[Application]:
    """Lock several dossiers and return them as they are then.

    Always in the order of their keys: whoever locks more than one calls it once, with all of them,
    so that two people never wait for each other.
    """
    return list(applications.select_for_update(of=("self",), no_key=True).order_by("pk"))


def refuse_recused(by: User, application: Application) -> None:
    """Stop an act of the office on a dossier from which the person stands aside.

    Every act of the office calls it; standing aside leaves reading, never acting. A member of the
    body stands aside without having to say so.

    Raises:
        Refusal: ``recused`` (403).
    """
    if hooks.is_recused(by, application):
        members = by.memberships.filter(state=MembershipState.ACTIVE)
        words = "Vous vous êtes déporté de ce dossier."
        if members.filter(organisation=application.organisation_id).exists():
            words = (
                "Vous êtes membre de l’organisation qui a déposé ce dossier\u00a0: vous n’agissez "
                "pas dessus."
            )
        raise Refusal(words, code="recused", status=403)


def check_move(application: Application, transition: Transition, *, comment: str = "") -> Move:
    """Return the row of a transition, or refuse it and tell the office who was first.

    Raises:
        Refusal: see :func:`grants.applications.workflow.check`; ``wrong_state`` names the last
            change of state, except to the applicant, who may not know of it yet.
    """
    try:
        return check(application, transition, comment=comment)
    except Refusal as refusal:
        is_office = TRANSITIONS[transition].side == MessageSide.OFFICE
        if refusal.code != "wrong_state" or not is_office:
            raise
        raise Refusal(
            f"{refusal.sentence}{last_change(application)}",
            code=refusal.code,
            status=refusal.status,
        ) from refusal


def last_change(application: Application) -> str:
    """Say to the office what changed the state of a dossier last, who and when; a space first."""
    last = application.events.exclude(to_state="").select_related("actor").last()
    if last is None:
        return ""
    who = f"par {last.actor}, " if last.actor else ""
    return (
        f" Dernier changement\u00a0: «\u00a0{event_label(last.kind)}\u00a0», {who}"
        f"le {datetime_fr(last.at)}."
    )


def move(
    *,
    application: Application,
    transition: Transition,
    actor: User | None,
    at: datetime,
    comment: str = "",
    data: dict[str, Any] | None = None,
    visible_to_applicant: bool = False,
) -> Application:
    """Change a dossier's review state as the table allows, and write the event.

    The caller holds the lock (:func:`lock_application`) and has checked the permission. Fields
    changed by the caller before are saved too. A correction request that was waiting for its
    answer ends with the wait.

    Raises:
        Refusal: see :func:`grants.applications.workflow.check`.
    """
    row = check_move(application, transition, comment=comment)
    before = application.review_state
    if before == ReviewState.CORRECTION_REQUESTED:
        _end_correction(application, actor, at)
    if row.target not in EDITABLE:
        abandon_edits(application, at)
    application.review_state = row.target
    application.version += 1
    application.updated_at = at
    application.save()
    append_event(
        application=application,
        kind=str(transition),
        actor=actor,
        at=at,
        from_state=before,
        to_state=row.target,
        comment=comment,
        data=data,
        visible_to_applicant=visible_to_applicant,
    )
    return application


def abandon_edits(application: Application, at: datetime) -> None:
    """Abandon what the office was changing: the dossier goes on as it was filed.

    What was typed is not kept. The caller holds the dossier's lock.
    """
    application.office_edits.filter(state=OfficeEditState.OPEN).update(
        state=OfficeEditState.ABANDONED, ended_at=at, overlay={}, invalid_values={}
    )


def _end_correction(application: Application, actor: User | None, at: datetime) -> None:
    """Close the request still open: lapsed past its date, cancelled before."""
    waiting = application.corrections.filter(state=CorrectionState.OPEN).first()
    if waiting is None:
        return
    is_lapsed = local_date(at) > waiting.due_on
    waiting.state = CorrectionState.LAPSED if is_lapsed else CorrectionState.CANCELLED
    waiting.closed_at = at
    waiting.closed_by = actor
    waiting.save(update_fields=["state", "closed_at", "closed_by"])
