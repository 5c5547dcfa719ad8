"""Know a process for what it is, start it, stop it."""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path


_LINUX = sys.platform.startswith("linux")
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if _LINUX else None


def identity(pid: int) -> str | None:
    """Return what tells this process from a later one that received the same number.

    A dead or zombie process has none.
    """
    if _LINUX:
        try:
            fields = (
                Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
            )
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in "ZX" else fields[19]
    answer = _ps(pid, "lstart=")
    return answer or None


def works_in(pid: int, folder: Path, *names: str) -> bool:
    """Tell whether the process is one of these programs, at work in that folder."""
    if _LINUX:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
            here = os.readlink(f"/proc/{pid}/cwd")
        except OSError:
            return False
        return os.path.realpath(folder) == here and any(n.encode() in command for n in names)
    command = _ps(pid, "command=")
    return any(n in command for n in names) and (
        str(folder) in command or str(folder) in _lsof_folder(pid)
    )


def at_work_in(folder: Path, *names: str) -> list[int]:
    """Return the processes of these programs at work in the folder (Linux; else none)."""
    if not _LINUX:
        return []
    pids = [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()]
    return [pid for pid in pids if works_in(pid, folder, *names)]


def _ps(pid: int, column: str) -> str:
    done = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _lsof_folder(pid: int) -> str:
    with contextlib.suppress(FileNotFoundError):
        return subprocess.run(  # noqa: S603
            ["/usr/sbin/lsof", "-a", "-d", "cwd", "-p", str(pid), "-Fn"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    return ""


def spawn(
    command: list[str],
    *,
    log: Path,
    env: dict[str, str],
    cwd: Path | str,
    user: int | None = None,
    group: int | None = None,
    dies_with_us: int | None = None,
) -> subprocess.Popen:
    """Start a child in a session of its own, its output appended to a log file.

    Args:
        command: Program and arguments.
        log: File its output is appended to.
        env: Its whole environment.
        cwd: Folder it starts in.
        user: Drop to this user (as root only).
        group: And to this group.
        dies_with_us: On Linux, the signal the kernel sends it should we be killed. Must be called
            from the main thread: the kernel ties that to the thread which forks.
    """
    parent = os.getpid()

    def settle() -> None:
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)  # nohup and ``&`` had them ignored
        if dies_with_us and _LIBC:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(dies_with_us), 0, 0, 0)
            if os.getppid() != parent:  # we died in between
                os._exit(1)

    dropped = {} if user is None else {"user": user, "group": group, "extra_groups": []}
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            umask=0o077,
            start_new_session=True,
            preexec_fn=settle,
            **dropped,
        )


def wait_gone(pid: int, known: str | None, seconds: float) -> bool:
    """Wait until the process is over (a zombie is), at most so many seconds."""
    deadline = time.monotonic() + seconds
    while identity(pid) not in (None,) and identity(pid) == known:
        if time.monotonic() > deadline:
            return False
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.05)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return True


def stop(pid: int, *, ask: int = signal.SIGTERM, patience: float = 15, whole: bool = False) -> None:
    """Ask a process to end, then kill it after ``patience`` seconds.

    Args:
        pid: The process.
        ask: The polite signal.
        patience: Seconds it has to end by itself.
        whole: When it must be killed, kill its process group too (it leads one).
    """
    known = identity(pid)
    if known is None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, ask)
    if not wait_gone(pid, known, patience):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        wait_gone(pid, known, 5)
    if whole:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


class Lock:
    """An advisory lock on a file, given back by the kernel whatever happens to us."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self, *, shared: bool = False, wait: bool = True) -> bool:
        mode = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(self._file, mode)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        self.take()
        try:
            yield
        finally:
            self.release()
