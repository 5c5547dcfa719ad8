"""Keep files: those that people send and those that the portal makes."""

from __future__ import annotations

import hashlib
import logging
import re
import weakref
from datetime import datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from django.core.files import File
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import Model, QuerySet

from config.celery import app as celery
from config.errors import Refusal
from foundation.documents import antivirus, hooks
from foundation.documents.checks import check_upload
from foundation.documents.enums import ScanState
from foundation.documents.models import StoredFile
from foundation.documents.names import clean_file_name


if TYPE_CHECKING:
    from accounts.models import User

log = logging.getLogger(__name__)
SCAN_TASK = "foundation.documents.tasks.scan_file_task"
WAITING = (ScanState.PENDING, ScanState.NOT_SCANNED)
LOST_AFTER = timedelta(hours=1)  # no transaction lives that long
# The names that ``storage_path`` gives: nothing else in the folder is ours to delete.
_FOLDER, _NAME = re.compile("[0-9a-f]{2}"), re.compile("[0-9a-f]{32}")


@transaction.atomic
def store_upload(
    *,
    owner: Model,
    kind: str,
    upload: File,
    by: User,
    at: datetime,
    only: frozenset[str] | None = None,
) -> StoredFile:
    """Check a file sent by a person and attach it to a row.

    An antivirus that is away does not block: the file waits in quarantine, where nobody can
    download it, until the scanner answers.

    Args:
        owner: The saved row it hangs on.
        kind: Slug of its nature, for the owner.
        upload: As received by Django.
        by: Who sent it.
        at: When.
        only: Extensions accepted here, when fewer than everywhere.

    Raises:
        Refusal: When the file is refused; see :func:`foundation.documents.checks.check_upload`.
    """
    checked = check_upload(upload, upload.name or "", only=only)
    state = ScanState.PENDING if antivirus.is_configured() else ScanState.NOT_SCANNED
    stored = _store(
        StoredFile(
            owner=owner,
            kind=kind,
            original_name=checked.name,
            media_type=checked.media_type,
            scan_state=state,
            uploaded_by=by,
            uploaded_at=at,
        ),
        upload,
    )
    if state == ScanState.PENDING:
        _ask_scanner(stored)
    return stored


@transaction.atomic
def store_bytes(
    *,
    owner: Model,
    kind: str,
    name: str,
    content: bytes,
    media_type: str,
    at: datetime,
    by: User | None = None,
) -> StoredFile:
    """Attach a file that the portal made itself (a letter, an export) to a row."""
    stored = StoredFile(
        owner=owner,
        kind=kind,
        original_name=clean_file_name(name),
        media_type=media_type,
        scan_state=ScanState.NOT_SCANNED,
        uploaded_by=by,
        uploaded_at=at,
    )
    return _store(stored, BytesIO(content))


@transaction.atomic
def copy_file(
    *, stored: StoredFile, owner: Model, kind: str, by: User | None, at: datetime
) -> StoredFile:
    """Attach a file that is already kept to another row: its own bytes, under its name.

    What the antivirus said of the bytes holds for the copy; a file that still waits for its
    answer is asked about again.

    Args:
        stored: The file to copy.
        owner: The saved row the copy hangs on.
        kind: Slug of its nature, for that owner.
        by: Who copies it.
        at: When.

    Raises:
        Refusal: ``infected`` for a file that the antivirus refused, ``lost`` when its bytes are
            gone.
    """
    if stored.scan_state == ScanState.INFECTED:
        raise Refusal(
            "L’antivirus a refusé ce fichier\u00a0: il ne se réutilise pas.", code="infected"
        )
    copy = StoredFile(
        owner=owner,
        kind=kind,
        original_name=stored.original_name,
        media_type=stored.media_type,
        scan_state=stored.scan_state,
        issued_on=stored.issued_on,
        valid_until=stored.valid_until,
        uploaded_by=by,
        uploaded_at=at,
    )
    try:
        with stored.file.open("rb") as content:
            copy = _store(copy, content)
    except FileNotFoundError:
        raise Refusal("Ce fichier n’est plus disponible.", code="lost", status=409) from None
    if copy.scan_state == ScanState.PENDING:
        _ask_scanner(copy)
    return copy


