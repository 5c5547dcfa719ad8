"""Who may read and write scores: one place, asked by every page, export and letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

from grants.applications.enums import DECIDED_STATES
from grants.review.models import (
    Assignment,
    AssignmentRole,
    ConflictOfInterest,
    Review,
    ReviewProgress,
)


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application


def is_recused(user: User, application: Application) -> bool:
    """Tell whether a person stands aside from this dossier or from its body."""
    return ConflictOfInterest.objects.filter(
        Q(application=application) | Q(organisation=application.organisation_id), person=user
    ).exists()


def recused_from(user: User) -> Q:
    """Return the condition, on applications, of those a person is recused from."""
    conflicts = ConflictOfInterest.objects.filter(person=user)
    return Q(pk__in=conflicts.filter(application__isnull=False).values("application_id")) | Q(
        organisation__in=conflicts.filter(organisation__isnull=False).values("organisation_id")
    )


def may_read_scores(user: User, application: Application) -> bool:
    """Tell whether a person may read the scores of a dossier.

    The desk and administrators may, coordinators only once the vote is recorded, applicants
    never, and nobody who is recused. A reader who has not finished reads their own alone:
    see :func:`readable_reviews`.
    """
    access = user.access
    if access.is_desk or access.is_administrator:
        return not is_recused(user, application)
    if access.is_coordinator and application.review_state in DECIDED_STATES:
        seen = type(application).objects.office_visible_to(user).filter(pk=application.pk)
        return seen.exists() and not is_recused(user, application)
    return False


def readable_reviews(user: User, application: Application) -> QuerySet[Review]:
    """Return the reviews of a dossier a person may read.

    A reader with an unfinished reading sees only their own; drafts are their author's alone;
    the reviews of recused readers are left out.
    """
    if not may_read_scores(user, application):
        return Review.objects.none()
    reviews = counted_reviews(application)
    mine = Q(reviewer=user)
    if is_blind(user, application):
        return reviews.filter(mine)
    return reviews.filter(mine | Q(state=ReviewProgress.FINAL))


def is_blind(user: User, application: Application) -> bool:
    """Tell whether a person is a reader who has yet to finish: they must not see the others'."""
    is_reader = Assignment.objects.filter(
        application=application,
        person=user,
        role=AssignmentRole.READER,
        ended_at__isnull=True,
    ).exists()
    if not is_reader:
        return False
    return not Review.objects.filter(
        application=application, reviewer=user, state=ReviewProgress.FINAL
    ).exists()


def counted_reviews(application: Application) -> QuerySet[Review]:
    """Return a dossier's reviews without those of recused readers, oldest first."""
    conflicts = ConflictOfInterest.objects.filter(
        Q(application=application) | Q(organisation=application.organisation_id),
        person=OuterRef("reviewer"),
    )
    return (
        Review.objects.filter(application=application)
        .filter(~Exists(conflicts))
        .select_related("reviewer", "deposit")
        .order_by("pk")
    )


def may_score(user: User, application: Application) -> bool:
    """Tell whether a person is an assigned reader of this dossier, not recused."""
    if not user.access.is_desk or is_recused(user, application):
        return False
    return Assignment.objects.filter(
        application=application, person=user, role=AssignmentRole.READER, ended_at__isnull=True
    ).exists()
