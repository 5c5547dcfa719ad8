"""A redaction reaches long work too: what waits to be done, what a job says, the files it made.

A batch holds what was typed for it (a message, a question, a reason) until it is done, and for a
while when some of its dossiers could not be. A file of dossiers is a copy of what they said.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import OperationalError, transaction
from django.db.models import Q

from config.errors import Refusal
from foundation.documents.models import StoredFile
from foundation.jobs.models import Job
from grants.applications import hooks
from grants.applications.redactable import Trace, excerpts
from grants.applications.services.documents import forget_files
from grants.review.batches import sheets
from grants.review.batches.registry import BATCH, act_named
from grants.review.listing import export


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from grants.applications.masking import Words
    from grants.applications.models import Application

WITH_FILES = (sheets.KIND, export.KIND)
FILE_GONE = (
    "Le fichier est retiré\u00a0: des mots d’un de ses dossiers ont été masqués depuis. "
    "Demandez-le de nouveau."
)


def register() -> None:
    """Declare what a redaction locks before a dossier, looks at and masks."""
    if find_words not in hooks.finders:
        hooks.before_redaction.append(lock_jobs)
        hooks.finders.append(find_words)
        hooks.on_redacted.append(mask_words)


def jobs_about(key: int) -> QuerySet[Job]:
    """Return the jobs that act on a dossier, acted on it, or hold it in a file."""
    about = Q(payload__dossiers__has_key=str(key)) | Q(result__lines__contains=[{"key": key}])
    about |= Q(payload__written__contains=[key])
    about |= Q(payload__written__shown__contains=[key])
    about |= Q(payload__written__hidden__contains=[key])
    return Job.objects.filter(about, kind__in=(BATCH, *WITH_FILES)).order_by("pk")


def lock_jobs(*, application_id: int) -> None:
    """Wait for the line that a worker is writing, before the dossier is locked.

    A batch locks its job, then a dossier: whoever locks both does it in that order.
    """
    list(jobs_about(application_id).select_for_update(no_key=True).values_list("pk"))


def find_words(application: Application, words: Words) -> list[Trace]:
    """Return the jobs that hold words, in what was typed for them or in their lines."""
    traces = []
    for job in jobs_about(application.pk):
        texts = [text for value in _texts(job) for text in words.texts_of(f"{value}\u00a0")]
        if texts:
            traces.append(
                Trace(
                    place=f"Travail «\u00a0{job.label}\u00a0»",
                    count=sum(map(words.count, texts)),
                    excerpts=excerpts(words, texts),
                    is_office_only=True,
                )
            )
    return traces


def mask_words(*, application: Application, words: Words, at: datetime) -> None:
    """Mask words in the jobs about a dossier, those going on too, and withdraw its copies.

    A running batch reads its row again under its lock before each dossier: what is left to do is
    done with the words masked.

    Raises:
        Refusal: ``busy`` (409): a job that began meanwhile is at this dossier.
    """
    try:
        with transaction.atomic():
            jobs = list(jobs_about(application.pk).select_for_update(no_key=True, nowait=True))
    except OperationalError:
        raise Refusal(
            "Un travail vient de commencer sur ce dossier\u00a0: réessayez dans quelques secondes.",
            code="busy",
            status=409,
        ) from None
    for job in jobs:
        _mask(job, words)
        if job.kind in WITH_FILES:
            _withdraw_files(job)
        job.save(update_fields=["payload", "result", "error"])


def _texts(job: Job) -> Iterator[str]:
    """Yield what people may have typed, in a job."""
    yield from _typed(job.payload.get("values", {}), _codes(job))
    for planned in job.payload.get("dossiers", {}).values():
        yield from _typed(planned[1] if planned else {}, _codes(job))
    yield from (line["text"] for line in job.lines)
    yield job.error


def _codes(job: Job) -> frozenset[str]:
    act = act_named(job.payload.get("act", ""))
    return act.codes if act is not None else frozenset()


def _typed(values: dict[str, Any], codes: frozenset[str]) -> Iterator[str]:
    for name, value in values.items():
        if name not in codes:
            yield from _strings(value)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


def _mask(job: Job, words: Words) -> None:
    codes = _codes(job)
    payload = dict(job.payload)
    if "values" in payload:
        payload["values"] = _masked_values(payload["values"], codes, words)
    if "dossiers" in payload:
        payload["dossiers"] = {
            key: planned and [planned[0], _masked_values(planned[1], codes, words)]
            for key, planned in payload["dossiers"].items()
        }
    job.payload = payload
    if job.lines:
        lines = [{**line, "text": words.mask(line["text"])} for line in job.lines]
        job.result = {**job.result, "lines": lines}
    job.error = words.mask(job.error)


def _masked_values(values: dict[str, Any], codes: frozenset[str], words: Words) -> dict[str, Any]:
    return {
        name: value if name in codes else _masked(value, words) for name, value in values.items()
    }


def _masked(value: Any, words: Words) -> Any:
    if isinstance(value, list):
        return [_masked(one, words) for one in value]
    if isinstance(value, str) and words.spans(value) and _is_address(value):
        return ""  # half an address is none
    return words.mask_json(value)


def _is_address(value: str) -> bool:
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True


def _withdraw_files(job: Job) -> None:
    kind = ContentType.objects.get_for_model(Job)
    files = list(StoredFile.objects.filter(content_type=kind, object_id=job.pk))
    if not files:
        return
    for stored in files:
        stored.delete()
    transaction.on_commit(partial(forget_files, [stored.file for stored in files]))
    if job.is_over:
        job.payload = {}
        job.result = {**job.result, "text": FILE_GONE}
    else:  # its worker finds that the first file is to be written again
        made = {"parts", "written"}
        job.payload = {name: value for name, value in job.payload.items() if name not in made}
        job.result = {}
