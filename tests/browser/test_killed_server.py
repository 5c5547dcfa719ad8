"""A real server, killed twice in the middle of typing; the session closed once."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from grants.applications.models import Application
from tests.applications.dossiers import a_draft, fresh, load_parameters
from tests.browser.visiting import sign_in
from tests.house.test_supervisor import free_port, wait_for
from tests.workers import database_url


pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SAVED = re.compile(r"Enregistré à \d+\u00a0h\u00a0\d\d")
PATIENCE = 20_000


class Server:
    """Gunicorn as in production, on the database of the test."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = log

    def start(self) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.CACHES["default"]["LOCATION"],
            "WEB_BIND": f"127.0.0.1:{self.port}",
            "WEB_WORKERS": "1",
        }
        environment.pop("PYTEST_XDIST_WORKER", None)
        command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                command,
                env=environment,
                cwd=settings.BASE_DIR,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its workers die with it
            )
        wait_for(self._answers)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:  # noqa: S310
                return answer.status == 200
        except OSError:
            return False

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "gunicorn.log")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def draft() -> Application:
    load_parameters()
    return a_draft()


@pytest.fixture
def open_section(page: Page, server: Server, draft: Application) -> Callable[[str], None]:
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.route("**/static/**", serve_static)
    sign_in(page, server, draft.created_by)

    def opened(section: str) -> None:
        page.goto(server.url + reverse("applications:section", args=[draft.uuid, section]))

    yield opened
    expect.set_options(timeout=5000)


def serve_static(route: Route) -> None:
    name = route.request.url.split("/static/", 1)[1].split("?")[0]
    route.fulfill(path=finders.find(name))


def write(page: Page, name: str, text: str) -> None:
    page.locator(f"form#partie [name={name}]").fill(text)
    page.locator(f"form#partie [name={name}]").blur()


def test_every_confirmed_word_is_there_and_the_others_come_back(page, server, draft, open_section):
    status = page.locator("#autosave")
    open_section("projet")
    write(page, "title", "Ateliers du soir")
    expect(status).to_have_text(SAVED)

    server.kill()
    assert fresh(draft).title == "Ateliers du soir"
    page.locator("[name=objectives]").press_sequentially("Raccrocher les élèves")
    expect(status).to_contain_text("Non enregistré")
    server.start()
    expect(status).to_have_text(SAVED)
    assert fresh(draft).objectives == "Raccrocher les élèves"

    open_section("public")
    write(page, "count_11_15", "24")
    expect(status).to_have_text(SAVED)
    server.kill()
    write(page, "girls_count", "13")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_url("chrome-error://chromewebdata/")
    server.start()
    open_section("public")
    expect(page.locator("[name=girls_count]")).to_have_value("13")
    expect(page.get_by_text("Nous avons remis")).to_be_visible()
    expect(status).to_have_text(SAVED)

    open_section("budget")
    write(page, "remuneration-0-amount", "1\u202f234,50 €")
    expect(status).to_contain_text("Montant arrondi à l’euro")
    cache.clear()  # sessions live there
    write(page, "autofinancement-0-amount", "1235")
    expect(status).to_contain_text("votre session est fermée")
    sign_in(page, server, draft.created_by)
    page.get_by_role("button", name="Réessayer").click()
    expect(page.locator("#id_balance")).to_have_text("Le budget est équilibré.")

    draft = fresh(draft)
    assert (draft.title, draft.objectives) == ("Ateliers du soir", "Raccrocher les élèves")
    assert (draft.girls_count, draft.audience_counts.get().count) == (13, 24)
    amounts = draft.budget_lines.filter(is_this_request=False).order_by("position")
    assert [line.planned_amount for line in amounts if line.planned_amount] == [1235, 1235]
