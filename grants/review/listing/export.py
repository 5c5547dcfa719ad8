"""The lists as files: at once when they are short, as a job when a workbook is long."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypedDict

from django.db import transaction
from django.db.models import Max

from config.dates import local_date
from config.errors import Refusal
from config.spreadsheets import MEDIA_TYPES, WRITERS, Workbook
from config.templatetags.fr import number_fr, plural_fr
from foundation.documents.services import store_bytes
from foundation.jobs.registry import Kind, Result, register_kind
from foundation.jobs.services import hold_job, progress, start_job
from grants.applications.models import Application, Redaction
from grants.review.listing.reads import rows_of
from grants.review.listing.saved import clean_query
from grants.review.listing.selection import desk_list
from grants.review.permissions import scores_hidden_from


if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from config.spreadsheets import Value
    from foundation.jobs.models import Job
    from grants.review.listing.desk import DeskList

KIND = "desk-export"
FILE_NAME = "maillage-dossiers"
MOST_ROWS_AT_ONCE = 2000


class Written(TypedDict):
    """The keys of the dossiers of a file, by whether it may tell their scores."""

    shown: list[int]
    hidden: list[int]


def register() -> None:
    """Declare the jobs of the long exports."""
    register_kind(
        Kind(
            slug=KIND,
            label="Export de la liste",
            run=run_export,
            queue="export",
            may_open=lambda user: user.access.is_office,
            may_read_file=may_read_export,
        )
    )


def may_read_export(user: User, job: Job) -> bool:
    """Tell whether its author may still read every dossier of a file as it was written.

    Standing aside from one of them, having one to read without the others' scores, or losing sight
    of one closes the whole file: its rows, its order and its filters told their scores.
    """
    written = job.payload.get("written")
    if written is None:
        return False
    visible = Application.objects.office_visible_to(user)
    if not set(written["hidden"]) <= set(visible.values_list("pk", flat=True)):
        return False
    readable = visible.filter(~scores_hidden_from(user))
    return set(written["shown"]) <= set(readable.values_list("pk", flat=True))


def about(listing: DeskList) -> Workbook:
    """Return what the workbook of a list says of itself."""
    return Workbook(
        f"Dossiers\u00a0: {listing.basket.label}",
        [(tag.label, tag.value) for tag in listing.tags],
        notes=[f"Total proposé\u00a0: {listing.left_out}"] if listing.left_out else [],
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
    count = desk_list(person, kept, on=local_date(at)).count
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


def run_export(job: Job, at: datetime) -> Result:
    """Write the file of a list and hang it on its job; run again, it keeps the one that is there.

    The job remembers the dossiers of its file, those whose scores it tells apart from the others:
    :func:`may_read_export` asks about them at each download.

    Args:
        job: The job.
        at: When its worker took it up.

    Raises:
        Refusal: Its author may no longer read any dossier.
    """
    if job.files.exists():
        return Result(done=job.total)
    listing = desk_list(job.created_by, job.payload["query"], on=local_date(at))
    if not listing.count:
        raise Refusal("Vous ne pouvez plus lire ces dossiers.", code="empty")
    last = Redaction.objects.aggregate(last=Max("pk"))["last"] or 0
    extension = job.payload["extension"]
    written: Written = {"shown": [], "hidden": []}
    with tempfile.TemporaryFile() as file:
        count = WRITERS[extension](
            file, listing.file_columns, _followed(job, listing, written), about(listing)
        )
        file.seek(0)
        content = file.read()
    progress(job, count)
    with transaction.atomic():
        hold_job(job)  # a worker thought dead hangs no second file
        if _masked_since(last, written):
            return Result(finished=False)  # words were masked since they were read
        job.payload = {**job.payload, "written": written}
        job.save(update_fields=["payload"])
        store_bytes(
            owner=job,
            kind=KIND,
            name=f"{FILE_NAME}.{extension}",
            content=content,
            media_type=MEDIA_TYPES[extension],
            at=at,
            by=job.created_by,
        )
    return Result(done=count, text=f"{number_fr(count)} dossier{plural_fr(count)} dans le fichier.")


def _masked_since(last: int, written: Written) -> bool:
    """Tell whether a dossier of a file had a redaction after one of them all."""
    masked = Redaction.objects.filter(pk__gt=last).values_list("application_id", flat=True)
    return not {*written["shown"], *written["hidden"]}.isdisjoint(masked)


def _followed(job: Job, listing: DeskList, written: Written) -> Iterator[tuple[Value, ...]]:
    """Yield the rows of the file, noting which dossiers are in it and how far it is."""
    done = 0
    for found in listing.found_for_file("hides_scores"):
        progress(job, min(done, job.total))
        for pk, is_hidden in zip(found["pk"], found["hides_scores"], strict=True):
            written["hidden" if is_hidden else "shown"].append(pk)
        yield from rows_of(listing.file_columns, found)
        done += len(found["pk"])
