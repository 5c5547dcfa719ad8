"""A job is started once on a scope, held by one worker, and goes on after the last line written."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.documents.models import StoredFile
from foundation.documents.services import store_bytes
from foundation.jobs import items, running, services
from foundation.jobs.enums import JobState
from foundation.jobs.items import ItemKind, Label
from foundation.jobs.models import Job, RequestKey
from foundation.jobs.registry import Kind, Result, register_kind
from foundation.jobs.running import forget_old_files, run_job, sweep_jobs, take_job
from foundation.jobs.selectors import unseen_jobs
from foundation.jobs.services import (
    RUN_TASK,
    AlreadyRunningError,
    LeaseLostError,
    mark_seen,
    progress,
    start_job,
)
from territories.loading import load_parameters
from tests.factories import UserFactory, person_with_role


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds")]
NOW = timezone.now()


@pytest.fixture
def sent(monkeypatch):
    """Collect the tasks sent to the broker, instead of sending them."""
    found = []

    def send_task(name, args, queue, **_options):
        found.append((name, *args, queue))

    monkeypatch.setattr(services.celery, "send_task", send_task)
    return found


def do_nothing(job, key, at):
    return f"fait {key}"


def of_items(do=do_nothing, **fields):
    register_kind(
        ItemKind(
            slug="test",
            label="Essai",
            items=lambda job: job.payload["keys"],
            name=lambda keys: {key: Label(f"n° {key}", f"/{key}/") for key in keys},
            do=do,
            **fields,
        ).as_kind()
    )


def of_run(run, **fields):
    register_kind(Kind("test", "Essai", run, **fields))


def started(count=3, scope="a", **fields):
    return start_job(
        **{
            "kind": "test",
            "label": "Essai",
            "scope": scope,
            "payload": {"keys": list(range(1, count + 1))},
            "total": count,
            "by": fields.pop("by", None) or UserFactory(),
            "at": timezone.now(),
        }
        | fields
    )


# --- Start ----------------------------------------------------------------------------------------
def test_its_task_leaves_once_the_transaction_is_committed(
    sent, django_capture_on_commit_callbacks
):
    of_items(queue="export")
    with django_capture_on_commit_callbacks(execute=True):
        job = started()
        assert sent == []
    assert sent == [(RUN_TASK, job.pk, "export")]


def test_a_broker_away_does_not_lose_the_job(monkeypatch, django_capture_on_commit_callbacks):
    of_items()

    def down(*_args, **_options):
        raise OSError

    monkeypatch.setattr(services.celery, "send_task", down)
    with django_capture_on_commit_callbacks(execute=True):
        job = started()
    assert Job.objects.forgotten(timezone.now() + timedelta(minutes=2)).get() == job


def test_one_job_of_a_kind_runs_on_a_scope():
    of_items()
    first = started(label="Affecter 3 dossiers")
    with pytest.raises(AlreadyRunningError) as refusal:
        started()
    assert refusal.value.job == first
    assert "« Affecter 3 dossiers »" in refusal.value.sentence.replace("\u00a0", " ")
    assert refusal.value.status == 409
    started(scope="b")
    run_job(job_id=first.pk, at=timezone.now())
    assert started().pk != first.pk


def test_an_unknown_kind_does_not_start():
    with pytest.raises(ValueError, match="unknown"):
        started(kind="jamais-vu")


# --- Run ------------------------------------------------------------------------------------------
def test_each_thing_has_its_line_and_failures_do_not_stop_the_others():
    def do(job, key, at):
        RequestKey.objects.create(
            key=f"00000000-0000-0000-0000-{key:012}",
            user=job.created_by,
            purpose="test",
            used_at=NOW,
        )
        if key == 2:
            raise Refusal("Trop tard.", code="late")
        if key == 3:
            raise KeyError
        return "fait"

    of_items(do)
    job = started(4)
    assert run_job(job_id=job.pk, at=timezone.now())
    job.refresh_from_db()
    assert (job.state, job.done, job.failures) == (JobState.DONE, 4, 2)
    assert [line["text"] for line in job.lines] == [
        "fait",
        "Trop tard.",
        items.UNEXPECTED,
        "fait",
    ]
    assert job.lines[0] == {"key": 1, "label": "n° 1", "url": "/1/", "ok": True, "text": "fait"}
    assert RequestKey.objects.count() == 2  # what a failed line wrote is undone
    assert job.payload == {}
    assert job.lease_until is None


def test_a_constraint_checked_late_fails_its_line_alone():
    def do(job, key, at):
        if key == 1:  # foreign keys are checked when the transaction ends
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO jobs_requestkey VALUES (gen_random_uuid(), 't', '', now(), -1)"
                )
        return "fait"

    of_items(do)
    job = started(2)
    run_job(job_id=job.pk, at=timezone.now())
    job.refresh_from_db()
    assert [line["ok"] for line in job.lines] == [False, True]


def test_a_second_worker_does_nothing_while_the_first_holds_it():
    of_items()
    job = started()
    held = take_job(job_id=job.pk, at=NOW)
    assert held is not None
    assert not run_job(job_id=job.pk, at=NOW)
    assert take_job(job_id=job.pk, at=NOW + services.LEASE) is not None


def test_a_worker_thought_dead_writes_nothing_any_more():
    done = []
    of_items(lambda job, key, at: done.append(key) or "fait")
    job = started()
    kind = running.kind_of("test")
    slow = take_job(job_id=job.pk, at=NOW)
    other = take_job(job_id=job.pk, at=NOW + services.LEASE)
    with pytest.raises(LeaseLostError):
        kind.run(slow, NOW)
    with pytest.raises(LeaseLostError):
        progress(slow, 1)
    assert done == []
    kind.run(other, NOW)
    assert done == [1, 2, 3]


def test_what_is_done_is_not_done_again():
    done = []

    def do(job, key, at):
        if key == 2 and len(done) == 1:
            done.append("killed")
            raise OperationalError  # the database is away: nothing is recorded of this line
        done.append(key)
        return "fait"

    of_items(do)
    job = started()
    run_job(job_id=job.pk, at=timezone.now())
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    assert [line["key"] for line in job.lines] == [1]
    run_job(job_id=job.pk, at=timezone.now())
    job.refresh_from_db()
    assert done == [1, "killed", 2, 3]
    assert [line["key"] for line in job.lines] == [1, 2, 3]


def test_a_job_longer_than_a_task_goes_on_in_slices(
    monkeypatch, sent, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(items, "SLICE_SECONDS", -1)
    of_items()
    job = started(3)
    for done in (1, 2):
        with django_capture_on_commit_callbacks(execute=True):
            assert run_job(job_id=job.pk, at=timezone.now())
        job.refresh_from_db()
        assert (job.state, job.done) == (JobState.RUNNING, done)
    assert sent == [(RUN_TASK, job.pk, "default")] * 2
    run_job(job_id=job.pk, at=timezone.now())
    job.refresh_from_db()
    assert (job.state, job.done) == (JobState.DONE, 3)


def test_the_soft_limit_of_celery_puts_the_job_off_without_a_failed_line():
    def do(job, key, at):
        raise SoftTimeLimitExceeded

    of_items(do)
    job = started()
    run_job(job_id=job.pk, at=timezone.now())
    job.refresh_from_db()
    assert (job.state, job.lines) == (JobState.RUNNING, [])
    assert Job.objects.forgotten(timezone.now()).get() == job


def test_the_line_on_which_workers_die_is_set_aside():
    of_items()
    job = started(2)
    for turn in range(running.MAX_TRIES):
        assert take_job(job_id=job.pk, at=NOW + turn * services.LEASE)
    run_job(job_id=job.pk, at=NOW + running.MAX_TRIES * services.LEASE)
    job.refresh_from_db()
    assert [line["text"] for line in job.lines] == [items.STUCK, "fait 2"]


def test_a_job_that_never_says_a_word_is_given_up():
    of_run(lambda job, at: Result())
    job = started()
    for turn in range(running.MAX_TRIES):
        assert take_job(job_id=job.pk, at=NOW + turn * services.LEASE)
    run_job(job_id=job.pk, at=NOW + running.MAX_TRIES * services.LEASE)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, running.STUCK)


def test_progress_renews_the_lease_and_forgives_earlier_deaths():
    seen = []

    def run(job, at):
        before = job.lease_until
        progress(job, 2)
        seen.append((Job.objects.get().done, job.lease_until > before, job.result["tries"]))
        return Result(done=3, text="Trois lignes écrites.")

    of_run(run)
    job = started()
    run_job(job_id=job.pk, at=NOW)
    job.refresh_from_db()
    assert seen == [(2, True, 0)]
    assert (job.state, job.done, job.result["text"]) == (
        JobState.DONE,
        3,
        "Trois lignes écrites.",
    )
    assert job.payload["keys"] == [1, 2, 3]  # kept unless its kind forgets it


def test_a_job_that_begins_again_and_stops_at_the_same_place_is_given_up():
    runs = []

    def run(job, at):
        runs.append(job.pk)
        for done in (0, 1, 2):
            progress(job, done)
        raise SoftTimeLimitExceeded

    of_run(run)
    job = started()
    for turn in range(10):
        run_job(job_id=job.pk, at=timezone.now() + turn * services.LEASE)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, running.STUCK)
    assert len(runs) == 1 + running.MAX_TRIES  # the first one went further than nothing


def test_a_job_that_goes_further_each_time_is_not_given_up():
    reached = []

    def run(job, at):
        reached.append(len(reached) + 1)
        progress(job, 0)  # from the beginning
        progress(job, reached[-1])
        if reached[-1] <= 2 * running.MAX_TRIES:
            raise SoftTimeLimitExceeded
        return Result(done=3)

    of_run(run)
    job = started()
    for turn in range(10):
        run_job(job_id=job.pk, at=timezone.now() + turn * services.LEASE)
    job.refresh_from_db()
    assert job.state == JobState.DONE


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Refusal("Plus rien à exporter.", code="empty"), "Plus rien à exporter."),
        (KeyError("x"), running.BROKEN),
        (IntegrityError(), running.BROKEN),
    ],
)
def test_a_run_that_fails_says_why(error, sentence):
    def run(job, at):
        raise error

    of_run(run)
    job = started()
    run_job(job_id=job.pk, at=timezone.now())
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, sentence)
    assert not run_job(job_id=job.pk, at=timezone.now() + timedelta(hours=1))


# --- Sweep ----------------------------------------------------------------------------------------
def test_the_sweeper_sends_what_nobody_holds_and_not_twice_a_minute(
    sent, django_capture_on_commit_callbacks
):
    of_items()
    job, held = started(scope="a"), started(scope="b")
    later = timezone.now() + services.ASKED + services.LEASE
    take_job(job_id=held.pk, at=later)
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep_jobs(at=timezone.now()) == 0  # both were just sent
        assert sweep_jobs(at=later) == 1
        assert sweep_jobs(at=later) == 0
    assert sent[-1] == (RUN_TASK, job.pk, "default")
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep_jobs(at=later + services.LEASE) == 2  # the other worker died


# --- Who ------------------------------------------------------------------------------------------
def test_only_its_author_and_administrators_may_open_a_job():
    of_items()
    job = started(by=person_with_role(Role.CASE_OFFICER))
    assert Job.objects.visible_to(job.created_by).get() == job
    assert Job.objects.visible_to(person_with_role(Role.ADMINISTRATOR)).get() == job
    assert not Job.objects.visible_to(person_with_role(Role.UNIT_HEAD)).exists()


def test_who_lost_the_role_loses_the_jobs_of_that_kind():
    of_items(may_open=lambda user: user.access.is_desk)
    job = started(by=UserFactory())
    assert not Job.objects.visible_to(job.created_by).exists()
    assert not Job.objects.unseen_by(job.created_by).exists()


def test_a_finished_job_waits_until_its_author_opens_it():
    of_items()
    job = started()
    author, other = job.created_by, UserFactory()
    assert not unseen_jobs(author).exists()
    run_job(job_id=job.pk, at=timezone.now())
    assert unseen_jobs(author).get() == job
    assert not unseen_jobs(other).exists()
    assert not mark_seen(job_id=job.pk, by=other, at=NOW)
    assert mark_seen(job_id=job.pk, by=author, at=NOW)
    assert not unseen_jobs(author).exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_job_asked_twice_at_once_starts_once(sent):
    of_items()
    with transaction.atomic():
        started()
    with pytest.raises(AlreadyRunningError), transaction.atomic():
        started()
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_start_it_once(sent):
    of_items()
    author, barrier, found = UserFactory(), Barrier(2), []

    def ask():
        try:
            barrier.wait(timeout=30)
            with transaction.atomic():
                found.append(started(by=author))
        except AlreadyRunningError as refusal:
            found.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=ask) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert sorted(type(one).__name__ for one in found) == ["AlreadyRunningError", "Job"]
    assert Job.objects.count() == 1


# --- Files ----------------------------------------------------------------------------------------
def test_the_file_of_an_old_job_is_deleted_and_its_result_stays():
    load_parameters()
    of_items()
    old, recent = started(scope="a"), started(scope="b")
    for job, days in ((old, 31), (recent, 29)):
        run_job(job_id=job.pk, at=timezone.now())
        Job.objects.filter(pk=job.pk).update(finished_at=NOW - timedelta(days=days))
        store_bytes(
            owner=job, kind="export", name="a.csv", content=b"a", media_type="text/csv", at=NOW
        )
    assert forget_old_files(at=NOW) == 1
    assert StoredFile.objects.get().object_id == recent.pk
    assert Job.objects.get(pk=old.pk).lines
