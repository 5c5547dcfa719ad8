"""From the vote to the applicant: the letter, its signature, the one deliberate act of notifying.

Generating a letter notifies nobody. ``notify_decision`` is the only door: it needs the signed
letter, writes one outbox row or marks the postal channel, and freezes the decision.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import date_fr, nbsp_fr
from foundation.notifications.rendering import absolute
from foundation.notifications.services import queue_template
from foundation.parameters.selectors import amount_on, days_on, value_on
from grants.applications.enums import PaperState
from grants.applications.events import append_event
from grants.applications.services.moves import lock_application, refuse_recused
from grants.decisions.models import Decision
from grants.decisions.services.sessions import check_head
from grants.letters.models import Letter, LetterKind, LetterState
from grants.letters.services import create_letter


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application

KIND_OF = {
    Decision.Outcome.AWARDED: LetterKind.AWARD,
    Decision.Outcome.REJECTED: LetterKind.REJECTION,
    Decision.Outcome.DEFERRED: LetterKind.DEFERRAL,
}
SENT = frozenset({LetterState.NOTIFIED, LetterState.OPENED})


@transaction.atomic
def prepare_letter(*, decision_id: int, by: User, at: datetime) -> Letter:
    """Write the letter of a decision for a worker to generate; notifies nobody.

    A letter that is there and not replaced is returned as it is: two clicks make one letter. One
    that failed is tried again from its own page.

    Raises:
        Refusal: ``not_allowed`` (403), ``superseded`` (409), or what
            :func:`grants.letters.services.create_letter` refuses.
    """
    check_head(by)
    application, decision = _locked_with_dossier(decision_id)
    refuse_recused(by, application)
    if decision.superseded_at is not None:
        raise Refusal("Cette décision a été remplacée.", code="superseded", status=409)
    if decision.letter is not None and decision.letter.superseded_at is None:
        return decision.letter
    letter = create_letter(
        application=application,
        kind=KIND_OF[Decision.Outcome(decision.outcome)],
        context=letter_context(decision),
        at=at,
        by=by,
    )
    decision.letter = letter
    decision.save(update_fields=["letter"])
    _set_paper(application, PaperState.TO_GENERATE, at=at)
    append_event(
        application=application,
        kind="letter_created",
        actor=by,
        at=at,
        data={"letter": letter.reference},
    )
    return letter


def letter_context(decision: Decision) -> dict:
    """Return the values of a letter that only the decision knows (``grants.letters.variables``)."""
    values = {
        "decision.exercice": decision.fiscal_year,
        "decision.date": decision.decided_on,
        "decision.deliberation": decision.deliberation_number,
        "decision.rapport": decision.session.report_number,
        "decision.rapport_titre": decision.session.report_title,
        "decision.conditions": nbsp_fr(decision.conditions),
        "decision.precision": nbsp_fr(decision.reason_text),
    }
    if decision.outcome == Decision.Outcome.AWARDED:
        values["decision.montant"] = decision.awarded_amount
        values["decision.base"] = decision.eligible_base
        values["decision.convention"] = needs_agreement(decision)
    if decision.reason_code:
        values["decision.motif"] = decision.get_reason_code_display()
    return values


def needs_agreement(decision: Decision) -> bool:
    """Tell whether a private body's awards of the year pass the threshold of a written agreement.

    Source: loi n° 2000-321 art. 10, décret n° 2001-495 art. 1; the threshold is a dated parameter.
    """
    organisation = decision.application.organisation
    if not organisation.is_private_body:
        return False
    total = (
        Decision.objects.awarded()
        .filter(application__organisation=organisation, fiscal_year=decision.fiscal_year)
        .aggregate(total=Sum("awarded_amount"))["total"]
    )
    return (total or Decimal(0)) > amount_on("agreement.threshold", decision.decided_on)


@transaction.atomic
def letter_became_ready(*, letter: Letter, at: datetime) -> None:
    """Follow a decision's letter once its PDF is there: to sign."""
    application = lock_application(letter.application_id)
    if not Decision.objects.in_force().filter(letter=letter).exists():  # none, or corrected since
        return
    if application.paper_state == PaperState.TO_GENERATE:
        _set_paper(application, PaperState.TO_SIGN, at=at)
        append_event(
            application=application,
            kind="letter_ready",
            actor=None,
            at=at,
            data={"letter": letter.reference},
        )


