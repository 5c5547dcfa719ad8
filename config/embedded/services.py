"""Start and stop the two engines together, several terminals sharing them."""

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass, field

from . import paths, processes
from .postgres import Postgres
from .redis import Redis


PAUSE_SECONDS = 2  # between two starts of an engine that will not stay


@dataclass
class Services:
    """The engines this process needs: those whose address the environment does not give.

    Users of the engines hold a shared lock on ``users.lock``. The last one to leave stops them,
    unless ``up`` asked that they stay. The kernel gives the lock of a killed process back.
    """

    fast: bool = False
    engines: list[Postgres | Redis] = field(default_factory=list)

    def __post_init__(self) -> None:
        state = paths.make_state_folder()
        if not os.environ.get("DATABASE_URL"):
            self.engines.append(Postgres(fast=self.fast))
        if not os.environ.get("REDIS_URL"):
            self.engines.append(Redis())
        self._starting = processes.Lock(state / "starting.lock")
        self._users = processes.Lock(state / "users.lock")
        self._keep = state / "kept-up"
        self._started: dict[str, tuple[subprocess.Popen, float]] = {}

    def start(self, *, dies_with_us: bool = False) -> None:
        """Start what does not run yet; wait until all answer."""
        with self._starting.held():
            self._users.take(shared=True)
            for engine in self.engines:
                if engine.pid() is None:
                    self._start(engine, dies_with_us=dies_with_us)
            for engine in self.engines:
                engine.wait_ready()

    def revive(self) -> list[str]:
        """Start the engines that stopped and return their names; wait for none of them.

        Whoever waited for one could not see another stop meanwhile.
        """
        gone = [engine for engine in self.engines if self._has_stopped(engine)]
        if gone:
            with self._starting.held():
                for engine in gone:
                    self._start(engine, dies_with_us=True)
        return [engine.name for engine in gone]

    def _start(self, engine: Postgres | Redis, *, dies_with_us: bool) -> None:
        self._started[engine.name] = engine.start(dies_with_us=dies_with_us), time.monotonic()

    def _has_stopped(self, engine: Postgres | Redis) -> bool:
        if engine.name in self._started:
            process, since = self._started[engine.name]
            if process.poll() is None or time.monotonic() < since + PAUSE_SECONDS:
                return False  # a server that starts has not written its number yet
        return engine.pid() is None

    def leave(self) -> bool:
        """Stop using the engines; stop them when nobody else uses them. Tell whether it did."""
        with self._starting.held():
            self._users.release()
            if self._keep.exists() or not self._users.take(wait=False):
                return False
            for engine in self.engines:
                engine.stop()
            with contextlib.suppress(OSError):  # absent, or not empty
                paths.socket_folder().rmdir()
            self._users.release()
            return True

    def keep_up(self) -> None:
        self._keep.touch()

    def take_down(self) -> bool:
        """Undo ``keep_up`` and stop the engines, unless somebody uses them."""
        self._keep.unlink(missing_ok=True)
        return self.leave()
