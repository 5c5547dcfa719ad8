"""What every test stands on: strict templates, no network, a clean cache, one browser."""

import os
import shutil
import socket
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.template import engines


CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROME = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")

# Playwright keeps an event loop in the thread of the test; Django would refuse its queries there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def find_chromium() -> str | None:
    """Return the path of a Chromium, ``MAILLAGE_CHROMIUM`` first."""
    named = os.environ.get("MAILLAGE_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    return found or (str(MAC_CHROME) if MAC_CHROME.exists() else None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_chromium():
        return
    reason = "no Chromium on this machine: “make e2e” installs one and runs the browser tests"
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=reason))


# --- Templates: an undefined variable fails -----------------------------------------------------
class UndefinedVariableError(AssertionError):
    """One of our templates prints a variable that nobody gave it."""


class Undefined(str):
    """Django's ``string_if_invalid``, which raises in our own templates.

    In the templates of libraries it is empty, as usual, and their ``|default`` goes on working.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        context = sys._getframe(1).f_locals.get("context")
        template = getattr(getattr(context, "render_context", None), "template", None)
        origin = getattr(getattr(template, "origin", None), "name", "")
        return str(origin).startswith(str(django_settings.BASE_DIR / "templates"))

    def __contains__(self, part: str) -> bool:
        return part == "%s"

    def __mod__(self, variable: object) -> str:
        raise UndefinedVariableError(f"undefined template variable: {variable}")


@pytest.fixture(autouse=True)
def _strict_templates():
    engines["django"].engine.string_if_invalid = Undefined()


# --- The world outside --------------------------------------------------------------------------
@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch):
    """Let tests reach this machine only."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address):
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise OSError(f"a test tried to reach {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _clean_cache(request: pytest.FixtureRequest):
    """Forget sessions and rate limits of the previous test (Redis stays between tests)."""
    if request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        cache.clear()


@pytest.fixture(scope="session", autouse=True)
def _fresh_files():
    """Start without the files that an earlier run stored."""
    location = django_settings.STORAGES["default"]["OPTIONS"]["location"]  # of this process only
    shutil.rmtree(location, ignore_errors=True)
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # whitenoise looks at it


# --- The browser --------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Drive the system's Chromium, which may not call home."""
    return {
        **browser_type_launch_args,
        "executable_path": find_chromium(),
        "args": [
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {
        **browser_context_args,
        "locale": "fr-FR",
        "timezone_id": "Europe/Paris",
        "viewport": {"width": 1280, "height": 900},
    }
