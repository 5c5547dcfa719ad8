"""The desk's working lists, as conditions on dossiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.review.models import Assignment, AssignmentRole
from grants.review.permissions import finished_by, reading_by


if TYPE_CHECKING:
    from accounts.models import User


def instructed_by(applications: QuerySet[Application], user: User) -> QuerySet[Application]:
    """Keep the dossiers a person is the officer of."""
    officer = Assignment.objects.filter(
        application=OuterRef("pk"), person=user, role=AssignmentRole.OFFICER, ended_at__isnull=True
    )
    return applications.filter(Exists(officer))


def to_score_by(applications: QuerySet[Application], user: User) -> QuerySet[Application]:
    """Keep the dossiers under review that a person reads and has not finished."""
    return applications.filter(
        Exists(reading_by(user)),
        ~Exists(finished_by(user)),
        review_state=ReviewState.UNDER_REVIEW,
    )


WAITING = Q(review_state=ReviewState.CORRECTION_REQUESTED) | Q(
    documents_due_on__isnull=False, review_state__in=["submitted", "under_review"]
)
