"""Static files as production serves them: every name carries a digest and leads somewhere."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command


MODULES = sorted((django_settings.BASE_DIR / "static/js").glob("*.js"))


@pytest.fixture
def collected(settings, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "config.storage.StaticStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_modules_and_fonts_are_found_under_their_dated_names(collected: Path):
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    portal = (collected / names["js/portal.js"]).read_text()
    imports = re.findall(r'from "\./([^"]+)"', portal)
    assert len(imports) >= 5
    for name in imports:
        assert re.search(r"\.[0-9a-f]{12}\.js$", name)
        assert (collected / "js" / name).exists()
    css = (collected / names["css/portal.css"]).read_text()
    fonts = re.findall(r'url\("?\.\./(vendor/atkinson/[^")]+)"?\)', css)
    assert len(fonts) == 6
    for font in fonts:
        assert (collected / font).exists()


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_scripts_need_nothing_that_the_policy_forbids(module: Path):
    text = module.read_text(encoding="utf-8")
    for forbidden in ("eval(", "innerHTML", "new Function", ".style.", "document.write", "http://"):
        assert forbidden not in text


def test_style_sheets_fetch_nothing_from_elsewhere():
    for sheet in (django_settings.BASE_DIR / "static/css").glob("*.css"):
        for url in re.findall(r'url\("?([^")]+)', sheet.read_text(encoding="utf-8")):
            assert url.startswith(("../", "data:", "maillage:")), (sheet.name, url)
