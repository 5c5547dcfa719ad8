"""The lists as files: at once when they are short, as a job when a workbook is long."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from config.errors import Refusal
from config.spreadsheets import MEDIA_TYPES, WRITERS, Workbook
from config.templatetags.fr import number_fr, plural_fr
from foundation.documents.services import store_bytes
from foundation.jobs.registry import Kind, Result, register_kind
from foundation.jobs.services import progress, start_job
from grants.review.listing.saved import clean_query
from grants.review.listing.selection import desk_list


if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from config.spreadsheets import Value
    from foundation.jobs.models import Job
    from grants.review.listing.desk import DeskList

KIND = "desk-export"
FILE_NAME = "maillage-dossiers"
MOST_ROWS_AT_ONCE = 2000
STEP = 2000  # rows between two signs of life


def register() -> None:
    """Declare the jobs of the long exports."""
    register_kind(
        Kind(
            slug=KIND,
            label="Export de la liste",
            run=run_export,
            queue="export",
            may_open=lambda user: user.access.is_office,
        )
    )


def about(listing: DeskList) -> Workbook:
    """Return what the workbook of a list says of itself."""
    return Workbook(
        f"Dossiers\u00a0: {listing.basket.label}",
        [(tag.label, tag.value) for tag in listing.tags],
    )


@transaction.atomic
def start_export(*, person: User, query: str, extension: str, at: datetime) -> Job:
    """Ask for the file of a list; the same one is prepared once at a time for a person.

    Args:
        person: Who asks: the file holds what they may see when it is written.
        query: Of the list.
        extension: ``xlsx`` or ``ods``.
        at: Now.

    Raises:
        Refusal: Nothing to write (``empty``), or already running (``already_running``, 409).
    """
    kept = clean_query(query)
    count = desk_list(person, kept).count
    if not count:
        raise Refusal("La liste est vide\u00a0: il n’y a rien à exporter.", code="empty")
    digest = hashlib.sha256(kept.encode()).hexdigest()[:16]
    return start_job(
        kind=KIND,
        label=f"Export {extension.upper()}\u00a0: {number_fr(count)} dossier{plural_fr(count)}",
        scope=f"{person.pk}-{extension}-{digest}",
        payload={"query": kept, "extension": extension},
        total=count,
        by=person,
        at=at,
    )


def run_export(job: Job) -> Result:
    """Write the file of a list and hang it on its job; run again, it keeps the one that is there.

    Raises:
        Refusal: Its author may no longer read any dossier.
    """
    if job.files.exists():
        return Result(done=job.total)
    listing = desk_list(job.created_by, job.payload["query"])
    if not listing.count:
        raise Refusal("Vous ne pouvez plus lire ces dossiers.", code="empty")
    extension = job.payload["extension"]
    with tempfile.TemporaryFile() as file:
        count = WRITERS[extension](
            file, listing.file_columns, _followed(job, listing.file_rows()), about(listing)
        )
        file.seek(0)
        content = file.read()
    store_bytes(
        owner=job,
        kind=KIND,
        name=f"{FILE_NAME}.{extension}",
        content=content,
        media_type=MEDIA_TYPES[extension],
        at=timezone.now(),
        by=job.created_by,
    )
    return Result(done=count, text=f"{number_fr(count)} dossier{plural_fr(count)} dans le fichier.")


def _followed(job: Job, rows: Iterable[list[Value]]) -> Iterator[list[Value]]:
    for count, row in enumerate(rows):
        if count % STEP == 0:
            progress(job, min(count, job.total))
        yield row
