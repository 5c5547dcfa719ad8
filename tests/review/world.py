"""Dossiers at the desk for the tests of its pages."""

from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from grants.applications.models import Application
from grants.review.models import Review
from grants.review.services.assignment import assign_officer
from grants.review.services.scoring import ScoreInput, finalise_review, save_review
from tests.factories import FiledApplicationFactory, GridFactory


def under_review(officer: User, head: User, *, readers: int = 1, **fields) -> Application:
    """Make a dossier that an officer instructs and reads first."""
    filed = FiledApplicationFactory(
        sheet__readers=readers,
        sheet__grid=GridFactory(),
        **{"requested_amount": Decimal(8000), **fields},
    )
    assign_officer(application_id=filed.pk, person=officer, by=head, at=timezone.now())
    return filed


def read_by(application: Application, reader: User, *levels: int, summary: str, amount=6000):
    """Keep a reader's draft, one level a criterion."""
    criteria = application.sheet.grid.criteria.all()
    return save_review(
        application_id=application.pk,
        by=reader,
        at=timezone.now(),
        scores={
            criterion.pk: ScoreInput(level=level, comment=f"{summary} ({level})")
            for criterion, level in zip(criteria, levels, strict=True)
        },
        proposed_amount=Decimal(amount),
        summary=summary,
    )


def final(application: Application, reader: User, *levels: int, summary: str, **kwargs) -> Review:
    """Make a reader's final reading."""
    read_by(application, reader, *levels, summary=summary, **kwargs)
    return finalise_review(application_id=application.pk, by=reader, at=timezone.now())
