"""A real worker, killed with -9 in the middle of the sheets: whole files, each once."""

import io
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from django.utils import timezone
from pypdf import PdfReader

from accounts.enums import Role
from foundation.jobs.enums import JobState
from foundation.jobs.models import Job
from foundation.jobs.services import RUN_TASK
from foundation.parameters.models import Parameter
from grants.applications.models import Application
from grants.review.batches import sheets
from grants.review.batches.plan import Plan, Planned
from grants.review.batches.registry import act_named
from grants.review.batches.running import launch_batch
from territories.loading import load_parameters
from tests.factories import FiledApplicationFactory, person_with_role
from tests.jobs.test_worker import is_waited_for
from tests.workers import database_url, kill, send, wait_for, workers


pytestmark = [pytest.mark.worker, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
COUNT = 4


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen]]:
    yield from workers("pdf", tmp_path)


def a_job() -> tuple[Job, list[Application]]:
    load_parameters()
    Parameter.objects.filter(key=sheets.MOST).update(value="2")
    dossiers = [
        FiledApplicationFactory(review_state="evaluated", proposed_amount=Decimal(5000))
        for _ in range(COUNT)
    ]
    job = launch_batch(
        act=act_named("fiches"),
        plan=Plan([Planned(one.pk, 1, {}) for one in dossiers], {"title": "Essai", "said": []}),
        request_key="00000000-0000-4000-8000-000000000001",
        by=person_with_role(Role.UNIT_HEAD),
        at=timezone.now(),
    )
    return job, dossiers


def test_a_worker_killed_in_the_middle_leaves_whole_files_and_the_next_goes_on(start_worker):
    job, dossiers = a_job()
    assert Job.objects.get(pk=job.pk).total == COUNT
    # This connection keeps the worker from reading the redactions of the second file: stopped
    # there by the database alone, the first file is written, the second is begun.
    with psycopg.connect(database_url()) as holder:
        worker = start_worker()
        send("pdf", RUN_TASK, job.pk)
        wait_for(lambda: job.files.count() == 1, "the first file")
        holder.execute("LOCK TABLE applications_redaction IN ACCESS EXCLUSIVE MODE")
        send("pdf", RUN_TASK, job.pk)
        wait_for(lambda: is_waited_for(holder), "the worker at the second file")
        kill(worker)
        holder.rollback()
    job.refresh_from_db()
    assert (job.state, job.done, job.files.count()) == (JobState.RUNNING, 2, 1)
    first = job.files.get()

    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    start_worker()
    send("pdf", RUN_TASK, job.pk)
    wait_for(lambda: job.files.count() == 2, "the second file")
    send("pdf", RUN_TASK, job.pk)
    wait_for(Job.objects.filter(pk=job.pk, state=JobState.DONE).exists, "the end of the job")
    job.refresh_from_db()
    files = list(job.files.order_by("pk"))
    assert files[0].pk == first.pk
    assert len(files) == 2
    assert [line["key"] for line in job.lines] == [one.pk for one in dossiers]
    assert all(line["ok"] for line in job.lines)
    for number, stored in enumerate(files):
        with stored.file.open("rb") as content:
            words = " ".join(
                page.extract_text() for page in PdfReader(io.BytesIO(content.read())).pages
            )
        told = [one.reference for one in dossiers if f"Dossier {one.reference}" in words]
        assert told == [one.reference for one in dossiers[2 * number : 2 * number + 2]]
