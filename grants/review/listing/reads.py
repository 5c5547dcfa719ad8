"""What columns are made of: the same names read from a dossier on the screen, from all in a file.

A file holds thousands of dossiers: their values come from the database as they are, a few hundred
dossiers at a time, and no object is made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import islice
from typing import TYPE_CHECKING, Any

from config.expressions import AnyOf
from grants.review.listing.places import PLACES, places_of


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from config.spreadsheets import Column, Value
    from grants.applications.models import Application

CHUNK = 1000  # dossiers in memory at a time

Found = Mapping[str, Sequence[Any]]  # values of some dossiers, in their order, by name


class Reads:
    """How a column takes its value: from what, and put in which words.

    Args:
        names: Fields of a dossier (``sheet__code``), parts of :mod:`grants.review.listing.rows`, or
            :data:`~grants.review.listing.places.PLACES`.
        words: Its value from theirs; without it there is one name, and its value is written.
    """

    def __init__(self, *names: str, words: Callable[..., Value] | None = None) -> None:
        self.names = names
        self.words = words

    def __call__(self, dossier: Application) -> Value:
        """Return the value of one dossier, fetched with what is read."""
        values = [reduce(getattr, name.split("__"), dossier) for name in self.names]
        return self.words(*values) if self.words else values[0]

    def of_many(self, found: Found) -> Iterable[Value]:
        """Return the values of many dossiers."""
        lists = [found[name] for name in self.names]
        return map(self.words, *lists) if self.words else lists[0]


def names_read(columns: Iterable[Column]) -> list[str]:
    """Return what some columns read, each name once."""
    return list(dict.fromkeys(name for column in columns for name in column.read.names))


def found_by_name(
    dossiers: QuerySet[Application], keys: Iterable[int], names: Iterable[str]
) -> Iterator[Found]:
    """Yield what is read of dossiers, some hundreds of them at a time.

    Args:
        dossiers: Annotated with the parts that are read; those whose keys are not given stay out.
        keys: Of the dossiers, in the order of the file.
        names: What to read; ``pk`` always is.
    """
    names = dict.fromkeys(["pk", *names])
    fields = [name for name in names if name != PLACES]
    dossiers = dossiers.order_by()
    keys = iter(keys)
    while chunk := list(islice(keys, CHUNK)):
        by_key = {row[0]: row for row in dossiers.filter(AnyOf("pk", chunk)).values_list(*fields)}
        rows = [by_key[key] for key in chunk if key in by_key]
        if not rows:
            continue
        found: dict[str, Sequence[Any]] = dict(zip(fields, zip(*rows, strict=True), strict=True))
        if PLACES in names:
            places = places_of(found["pk"])
            found[PLACES] = [places.get(pk, ()) for pk in found["pk"]]
        yield found


def rows_of(columns: Sequence[Column], found: Found) -> Iterator[tuple[Value, ...]]:
    """Return the rows of a file from what its columns read."""
    return zip(*(column.read.of_many(found) for column in columns), strict=True)
