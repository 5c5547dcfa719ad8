"""The e-mails that tell somebody of the office what was decided of their place on a dossier."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from foundation.notifications.rendering import absolute
from foundation.notifications.services import queue_template


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application
    from grants.review.models import Assignment, ConflictOfInterest


def queue_conflict_withdrawn(
    conflict: ConflictOfInterest, application: Application, *, at: datetime
) -> None:
    """Tell somebody that they may act again, by whose decision, and that nothing was given back.

    Args:
        conflict: Just withdrawn.
        application: The dossier from which it was.
        at: Now.
    """
    _queue(
        "conflict_withdrawn",
        conflict.person,
        application,
        conflict.withdrawn_by,
        key=f"conflict-withdrawn:{conflict.pk}",
        at=at,
        reason=conflict.withdrawal_reason,
        whole_body=conflict.organisation_id is not None,
    )


def queue_assignment_ended(
    assignment: Assignment, application: Application, *, by: User, reason: str, at: datetime
) -> None:
    """Tell somebody that a dossier, or its reading, is not theirs any more."""
    if assignment.person_id == by.pk:
        return  # they did it
    _queue(
        "assignment_ended",
        assignment.person,
        application,
        by,
        key=f"assignment-ended:{assignment.pk}",
        at=at,
        reason=reason,
        assignment=assignment,
    )


def _queue(
    kind: str,
    person: User,
    application: Application,
    by: User,
    *,
    key: str,
    at: datetime,
    **context: Any,
) -> None:
    if not person.is_active or not person.email:
        return
    queue_template(
        f"review/email/{kind}",
        {
            "application": application,
            "by": by,
            "account": person.email,
            "url": absolute(application.get_desk_url()),
            **context,
        },
        key=key,
        kind=kind.replace("_", "-"),
        to=person.email,
        at=at,
        related=application,
        reply_to=by.email,
    )
