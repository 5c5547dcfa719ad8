"""What a vote lets people of the office read: nothing of it to a coordinator before it is told.

One state for the header of a dossier, its lists, their filter, their files and the figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Case, CharField, F, Q, Value, When

from grants.applications.enums import DECIDED_STATES, ReviewState
from grants.applications.labels import Headline, office_headline
from grants.applications.models import Application


if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

    from accounts.models import User

#: A vote that settles a dossier; one put off is voted again, and stays secret until then.
SETTLED = frozenset({ReviewState.AWARDED, ReviewState.REJECTED})


def knows_votes(user: User) -> bool:
    """Tell whether somebody reads a vote as soon as it is recorded."""
    return user.access.is_desk or user.access.is_administrator


def is_settled(application: Application) -> bool:
    """Tell whether a dossier is voted for good and its applicant told."""
    return application.review_state in SETTLED and application.notified_at is not None


def settled() -> Q:
    """Return the same, as a condition on applications."""
    return Q(review_state__in=SETTLED, notified_at__isnull=False)


def told_state_of(user: User, application: Application) -> str:
    """Return the state of a dossier that somebody of the office may read."""
    is_secret = application.review_state in DECIDED_STATES and application.notified_at is None
    if is_secret and not knows_votes(user):
        return ReviewState.PROPOSED
    return application.review_state


def secret_vote() -> Q:
    """Return the condition, on applications, of those voted whose applicant is not told."""
    return Q(review_state__in=DECIDED_STATES, notified_at__isnull=True)


def told_state(user: User) -> Combinable:
    """Return the same, as an expression on applications."""
    if knows_votes(user):
        return F("review_state")
    return Case(
        When(secret_vote(), then=Value(str(ReviewState.PROPOSED))),
        default=F("review_state"),
        output_field=CharField(),
    )


def axes_for(user: User, application: Application) -> Application:
    """Return the three axes of a dossier, as somebody of the office may read them."""
    state = told_state_of(user, application)
    if state != application.review_state:  # neither a letter nor money before the vote
        return Application(review_state=state)
    return Application(
        review_state=state,
        paper_state=application.paper_state,
        money_state=application.money_state,
    )


def headline_for(user: User, application: Application) -> Headline:
    """Return what the office's pages show of a dossier, to somebody of the office."""
    return office_headline(axes_for(user, application))
