"""Real workers that a test starts, and kills: their database, their broker, their queue."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import redis
from django.conf import settings
from django.db import connection
from kombu import Connection

from config import embedded
from config.celery import app


PATIENCE = 60  # seconds: a cold worker on a busy machine
LAST_DATABASE = 15  # of a Redis server as it comes


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
    """Return a database of the Redis server that no other process of the tests uses."""
    process = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    number = LAST_DATABASE - int(process)
    address = settings.CACHES["default"]["LOCATION"].split("?")[0]
    if address.startswith("unix:"):
        return f"{address}?db={number}"
    return urlsplit(address)._replace(path=f"/{number}").geturl()


def workers(queue: str, folder: Path) -> Iterator[Callable[[], subprocess.Popen]]:
    """Yield what starts a worker of a queue; whatever is left of them is killed at the end.

    Args:
        queue: Of the tasks they take.
        folder: Where their logs go.
    """
    redis.Redis.from_url(own_redis()).flushdb()
    started: list[subprocess.Popen] = []
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", queue, "-c", "1"]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": database_url(),
        "REDIS_URL": own_redis(),
        "MAILLAGE_TEST_MEDIA": settings.STORAGES["default"]["OPTIONS"]["location"],
    }
    environment.pop("PYTEST_XDIST_WORKER", None)

    def start() -> subprocess.Popen:
        log = (folder / f"worker-{len(started)}.log").open("wb")
        worker = subprocess.Popen(  # noqa: S603
            [*command, "-n", f"{queue}-{os.getpid()}-{len(started)}@test"],
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


def send(queue: str, task: str, *args: int) -> None:
    """Ask a task of the workers of a queue."""
    with Connection(embedded.as_broker(own_redis())) as broker:
        app.send_task(task, args=args, queue=queue, connection=broker)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.005)
