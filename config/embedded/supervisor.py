"""The whole portal under one process: services, web, worker, scheduler.

Children lead sessions of their own, so that Ctrl-C reaches the supervisor only and the shutdown
is orderly. Should the supervisor be killed, the kernel ends them (Linux); what remains is found in
``run/children.json`` by the next start and ended then.
"""

import contextlib
import errno
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import paths, processes
from .paths import EmbeddedError
from .services import Services


QUEUES = "mail,pdf,export,default"
LOG_MAX_BYTES = 5_000_000
READY_SECONDS = 90
STOP_SECONDS = 12
LONGEST_BACKOFF = 30
STEADY_SECONDS = 60
ACCOUNTS = (
    ("association", "responsable d’une association"),
    ("signataire", "signataire de la même association"),
    ("commune", "agent d’une commune"),
    ("instruction", "chargé d’instruction"),
    ("responsable", "responsable d’unité"),
    ("coordination-t7", "coordination du territoire 7"),
    ("administration", "administration"),
    ("mediation", "professionnel du Département"),
    ("college", "collège"),
    ("lecture", "lecture"),
)


@dataclass
class Child:
    """A program kept alive.

    Attributes:
        name: For the log file and the console.
        command: Program and arguments.
        env: Added to the supervisor's environment.
        orphan_signal: What the kernel sends it when the supervisor is killed.
    """

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    orphan_signal: int = signal.SIGTERM
    process: subprocess.Popen | None = None
    started_at: float = 0
    not_before: float = 0
    backoff: float = 1


class Stopped(Exception):
    """A signal asked the supervisor to stop."""


