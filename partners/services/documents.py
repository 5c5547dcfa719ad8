"""Keep a body's documents, once for all its requests."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.files import File
from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.text import clean_name
from foundation.documents.services import store_upload
from foundation.jobs.services import keep_result, take_key
from partners.enums import DocumentKind, DocumentState
from partners.models import Organisation, OrganisationDocument
from partners.permissions import may_fill
from partners.services.locks import lock_body
from partners.store_messages import queue_document_refused


if TYPE_CHECKING:
    from accounts.models import User

#: Given and checked with what they prove: a person's right to sign, an account.
KEPT_ELSEWHERE = frozenset({DocumentKind.MANDATE, DocumentKind.BANK_PROOF})


@transaction.atomic
def add_document(
    *,
    organisation_id: int,
    kind: str,
    label: str,
    upload: File,
    by: User,
    at: datetime,
    issued_on: date | None = None,
    valid_until: date | None = None,
    request_key: UUID | None = None,
    result_url: str = "",
) -> OrganisationDocument:
    """Put a document in a body's store, to be checked by the office.

    Args:
        organisation_id: The body.
        kind: One of :class:`partners.enums.DocumentKind`.
        label: Its title; that of its kind when empty.
        upload: The file.
        by: Somebody who manages the body or fills its requests, or the office.
        at: Now.
        issued_on: Its date, not to come.
        valid_until: Last day it may be used.
        request_key: One-time key of the form.
        result_url: Where a second sending of the form is led.

    Raises:
        Refusal: ``forbidden`` (403), ``merged`` (409), ``kept_elsewhere``, ``dates``, those of
            :func:`foundation.documents.services.store_upload` and of
            :func:`foundation.jobs.services.take_key`.
    """
    used = request_key and take_key(key=request_key, by=by, purpose="body-document", at=at)
    organisation = lock_body(organisation_id)
    _require_filler(by, organisation)
    _require_of_the_store(kind)
    document = _add(
        OrganisationDocument(
            organisation=organisation,
            kind=kind,
            label=label,
            issued_on=issued_on,
            valid_until=valid_until,
        ),
        upload,
        by=by,
        at=at,
    )
    if used:
        keep_result(used, result_url)
    return document


@transaction.atomic
def replace_document(
    *,
    document_id: int,
    label: str,
    upload: File,
    by: User,
    at: datetime,
    issued_on: date | None = None,
    valid_until: date | None = None,
) -> OrganisationDocument:
    """Put a newer file in the place of a document: a new row, the former one is kept as ended.

    What dossiers took from the former one stays with them.

    Raises:
        Refusal: ``forbidden`` (403), ``ended`` or ``merged`` (409), ``kept_elsewhere``, ``dates``,
            those of
            :func:`foundation.documents.services.store_upload`.
    """
    former = _current(document_id, by)
    former.ended_at = at
    former.save(update_fields=["ended_at"])
    return _add(
        OrganisationDocument(
            organisation=former.organisation,
            kind=former.kind,
            label=label or former.label,
            issued_on=issued_on,
            valid_until=valid_until,
        ),
        upload,
        by=by,
        at=at,
    )


@transaction.atomic
def remove_document(*, document_id: int, by: User, at: datetime) -> OrganisationDocument:
    """Take a document out of the store; it stays listed among the former ones.

    Raises:
        Refusal: ``forbidden`` (403), ``ended`` or ``merged`` (409), ``kept_elsewhere``.
    """
    document = _current(document_id, by)
    document.ended_at = at
    document.save(update_fields=["ended_at"])
    return document


@transaction.atomic
def accept_document(
    *, document_id: int, by: User, at: datetime, seen: str = DocumentState.TO_CHECK
) -> OrganisationDocument:
    """Note that the office accepts a document.

    Args:
        document_id: A document kept now.
        by: A case officer or the unit head.
        at: Now.
        seen: Its state on the page where they decided: somebody else may have decided since.

    Raises:
        Refusal: ``forbidden`` (403), ``ended``, ``merged`` or ``already_decided`` (409),
            ``kept_elsewhere``.
    """
    document = _to_decide(document_id, by, seen)
    document.refusal_reason = ""
    return _decide(document, DocumentState.ACCEPTED, by=by, at=at)


@transaction.atomic
def refuse_document(
    *, document_id: int, reason: str, by: User, at: datetime, seen: str = DocumentState.TO_CHECK
) -> OrganisationDocument:
    """Refuse a document, with a reason that the body's managers receive by e-mail.

    Args:
        document_id: A document kept now.
        reason: Ready to be read by the body.
        by: A case officer or the unit head.
        at: Now.
        seen: Its state on the page where they decided.

    Raises:
        Refusal: ``forbidden`` (403), ``no_reason``, ``ended``, ``merged`` or ``already_decided``
            (409), ``kept_elsewhere``.
    """
    reason = clean_name(reason)
    if not reason:
        raise Refusal("Dites pourquoi ce document est refusé.", code="no_reason")
    document = _to_decide(document_id, by, seen)
    document.refusal_reason = reason
    _decide(document, DocumentState.REFUSED, by=by, at=at)
    queue_document_refused(document, at=at)
    return document


def _add(
    document: OrganisationDocument, upload: File, *, by: User, at: datetime
) -> OrganisationDocument:
    document.label = clean_name(document.label) or document.get_kind_display()
    document.added_at, document.added_by = at, by
    if document.issued_on and document.issued_on > local_date(at):
        raise Refusal("Un document ne peut pas être daté d’un jour à venir.", code="dates")
    if document.issued_on and document.valid_until and document.valid_until < document.issued_on:
        raise Refusal("La fin de validité vient avant la date du document.", code="dates")
    document.full_clean()
    document.save()
    store_upload(owner=document, kind=document.kind, upload=upload, by=by, at=at)
    return document


def _decide(
    document: OrganisationDocument, state: str, *, by: User, at: datetime
) -> OrganisationDocument:
    document.state = state
    document.checked_at = at
    document.checked_by = by
    document.full_clean()
    document.save()
    return document


def _to_decide(document_id: int, by: User, seen: str) -> OrganisationDocument:
    if not by.access.is_desk:
        raise Refusal(
            "Un document se vérifie par le service instructeur.", code="forbidden", status=403
        )
    document = _row(document_id)
    _require_kept(document)
    if document.state != seen:
        raise Refusal(
            f"Quelqu’un a déjà répondu\u00a0: {document.get_state_display().lower()}.",
            code="already_decided",
            status=409,
        )
    return document


def _current(document_id: int, by: User) -> OrganisationDocument:
    document = _row(document_id)
    _require_filler(by, document.organisation)
    _require_kept(document)
    return document


def _row(document_id: int) -> OrganisationDocument:
    """Lock the body of a document, then read it: a merge may have moved it meanwhile."""
    rows = OrganisationDocument.objects.all()
    organisation = lock_body(rows.values_list("organisation_id", flat=True).get(pk=document_id))
    document = rows.get(pk=document_id)
    document.organisation = organisation
    _require_of_the_store(document.kind)
    return document


def _require_filler(by: User, organisation: Organisation) -> None:
    if not may_fill(by, organisation):
        raise Refusal(
            "Vos droits ne permettent pas de changer les documents de cette organisation.",
            code="forbidden",
            status=403,
        )


def _require_of_the_store(kind: str) -> None:
    if kind in KEPT_ELSEWHERE:
        raise Refusal(
            "Un mandat se donne et se vérifie depuis la page de la personne qui signe, un RIB avec "
            "les coordonnées bancaires.",
            code="kept_elsewhere",
        )


def _require_kept(document: OrganisationDocument) -> None:
    if document.ended_at is not None:
        raise Refusal("Ce document a été remplacé ou retiré entre-temps.", code="ended", status=409)
