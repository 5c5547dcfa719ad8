"""The desk's working lists, as conditions on dossiers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.models import Application, CorrectionRequest
from grants.review.enums import TO_INSTRUCT
from grants.review.models import Assignment, AssignmentRole, OpinionRequest, OpinionState
from grants.review.permissions import finished_by, officer_condition, reading_by


if TYPE_CHECKING:
    from accounts.models import User


def instructed_by(
    applications: QuerySet[Application], user: User, on: date | None = None
) -> QuerySet[Application]:
    """Keep the dossiers a person is in charge of: theirs, and those of the people they replace.

    Args:
        applications: Where to look.
        user: Who instructs.
        on: The day that says who replaces whom; today by default.
    """
    return applications.filter(officer_condition(user, on or timezone.localdate()))


def unassigned(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Keep the dossiers to give to somebody: those just filed, and those whose officer stood aside.

    A recusal ends an assignment at once: the dossier must not be lost between two lists.
    """
    in_hand = Assignment.objects.filter(
        application=OuterRef("pk"), role=AssignmentRole.OFFICER, ended_at__isnull=True
    )
    return applications.filter(
        Q(review_state=ReviewState.SUBMITTED) | ~Exists(in_hand), review_state__in=TO_INSTRUCT
    )


def to_score_by(applications: QuerySet[Application], user: User) -> QuerySet[Application]:
    """Keep the dossiers under review that a person reads and has not finished."""
    return applications.filter(
        Exists(reading_by(user)),
        ~Exists(finished_by(user)),
        review_state=ReviewState.UNDER_REVIEW,
    )


# The states are said apart, so that they lead an index there.
WAITING = Q(
    Q(review_state=ReviewState.CORRECTION_REQUESTED) | Q(documents_due_on__isnull=False),
    review_state__in=TO_INSTRUCT,
)


def awaited_on() -> Case:
    """Return the day before which corrections, or else documents, are awaited of a dossier."""
    corrections = CorrectionRequest.objects.filter(
        application=OuterRef("pk"), state=CorrectionState.OPEN
    )
    return Case(
        When(
            review_state=ReviewState.CORRECTION_REQUESTED,
            then=Subquery(corrections.values("due_on")[:1]),
        ),
        When(WAITING, then=F("documents_due_on")),
    )


def with_opinion_counts(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Annotate ``opinions_asked`` and ``opinions_given``: « 2/3 reçus », those revoked left out."""
    asked = OpinionRequest.objects.filter(application=OuterRef("pk")).order_by()
    asked = asked.exclude(state=OpinionState.REVOKED)

    def count(requests: QuerySet[OpinionRequest]) -> Coalesce:
        counted = requests.values("application").annotate(count=Count("pk")).values("count")
        return Coalesce(Subquery(counted, output_field=IntegerField()), 0)

    return applications.annotate(
        opinions_asked=count(asked),
        opinions_given=count(asked.filter(state=OpinionState.GIVEN)),
    )
