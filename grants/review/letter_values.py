"""What the desk knows for a letter: the person in charge (CRPA L111-2)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from grants.letters.variables import register_variables
from grants.review.models import Assignment, AssignmentRole


if TYPE_CHECKING:
    from grants.applications.models import Application


def officer_values(application: Application, kind: str, at: datetime) -> dict[str, Any]:
    """Return name, address and telephone of a dossier's officer; nothing before it has one."""
    assignment = (
        Assignment.objects.filter(
            application=application, role=AssignmentRole.OFFICER, ended_at__isnull=True
        )
        .select_related("person")
        .first()
    )
    if assignment is None:
        return {}
    person = assignment.person
    return {
        "agent.nom": person.get_full_name() or None,
        "agent.courriel": person.email,
        "agent.telephone": person.phone or None,
    }


def register() -> None:
    """Give the officer's name to the letters."""
    register_variables((), officer_values)
