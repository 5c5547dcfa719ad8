"""axe-core in a page driven by Playwright. No rule is off and nothing is excluded."""

from functools import cache

from django.conf import settings
from playwright.sync_api import Page


TAGS = ["RGAAv4", "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Colours are read at rest: a change of theme fades in, and axe would measure it half-way.
_RUN = """async tags => {
    const fading = document.getAnimations()
        .filter(motion => Number.isFinite(motion.effect.getComputedTiming().endTime));
    await Promise.allSettled(fading.map(motion => motion.finished));
    return axe.run(document, {runOnly: {type: "tag", values: tags}});
}"""


@cache
def _source() -> str:
    return (settings.BASE_DIR / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Return one line per broken element: rule, impact, selector, what is wrong."""
    page.evaluate(_source())
    found = page.evaluate(_RUN, TAGS)["violations"]
    return [
        f"{rule['id']} ({rule['impact']}) {' '.join(map(str, node['target']))}: "
        f"{node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def assert_accessible(page: Page) -> None:
    """Fail with the list of what axe finds on the page as it stands."""
    found = violations(page)
    assert not found, f"{page.url}\n" + "\n".join(found)
