"""The registry behind ``manage.py load_reference``.

An app that comes with reference data registers its loader in ``AppConfig.ready()``::

    register_loader("organismes publics", load_public_bodies)

A loader is idempotent, runs inside the one transaction of the command, after the territories'
own, and returns how many rows stand after it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


FOLDER = settings.BASE_DIR / "fixtures" / "reference"

Load = Callable[[Path], int]


@dataclass(frozen=True)
class Loader:
    """One part of the reference data.

    Attributes:
        name: French plural, as the command prints it after the count.
        load: Takes the folder of the files, returns the number of rows.
        order: Lower first; the territories' own are below 100.
    """

    name: str
    load: Load
    order: int


_loaders: dict[str, Loader] = {}


def register_loader(name: str, function: Load, *, order: int = 100) -> None:
    """Add a loader; the same name registered again replaces the first."""
    _loaders[name] = Loader(name, function, order)


def loaders() -> list[Loader]:
    """Return the loaders in the order they run."""
    return sorted(_loaders.values(), key=lambda loader: (loader.order, loader.name))
