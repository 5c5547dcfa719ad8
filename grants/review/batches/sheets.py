"""« Fiches de synthèse » of many dossiers: one PDF for the committee, made by a job."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import User
from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import number_fr, plural_fr
from foundation.documents.services import store_bytes
from foundation.jobs.registry import Kind, Line as JobLine, Result, register_kind
from foundation.jobs.services import hold_job, progress
from foundation.parameters.selectors import value_on
from grants.applications.enums import ReviewState
from grants.applications.models import Application, Redaction
from grants.review.batches.registry import BatchAct, Line, Values, act_named, register_act
from grants.review.batches.running import labels, require_act
from grants.review.batches.selection import ASIDE, Choice, batch_rows, state_words
from grants.review.enums import TO_INSTRUCT
from grants.review.permissions import scores_hidden_from
from grants.review.summary_book import book_pdf, read_sheets


if TYPE_CHECKING:
    from foundation.jobs.models import Job

SLUG, KIND = "fiches", "summary-sheets"
MOST = "summary_sheets.per_file"
MEDIA_TYPE = "application/pdf"
SIGN_SECONDS = 20  # between two signs of life: a lease lasts 120
#: Their instruction is concluded: what the sheet says is what goes to the committee.
CONCLUDED = (
    ReviewState.EVALUATED,
    ReviewState.PROPOSED,
    ReviewState.AWARDED,
    ReviewState.REJECTED,
    ReviewState.DEFERRED,
)
BLIND = "Votre lecture n’est pas définitive\u00a0: ce qu’ont écrit les autres vous reste caché."
NO_MORE = "Vous ne pouvez plus ouvrir ce dossier."
TITLE = "Dossiers choisis"


# --- Before ---------------------------------------------------------------------------------------
def preflight(
    applications: Sequence[Application], user: User, values: Values, at: datetime
) -> list[Line]:
    """Say which dossiers have a sheet that this person may read."""
    keys = [one.pk for one in applications]
    hidden = set(
        Application.objects.filter(scores_hidden_from(user), pk__in=keys).values_list(
            "pk", flat=True
        )
    )
    return [_line(one, hidden) for one in applications]


def _line(application: Application, hidden: set[int]) -> Line:
    reason = ""
    if application.is_aside:
        reason = ASIDE
    elif application.pk in hidden:
        reason = BLIND
    elif application.review_state not in CONCLUDED:
        why = "son instruction n’est pas close"
        if application.review_state not in TO_INSTRUCT:
            why = "il ne va pas en séance"
        reason = f"{state_words(application)}\u00a0: {why}."
    if reason:
        return Line(application, ok=False, reason=reason)
    return Line(application, ok=True, reason="Sa fiche de synthèse")


def of_choice(choice: Choice) -> Values:
    """Keep what the cover says: the name of the list, its filters."""
    return {"title": choice.title, "said": [list(pair) for pair in choice.said]}


def describe(values: Values) -> list[tuple[str, str]]:
    """Say what the cover will."""
    said = [(name, words) for name, words in values.get("said", ())]
    return [("Sur la page de garde", values.get("title", TITLE)), *said]


# --- The job --------------------------------------------------------------------------------------
def may_read_sheets(user: User, job: Job) -> bool:
    """Tell whether its author may still read every sheet of the files of a job.

    Standing aside from one of the dossiers, being asked to read one without the others' scores, or
    losing sight of one closes them all.
    """
    keys = job.payload.get("written")
    if not keys:
        return False
    readable = Application.objects.office_visible_to(user).filter(~scores_hidden_from(user))
    return set(keys) == set(readable.filter(pk__in=keys).values_list("pk", flat=True))


def run_sheets(job: Job, at: datetime) -> Result:
    """Write one file of a job and hang it on it; the next run writes the next one.

    Each file holds a bounded number of sheets, so that memory does and that a run ends long before
    its lease. A worker killed anywhere leaves whole files or none: the run after begins again at
    the first one that is not there.

    Args:
        job: The job.
        at: When its worker took it up.

    Raises:
        Refusal: Its author may no longer ask it, or none of the sheets can be made.
    """
    by = User.objects.get(pk=job.created_by_id)  # their rights of now
    require_act(act_named(job.payload["act"]), by)
    parts = _parts(job, at)
    if job.payload.get("parts", 0) < len(parts):
        _write_part(job, by, parts, job.payload.get("parts", 0), at)
    if job.payload.get("parts", 0) < len(parts):
        return Result(lines=None, finished=False)
    return _concluded(job)


def _parts(job: Job, at: datetime) -> list[list[int]]:
    """Return the keys of each file, in the order of the references, the same at every run."""
    size = job.payload.get("size") or most_per_file(at)
    keys = list(
        Application.objects.filter(pk__in=job.payload["dossiers"])
        .order_by("reference", "pk")
        .values_list("pk", flat=True)
    )
    count = math.ceil(len(keys) / size)
    each = math.ceil(len(keys) / count)  # files of about the same length
    return [keys[start : start + each] for start in range(0, len(keys), each)]


def most_per_file(at: datetime) -> int:
    """Return how many sheets a file holds at most."""
    return int(value_on(MOST, local_date(at)))


def _write_part(job: Job, by: User, parts: list[list[int]], number: int, at: datetime) -> None:
    keys = parts[number]
    before = sum(len(part) for part in parts[:number])
    masked = _masked(keys)
    lines = preflight(batch_rows(by, keys), by, {}, at)
    kept = [line.application.pk for line in lines if line.ok]
    progress(job, before)
    # The last one is counted once the file is there: a run that dies in the writing stays behind.
    advance = partial(_advance, job, before, len(keys))
    sheets = read_sheets(by, kept, at=at, advance=advance)
    there = {sheet.key for sheet in sheets}
    content = None
    if sheets:
        title = job.payload["values"].get("title", TITLE)
        said = list(job.payload["values"].get("said", ()))
        if len(parts) > 1:
            said.append(["Partie", f"{number + 1} sur {len(parts)}"])
        content = book_pdf(
            sheets, title=title, said=said, author=by, at=at, on_page=_Sign(job).of_life
        )
    where = f"le fichier {number + 1} sur {len(parts)}" if len(parts) > 1 else "le fichier"
    with transaction.atomic():
        hold_job(job)  # a worker thought dead hangs no second file
        if _masked(keys) != masked or job.payload.get("parts", 0) != number:
            return  # words were masked since they were read: the next run reads again
        told = {line.application.pk: line for line in lines}
        job.payload = {
            **job.payload,
            "parts": number + 1,
            "size": job.payload.get("size") or most_per_file(at),  # the same to the end
            "written": [*job.payload.get("written", []), *sorted(there)],
        }
        written = [*job.lines, *_job_lines(keys, told, there, where)]
        count = sum(line["ok"] for line in written)
        job.result = {"lines": written, "done": count, "failed": len(written) - count, "tries": 0}
        job.done = len(written)
        job.save(update_fields=["payload", "result", "done"])
        if content is not None:
            store_bytes(
                owner=job,
                kind=KIND,
                name=_file_name(number, len(parts), at),
                content=content,
                media_type=MEDIA_TYPE,
                at=at,
                by=by,
            )


class _Sign:
    """Renew the lease of a job while its file is laid out, not at each page."""

    def __init__(self, job: Job) -> None:
        self.job, self.last = job, time.monotonic()

    def of_life(self) -> None:
        """Say that the run goes on; raise ``LeaseLostError`` when another took the job up."""
        if time.monotonic() - self.last > SIGN_SECONDS:
            progress(self.job, self.job.done)
            self.last = time.monotonic()


def _masked(keys: Sequence[int]) -> int:
    """Return how many redactions these dossiers had, so far."""
    return Redaction.objects.filter(application__in=keys).count()


def _advance(job: Job, before: int, total: int, read: int) -> None:
    """Say how many sheets are read; the last is counted with its file, the longest to write."""
    progress(job, before + min(read, total - 1))


def _job_lines(
    keys: Sequence[int], told: dict[int, Line], there: set[int], where: str
) -> list[JobLine]:
    """Say what became of each dossier; ``where`` names the file its sheet is in."""
    names = labels(keys)
    lines = []
    for key in keys:
        line = told.get(key)
        is_left_out = line is not None and not line.ok
        text = line.reason if is_left_out else NO_MORE
        if key in there:
            text = f"Sa fiche est dans {where}."
        label, url = names[key].text, names[key].url
        lines.append({"key": key, "label": label, "url": url, "ok": key in there, "text": text})
    return lines


def _file_name(number: int, parts: int, at: datetime) -> str:
    part = f"-{number + 1}-sur-{parts}" if parts > 1 else ""
    return f"fiches-de-synthese-{local_date(at):%Y-%m-%d}{part}.pdf"


def _concluded(job: Job) -> Result:
    count = len(job.payload["written"])
    if not count:
        raise Refusal(
            "Aucune de ces fiches ne peut être faite\u00a0: la raison est écrite en face de chaque "
            "dossier.",
            code="empty",
        )
    files = job.files.count()
    text = f"{number_fr(count)} fiche{plural_fr(count)} dans le fichier."
    if files > 1:
        text = (
            f"{number_fr(count)} fiches en {files} fichiers\u00a0: un fichier en contient "
            f"{job.payload['size']} au plus."
        )
    return Result(lines=None, done=count, failed=len(job.lines) - count, text=text)


def register() -> None:
    """Declare the act and the kind of its jobs."""
    register_kind(
        Kind(
            slug=KIND,
            label="Fiches de synthèse",
            run=run_sheets,
            queue="pdf",
            may_open=lambda user: user.access.is_desk,
            may_read_file=may_read_sheets,
            forgets_payload=True,
            keeps=lambda job: {"written": job.payload.get("written", [])},
        )
    )
    register_act(
        BatchAct(
            slug=SLUG,
            label="Fiches de synthèse (PDF)",
            icon="file-earmark-pdf",
            form_class=None,
            may=lambda user: user.access.is_desk,
            preflight=preflight,
            run_one=None,
            intro="Un seul PDF pour la séance\u00a0: une page de garde, un sommaire, un tableau "
            "des dossiers, puis une fiche par dossier instruit, telle que vous pouvez la lire au "
            "moment où le fichier se prépare. Une longue liste vient en plusieurs fichiers. "
            "Personne d’autre que vous ne les télécharge.",
            describe=describe,
            order=50,
            kind=KIND,
            is_personal=True,
            of_choice=of_choice,
        )
    )
