"""The blank files that a sheet gives to download, one for each document asked at most."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.files import File
from django.db import transaction

from foundation.documents.models import StoredFile
from foundation.documents.services import store_upload
from grants.calls.models import TEMPLATE, RequiredDocument
from grants.calls.permissions import check_may_manage
from grants.calls.services.sheets import lock_draft


if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def set_template(*, document_id: int, upload: File, by: User, at: datetime) -> StoredFile:
    """Give a document of a draft sheet its blank file; the former one goes.

    Raises:
        Refusal: ``forbidden`` (403), ``frozen`` (409), or what ``store_upload`` refuses.
    """
    document = _document_of_a_draft(document_id, by)
    former = list(document.files.filter(kind=TEMPLATE))
    stored = store_upload(owner=document, kind=TEMPLATE, upload=upload, by=by, at=at)
    _forget(former)
    return stored


@transaction.atomic
def remove_template(*, document_id: int, by: User) -> None:
    """Take the blank file of a document of a draft sheet away.

    Raises:
        Refusal: ``forbidden`` (403) or ``frozen`` (409).
    """
    document = _document_of_a_draft(document_id, by)
    _forget(list(document.files.filter(kind=TEMPLATE)))


def _document_of_a_draft(document_id: int, by: User) -> RequiredDocument:
    check_may_manage(by)
    document = RequiredDocument.objects.get(pk=document_id)
    lock_draft(document.sheet_id)
    return document


def _forget(files: list[StoredFile]) -> None:
    for stored in files:
        stored.delete()

    def forget_bytes() -> None:
        for stored in files:
            stored.file.storage.delete(stored.file.name)

    transaction.on_commit(forget_bytes)
