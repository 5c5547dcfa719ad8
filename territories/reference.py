"""The registry behind ``manage.py load_reference``.

An app that comes with reference data registers its loader in ``AppConfig.ready()``::

    register_loader("organismes publics", load_public_bodies)

A loader takes nothing (its files are in ``FOLDER``), is idempotent, runs inside the one transaction
of the command, after the territories' own, and returns how many rows stand then, or a sentence.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings


FOLDER = settings.BASE_DIR / "fixtures" / "reference"

Load = Callable[[], int | str]


@dataclass(frozen=True)
class Loader:
    """One part of the reference data.

    Attributes:
        name: French plural, as the command prints it after the count.
        load: Writes the rows, returns their number or a French sentence.
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
