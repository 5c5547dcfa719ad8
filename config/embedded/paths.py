"""Where the embedded services of this checkout keep their data and their sockets."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit


CHECKOUT = Path(__file__).resolve().parents[2]
SYSTEM_STATE = Path("/var/lib/maillage")
# Not TMPDIR: it differs between terminals and may be too long for a socket (107 bytes).
SOCKETS_PARENT = Path("/tmp")  # noqa: S108  (ownership is checked in claim_socket_folder)
DATABASE = ROLE = "maillage"


class EmbeddedError(RuntimeError):
    """The services cannot run here. The message is a French sentence for the person."""


@dataclass(frozen=True)
class Addresses:
    """Where PostgreSQL and Redis answer, whether or not they run.

    Attributes:
        database_url: For ``config.settings.base.database``.
        redis_url: For Django's cache and redis-py.
        broker_url: The same Redis as Celery writes it.
    """

    database_url: str
    redis_url: str
    broker_url: str


def addresses() -> Addresses:
    """Return the addresses in the environment, else those of this checkout's own services."""
    folder = quote(str(socket_folder()))
    redis_url = os.environ.get("REDIS_URL") or f"unix://{folder}/redis.sock?db=0"
    return Addresses(
        database_url=os.environ.get("DATABASE_URL")
        or f"postgresql://{ROLE}@/{DATABASE}?host={folder}",
        redis_url=redis_url,
        broker_url=as_broker(redis_url),
    )


def as_broker(redis_url: str) -> str:
    """Rewrite ``unix:///path?db=1`` as Celery expects it; leave other addresses alone."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


def state_folder() -> Path:
    """Return the folder of everything this checkout keeps between two starts.

    ``MAILLAGE_STATE_DIR`` if set, else ``var/`` in the checkout. As root, when that folder lies
    behind a closed door (``/root``), PostgreSQL, which refuses to run as root, could not reach it:
    a folder of the system keyed by the path is used then.
    """
    wanted = Path(os.environ.get("MAILLAGE_STATE_DIR") or CHECKOUT / "var")
    wanted = Path(os.path.realpath(wanted))
    if os.geteuid() == 0 and is_closed(wanted):
        return SYSTEM_STATE / fingerprint(wanted)
    return wanted


def is_closed(path: Path) -> bool:
    """Tell whether some existing folder on the way keeps other users out."""
    for folder in (*reversed(path.parents), path):
        try:
            mode = folder.stat().st_mode
        except FileNotFoundError:
            return False
        if stat.S_ISDIR(mode) and not mode & stat.S_IXOTH:
            return True
    return False


def fingerprint(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def socket_folder() -> Path:
    """Return the short folder of the sockets: the usual one, or the one a start had to choose."""
    state = state_folder()
    try:
        return Path((state / "sockets").read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return usual_socket_folder(state)


def usual_socket_folder(state: Path) -> Path:
    return SOCKETS_PARENT / f"maillage-{os.geteuid()}-{fingerprint(state)}"


def claim_socket_folder(owner: int) -> Path:
    """Create the folder of the sockets, 0700, for ``owner``; step aside if someone holds the name.

    Anyone may create a folder in ``/tmp``: one that is a link, belongs to somebody else or is open
    to others is not used, and another name is written down in the state folder.
    """
    state = state_folder()
    folder = socket_folder()
    if not _is_safe(folder, owner):
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            folder = SOCKETS_PARENT / f"{folder.name[:40]}-{os.urandom(4).hex()}"
            folder.mkdir(mode=0o700)
        os.chown(folder, owner, -1)
        folder.chmod(0o700)
        if folder == usual_socket_folder(state):
            (state / "sockets").unlink(missing_ok=True)
        else:
            (state / "sockets").write_text(f"{folder}\n", encoding="utf-8")
    return folder


def _is_safe(folder: Path, owner: int) -> bool:
    try:
        facts = folder.lstat()
    except FileNotFoundError:
        return False
    private = not facts.st_mode & 0o077
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == owner and private


def make_state_folder() -> Path:
    """Create the state folder: private, or as root open to the passage of PostgreSQL's user."""
    state = state_folder()
    mode = 0o711 if os.geteuid() == 0 else 0o700
    missing = [p for p in (state, *state.parents) if not p.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        folder.chmod(mode if folder in (state, CHECKOUT / "var") else 0o755)
    return state
