"""The life of a dossier is a list of apps; everything points up it (docs/architecture.md)."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.db.models import Field, Model


# Lowest first, as in INSTALLED_APPS: an app may point to those that follow it.
ORDER = {
    config.label: rank
    for rank, config in enumerate(apps.get_app_configs())
    if Path(config.path).is_relative_to(settings.BASE_DIR)
    and ".venv" not in Path(config.path).relative_to(settings.BASE_DIR).parts
    and config.label != "plumbing"
    and not config.name.startswith("django.")
}


def is_lower(label: str, other: str) -> bool:
    return label in ORDER and other in ORDER and ORDER[label] < ORDER[other]


def our_models() -> list[type[Model]]:
    return [m for m in apps.get_models(include_auto_created=True) if m._meta.app_label in ORDER]


def targets(model: type[Model]) -> Iterator[tuple[Field, type[Model]]]:
    """Yield each relation a model declares: keys, many-to-many, generic relations, parents."""
    meta = model._meta
    for field in (*meta.local_fields, *meta.local_many_to_many, *meta.private_fields):
        related = getattr(field, "related_model", None)
        if related:
            yield field, related


def test_the_order_is_read_from_the_settings():
    assert next(iter(ORDER)) == "portal"
    assert list(ORDER)[-1] == "parameters"
    assert len(ORDER) >= 14


def test_imports_go_up_the_list():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
        ],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_relations_between_models_go_up_the_list():
    user = apps.get_model(settings.AUTH_USER_MODEL)
    wrong = [
        f"{model._meta.label}.{field.name} → {target._meta.label}"
        for model in our_models()
        for field, target in targets(model)
        if target is not user and is_lower(target._meta.app_label, model._meta.app_label)
    ]
    assert not wrong, "\n".join(wrong)


def test_migrations_depend_on_what_is_up_the_list():
    accounts = settings.AUTH_USER_MODEL.split(".")[0]
    wrong = [
        f"{label}.{name} → {needed[0]}.{needed[1]}"
        for (label, name), migration in MigrationLoader(None).disk_migrations.items()
        for needed in (*migration.dependencies, *migration.run_before)
        if label in ORDER and needed[0] != accounts and is_lower(needed[0], label)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_query_of_an_app_goes_down_a_reverse_relation():
    """A filter on a name that a lower app gave to the other end of its key is a hidden import."""
    wrong = []
    for config in apps.get_app_configs():
        if config.label not in ORDER:
            continue
        names = names_from_below(config)
        wrong += [use for use in look_ups(config) if use[1] in names]
    assert not wrong, "\n".join(f"{place}: {name}" for place, name in wrong)


def names_from_below(config: AppConfig) -> set[str]:
    """Return the reverse names that lower apps alone define on models of this app or above."""
    below: set[str] = set()
    own: set[str] = set()
    for model in our_models():
        visible = not is_lower(model._meta.app_label, config.label)
        if visible:
            own |= {f.name for f in (*model._meta.fields, *model._meta.many_to_many)}
        for field, target in targets(model):
            if not getattr(field, "remote_field", None) or field.remote_field.hidden:
                continue
            if is_lower(target._meta.app_label, config.label):
                continue
            name = field.related_query_name() if hasattr(field, "related_query_name") else None
            if name:
                (own if visible else below).add(name)
    return below - own


def look_ups(config: AppConfig) -> Iterator[tuple[str, str]]:
    """Yield the first step of each ``a__b`` look-up written in an app's code."""
    for path in Path(config.path).rglob("*.py"):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            words = []
            if isinstance(node, ast.Call):
                words = [k.arg for k in node.keywords if k.arg]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = [node.value.lstrip("-")]
            for word in words:
                if "__" in word.strip("_") and " " not in word:
                    place = f"{path.relative_to(settings.BASE_DIR)}:{node.lineno}"
                    yield place, word.split("__")[0]


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