def _ask_scanner(stored: StoredFile) -> None:

    def ask() -> None:  # a function: Django cannot name a ``partial`` that fails
        # By name: the task's module imports this one.
        celery.send_task(SCAN_TASK, args=[stored.pk])

    transaction.on_commit(ask, robust=True)


def _store(stored: StoredFile, content: BinaryIO) -> StoredFile:
    digest = hashlib.sha256()
    size = 0
    content.seek(0)
    while chunk := content.read(64 * 1024):
        digest.update(chunk)
        size += len(chunk)
    content.seek(0)
    stored.sha256, stored.size = digest.hexdigest(), size
    stored.file.save("", File(content, name=""), save=False)
    # Only the transaction holds the token: a rollback drops it, and the file with it.
    transaction.on_commit(_Written(stored.file.storage, stored.file.name).keep)
    stored.full_clean(exclude=["file"], validate_unique=False, validate_constraints=False)
    stored.save()
    return stored


class _Written:
    """A file on disk that has no row until the transaction commits.

    Django tells when a transaction commits, not when it is rolled back; but it forgets the
    functions that were waiting for the commit. When this object is forgotten, unkept, the file
    goes.
    """

    def __init__(self, storage: Storage, name: str) -> None:
        self._forget = weakref.finalize(self, _delete_quietly, storage, name)

    def keep(self) -> None:
        self._forget.detach()


def _delete_quietly(storage: Storage, name: str) -> None:
    try:
        storage.delete(name)
    except OSError:
        log.warning("could not delete %s after a rollback", name)


def delete_lost_files(*, at: datetime) -> int:
    """Delete the bytes that no row knows any more; return how many files went.

    A process killed between a file and the commit of its row, or between the deletion of a row
    and that of its file, leaves bytes that nobody can reach, personal data among them. Those
    younger than an hour are left alone: the transaction that writes them may still commit.

    Args:
        at: Now.
    """
    storage = StoredFile._meta.get_field("file").storage
    folders, _ = storage.listdir("") if storage.exists("") else ([], [])
    return sum(
        _delete_lost_files_of(storage, folder, before=at - LOST_AFTER)
        for folder in folders
        if _FOLDER.fullmatch(folder)
    )


def _delete_lost_files_of(storage: Storage, folder: str, *, before: datetime) -> int:
    names = {f"{folder}/{name}" for name in storage.listdir(folder)[1] if _NAME.fullmatch(name)}
    old = {name for name in names if storage.get_modified_time(name) < before}
    lost = old - set(StoredFile.objects.filter(file__in=old).values_list("file", flat=True))
    for name in lost:
        _delete_quietly(storage, name)
    return len(lost)


def scan_file(*, stored_file_id: int, at: datetime) -> ScanState:
    """Ask the antivirus about a waiting file and keep its answer.

    The scanner is asked outside any transaction; the answer is written only if nobody wrote one
    meanwhile. What follows an infection (a mail, a document to give again) is written with it.

    Args:
        stored_file_id: The file.
        at: Now.

    Raises:
        ScannerDownError: If it does not answer; the file stays in quarantine.
    """
    stored = StoredFile.objects.get(pk=stored_file_id)
    if stored.scan_state not in WAITING:
        return ScanState(stored.scan_state)
    with stored.file.open("rb") as content:
        state = antivirus.scan(content)
    with transaction.atomic():
        for lock in hooks.before_infected if state == ScanState.INFECTED else ():
            lock(stored=stored)
        waiting = StoredFile.objects.filter(pk=stored.pk, scan_state__in=WAITING)
        if waiting.update(scan_state=state) and state == ScanState.INFECTED:
            stored.scan_state = state
            for hook in hooks.on_infected:
                hook(stored=stored, at=at)
    return state


def waiting_files() -> QuerySet[StoredFile]:
    """Return the files of people that the antivirus has still to see, the quarantined first.

    Those sent before there was an antivirus come after.
    """
    given = StoredFile.objects.filter(uploaded_by__isnull=False)
    if not antivirus.is_configured():
        return given.filter(scan_state=ScanState.PENDING).order_by("pk")
    return given.filter(scan_state__in=WAITING).order_by("-scan_state", "pk")
