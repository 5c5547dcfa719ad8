"""Filed dossiers that an officer asks to complete."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from config.dates import local_date
from grants.applications import sections
from grants.applications.models import Application, CorrectionRequest
from grants.applications.services.completing import save_correction_section
from grants.applications.services.corrections import request_correction
from grants.applications.services.filing import submit_application
from grants.review.services.assignment import assign_officer
from tests.applications.dossiers import a_complete_draft, fresh, load_letters
from tests.factories import member_of, person_with_role


MESSAGE = "Précisez l’action et son budget."


def under_review(officer: User | None = None, **fields) -> Application:
    """File a complete dossier and give it to an officer."""
    load_letters()
    draft = a_complete_draft(**fields)
    at = timezone.now()
    filed = submit_application(application_id=draft.pk, by=draft.created_by, at=at)
    head = person_with_role(Role.UNIT_HEAD)
    officer = officer or person_with_role(Role.CASE_OFFICER)
    assign_officer(application_id=filed.pk, person=officer, by=head, at=at)
    return fresh(filed)


def officer_of(application: Application) -> User:
    return application.assignments.get(role="officer", ended_at__isnull=True).person


def ask(
    application: Application,
    *fields: str,
    days: int = 15,
    at: datetime | None = None,
    message: str = MESSAGE,
) -> CorrectionRequest:
    """Ask to complete these parts (the title and the description unless some are named)."""
    at = at or timezone.now()
    return request_correction(
        application_id=application.pk,
        fields=list(fields) or ["projet.title", "projet.description"],
        message=message,
        due_on=local_date(at) + timedelta(days=days),
        by=officer_of(application),
        at=at,
    )


def type_in(
    application: Application,
    section: str,
    *,
    by: User | None = None,
    invalid: dict[str, str] | None = None,
    expected: str | None = None,
    at: datetime | None = None,
    **values,
) -> Application:
    """Save values of one section for the open request."""
    correction = application.corrections.get(state="open")
    version = correction.saved_sections.get(section, "")
    return save_correction_section(
        application_id=application.pk,
        section=section,
        values={**sections.read(fresh(application), section), **values},
        invalid=invalid or {},
        expected=version if expected is None else expected,
        by=by or application.created_by,
        at=at or timezone.now(),
    )


def asked_again(*fields: str, **kwargs) -> Application:
    """Return a dossier under an open request."""
    application = under_review(**kwargs)
    ask(application, *fields)
    return fresh(application)


def colleague(application: Application, *rights: str) -> User:
    return member_of(application.organisation, *rights)


def everything(application: Application) -> Sequence:
    """Return every value of every section, as read now."""
    row = fresh(application)
    return {section: sections.read(row, section) for section in sections._READERS}
