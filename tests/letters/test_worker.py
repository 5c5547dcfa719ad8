"""A real worker, killed with -9 while it makes a letter: the letter exists once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone
from kombu import Connection

from config import embedded
from config.celery import app
from foundation.documents.models import StoredFile
from grants.letters.models import Letter, LetterState
from grants.letters.reference import load_templates
from grants.letters.services import GENERATE_TASK
from grants.letters.tasks import sweep_letters
from territories.loading import load_parameters
from tests.letters.conftest import a_filed_dossier, a_letter


pytestmark = [pytest.mark.worker, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PATIENCE = 60  # seconds: a cold worker on a busy machine


def database_url() -> str:
    """Return the address of the test database, for another process."""
    given = connection.settings_dict
    host, port = given["HOST"] or "localhost", given["PORT"]
    who = quote(given["USER"] or "") + (f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else "")
    if host.startswith("/"):
        query = urlencode({"host": host, **({"port": port} if port else {})})
        return f"postgresql://{who}@/{given['NAME']}?{query}"
    return f"postgresql://{who}@{host}{f':{port}' if port else ''}/{given['NAME']}"


def own_redis() -> str:
    """Return a database of the Redis server that no other test uses."""
    address = settings.CACHES["default"]["LOCATION"].split("?")[0]
    if address.startswith("unix:"):
        return f"{address}?db=13"
    return urlsplit(address)._replace(path="/13").geturl()


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen]]:
    """Start workers on a queue of their own; whatever is left of them is killed at the end."""
    redis.Redis.from_url(own_redis()).flushdb()
    started: list[subprocess.Popen] = []
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", "pdf", "-c", "1"]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": database_url(),
        "REDIS_URL": own_redis(),
        "MAILLAGE_TEST_MEDIA": settings.STORAGES["default"]["OPTIONS"]["location"],
    }
    environment.pop("PYTEST_XDIST_WORKER", None)

    def start() -> subprocess.Popen:
        log = (tmp_path / f"worker-{len(started)}.log").open("wb")
        worker = subprocess.Popen(  # noqa: S603
            [*command, "-n", f"letters-{os.getpid()}-{len(started)}@test"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=settings.BASE_DIR,
            start_new_session=True,  # its pool dies with it
        )
        log.close()
        started.append(worker)
        return worker

    yield start
    for worker in started:
        kill(worker)


def kill(worker: subprocess.Popen) -> None:
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def send(task: str, *args: int) -> None:
    with Connection(embedded.as_broker(own_redis())) as broker:
        app.send_task(task, args=args, queue="pdf", connection=broker)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.005)


def is_leased(letter: Letter) -> bool:
    return Letter.objects.filter(pk=letter.pk, lease_until__isnull=False).exists()


def is_waiting_to_store() -> bool:
    """Tell whether some connection waits for the table that the test holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted "
            "AND relation = 'documents_storedfile'::regclass"
        )
        return cursor.fetchone()[0] > 0


@pytest.mark.parametrize("moment", ["rendering", "storing"])
def test_a_letter_whose_worker_is_killed_is_made_once(start_worker, moment):
    load_parameters()
    load_templates()
    letter = a_letter(a_filed_dossier(), made=False)
    # Nobody can store a file while this connection holds the table: the worker is stopped, by the
    # database alone, at the worst moment: bytes on disk, row not written.
    with psycopg.connect(database_url()) as holder:
        holder.execute("LOCK TABLE documents_storedfile IN SHARE MODE")
        worker = start_worker()
        send(GENERATE_TASK, letter.pk)
        wait_for(lambda: is_leased(letter), "the lease")
        if moment == "storing":
            wait_for(is_waiting_to_store, "the worker at the door of the table")
        kill(worker)
        holder.rollback()
    letter.refresh_from_db()
    assert letter.state == LetterState.TO_GENERATE
    assert not letter.files.exists()

    # The lease of the dead is respected until it ends, then the sweeper takes the letter up.
    assert sweep_letters() == 0
    Letter.objects.filter(pk=letter.pk).update(lease_until=timezone.now())
    start_worker()
    send(sweep_letters.name)
    send(GENERATE_TASK, letter.pk)
    send(sweep_letters.name)
    ready = Letter.objects.filter(pk=letter.pk, state=LetterState.READY)
    wait_for(ready.exists, "the letter")
    queue = redis.Redis.from_url(own_redis())
    wait_for(lambda: queue.llen("pdf") == 0, "the other tasks")
    stored = StoredFile.objects.get()
    assert stored.file.read().startswith(b"%PDF")
    assert Letter.objects.get(pk=letter.pk).attempts == 2
