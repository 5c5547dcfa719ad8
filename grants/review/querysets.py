"""The desk's working lists, as conditions on dossiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.review.models import Assignment, AssignmentRole, Review, ReviewProgress


if TYPE_CHECKING:
    from accounts.models import User


def instructed_by(applications: QuerySet[Application], user: User) -> QuerySet[Application]:
    """Keep the dossiers a person is the officer of."""
    return applications.filter(_assigned(user, AssignmentRole.OFFICER))


def to_score_by(applications: QuerySet[Application], user: User) -> QuerySet[Application]:
    """Keep the dossiers under review that a person reads and has not finished."""
    finished = Review.objects.filter(
        application=OuterRef("pk"), reviewer=user, state=ReviewProgress.FINAL
    )
    return applications.filter(
        _assigned(user, AssignmentRole.READER),
        ~Exists(finished),
        review_state=ReviewState.UNDER_REVIEW,
    )


def _assigned(user: User, role: str) -> Exists:
    return Exists(
        Assignment.objects.filter(
            application=OuterRef("pk"), person=user, role=role, ended_at__isnull=True
        )
    )


WAITING = Q(review_state=ReviewState.CORRECTION_REQUESTED) | Q(
    documents_due_on__isnull=False, review_state__in=["submitted", "under_review"]
)
