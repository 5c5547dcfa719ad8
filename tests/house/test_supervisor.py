"""The supervisor with light children: what it starts, it restarts and it stops."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from config.embedded import processes, supervisor
from tests.house.conftest import clean_environment


pytestmark = pytest.mark.slow

PROGRAM = """
import sys
from config.embedded.supervisor import Child, Supervisor
web = '''
import http.server
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", {port}), Answer).serve_forever()
'''
children = [
    Child("web", [sys.executable, "-c", web]),
    Child("worker", [sys.executable, "-c", "import time; time.sleep(600)"]),
]
sys.exit(Supervisor(port={port}, children=children, prepare=["true"], fast=True).run())
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


@pytest.fixture
def start(state: Path, tmp_path: Path) -> Iterator[Callable]:
    """Start the supervisor as a shell would; give the process and what it printed."""
    started = []
    said = tmp_path / "said"

    def begin(*, ignoring: str = "") -> tuple[subprocess.Popen, Path]:
        program = tmp_path / "program.py"
        program.write_text(PROGRAM.format(port=free_port()))
        shell = f"trap '' {ignoring}; exec \"$@\"" if ignoring else 'exec "$@"'
        with said.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603
                ["/bin/sh", "-c", shell, "sh", sys.executable, str(program)],
                cwd=settings.BASE_DIR,
                env=clean_environment(state),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        wait_for(lambda: "Prêt" in said.read_text() or process.poll() is not None)
        assert process.poll() is None, said.read_text()
        return process, said

    yield begin
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()


def nothing_left(state: Path, pids: list[int]) -> bool:
    engines = processes.at_work_in(state / "postgres", "postgres")
    engines += processes.at_work_in(state / "redis", "redis", "valkey")
    return not engines and all(processes.identity(pid) is None for pid in pids)


def children_of(state: Path) -> dict[str, int]:

    records = json.loads((state / "run/children.json").read_text())
    return {record["name"]: record["pid"] for record in records}


def test_sigterm_stops_everything_cleanly(start, state):
    process, said = start()
    pids = list(children_of(state).values())
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert nothing_left(state, pids)
    assert "Arrêté." in said.read_text()


def test_sigint_stops_everything_even_when_inherited_as_ignored(start, state):
    process, _ = start(ignoring="INT")
    pids = list(children_of(state).values())
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert nothing_left(state, pids)


def test_nohup_is_obeyed(start):
    process, said = start(ignoring="HUP")
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    assert "Arrêt" not in said.read_text()


def test_what_dies_starts_again(start, state):
    _, said = start()
    os.kill(children_of(state)["worker"], signal.SIGKILL)
    wait_for(lambda: "« worker » s’est arrêté (code -9)" in said.read_text())
    redis = int((state / "redis/pid").read_text())
    os.kill(redis, signal.SIGKILL)
    wait_for(lambda: "Redis s’est arrêté" in said.read_text())
    wait_for(lambda: int((state / "redis/pid").read_text()) != redis)


def test_engines_killed_one_while_the_other_starts_both_come_back(start, state):
    process, said = start()

    def kill(file: str) -> int:
        pid = int((state / file).read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        return pid

    postgres = kill("postgres/postmaster.pid")
    wait_for(lambda: "PostgreSQL s’est arrêté" in said.read_text())
    redis = kill("redis/pid")
    wait_for(lambda: engine_pid(state / "redis/pid") not in (None, redis))
    wait_for(lambda: engine_pid(state / "postgres/postmaster.pid") not in (None, postgres))
    os.kill(children_of(state)["worker"], signal.SIGKILL)
    wait_for(lambda: "« worker » s’est arrêté" in said.read_text(), seconds=5)
    assert process.poll() is None
    assert said.read_text().count("PostgreSQL s’est arrêté") == 1


def engine_pid(path: Path) -> int | None:
    with contextlib.suppress(FileNotFoundError, IndexError):
        return int(path.read_text().split()[0])
    return None


def test_a_killed_supervisor_leaves_nothing_behind(start, state):
    process, _ = start()
    pids = list(children_of(state).values())
    process.kill()
    process.wait()
    if not sys.platform.startswith("linux"):
        start()[0].terminate()  # elsewhere the next start ends them
    wait_for(lambda: nothing_left(state, pids))


def test_orphans_are_ended_by_number_and_birth(state, monkeypatch):
    monkeypatch.setenv("MAILLAGE_STATE_DIR", str(state))
    boss = supervisor.Supervisor(port=free_port(), children=[])
    orphan, innocent = (
        subprocess.Popen(["sleep", "60"], start_new_session=True)  # noqa: S607
        for _ in range(2)
    )
    try:
        boss._remember(orphan.pid, "worker")
        records = [*boss._read_records()]
        records.append({"pid": innocent.pid, "identity": "another birth", "name": "web"})
        boss._records().write_text(json.dumps(records))
        boss._end_orphans()
        assert processes.identity(orphan.pid) is None
        assert innocent.poll() is None
    finally:
        for process in (orphan, innocent):
            process.kill()
            process.wait()


def test_a_taken_port_is_named_in_a_sentence():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(supervisor.EmbeddedError, match=f"Le port {port} est déjà pris"):
            supervisor.check_port(port)
