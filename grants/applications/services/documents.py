"""Give, replace and take away the documents of a dossier."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models.fields.files import FieldFile

from config.dates import local_date
from config.errors import Refusal
from config.text import clean_name
from foundation.documents.enums import FileState
from foundation.documents.models import StoredFile
from foundation.documents.services import copy_file, store_upload
from foundation.parameters.selectors import days_on
from grants.applications.enums import CorrectionState, ReviewState, Section
from grants.applications.events import append_event
from grants.applications.models import Application, ApplicationDocument
from grants.applications.selectors import asked_documents, awaits_documents
from grants.applications.services.moves import lock_application
from grants.applications.silence import OTHER_LABEL, end_of_wait
from grants.applications.store import bank_in_force, kind_in_store, may_be_kept, store_offers
from grants.calls.models import RequiredDocument
from partners.enums import BankState, DocumentKind, DocumentState
from partners.models import BankDetails, OrganisationDocument
from partners.selectors import valid_documents


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
    _after_joining(application, document, replaced, by=by, at=at)
    return document


def _after_joining(
    application: Application,
    document: ApplicationDocument,
    replaced: list[StoredFile],
    *,
    by: User,
    at: datetime,
) -> None:
    """Drop what the file replaces in a draft; once filed, write it in the history."""
    if application.is_draft:
        for stored in replaced:
            stored.delete()
        transaction.on_commit(lambda: forget_files([stored.file for stored in replaced]))
    ended = {} if application.is_draft else _end_wait(application)
    _touch(application, at)
    if not application.is_draft:
        append_event(
            application=application,
            kind="document_added",
            actor=by,
            at=at,
            # What people typed stays out of the proofs: it may have to be masked one day.
            data={"label": document.required.label if document.required else OTHER_LABEL, **ended},
            visible_to_applicant=True,
        )


@transaction.atomic
def reuse_document(
    *, application_id: int, required_id: int, source_id: int, by: User, at: datetime
) -> ApplicationDocument:
    """Join a document of the body's own store: the file is copied, so that the dossier keeps it.

    What the office said of it there holds here.

    Args:
        application_id: The dossier.
        required_id: The document that its sheet asks.
        source_id: The document of the body, of a kind that answers what is asked.
        by: Who joins it.
        at: Now: it must be valid that day.

    Raises:
        Refusal: ``not_allowed`` (403), ``closed`` (409), ``unknown``, ``not_valid`` (409),
            ``already_given`` (409).
    """
    application = _lock_open(application_id, by)
    source = valid_documents(application.organisation, local_date(at)).filter(pk=source_id).first()
    if source is None or source.file is None:
        raise Refusal(
            "Ce document de l’organisation n’est plus valable\u00a0: choisissez un fichier.",
            code="not_valid",
            status=409,
        )
    required = RequiredDocument.objects.filter(pk=required_id, sheet=application.sheet_id).first()
    if (
        required is None
        or source.kind == DocumentKind.BANK_PROOF  # reuse_bank_proof asks who may read it
        or kind_in_store(required.kind) != source.kind
    ):
        raise Refusal("Ce document ne répond pas à cette pièce.", code="unknown")
    document, kind = _asked_document(application, required_id, at)
    return _join_copy(application, document, source, kind, by=by, at=at)


@transaction.atomic
def reuse_bank_proof(
    *, application_id: int, required_id: int, by: User, at: datetime
) -> ApplicationDocument:
    """Join the proof of the body's bank details, for somebody who may read them.

    Raises:
        Refusal: ``not_allowed`` (403), ``closed`` (409), ``unknown``, ``not_valid`` (409),
            ``already_given`` (409).
    """
    application = _lock_open(application_id, by)
    bank = bank_in_force(application.organisation, by)
    if bank is None:
        raise Refusal(
            "Aucun relevé n’est joint aux coordonnées bancaires\u00a0: choisissez un fichier.",
            code="not_valid",
            status=409,
        )
    required = RequiredDocument.objects.filter(pk=required_id, sheet=application.sheet_id).first()
    if required is None or kind_in_store(required.kind) != DocumentKind.BANK_PROOF:
        raise Refusal("Ce document ne répond pas à cette pièce.", code="unknown")
    document, kind = _asked_document(application, required_id, at)
    return _join_copy(application, document, bank, kind, by=by, at=at)


def attach_valid_documents(
    *, application: Application, by: User, at: datetime
) -> list[ApplicationDocument]:
    """Join to a new draft what the body keeps and its sheet asks; the caller holds the lock.

    A file that cannot be copied is left to be chosen by hand: it stops nothing, and nothing is
    raised.

    Args:
        application: The draft, under lock.
        by: Who begins it; what they may not read is not joined.
        at: Now.
    """
    joined = []
    for offer in store_offers(application, on=local_date(at), by=by).values():
        kept = offer.source or offer.bank
        if not offer.joins_itself or kept is None or offer.asked.given:
            continue
        with suppress(Refusal), transaction.atomic():
            document, kind = _asked_document(application, offer.asked.required.pk, at)
            joined.append(_join_copy(application, document, kept, kind, by=by, at=at))
    return joined


def _join_copy(
    application: Application,
    document: ApplicationDocument,
    kept: OrganisationDocument | BankDetails,
    kind: str,
    *,
    by: User,
    at: datetime,
) -> ApplicationDocument:
    """Copy a file of the body, with what the office said of it there."""
    replaced = list(document.files.all())
    document.source = kept if isinstance(kept, OrganisationDocument) else None
    accepted = kept.state in {DocumentState.ACCEPTED, BankState.CHECKED}
    document.state = FileState.ACCEPTED if accepted else FileState.TO_CHECK
    document.refusal_reason = ""
    document.save(update_fields=["source", "state", "refusal_reason"])
    copy_file(stored=kept.file, owner=document, kind=kind, by=by, at=at)
    _after_joining(application, document, replaced, by=by, at=at)
    return document


@transaction.atomic
def keep_document(
    *, application_id: int, document_id: int, valid_until: date | None, by: User, at: datetime
) -> OrganisationDocument:
    """Put a document of a dossier in the body's store, for its next requests.

    Args:
        application_id: The dossier.
        document_id: One of its documents, of a kind that the store knows.
        valid_until: Last day it may be used; ``None`` when it has no end.
        by: Who keeps it, with the right to edit the body's dossiers.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` (403), ``unknown`` (404), ``already_kept`` (409), ``refused``,
            ``dates``.
    """
    application = lock_application(application_id)
    if not Application.objects.editable_by(by).filter(pk=application.pk).exists():
        raise Refusal("Vous ne pouvez pas modifier ce dossier.", code="not_allowed", status=403)
    document = application.documents.select_related("required").filter(pk=document_id).first()
    asked = document.required.kind if document and document.required else ""
    if document is None or document.file is None or not may_be_kept(asked):
        raise Refusal("Ce document ne se garde pas.", code="unknown", status=404)
    if document.source_id is not None:
        raise Refusal("Ce document est déjà gardé.", code="already_kept", status=409)
    if document.state == FileState.REFUSED:
        raise Refusal("Ce document a été refusé\u00a0: il ne se garde pas.", code="refused")
    if valid_until is not None and valid_until < local_date(at):
        raise Refusal("Cette date de fin de validité est déjà passée.", code="dates")
    kind = kind_in_store(asked)
    source = OrganisationDocument(
        organisation=application.organisation,
        kind=kind,
        label=document.label,
        valid_until=valid_until,
        state=DocumentState(document.state),
        added_at=at,
        added_by=by,
    )
    source.full_clean()
    source.save()
    copy_file(stored=document.file, owner=source, kind=kind, by=by, at=at)
    document.source = source
    document.save(update_fields=["source"])
    return source


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


def ask_again(application: Application, *, at: datetime) -> None:
    """Give the applicant the usual delay to send a compulsory document that was just refused.

    A delay that already runs is left as it is; a dossier that takes no document any more waits for
    none.

    Args:
        application: A filed dossier, locked.
        at: Now: the delay (parameter ``documents.days``) runs from this day.
    """
    if application.documents_due_on is not None:
        return
    if application.review_state not in _OPEN_TO_DOCUMENTS or not awaits_documents(application):
        return
    today = local_date(at)
    application.documents_due_on = today + timedelta(days=days_on("documents.days", today))
    application.documents_asked_at = at
    application.save(update_fields=["documents_due_on", "documents_asked_at"])


def stop_asking(application: Application) -> dict[str, str]:
    """Stop waiting for documents when the office accepts the last one it had refused.

    Args:
        application: A filed dossier, locked.

    Returns:
        What the event that tells of it must say; nothing when the wait goes on, or none runs.
    """
    ended = _end_wait(application)
    if ended:
        application.save(update_fields=["documents_due_on"])
    return ended


def _end_wait(application: Application) -> dict[str, str]:
    """Wait for nothing once nothing is awaited; return what the event must say of it."""
    if application.documents_due_on is None or awaits_documents(application):
        return {}
    ended = end_of_wait(application)
    application.documents_due_on = None
    return ended


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
    elif not (
        application.is_draft
        or document.state == FileState.REFUSED
        or _is_asked_again(application, required_id)
    ):
        raise Refusal("Cette pièce est déjà jointe.", code="already_given", status=409)
    else:
        document.state = FileState.TO_CHECK
        document.source = None
        document.added_at = at
        document.refusal_reason, document.redacted_at = "", None
        document.save(
            update_fields=["state", "source", "added_at", "refusal_reason", "redacted_at"]
        )
    return document, asked.required.kind


def _is_asked_again(application: Application, required_id: int) -> bool:
    """Tell whether a correction request names this document: another file may replace it."""
    return application.corrections.filter(
        state=CorrectionState.OPEN, fields__contains=[f"pieces.{required_id}"]
    ).exists()


def _another_document(application: Application, label: str, at: datetime) -> ApplicationDocument:
    if application.documents.filter(required__isnull=True).count() >= MAX_OTHER_DOCUMENTS:
        raise Refusal(
            f"Un dossier reçoit {MAX_OTHER_DOCUMENTS} autres pièces au plus.", code="too_many"
        )
    return ApplicationDocument.objects.create(
        application=application, label=clean_name(label)[:200] or OTHER_LABEL, added_at=at
    )


def _touch(application: Application, at: datetime) -> None:
    application.updated_at = at
    application.version += 1
    if application.is_draft:
        saved = {**application.saved_sections, Section.DOCUMENTS: at.isoformat()}
        application.saved_sections = saved
    application.save(update_fields=["updated_at", "version", "saved_sections", "documents_due_on"])
