"""What the database and the static files need before the portal is served.

Run by the supervisor as ``python -m config.embedded.prepare``: one process for all the steps, so
that starting again takes seconds.
"""

import hashlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import paths
from .postgres import Postgres


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.demo")
    import django
    from django.contrib.auth import get_user_model
    from django.core.management import call_command, get_commands

    django.setup()
    commands = get_commands()
    seeding = paths.state_folder() / "run" / "seeding"
    if seeding.exists() and not os.environ.get("DATABASE_URL"):
        step("Reprise d’un premier démarrage interrompu", Postgres().recreate_database)
    step("Base de données", lambda: call_command("migrate", interactive=False, verbosity=0))
    if "load_reference" in commands:
        step("Données de référence", lambda: quietly("load_reference"))
    step("Fichiers statiques", collect_static)
    if "seed_demo" in commands and not get_user_model().objects.exists():
        seeding.touch()  # until it is done: half a story is told again from its beginning
        step("Données de démonstration", lambda: quietly("seed_demo", if_empty=True))
    seeding.unlink(missing_ok=True)
    return 0


def quietly(command: str, **options: object) -> None:
    from django.core.management import call_command

    call_command(command, verbosity=0, stdout=sys.stderr, **options)


def step(label: str, act: Callable[[], object]) -> None:
    start = time.monotonic()
    sys.stdout.write(f"  {label}… ")
    sys.stdout.flush()
    act()
    sys.stdout.write(f"{time.monotonic() - start:.1f} s\n")
    sys.stdout.flush()


def collect_static() -> None:
    """Gather static files, unless nothing changed since the last time."""
    from django.conf import settings
    from django.core.management import call_command

    root = Path(settings.STATIC_ROOT)
    stamp = root / ".gathered"
    now = static_fingerprint(settings.BASE_DIR)
    if stamp.exists() and stamp.read_text() == now:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(now)


def static_fingerprint(base: Path) -> str:
    """Summarise what the gathered files depend on: our own files and the locked packages."""
    facts = hashlib.sha256(str(base).encode())
    locked = [base / name for name in ("package-lock.json", "requirements/base.txt")]
    locked += [base / "config" / name for name in ("settings/base.py", "storage.py", "apps.py")]
    for path in locked:
        facts.update(path.read_bytes())
    for path in sorted((base / "static").rglob("*")):
        found = path.stat()
        facts.update(f"{path}|{found.st_size}|{found.st_mtime_ns}\n".encode())
    return facts.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