@transaction.atomic
def letter_was_signed(*, letter: Letter, by: User, at: datetime) -> None:
    """Follow a decision's letter once its signed file is attached: to notify."""
    application = lock_application(letter.application_id)
    if not Decision.objects.in_force().filter(letter=letter).exists():
        return
    if application.paper_state in {PaperState.TO_SIGN, PaperState.TO_NOTIFY}:
        _set_paper(application, PaperState.TO_NOTIFY, at=at)
        append_event(
            application=application,
            kind="letter_signed",
            actor=by,
            at=at,
            data={"letter": letter.reference},
        )


def channel_for(decision: Decision) -> str:
    """Return the channel a notification takes: e-mail with the body's consent, post otherwise."""
    consent = _consent(decision.application)
    channels = Decision.NotificationChannel
    return channels.EMAIL if consent is not None else channels.POST


def _consent(application: Application):
    return application.organisation.notification_consents.filter(revoked_at__isnull=True).first()


@transaction.atomic
def notify_decision(
    *, decision_id: int, by: User, at: datetime, posted_on: date | None = None
) -> Decision:
    """Tell the applicant, once.

    With the body's consent in force, one e-mail with a link is queued (CRPA L112-15); otherwise
    the letter goes by post on ``posted_on``. The decision, its letter and the dossier are marked
    in the same transaction; the applicant sees the decision from then on.

    Args:
        decision_id: A decision whose signed letter is attached.
        by: The unit head.
        at: Now.
        posted_on: Day of posting, for the postal channel.

    Raises:
        Refusal: ``not_allowed`` (403); ``already_notified``, ``superseded`` (409);
            ``not_signed``, ``posting_date_missing``, ``date_ahead``, ``before_vote`` (422).
    """
    check_head(by)
    application, decision = _locked_with_dossier(decision_id)
    refuse_recused(by, application)
    if decision.superseded_at is not None:
        raise Refusal("Cette décision a été remplacée.", code="superseded", status=409)
    if decision.notified_at is not None:
        raise Refusal("Cette décision est déjà notifiée.", code="already_notified", status=409)
    letter = decision.letter
    if letter is None or letter.state != LetterState.SIGNED:
        raise Refusal(
            "Joignez d’abord le courrier signé : rien ne part sans lui.", code="not_signed"
        )
    consent = _consent(application)
    if consent is not None:
        decision.notification_channel = Decision.NotificationChannel.EMAIL
        _queue_notification(decision, application, consent.email, at=at)
    else:
        decision.notification_channel = Decision.NotificationChannel.POST
        decision.posted_on = _checked_posting(posted_on, decision, at)
    decision.notified_at = at
    decision.notified_by = by
    decision.save()
    letter.state = LetterState.NOTIFIED
    letter.save(update_fields=["state"])
    application.notified_at = at
    _set_paper(application, PaperState.NOTIFIED, at=at)
    append_event(
        application=application,
        kind="notified",
        actor=by,
        at=at,
        data={"letter": letter.reference, "channel": decision.notification_channel},
        visible_to_applicant=True,
    )
    return decision


