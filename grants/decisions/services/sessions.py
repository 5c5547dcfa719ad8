"""Prepare a session: create it, put dossiers on its list, take them off."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import date_fr
from grants.applications.enums import MoneyState, PaperState, ReviewState
from grants.applications.events import append_event
from grants.applications.services.moves import lock_application, move, refuse_recused
from grants.applications.workflow import Transition
from grants.decisions.models import CommitteeSession, Decision, Envelope, SessionLine
from grants.decisions.seen import changed_by, line_shown, refuse_changed, session_shown
from grants.review.permissions import is_blind
from grants.review.readings import those_that_lost_readings
from grants.review.services.scoring import check_amount


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application


LOST_READING = (
    "Une lecture a été retirée depuis que l’instruction est close\u00a0: rouvrez-la, puis faites "
    "lire le dossier de nouveau."
)


def check_head(by: User) -> None:
    """Refuse anybody but a unit head."""
    if not by.access.is_unit_head:
        raise Refusal(
            "Seule la ou le responsable d’unité prépare les séances et enregistre les votes.",
            code="not_allowed",
            status=403,
        )


def refuse_blind(by: User, application: Application) -> None:
    """Stop a head who has yet to finish reading a dossier: what is proposed stays hidden from them.

    Raises:
        Refusal: ``reading_open`` (409).
    """
    if is_blind(by, application):
        raise Refusal(
            "Votre lecture de ce dossier n’est pas définitive\u00a0: ce qui est proposé vous reste "
            "caché. Une autre personne responsable s’en charge, ou votre lecture est retirée.",
            code="reading_open",
            status=409,
        )


@transaction.atomic
def save_session(*, session: CommitteeSession, by: User, seen: str = "") -> CommitteeSession:
    """Create or change a session that is still in preparation.

    Args:
        session: With its new values.
        by: The unit head.
        seen: What the page showed of it (:func:`grants.decisions.seen.stamp`).

    Raises:
        Refusal: ``not_allowed`` (403), ``session_closed`` or ``changed`` (409), ``before_filing``
            (422) when a dossier of its list was filed after its date.
    """
    check_head(by)
    if session.pk:
        stored = lock_session(session.pk)
        check_preparing(stored)
        refuse_changed(seen, session_shown(stored), what="La séance")
        for line in session.lines.filter(removed_at=None).select_related("application"):
            check_filed_before(line.application, session)
    session.full_clean()
    session.save()
    return session


def check_filed_before(application: Application, session: CommitteeSession) -> None:
    """Refuse a session held before a dossier was filed: nobody voted on it there."""
    filed_at = application.submitted_at
    if filed_at is not None and session.held_on < local_date(filed_at):
        raise Refusal(
            f"Le dossier {application.reference} a été déposé le {date_fr(local_date(filed_at))}, "
            f"après la séance du {date_fr(session.held_on)}.",
            code="before_filing",
        )


def lock_session(session_id: int) -> CommitteeSession:
    """Return a session with its row locked."""
    return CommitteeSession.objects.select_for_update(of=("self",), no_key=True).get(pk=session_id)


def check_preparing(session: CommitteeSession) -> None:
    """Refuse a session that is closed."""
    if session.state != CommitteeSession.State.PREPARING:
        raise Refusal("Cette séance est close.", code="session_closed", status=409)


@transaction.atomic
def add_line(
    *,
    session_id: int,
    application_id: int,
    envelope: Envelope,
    by: User,
    at: datetime,
    outcome: str = "awarded",
    amount: Decimal | None = None,
) -> SessionLine:
    """Put a dossier on a session's list, on an envelope of its year.

    A deferred dossier comes back this way: its notified deferral stays in the history, its former
    decision is superseded, never destroyed.

    Args:
        session_id: The session, still in preparation.
        application_id: A dossier « Instruit » or « Ajourné ».
        envelope: Where the money would come from.
        by: The unit head.
        at: Now.
        outcome: What is put to the vote: ``awarded``, ``rejected`` or ``deferred``.
        amount: Euros put to the vote; the amount proposed by the instruction by default.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``session_closed`` or ``wrong_state`` (409),
            ``reading_lost`` (409), ``not_deciding``, ``before_filing``, ``wrong_year``,
            ``wrong_sheet``, ``wrong_territory``, ``no_amount``, ``amount_too_high`` (422).
    """
    check_head(by)
    session = lock_session(session_id)
    check_preparing(session)
    if session.kind != CommitteeSession.Kind.PERMANENT:
        raise Refusal(
            "Seule la commission permanente décide : inscrivez le dossier à l’une de ses séances.",
            code="not_deciding",
        )
    application = lock_application(application_id)
    refuse_recused(by, application)
    check_filed_before(application, session)
    check_envelope(application, envelope)
    if those_that_lost_readings([application.pk]):
        raise Refusal(LOST_READING, code="reading_lost", status=409)
    if amount is None:
        amount = application.proposed_amount
    if amount is None:
        raise Refusal("Ce dossier n’a pas de montant proposé.", code="no_amount")
    check_amount(application, amount)
    if application.review_state == ReviewState.DEFERRED:
        Decision.objects.in_force().filter(application=application).update(superseded_at=at)
        application.notified_at = None
        application.paper_state = PaperState.NONE
        application.money_state = MoneyState.NONE
    application.arbitrated_amount = amount
    move(
        application=application,
        transition=Transition.PROPOSE,
        actor=by,
        at=at,
        data={"session": session.pk, "amount": f"{amount:.2f}"},
    )
    line = SessionLine(
        session=session,
        application=application,
        envelope=envelope,
        proposed_outcome=outcome if amount > 0 or outcome != "awarded" else "rejected",
        proposed_amount=amount,
        added_by=by,
        added_at=at,
    )
    line.full_clean()
    line.save()
    return line


def check_envelope(application: Application, envelope: Envelope) -> None:
    """Refuse an envelope of another year, or kept for other sheets or another territory."""
    if envelope.fiscal_year != application.sheet.campaign.fiscal_year:
        raise Refusal(
            f"L’enveloppe « {envelope.name} » est celle de l’exercice {envelope.fiscal_year}.",
            code="wrong_year",
        )
    sheets = {sheet.across_versions for sheet in envelope.sheets.all()}
    if sheets and application.sheet.across_versions not in sheets:
        raise Refusal(
            f"L’enveloppe « {envelope.name} » est réservée à d’autres fiches.",
            code="wrong_sheet",
        )
    if envelope.territory_id is not None and not _acts_in(application, envelope.territory_id):
        raise Refusal(
            f"L’enveloppe « {envelope.name} » est réservée au territoire "
            f"{envelope.territory_id}, où ce dossier n’a pas de lieu.",
            code="wrong_territory",
        )


def _acts_in(application: Application, territory: int) -> bool:
    same = type(application).objects.filter(pk=application.pk)
    return same.in_territories([territory]).exists()


@transaction.atomic
def change_line(
    *,
    line_id: int,
    outcome: str,
    amount: Decimal,
    envelope: Envelope,
    by: User,
    at: datetime,
    seen: str = "",
) -> SessionLine:
    """Change what is put to the vote on a line, before the vote; the history keeps both.

    Args:
        line_id: The line.
        outcome: ``awarded``, ``rejected`` or ``deferred``.
        amount: Euros.
        envelope: Where the money would come from.
        by: The unit head.
        at: Now.
        seen: What the page showed of the line (:func:`grants.decisions.seen.stamp`).

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``session_closed``, ``wrong_state``,
            ``changed`` or ``reading_open`` (409), ``wrong_year``, ``wrong_sheet``,
            ``wrong_territory``, ``amount_missing``, ``amount_too_high`` (422).
    """
    check_head(by)
    line = lock_line(line_id)
    application = lock_application(line.application_id)
    refuse_recused(by, application)
    refuse_blind(by, application)
    if application.review_state != ReviewState.PROPOSED:
        raise Refusal(
            "Ce dossier n’attend plus de vote : ce qui était proposé ne change plus.",
            code="wrong_state",
            status=409,
        )
    refuse_changed(seen, line_shown(line), what="La proposition", by=changed_by(line))
    check_envelope(application, envelope)
    if outcome == Decision.Outcome.AWARDED and amount <= 0:
        raise Refusal("Une attribution a un montant supérieur à zéro.", code="amount_missing")
    check_amount(application, amount)
    before = {"outcome": line.proposed_outcome, "amount": f"{line.proposed_amount:.2f}"}
    line.proposed_outcome = outcome
    line.proposed_amount = amount
    line.envelope = envelope
    line.full_clean()
    line.save()
    application.arbitrated_amount = amount
    application.version += 1
    application.updated_at = at
    application.save(update_fields=["arbitrated_amount", "version", "updated_at"])
    append_event(
        application=application,
        kind="proposal_changed",
        actor=by,
        at=at,
        data={"before": before, "outcome": outcome, "amount": f"{amount:.2f}"},
    )
    return line


@transaction.atomic
def remove_line(*, line_id: int, reason: str, by: User, at: datetime) -> Application:
    """Take a dossier off a session's list, with a reason.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``session_closed`` or ``wrong_state`` (409),
            ``reason_missing`` (422).
    """
    check_head(by)
    line = lock_line(line_id)
    application = lock_application(line.application_id)
    refuse_recused(by, application)
    line.removed_at = at
    line.save(update_fields=["removed_at"])
    return move(
        application=application,
        transition=Transition.UNPROPOSE,
        actor=by,
        at=at,
        comment=reason.strip(),
    )


def lock_line(line_id: int) -> SessionLine:
    """Return a line still to vote, locked, of a session still in preparation.

    Raises:
        Refusal: ``session_closed`` or ``wrong_state`` (409).
    """
    session_id = SessionLine.objects.values_list("session_id", flat=True).get(pk=line_id)
    check_preparing(lock_session(session_id))
    line = (
        SessionLine.objects.select_for_update(of=("self",), no_key=True)
        .select_related("session", "envelope__parent")
        .get(pk=line_id)
    )
    if line.removed_at is not None:
        raise Refusal("Ce dossier n’est plus sur cette séance.", code="wrong_state", status=409)
    return line
