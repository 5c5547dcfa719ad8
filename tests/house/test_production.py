"""Production refuses to start half configured."""

import os
import subprocess
import sys

import pytest
from django.conf import settings


WHOLE = {
    "SECRET_KEY": "k7" * 30,
    "EVENT_DIGEST_SALT": "sel",
    "ALLOWED_HOSTS": "subventions.example",
    "SITE_URL": "https://subventions.example",
    "DATABASE_URL": "postgresql://u:p@db/maillage",
    "REDIS_URL": "redis://redis:6379/0",
    "EMAIL_URL": "smtp+tls://u:p@mail.example:587",
    "DEFAULT_FROM_EMAIL": "subventions@subventions.example",
}
SHOWN = [
    "EMAIL_HOST",
    "SESSION_COOKIE_SECURE",
    "DEBUG",
    "DEMO_MODE",
    "GALLERY",
    "DEFAULT_FROM_EMAIL",
]


def start(**changed: str) -> subprocess.CompletedProcess:
    """Read the production settings in a process of their own, with these variables alone."""
    program = (
        "from config.settings import production as p; "
        f"print([getattr(p, name) for name in {SHOWN}])"
    )
    return subprocess.run(  # noqa: S603  (our own interpreter)
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env={"PATH": os.defpath, **WHOLE, **changed},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_whole_configuration_starts_with_every_guard():
    done = start()
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(
        ["mail.example", True, False, False, False, "subventions@subventions.example"]
    )


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_a_variable_left_empty_is_named(name: str):
    done = start(**{name: ""})
    assert done.returncode != 0
    assert name in done.stderr


@pytest.mark.parametrize(
    "changed",
    [
        {"SECRET_KEY": "demonstration-only-" + "0" * 40},
        {"SECRET_KEY": "court"},
        {"ALLOWED_HOSTS": "*"},
        {"SITE_URL": "http://subventions.example"},
    ],
)
def test_settings_of_the_demonstration_are_refused(changed: dict):
    done = start(**changed)
    assert done.returncode != 0
    assert next(iter(changed)) in done.stderr
