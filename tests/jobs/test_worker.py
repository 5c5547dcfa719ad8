"""A real worker, killed with -9 in the middle of a batch: each dossier is done once."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from accounts.enums import Role
from foundation.jobs.enums import JobState
from foundation.jobs.models import Job
from foundation.jobs.services import RUN_TASK
from foundation.jobs.tasks import sweep_jobs_task
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.review.batches.plan import Plan, Planned
from grants.review.batches.registry import act_named
from grants.review.batches.running import launch_batch
from grants.review.models import Assignment, AssignmentRole
from territories.loading import load_parameters
from tests.factories import FiledApplicationFactory, person_with_role
from tests.workers import database_url, kill, send, wait_for, workers


pytestmark = [pytest.mark.worker, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
COUNT = 12


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen]]:
    yield from workers("default", tmp_path)


def is_waited_for(holder: psycopg.Connection) -> bool:
    """Tell whether somebody waits for what a connection holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND %s = ANY(pg_blocking_pids(pid))",
            [holder.info.backend_pid],
        )
        return cursor.fetchone()[0] > 0


def a_batch() -> tuple[Job, list[Application]]:
    load_parameters()
    head, officer = person_with_role(Role.UNIT_HEAD), person_with_role(Role.CASE_OFFICER)
    dossiers = [FiledApplicationFactory() for _ in range(COUNT)]
    data = {"person": officer.pk, "seen": 0, "mode": "manual"}
    plan = Plan(
        [Planned(one.pk, one.events.latest("position").position, data) for one in dossiers],
        {"to": str(officer.pk), "reason": ""},
    )
    job = launch_batch(
        act=act_named("affecter"),
        plan=plan,
        request_key="00000000-0000-4000-8000-000000000001",
        by=head,
        at=timezone.now(),
    )
    return job, dossiers


def test_a_batch_whose_worker_is_killed_does_each_dossier_once(start_worker):
    job, dossiers = a_batch()
    stopped = dossiers[5]
    # This connection holds the sixth dossier: the worker is stopped, by the database alone, in the
    # middle of a line: the job's lock taken, nothing of the line written.
    with psycopg.connect(database_url()) as holder:
        holder.execute(
            "SELECT 1 FROM applications_application WHERE id = %s FOR UPDATE", [stopped.pk]
        )
        worker = start_worker()
        send("default", RUN_TASK, job.pk)
        wait_for(lambda: is_waited_for(holder), "the worker at the sixth dossier")
        kill(worker)
        holder.rollback()
    job.refresh_from_db()
    assert (job.state, job.done) == (JobState.RUNNING, 5)
    assert [line["key"] for line in job.lines] == [one.pk for one in dossiers[:5]]
    assert Application.objects.filter(review_state=ReviewState.SUBMITTED).count() == COUNT - 5

    # The lease of the dead is respected until it ends, then the sweeper sends the job again.
    assert sweep_jobs_task() == 0
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    start_worker()
    send("default", sweep_jobs_task.name)
    send("default", RUN_TASK, job.pk)
    wait_for(Job.objects.filter(pk=job.pk, state=JobState.DONE).exists, "the end of the batch")
    job.refresh_from_db()
    assert [line["key"] for line in job.lines] == [one.pk for one in dossiers]
    assert all(line["ok"] for line in job.lines)
    officers = Assignment.objects.filter(role=AssignmentRole.OFFICER)
    assert officers.count() == COUNT
    for one in dossiers:
        assert one.events.filter(kind="assign").count() == 1
