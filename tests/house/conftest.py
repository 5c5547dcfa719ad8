"""A state folder of its own for each test that starts real services."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture
def state() -> Iterator[Path]:
    """A folder that PostgreSQL's user may reach (pytest's own are closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="maillage-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    embedded_environment = clean_environment(folder)
    subprocess.run(
        [sys.executable, "-m", "config.embedded", "down"],
        cwd=settings.BASE_DIR,
        env=embedded_environment,
        capture_output=True,
        check=False,
    )
    shutil.rmtree(folder, ignore_errors=True)


def clean_environment(state: Path) -> dict[str, str]:
    """Return our environment without the services of the test-suite itself."""
    dropped = {"DATABASE_URL", "REDIS_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "MAILLAGE_STATE_DIR": str(state), "PYTHONPATH": str(settings.BASE_DIR)}


@pytest.fixture
def embedded(state: Path) -> Callable[..., subprocess.CompletedProcess]:
    """Run ``python -m config.embedded …`` in that state folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(  # noqa: S603
            [sys.executable, "-m", "config.embedded", *arguments],
            cwd=settings.BASE_DIR,
            env=clean_environment(state),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    return run
