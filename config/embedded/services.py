"""Start and stop the two engines together, several terminals sharing them."""

import contextlib
import os
from dataclasses import dataclass, field

from . import paths, processes
from .postgres import Postgres
from .redis import Redis


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

    def start(self, *, dies_with_us: bool = False) -> None:
        """Start what does not run yet; wait until all answer."""
        with self._starting.held():
            self._users.take(shared=True)
            for engine in self.engines:
                if engine.pid() is None:
                    engine.start(dies_with_us=dies_with_us)
            for engine in self.engines:
                engine.wait_ready()

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
