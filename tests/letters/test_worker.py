"""A real worker, killed with -9 while it makes a letter: the letter exists once."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from django.db import connection
from django.utils import timezone

from foundation.documents.models import StoredFile
from grants.letters.models import Letter, LetterState
from grants.letters.reference import load_templates
from grants.letters.services import GENERATE_TASK
from grants.letters.tasks import sweep_letters
from territories.loading import load_parameters
from tests.letters.conftest import a_filed_dossier, a_letter
from tests.workers import database_url, kill, own_redis, send, wait_for, workers


pytestmark = [pytest.mark.worker, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen]]:
    yield from workers("pdf", tmp_path)


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
        send("pdf", GENERATE_TASK, letter.pk)
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
    send("pdf", sweep_letters.name)
    send("pdf", GENERATE_TASK, letter.pk)
    send("pdf", sweep_letters.name)
    ready = Letter.objects.filter(pk=letter.pk, state=LetterState.READY)
    wait_for(ready.exists, "the letter")
    queue = redis.Redis.from_url(own_redis())
    wait_for(lambda: queue.llen("pdf") == 0, "the other tasks")
    stored = StoredFile.objects.get()
    assert stored.file.read().startswith(b"%PDF")
    assert Letter.objects.get(pk=letter.pk).attempts == 2
