"""Every pair of colours that carries words reaches 4.5 to 1, in both themes."""

import re

import pytest
from django.conf import settings


TONES = ("neutral", "info", "success", "warning", "danger")
TEXT_PAIRS = [
    *[
        (ink, ground)
        for ink in (
            "ink",
            "muted",
            "link",
            "primary",
            "accent-ink",
            "danger-ink",
            "secondary-ink",
            "primary-strong",
        )
        for ground in ("ground", "surface", "sunken")
    ],
    *[(f"{tone}-ink", f"{tone}-soft") for tone in TONES],
    *[("ink", f"{tone}-soft") for tone in (*TONES, "accent")],
    *[("link", f"{tone}-soft") for tone in (*TONES, "accent")],
    ("accent-ink", "accent-soft"),
    ("primary", "primary-soft"),
    ("primary-strong", "primary-soft"),
    ("on-primary", "primary"),
    ("on-primary", "primary-strong"),
    ("on-accent", "accent"),
    ("on-danger", "danger"),
    ("on-danger", "danger-ink"),
    ("hero-ink", "hero"),
    ("hero-muted", "hero"),
    ("hero", "hero-ink"),
    ("hero", "hero-muted"),
    ("demo-ink", "demo"),
]
# Edges of controls, focus and bars: 3 to 1 (WCAG 1.4.11).
SHAPE_PAIRS = [
    ("control", "surface"),
    ("control", "ground"),
    ("focus", "surface"),
    ("focus", "ground"),
    ("primary", "neutral-soft"),
    ("secondary", "neutral-soft"),
    ("danger", "neutral-soft"),
    ("danger", "surface"),
]


def _themes() -> dict[str, dict[str, str]]:
    css = (settings.BASE_DIR / "static/css/portal.css").read_text(encoding="utf-8")
    themes = {}
    for name, selector in (
        ("light", r':root,\s*\[data-bs-theme="light"\]'),
        ("dark", r'\[data-bs-theme="dark"\]'),
    ):
        block = re.search(selector + r"\s*\{([^}]*)\}", css)[1]
        themes[name] = dict(re.findall(r"--portal-([a-z-]+):\s*(#[0-9a-f]{6});", block))
    return themes


THEMES = _themes()


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_ratio_is_the_one_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_words_are_readable(theme: str, ink: str, ground: str):
    colours = THEMES[theme]
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_edges_can_be_seen(theme: str, shape: str, ground: str):
    colours = THEMES[theme]
    assert contrast(colours[shape], colours[ground]) >= 3


def test_both_themes_define_the_same_colours():
    assert THEMES["light"].keys() == THEMES["dark"].keys()


def test_the_colours_are_those_of_the_charter():
    light = THEMES["light"]
    charter = {
        "ink": "#1b2430",
        "primary": "#0b4f6c",
        "secondary": "#5b7f2b",
        "accent": "#c8432b",
        "ground": "#f6f3ec",
        "surface": "#ffffff",
    }
    assert {name: light[name] for name in charter} == charter
