from __future__ import annotations

import re
from typing import Any

from django import forms

from config.fields import NameField, TextField
from grants.applications.enums import Section
from grants.applications.forms.base import SectionForm
from grants.applications.sections import EVALUATION_FIELDS, IndicatorValue


MAX_INDICATORS = 40
_ROW = re.compile(r"indicator_(\d{1,2})_(?:label|planned)", re.ASCII)


class EvaluationForm(SectionForm):
    """How the body will know that the action worked; indicators come from the sheet."""

    section = Section.EVALUATION

    evaluation_method = TextField(
        label="Comment recueillerez-vous ces résultats ?",
        rows=4,
        words=(30, 150),
        help_text="Qui compte, quand, avec quels outils, et qui relit les résultats avec vous.",
    )
    complement = TextField(
        label="Informations complémentaires",
        rows=4,
        help_text="Ce que le service doit savoir et que le dossier ne demande pas ailleurs.",
    )

    def build(self) -> None:
        for n in range(self._row_count()):
            self.fields[f"indicator_{n}_label"] = NameField(
                label=f"Indicateur {n + 1}", max_length=250
            )
            self.fields[f"indicator_{n}_planned"] = NameField(
                label=f"Valeur prévue de l’indicateur {n + 1}", max_length=100
            )

    def _row_count(self) -> int:
        """Rows posted, or rows stored and one to add."""
        if self.is_bound:
            posted = [int(m[1]) for name in self.data if (m := _ROW.fullmatch(name))]
            return min(max(posted, default=-1) + 1, MAX_INDICATORS)
        return min(max(len(self.stored["indicators"]) + 1, 2), MAX_INDICATORS)

    def initial_of(self, values: dict[str, Any]) -> dict[str, Any]:
        initial = {name: values[name] for name in EVALUATION_FIELDS}
        for n, indicator in enumerate(values["indicators"]):
            initial[f"indicator_{n}_label"] = indicator.label
            initial[f"indicator_{n}_planned"] = indicator.planned
        return initial

    def values(self) -> dict[str, Any]:
        values: dict[str, Any] = {name: self.kept(name, "") for name in EVALUATION_FIELDS}
        values["indicators"] = [
            IndicatorValue(
                self.kept(f"indicator_{n}_label", ""), self.kept(f"indicator_{n}_planned", "")
            )
            for n in self._kept_rows()
        ]
        return values

    def _kept_rows(self) -> list[int]:
        """Return the rows with something typed in them."""
        return [
            n
            for n in range(MAX_INDICATORS)
            if any(
                str(self.data.get(f"indicator_{n}_{part}", "")).strip()
                for part in ("label", "planned")
            )
        ]

    def renamed(self) -> dict[str, str | None]:
        return {
            f"indicator_{old}_{part}": f"indicator_{new}_{part}"
            for new, old in enumerate(self._kept_rows())
            for part in ("label", "planned")
        }

    # --- For the page ------------------------------------------------------------------------
    def indicator_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        count = sum(1 for name in self.fields if name.endswith("_planned"))
        return [
            (self[f"indicator_{n}_label"], self[f"indicator_{n}_planned"]) for n in range(count)
        ]
