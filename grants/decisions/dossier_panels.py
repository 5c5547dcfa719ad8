"""What decisions show on a dossier's pages, for the office and for the applicant."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from config.dates import local_date
from config.templatetags.fr import date_fr, datetime_fr, euros
from foundation.parameters.selectors import days_on
from grants.applications.hooks import Panel, register_panel
from grants.decisions.models import Decision, SessionLine
from grants.decisions.selectors import decision_of
from grants.review.permissions import standing_of
from grants.review.votes_told import knows_votes


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application

Facts = list[tuple[str, str]]
CHANNEL_WORDS = {
    Decision.NotificationChannel.EMAIL: "par voie électronique",
    Decision.NotificationChannel.POST: "par courrier postal",
}


def office_decision(user: User, application: Application) -> dict | None:
    """Return the vote, its money and how it was told; ``None`` before a session.

    The desk and administrators follow it from the session on; a coordinator is told that it is on a
    session's list, and reads the vote once notified.
    """
    access = user.access
    decision = decision_of(application.pk)
    former = list(Decision.objects.filter(application=application, superseded_at__isnull=False))
    if not knows_votes(user):
        former = [one for one in former if one.notified_at is not None]
        if decision is None or decision.notified_at is None:
            return _awaited(application, decision, former)
    line = None
    if decision is None:
        line = (
            SessionLine.objects.filter(
                application=application, removed_at__isnull=True, session__state="preparing"
            )
            .select_related("session", "envelope")
            .order_by("-added_at")
            .first()
        )
    if decision is None and line is None and not former:
        return None
    standing = standing_of(user, application)
    return {
        "decision": decision,
        "line": line,
        "hides_proposal": not standing.reads_others,
        "former": former,
        "facts": office_facts(decision) if decision else [],
        "may_act": access.is_unit_head and not standing.is_recused,
        "may_read_session": access.is_desk or access.is_administrator,
    }


def _awaited(
    application: Application, decision: Decision | None, former: list[Decision]
) -> dict | None:
    """Return what a coordinator reads before the applicant is told: the session, not its vote."""
    session = decision.session if decision is not None else None
    if session is None:
        line = (
            SessionLine.objects.filter(
                application=application, removed_at__isnull=True, session__state="preparing"
            )
            .select_related("session")
            .order_by("-added_at")
            .first()
        )
        session = line.session if line is not None else None
    if session is None and not former:
        return None
    return {"awaited": session, "former": former}


def office_facts(decision: Decision) -> Facts:
    """Return a decision as pairs of words, for the office."""
    facts = [
        *_outcome(decision),
        ("Voté le", date_fr(decision.decided_on)),
        ("Délibération", decision.deliberation_number),
        ("Rapport", f"{decision.session.report_number} – {decision.session.report_title}"),
        ("Enveloppe", decision.envelope.name),
    ]
    if decision.withdrawals:
        facts.append(("N’ont pas pris part au vote", decision.withdrawals))
    if decision.overrun_reason:
        facts.append(("Dépassement d’enveloppe", decision.overrun_reason))
    if decision.notified_at:
        channel = CHANNEL_WORDS[decision.notification_channel]
        facts.append(("Notifiée le", f"{datetime_fr(decision.notified_at)}, {channel}"))
    if decision.posted_on:
        facts.append(("Postée le", date_fr(decision.posted_on)))
    if decision.delivered_on:
        facts.append(("Reçue le", date_fr(decision.delivered_on)))
    if decision.opened_at:
        facts.append(("Ouverte le", datetime_fr(decision.opened_at)))
    return facts


def applicant_decision(user: User, application: Application) -> dict | None:
    """Return the decision to its applicant, only once notified."""
    if application.notified_at is None:
        return None
    decision = decision_of(application.pk)
    if decision is None or decision.notified_at is None:
        return None
    told = local_date(decision.notified_at)
    return {
        "decision": decision,
        "facts": [
            *_outcome(decision),
            ("Date de la décision", date_fr(decision.decided_on)),
            ("Délibération", decision.deliberation_number),
        ],
        "deemed_on": told + timedelta(days=days_on("deemed_notified.days", told)),
    }


def _outcome(decision: Decision) -> Facts:
    facts = [("Décision", decision.get_outcome_display())]
    if decision.awarded_amount is not None:
        facts.append(("Montant attribué", euros(decision.awarded_amount)))
    if decision.reason_code:
        facts.append(("Motif", decision.get_reason_code_display()))
    if decision.reason_text:
        facts.append(("Précision", decision.reason_text))
    if decision.conditions:
        facts.append(("Conditions", decision.conditions))
    return facts


def register() -> None:
    """Add the two panels."""
    register_panel(
        Panel(
            "decision-office",
            "decisions/panels/office_decision.html",
            office_decision,
            "office",
            order=20,
        )
    )
    register_panel(
        Panel(
            "decision",
            "decisions/panels/applicant_decision.html",
            applicant_decision,
            "applicant",
            order=10,
        )
    )
