from __future__ import annotations

from typing import Any

from django import forms

from config.fields import CountField, DecimalField, TextField, YesNoField
from grants.applications.checks import EMPLOYEE_KINDS
from grants.applications.enums import Section, StaffCategory
from grants.applications.forms.base import SectionForm
from grants.applications.sections import MEANS_FIELDS, StaffValue


class MeansForm(SectionForm):
    """Who and what carries the action. Nothing here is compulsory."""

    section = Section.MEANS

    means = TextField(
        label="Moyens humains et matériels",
        rows=4,
        words=(20, 150),
        help_text="Intervenants et temps qu’ils y passent, locaux, matériel.",
    )
    partners_text = TextField(
        label="Partenaires",
        rows=3,
        help_text="Collèges, centres sociaux, prévention spécialisée, ville… et leur rôle.",
    )
    plans_recruitment = YesNoField(label="Prévoyez-vous de recruter pour cette action ?")
    recruitment_fte = DecimalField(
        label="Recrutement prévu, en ETPT",
        help_text="Par exemple 0,5 pour un mi-temps sur toute l’année.",
    )
    in_kind_request = TextField(
        label="Aide en nature souhaitée du Département",
        rows=2,
        help_text="Une salle, du matériel, un intervenant… Laissez vide si vous n’en demandez pas.",
    )

    def build(self) -> None:
        for category in StaffCategory:
            self.fields[f"staff_{category}_people"] = CountField(
                label=f"{category.label} : nombre de personnes"
            )
            self.fields[f"staff_{category}_fte"] = DecimalField(label=f"{category.label} : ETPT")

    def initial_of(self, values: dict[str, Any]) -> dict[str, Any]:
        initial = {name: values[name] for name in MEANS_FIELDS}
        for one in values["staff"]:
            initial[f"staff_{one.category}_people"] = one.people
            initial[f"staff_{one.category}_fte"] = one.fte
        return initial

    def values(self) -> dict[str, Any]:
        values: dict[str, Any] = {name: self.kept(name, "") for name in MEANS_FIELDS}
        for name in ("plans_recruitment", "recruitment_fte"):
            values[name] = self.kept(name)
        rows = [
            StaffValue(
                str(category),
                self.kept(f"staff_{category}_people"),
                self.kept(f"staff_{category}_fte"),
            )
            for category in StaffCategory
        ]
        values["staff"] = [one for one in rows if one.people is not None or one.fte is not None]
        return values

    # --- For the page ------------------------------------------------------------------------
    def staff_rows(self) -> list[tuple[StaffCategory, bool, forms.BoundField, forms.BoundField]]:
        return [
            (
                category,
                category in EMPLOYEE_KINDS,
                self[f"staff_{category}_people"],
                self[f"staff_{category}_fte"],
            )
            for category in StaffCategory
        ]