class Supervisor:
    """Start everything, keep it alive, stop everything.

    Args:
        port: Where the web answers.
        children: Programs to keep alive; by default the web, the worker and the scheduler.
        prepare: Command run once the services answer and before the children start.
        fast: PostgreSQL without fsync (tests).
    """

    def __init__(
        self,
        *,
        port: int,
        children: list[Child] | None = None,
        prepare: list[str] | None = None,
        fast: bool = False,
    ) -> None:
        self.port = port
        self.state = paths.make_state_folder()
        self.run_folder = self.state / "run"
        self.run_folder.mkdir(mode=0o700, exist_ok=True)
        (self.state / "log").mkdir(mode=0o700, exist_ok=True)
        self.children = portal_children(port, self.run_folder) if children is None else children
        default = [sys.executable, "-m", "config.embedded.prepare"]
        self.prepare = default if prepare is None else prepare
        self.services = Services(fast=fast)
        self.asked: list[int] = []

    def run(self) -> int:
        """Run until asked to stop. Returns the exit code: 0 when stopped by the person."""
        lock = processes.Lock(self.run_folder / "supervisor.lock")
        if not lock.take(wait=False):
            raise EmbeddedError("La démonstration tourne déjà dans un autre terminal.")
        self._listen_to_signals()
        self._end_orphans()
        check_port(self.port)
        self._rotate_logs()
        started = time.monotonic()
        try:
            tell("Maillage démarre…")
            self.services.start(dies_with_us=True)
            self._stop_if_asked()
            self._prepare()
            for child in self.children:
                self._start(child)
            self._wait_for_web()
            self._welcome(time.monotonic() - started)
            while True:
                self._stop_if_asked()
                self._keep_alive()
                self._pause(0.5)
        except Stopped:
            return 0
        finally:
            self._shut_down()
            lock.release()

    # --- Signals ---------------------------------------------------------------------------------
    def _listen_to_signals(self) -> None:
        """Stop on Ctrl-C and SIGTERM even when the shell had them ignored (``&``).

        SIGHUP is obeyed too, unless ``nohup`` asked to outlive the terminal.
        """
        signal.signal(signal.SIGINT, self._note)
        signal.signal(signal.SIGTERM, self._note)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._note)

    def _note(self, number: int, frame: object) -> None:
        self.asked.append(number)

    def _stop_if_asked(self) -> None:
        if self.asked:
            raise Stopped

    def _pause(self, seconds: float) -> None:
        """Sleep, but wake at a signal (Python goes back to sleep after a handler otherwise)."""
        deadline = time.monotonic() + seconds
        while not self.asked and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))

    # --- Starting --------------------------------------------------------------------------------
    def _prepare(self) -> None:
        log = self.state / "log" / "prepare.log"
        with log.open("ab") as errors:
            job = subprocess.Popen(  # noqa: S603
                self.prepare,
                cwd=paths.CHECKOUT,
                env=self._environment({}),
                stderr=errors,
                start_new_session=True,
            )
        self._remember(job.pid, "prepare")
        while job.poll() is None:
            if self.asked:
                processes.stop(job.pid, patience=STOP_SECONDS, whole=True)
            self._pause(0.1)
        self._stop_if_asked()
        if job.returncode:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise EmbeddedError(
                "La préparation a échoué : " + " ".join(last) + f"\nLe détail est dans {log}"
            )

    def _start(self, child: Child) -> None:
        child.process = processes.spawn(
            child.command,
            log=self.state / "log" / f"{child.name}.log",
            env=self._environment(child.env),
            cwd=paths.CHECKOUT,
            dies_with_us=child.orphan_signal,
        )
        child.started_at = time.monotonic()
        self._remember(child.process.pid, child.name)

    def _environment(self, own: dict[str, str]) -> dict[str, str]:
        base = {
            "DJANGO_SETTINGS_MODULE": "config.settings.demo",
            "PYTHONUNBUFFERED": "1",
            **os.environ,
        }
        return {
            **base,
            "MAILLAGE_STATE_DIR": str(self.state),
            "PORT": str(self.port),
            **own,
        }

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(self.port):
            self._stop_if_asked()
            if time.monotonic() > deadline:
                log = self.state / "log" / "web.log"
                raise EmbeddedError(f"Le site ne répond pas ; son journal dit pourquoi : {log}")
            self._keep_alive()
            self._pause(0.1)

    def _welcome(self, seconds: float) -> None:
        tell(f"Prêt en {seconds:.0f} s : http://localhost:{self.port}/")
        tell("Comptes de démonstration, un clic chacun dans le bandeau du site :")
        for name, who in ACCOUNTS:
            tell(f"  {name + '@maillage.example':36} {who}")
        tell(f"Journaux : {self.state / 'log'}")
        tell("Ctrl-C arrête tout ; les données restent (« make demo-reset » les efface).")

    # --- Keeping alive ---------------------------------------------------------------------------
    def _keep_alive(self) -> None:
        for name in self.services.revive():
            tell(f"{name} s’est arrêté ; il repart.")
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                code = child.process.returncode
                self._end_group(child.process.pid)
                child.process = None
                if now - child.started_at > STEADY_SECONDS:
                    child.backoff = 1
                child.not_before = now + child.backoff
                tell(f"« {child.name} » s’est arrêté (code {code}) ; il repart.")
                child.backoff = min(child.backoff * 2, LONGEST_BACKOFF)
            if child.process is None and now >= child.not_before:
                self._start(child)

    # --- Stopping --------------------------------------------------------------------------------
    def _shut_down(self) -> None:
        tell("Arrêt…")
        running = [c.process for c in reversed(self.children) if c.process]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        already = len(self.asked)
        while any(p.poll() is None for p in running):
            if time.monotonic() > deadline or len(self.asked) > already:
                break  # too long, or a second Ctrl-C
            time.sleep(0.05)
        for process in running:
            self._end_group(process.pid)
            process.wait()
        self._records().unlink(missing_ok=True)
        self.services.leave()
        tell("Arrêté.")

    @staticmethod
    def _end_group(pid: int) -> None:
        """Kill what a child may have left of its own children (the group bears its number)."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

    # --- What a killed supervisor left -----------------------------------------------------------
    def _records(self) -> Path:
        return self.run_folder / "children.json"

    def _remember(self, pid: int, name: str) -> None:
        """Write down who we started: number, and what tells it from a later process."""
        known = [r for r in self._read_records() if processes.identity(r["pid"]) == r["identity"]]
        known.append({"pid": pid, "identity": processes.identity(pid), "name": name})
        aside = self._records().with_suffix(".new")
        aside.write_text(json.dumps(known), encoding="utf-8")
        aside.replace(self._records())

    def _read_records(self) -> list[dict]:
        try:
            return json.loads(self._records().read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return []

    def _end_orphans(self) -> None:
        for record in self._read_records():
            pid = record["pid"]
            if record["identity"] and processes.identity(pid) == record["identity"]:
                processes.stop(pid, patience=5, whole=True)
        self._records().unlink(missing_ok=True)

    def _rotate_logs(self) -> None:
        for log in (self.state / "log").glob("*.log"):
            if log.stat().st_size > LOG_MAX_BYTES:
                log.replace(log.with_suffix(".log.1"))


def portal_children(port: int, run_folder: Path) -> list[Child]:
    """Return the three programs of the portal."""
    celery = [sys.executable, "-m", "celery", "-A", "config"]
    return [
        Child(
            name="web",
            command=[sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"],
            env={"WEB_BIND": bindings(port), "MAILLAGE_PROCESS": "web"},
        ),
        Child(
            name="worker",
            command=[*celery, "worker", "-Q", QUEUES, "-c", "2", "-l", "INFO", "-n", "demo@%h"],
            env={"MAILLAGE_PROCESS": "worker"},
            orphan_signal=signal.SIGQUIT,
        ),
        Child(
            name="beat",
            command=[*celery, "beat", "-l", "INFO", "--pidfile=", "-s", str(run_folder / "beat")],
            env={"MAILLAGE_PROCESS": "beat"},
        ),
    ]


def bindings(port: int) -> str:
    """Bind both addresses that ``localhost`` may mean."""
    found = [f"127.0.0.1:{port}"]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("::1", port))
        found.append(f"[::1]:{port}")
    return ",".join(found)


def answers(port: int) -> bool:
    """Tell whether the web answers (asked directly: no proxy of the environment)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def check_port(port: int) -> None:
    """Refuse with a sentence when the port is taken or forbidden."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reasons = {
                errno.EADDRINUSE: "est déjà pris par un autre programme",
                errno.EACCES: "est réservé au système",
            }
            reason = reasons.get(error.errno, f"ne convient pas ({error.strerror})")
            raise EmbeddedError(
                f"Le port {port} {reason}. Choisissez-en un autre : make demo PORT=8123"
            ) from error
        except OverflowError as error:
            raise EmbeddedError(f"{port} n’est pas un numéro de port.") from error


def tell(text: str) -> None:
    """Write a line on the console, if there still is one."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
