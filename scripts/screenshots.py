"""Photograph the main pages of a demonstration into ``docs/screenshots`` (``make screenshots``).

The three pictures of ``README.md`` go to ``docs/img``.

A demonstration of its own is started in ``var/screenshots``, so that the pictures do not depend on
what somebody typed in theirs.
"""

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright


ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "screenshots"
README_TARGET = ROOT / "docs" / "img"
PORT = 8765
SITE = f"http://127.0.0.1:{PORT}"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
WIDTHS = {"large": 1280, "telephone": 390}
# File, demonstration account (none: not signed in), address.
PAGES = (
    ("accueil", None, "/"),
    ("territoires", None, "/territoires/"),
    ("appels", None, "/appels/"),
    ("dossiers", "association", "/dossiers/"),
    ("instruction", "instruction", "/instruction/"),
    ("seances", "responsable", "/seances/"),
)
README_PAGES = (
    ("home", None, "/"),
    ("desk", "responsable", "/instruction/?liste=tous"),
    ("territory", "coordination-t7", "/coordination/"),
)


def main() -> int:
    environment = {**os.environ, "MAILLAGE_STATE_DIR": "var/screenshots"}
    command = [sys.executable, "-m", "config.embedded", "demo", "--port", str(PORT)]
    demo = subprocess.Popen(command, cwd=ROOT, env=environment)  # noqa: S603
    try:
        wait_ready(demo)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=next(filter(None, map(shutil.which, CHROMIUMS))), args=ARGUMENTS
            )
            for name, account, address in PAGES:
                for label, width in WIDTHS.items():
                    path = TARGET / f"{name}-{label}.png"
                    photograph(browser, path, account, address, width=width)
            for name, account, address in README_PAGES:
                photograph(browser, README_TARGET / f"{name}.png", account, address, width=1280)
            browser.close()
    finally:
        demo.terminate()
        demo.wait()
    return 0


def wait_ready(demo: subprocess.Popen, seconds: int = 300) -> None:
    deadline = time.monotonic() + seconds
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while demo.poll() is None and time.monotonic() < deadline:
        try:
            if opener.open(f"{SITE}/healthz", timeout=2).status == 200:
                return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("La démonstration n’a pas démarré.")


def photograph(
    browser: Browser, path: Path, account: str | None, address: str, *, width: int
) -> None:
    """Take a picture of one page, as an account of the demonstration sees it."""
    context = browser.new_context(
        locale="fr-FR",
        timezone_id="Europe/Paris",
        viewport={"width": width, "height": 900},
        color_scheme="light",
    )
    page = context.new_page()
    page.goto(SITE)
    if account:
        page.evaluate(
            "name => document.querySelector(`input[name=account][value='${name}']`)"
            ".form.requestSubmit()",
            account,
        )
        page.wait_for_load_state("networkidle")
    answer = page.goto(f"{SITE}{address}")
    if answer is None or answer.status != 200 or page.url != f"{SITE}{address}":
        raise SystemExit(f"{address}: {answer and answer.status}, {page.url}")
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
    context.close()


if __name__ == "__main__":
    sys.exit(main())
