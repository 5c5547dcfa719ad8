"""The head's part of the story: envelopes, sessions, votes, letters, notification."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from grants.applications.models import Application
from grants.decisions.models import CommitteeSession, Decision, Envelope
from grants.decisions.services.envelopes import save_envelope
from grants.decisions.services.notification import (
    notify_decision,
    prepare_letter,
    record_delivery,
    record_opening,
)
from grants.decisions.services.sessions import add_line, save_session
from grants.decisions.services.votes import Vote, close_session, record_vote
from grants.letters.models import Letter
from grants.letters.services import generate_letter, sign_letter
from portal.demo.actors import Cast
from portal.demo.words import CONDITIONS


TITLE = "Prévention et citoyenneté – attribution de subventions"


def make_envelopes(cast: Cast, year: int, amount: int, sheets: dict) -> Envelope:
    """Open the year's envelope with two lenses."""
    root = save_envelope(
        envelope=Envelope(
            fiscal_year=year, name=f"Prévention et citoyenneté {year}", amount=Decimal(amount)
        ),
        sheets=[],
        by=cast.head,
    )
    for name, codes, share in (
        ("Persévérance scolaire", ("C2",), Decimal("0.35")),
        ("Vie numérique et harcèlement", ("PC6",), Decimal("0.2")),
    ):
        save_envelope(
            envelope=Envelope(
                fiscal_year=year,
                name=f"{name} {year}",
                amount=Decimal(amount) * share,
                parent=root,
            ),
            sheets=[sheets[code] for code in codes if code in sheets],
            by=cast.head,
        )
    return root


def make_session(cast: Cast, held_on: date, number: str, deliberation: str) -> CommitteeSession:
    """Prepare a commission permanente."""
    return save_session(
        session=CommitteeSession(
            held_on=held_on,
            place="Hôtel du Département, Nanterre",
            report_number=number,
            report_title=TITLE,
            deliberation_number=deliberation,
        ),
        by=cast.head,
    )


def put_on_list(
    cast: Cast,
    random: Random,
    session: CommitteeSession,
    envelope: Envelope,
    application: Application,
    *,
    at: datetime,
) -> int:
    """Put a dossier on a session's list; what scored low is proposed for refusal."""
    application.refresh_from_db()
    low = not application.proposed_amount or random.random() < 0.1
    outcome = "rejected" if low else "deferred" if random.random() < 0.06 else "awarded"
    line = add_line(
        session_id=session.pk,
        application_id=application.pk,
        envelope=envelope,
        by=cast.head,
        at=at,
        outcome=outcome,
    )
    return line.pk


def vote(cast: Cast, random: Random, session: CommitteeSession, *, at: datetime) -> list[Decision]:
    """Record every line of a session as proposed, then close it."""
    decisions = []
    lines = session.lines.filter(removed_at__isnull=True).order_by("application__reference")
    for line in lines:
        awarded = line.proposed_outcome == "awarded"
        decisions.append(
            record_vote(
                line_id=line.pk,
                vote=Vote(
                    outcome=line.proposed_outcome,
                    amount=line.proposed_amount if awarded else Decimal(0),
                    reason_code=random.choice(("score", "out_of_scope", "other_funder"))
                    if line.proposed_outcome == "rejected"
                    else "",
                    conditions=CONDITIONS if awarded and random.random() < 0.2 else "",
                ),
                by=cast.head,
                at=at,
            )
        )
    close_session(session_id=session.pk, by=cast.head)
    return decisions


def letter(cast: Cast, decision: Decision, *, at: datetime) -> Letter:
    """Write and generate a decision's letter."""
    written = prepare_letter(decision_id=decision.pk, by=cast.head, at=at)
    generate_letter(letter_id=written.pk, at=at + timedelta(minutes=5))
    return Letter.objects.get(pk=written.pk)


def sign(cast: Cast, written: Letter, *, at: datetime) -> None:
    """Attach the signed file: the generated one with the signature tool's trailer."""
    with written.pdf.file.open("rb") as generated:
        content = generated.read() + b"\n% signature de demonstration\n%%EOF\n"
    upload = SimpleUploadedFile(f"{written.reference}-signe.pdf", content, "application/pdf")
    sign_letter(letter_id=written.pk, upload=upload, by=cast.head, at=at)


def tell(cast: Cast, decision: Decision, *, at: datetime) -> Decision:
    """Notify a decision by its channel."""
    return notify_decision(
        decision_id=decision.pk, by=cast.head, at=at, posted_on=timezone.localdate(at)
    )


def receive(cast: Cast, decision: Decision, *, at: datetime) -> None:
    """Let the applicant open the decision, or the post deliver it."""
    if decision.notification_channel == Decision.NotificationChannel.EMAIL:
        reader = cast.editors[decision.application.organisation_id]
        record_opening(application_id=decision.application_id, by=reader, at=at)
    else:
        record_delivery(
            decision_id=decision.pk, delivered_on=timezone.localdate(at), by=cast.head, at=at
        )


def at_nine(day: date) -> datetime:
    """Return nine o’clock in Paris on a day."""
    return datetime.combine(day, time(9), tzinfo=timezone.get_default_timezone())
