"""Dossiers with a decision, straight into their state."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from grants.applications.enums import MoneyState, PaperState, ReviewState
from grants.applications.models import AudienceCount, Place
from grants.decisions.models import Decision
from tests.factories import EnvelopeFactory, FiledApplicationFactory, SessionFactory, UserFactory


def a_decision(
    *,
    outcome: str = "awarded",
    amount: Decimal | int = 3000,
    notified: bool = True,
    session=None,
    envelope=None,
    **fields,
) -> Decision:
    """Make a decided dossier, notified by post unless said."""
    now = timezone.now()
    awarded = outcome == "awarded"
    application = FiledApplicationFactory(
        **{
            "review_state": ReviewState(outcome),
            "money_state": MoneyState.COMMITTED if awarded else MoneyState.NONE,
            "paper_state": PaperState.NOTIFIED if notified else PaperState.TO_GENERATE,
            "notified_at": now if notified else None,
            **fields,
        }
    )
    session = session or SessionFactory(held_on=timezone.localdate() - timedelta(days=3))
    return Decision.objects.create(
        application=application,
        session=session,
        envelope=envelope or EnvelopeFactory(amount=Decimal(10_000_000)),
        outcome=outcome,
        awarded_amount=Decimal(amount) if awarded else None,
        reason_code="" if awarded else "score",
        fiscal_year=application.sheet.campaign.fiscal_year,
        deliberation_number=session.deliberation_number,
        decided_on=session.held_on,
        recorded_at=now,
        recorded_by=UserFactory(),
        notified_at=now if notified else None,
        notification_channel="post" if notified else "",
    )


def an_action(**fields) -> Decision:
    """Make a public action: awarded, notified, in force."""
    return a_decision(**fields)


def take_place(application, *communes, share=None) -> None:
    """Give a dossier its communes as places."""
    application.whole_department = False
    application.save(update_fields=["whole_department"])
    for position, commune in enumerate(communes):
        Place.objects.create(
            application=application,
            position=position,
            commune=commune,
            territories=[commune.territory_id],
            share=share,
        )


def count_public(application, **bands: int) -> None:
    """Give a dossier its public: ``count_public(a, **{"11_15": 12})``."""
    for band, count in bands.items():
        AudienceCount.objects.create(application=application, band=band, count=count)