def _checked_posting(posted_on: date | None, decision: Decision, at: datetime) -> date:
    if posted_on is None:
        raise Refusal(
            "Cet organisme n’a pas consenti à la notification électronique : "
            "indiquez la date d’envoi par la poste.",
            code="posting_date_missing",
        )
    if posted_on > local_date(at):
        raise Refusal("La date d’envoi est dans le futur.", code="date_ahead")
    if posted_on < decision.decided_on:
        raise Refusal(
            "Un courrier ne part pas avant le vote : la date d’envoi est au plus tôt le "
            f"{date_fr(decision.decided_on)}.",
            code="before_vote",
        )
    return posted_on


def _queue_notification(
    decision: Decision, application: Application, address: str, *, at: datetime
) -> None:
    today = local_date(at)
    context = {
        "application": application,
        "decision": decision,
        "office_name": value_on("office.name", today),
        "deemed_on": today + timedelta(days=days_on("deemed_notified.days", today)),
        "deemed_days": days_on("deemed_notified.days", today),
        "url": absolute(application.get_absolute_url()),
    }
    queue_template(
        "decisions/email/notification",
        context,
        key=f"decision:{decision.pk}:notified",
        kind="decision_notification",
        to=address,
        at=at,
        related=application,
        reply_to=value_on("office.email", today),
    )


@transaction.atomic
def record_opening(*, application_id: int, by: User, at: datetime) -> Decision:
    """Record that the body first opened its notified decision (a deliberate POST).

    Raises:
        Refusal: ``not_allowed`` (403) for anybody but an active member; ``not_notified`` (409).
    """
    application = lock_application(application_id)
    if not application.organisation.memberships.active().filter(user=by).exists():
        raise Refusal(
            "Seuls les membres de l’organisation ouvrent sa décision.",
            code="not_allowed",
            status=403,
        )
    decision = (
        Decision.objects.notified()
        .select_for_update(of=("self",), no_key=True)
        .filter(application=application)
        .select_related("letter")
        .first()
    )
    if decision is None:
        raise Refusal("Aucune décision n’est notifiée.", code="not_notified", status=409)
    if decision.opened_at is None:
        decision.opened_at = at
        decision.save(update_fields=["opened_at"])
        Letter.objects.filter(pk=decision.letter_id).update(state=LetterState.OPENED, opened_at=at)
        _set_paper(application, PaperState.OPENED, at=at)
        append_event(
            application=application,
            kind="notification_opened",
            actor=by,
            at=at,
            visible_to_applicant=True,
        )
    return decision


@transaction.atomic
def record_delivery(*, decision_id: int, delivered_on: date, by: User, at: datetime) -> Decision:
    """Record the day a posted letter was received.

    Raises:
        Refusal: ``not_allowed`` (403), ``not_posted`` (409), ``date_out_of_order`` (422).
    """
    check_head(by)
    decision = _locked(decision_id)
    refuse_recused(by, decision.application)
    if decision.posted_on is None:
        raise Refusal(
            "Cette décision n’est pas partie par la poste.", code="not_posted", status=409
        )
    if not decision.posted_on <= delivered_on <= local_date(at):
        raise Refusal(
            "La réception vient après l’envoi, et pas dans le futur.", code="date_out_of_order"
        )
    decision.delivered_on = delivered_on
    decision.save(update_fields=["delivered_on"])
    return decision


def _locked_with_dossier(decision_id: int) -> tuple[Application, Decision]:
    """Lock a decision's dossier, then the decision: the order of every act on both."""
    application_id = Decision.objects.values_list("application_id", flat=True).get(pk=decision_id)
    application = lock_application(application_id)
    return application, _locked(decision_id)


def _locked(decision_id: int) -> Decision:
    """Return a decision with its row locked; its letter is read after the wait, never joined.

    PostgreSQL re-reads the locked row once the wait is over, not the rows joined to it.
    """
    return (
        Decision.objects.select_for_update(of=("self",), no_key=True)
        .select_related("application__organisation", "session")
        .get(pk=decision_id)
    )


def _set_paper(application: Application, state: str, *, at: datetime) -> None:
    application.paper_state = state
    application.version += 1
    application.updated_at = at
    application.save()
