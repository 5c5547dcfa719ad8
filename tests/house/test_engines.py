"""Real PostgreSQL and Redis: started, shared, killed, started again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded import processes


pytestmark = pytest.mark.slow

LOOK = (
    "import os, psycopg, redis;"
    "c = psycopg.connect(os.environ['DATABASE_URL']);"
    "print(c.execute('show server_version_num').fetchone()[0]);"
    'print(c.execute("select datlocprovider::text || datlocale from pg_database'
    " where datname = 'maillage'\").fetchone()[0]);"
    "print(redis.Redis.from_url(os.environ['REDIS_URL']).config_get('maxmemory-policy'))"
)


def test_run_gives_both_services_and_the_exit_code(embedded, state: Path):
    seen = embedded("run", "--fast", "--", sys.executable, "-c", LOOK)
    assert seen.returncode == 0, seen.stderr
    version, locale, policy = seen.stdout.splitlines()
    assert int(version) >= 160000
    assert locale == "bC.UTF-8"
    assert "noeviction" in policy
    assert embedded("run", "--fast", "--", "sh", "-c", "exit 7").returncode == 7
    assert not processes.at_work_in(state / "postgres", "postgres")
    assert not processes.at_work_in(state / "redis", "redis", "valkey")


def test_services_left_up_are_shared_and_not_stopped(embedded, state: Path):
    assert embedded("up", "--fast").returncode == 0
    pid = int((state / "postgres/postmaster.pid").read_text().split()[0])
    assert embedded("run", "--", "true").returncode == 0
    assert processes.works_in(pid, state / "postgres", "postgres")
    assert embedded("down").returncode == 0
    assert processes.identity(pid) is None


def test_a_stale_pid_file_with_a_reused_number_is_survived(embedded, state: Path):
    assert embedded("up", "--fast").returncode == 0
    pid_file = state / "postgres/postmaster.pid"
    for pid in (int(pid_file.read_text().split()[0]), int((state / "redis/pid").read_text())):
        known = processes.identity(pid)
        os.kill(pid, signal.SIGKILL)
        assert processes.wait_gone(pid, known, 10)
    stranger = subprocess.Popen(["sleep", "60"])  # noqa: S607
    try:
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        (state / "redis/pid").write_text(str(stranger.pid))
        again = embedded("run", "--fast", "--", sys.executable, "-c", LOOK)
        assert again.returncode == 0, again.stderr
        assert stranger.poll() is None, "the innocent bearer of the number was killed"
    finally:
        stranger.kill()
        stranger.wait()


def test_a_missing_platform_names_the_two_variables(monkeypatch):
    from config.embedded import postgres, redis

    monkeypatch.setattr(postgres.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(redis.shutil, "which", lambda *args, **kwargs: None)
    for find in (postgres.find_binaries, redis.find_server):
        with pytest.raises(postgres.EmbeddedError) as refusal:
            find()
        assert "DATABASE_URL" in str(refusal.value)
        assert "REDIS_URL" in str(refusal.value)
