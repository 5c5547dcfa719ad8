"""Give, replace and take away the documents of a dossier."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models.fields.files import FieldFile

from config.errors import Refusal
from config.text import clean_name
from foundation.documents.enums import FileState
from foundation.documents.services import store_upload
from grants.applications.enums import ReviewState, Section
from grants.applications.events import append_event
from grants.applications.models import Application, ApplicationDocument
from grants.applications.selectors import asked_documents, awaits_documents
from grants.applications.services.moves import lock_application


if TYPE_CHECKING:
    from accounts.models import User

OTHER_KIND = "autre"
MAX_OTHER_DOCUMENTS = 20
_OPEN_TO_DOCUMENTS = frozenset(
    {
        ReviewState.DRAFT,
        ReviewState.SUBMITTED,
        ReviewState.UNDER_REVIEW,
        ReviewState.CORRECTION_REQUESTED,
    }
)


def may_give_documents(user: User, application: Application) -> bool:
    """Tell whether a person may add a document: before the deposit, then while it is examined."""
    if application.review_state not in _OPEN_TO_DOCUMENTS:
        return False
    return Application.objects.editable_by(user).filter(pk=application.pk).exists()


@transaction.atomic
def give_document(
    *,
    application_id: int,
    required_id: int | None,
    label: str,
    upload: UploadedFile,
    by: User,
    at: datetime,
) -> ApplicationDocument:
    """Join a file: for a document the sheet asks, or another one under its own label.

    In a draft a second file replaces the first one; once filed, only what is missing or was
    refused is given, and the history says so.

    Raises:
        Refusal: ``not_allowed`` (403), ``closed`` (409), ``unknown``, ``already_given``,
            ``too_many``, or what ``store_upload`` finds wrong with the file.
    """
    application = _lock_open(application_id, by)
    if required_id is None:
        document = _another_document(application, label, at)
        kind = OTHER_KIND
    else:
        document, kind = _asked_document(application, required_id, at)
    replaced = list(document.files.all())
    store_upload(owner=document, kind=kind, upload=upload, by=by, at=at)
    if application.is_draft:
        for stored in replaced:
            stored.delete()
        transaction.on_commit(lambda: forget_files([stored.file for stored in replaced]))
    if not application.is_draft and not awaits_documents(application):
        application.documents_due_on = None  # nothing is waited for any more
    _touch(application, at)
    if not application.is_draft:
        append_event(
            application=application,
            kind="document_added",
            actor=by,
            at=at,
            data={"label": document.label},
            visible_to_applicant=True,
        )
    return document


@transaction.atomic
def remove_document(*, application_id: int, document_id: int, by: User, at: datetime) -> None:
    """Take a document out of a draft.

    Raises:
        Refusal: ``not_allowed`` (403), ``already_filed`` (409).
    """
    application = _lock_open(application_id, by)
    if not application.is_draft:
        raise Refusal(
            "Le dossier est déposé : ses pièces ne se retirent plus.",
            code="already_filed",
            status=409,
        )
    document = application.documents.filter(pk=document_id).first()
    if document is None:  # a colleague was quicker
        return
    files = [stored.file for stored in document.files.all()]
    document.delete()
    transaction.on_commit(lambda: forget_files(files))
    _touch(application, at)


def forget_files(files: Iterable[FieldFile]) -> None:
    """Delete stored bytes, once their rows are gone for good."""
    for file in files:
        file.storage.delete(file.name)


def _lock_open(application_id: int, by: User) -> Application:
    application = lock_application(application_id)
    if not Application.objects.editable_by(by).filter(pk=application.pk).exists():
        raise Refusal("Vous ne pouvez pas modifier ce dossier.", code="not_allowed", status=403)
    if application.review_state not in _OPEN_TO_DOCUMENTS:
        raise Refusal("Ce dossier ne reçoit plus de pièces.", code="closed", status=409)
    return application


def _asked_document(
    application: Application, required_id: int, at: datetime
) -> tuple[ApplicationDocument, str]:
    asked = {a.required.pk: a for a in asked_documents(application)}.get(required_id)
    if asked is None:
        raise Refusal("Cette pièce n’est pas demandée pour ce dossier.", code="unknown")
    document = asked.given
    if document is None:
        document = ApplicationDocument.objects.create(
            application=application,
            required=asked.required,
            label=asked.required.label,
            added_at=at,
        )
    elif not application.is_draft and document.state != FileState.REFUSED:
        raise Refusal("Cette pièce est déjà jointe.", code="already_given", status=409)
    else:
        document.state = FileState.TO_CHECK
        document.added_at = at
        document.save(update_fields=["state", "added_at"])
    return document, asked.required.kind


def _another_document(application: Application, label: str, at: datetime) -> ApplicationDocument:
    if application.documents.filter(required__isnull=True).count() >= MAX_OTHER_DOCUMENTS:
        raise Refusal(
            f"Un dossier reçoit {MAX_OTHER_DOCUMENTS} autres pièces au plus.", code="too_many"
        )
    return ApplicationDocument.objects.create(
        application=application, label=clean_name(label)[:200] or "Autre pièce", added_at=at
    )


def _touch(application: Application, at: datetime) -> None:
    application.updated_at = at
    application.version += 1
    if application.is_draft:
        saved = {**application.saved_sections, Section.DOCUMENTS: at.isoformat()}
        application.saved_sections = saved
    application.save(update_fields=["updated_at", "version", "saved_sections", "documents_due_on"])
