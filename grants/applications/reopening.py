"""Which parts of a filed dossier a correction request reopens, and how they are named.

A key is ``"<section>"`` for a whole section, ``"<section>.<value>"`` for one value of it (the
names are those of ``sections.read``), ``"pieces.<required pk>"`` for a document the sheet asks,
``"pieces"`` for other documents.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from grants.applications.enums import Section


# Sections whose values only make sense together: they reopen whole.
WHOLE = frozenset({Section.PLACES, Section.PUBLIC, Section.BUDGET})
# Statements are given by a person at a moment: they are never asked again in passing.
REOPENABLE = tuple(s for s in Section if s not in {Section.DOCUMENTS, Section.COMMITMENTS})


def value_key(name: str, keys: Collection[str]) -> str | None:
    """Return the value that a form's field belongs to; ``None`` for a button or a stranger.

    ``title`` is ``title``, ``framework`` is ``framework_id``, ``answer_3`` is ``answers``.

    Args:
        name: Name of a control.
        keys: Names of the section's values.
    """
    for exact in (name, f"{name}_id"):
        if exact in keys:
            return exact
    stem, separator, _ = name.partition("_")
    if not separator:
        return None
    return next((key for key in keys if key.split("_")[0].removesuffix("s") == stem), None)


@dataclass(frozen=True)
class Reopened:
    """What a correction request reopens.

    Attributes:
        values: Section → names of its reopened values; ``None`` for the whole section.
        documents: Primary keys of the required documents asked again.
        other_documents: Documents that the sheet does not ask may be joined.
    """

    values: dict[str, frozenset[str] | None]
    documents: frozenset[int]
    other_documents: bool

    @classmethod
    def of(cls, keys: Iterable[str]) -> Reopened:
        """Read the keys of a request."""
        values: dict[str, frozenset[str] | None] = {}
        documents: set[int] = set()
        others = False
        for key in keys:
            section, _, name = key.partition(".")
            if section == Section.DOCUMENTS:
                others = others or not name
                documents |= {int(name)} if name.isdecimal() else set()
            elif not name:
                values[section] = None
            elif (known := values.get(section, frozenset())) is not None:
                values[section] = known | {name}
        return cls(values, frozenset(documents), others)

    @property
    def sections(self) -> list[Section]:
        """Return the sections to go through, in the order of the dossier."""
        return [
            section
            for section in Section
            if section in self.values
            or (section == Section.DOCUMENTS and (self.documents or self.other_documents))
        ]

    def names(self, section: str) -> frozenset[str] | None:
        """Return the reopened values of a section; ``None`` when it is reopened whole."""
        return self.values.get(section, frozenset())

    def opens(self, section: str, name: str) -> bool:
        names = self.names(section)
        return names is None or name in names

    def kept(self, section: str, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values of a section that may change; the others are dropped."""
        return {name: value for name, value in values.items() if self.opens(section, name)}

    def opens_field(self, section: str, field: str, keys: Collection[str]) -> bool:
        """Tell whether a control of a section's form may change.

        Args:
            section: The section.
            field: Name of the control.
            keys: Names of the section's values.
        """
        if self.names(section) is None:
            return True
        key = value_key(field, keys)
        return key is not None and self.opens(section, key)
