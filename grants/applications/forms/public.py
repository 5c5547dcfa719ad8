from __future__ import annotations

from typing import Any

from django import forms

from config.fields import CountField, PercentField, TextField
from grants.applications.enums import AgeBand, Section
from grants.applications.forms.base import SectionForm
from grants.applications.sections import PUBLIC_FIELDS


class PublicForm(SectionForm):
    section = Section.PUBLIC
    needed = frozenset()

    girls_count = CountField(label="Filles et femmes")
    boys_count = CountField(label="Garçons et hommes")
    qpv_rate = PercentField(
        label="Part vivant en quartier prioritaire (%)",
        places=4,
        help_text="Une estimation suffit.",
    )
    public_description = TextField(
        label="Précisions sur le public",
        rows=4,
        help_text="Leur situation, et comment vous les rencontrez.",
    )
    inclusion_text = TextField(
        label="Égalité, mixité, handicap",
        rows=3,
        words=(20, 120),
        help_text="Ce que vous faites pour que filles et garçons aient la même place, "
        "et pour accueillir des personnes handicapées.",
    )

    def build(self) -> None:
        for band in AgeBand:
            self.fields[f"count_{band}"] = CountField(label=band.label)

    def initial_of(self, values: dict[str, Any]) -> dict[str, Any]:
        initial = {field: values[field] for field in PUBLIC_FIELDS}
        return initial | {f"count_{band}": count for band, count in values["counts"].items()}

    def values(self) -> dict[str, Any]:
        values: dict[str, Any] = {field: self.kept(field) for field in PUBLIC_FIELDS}
        for name in ("public_description", "inclusion_text"):
            values[name] = self.kept(name, "")
        counts = {str(band): self.kept(f"count_{band}") for band in AgeBand}
        values["counts"] = {band: count for band, count in counts.items() if count is not None}
        return values

    # --- For the page ------------------------------------------------------------------------
    def count_fields(self) -> list[forms.BoundField]:
        return [self[f"count_{band}"] for band in AgeBand]

    @property
    def total(self) -> int:
        return sum(self.stored["counts"].values())
