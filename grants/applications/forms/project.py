from __future__ import annotations

import re
from typing import Any

from django import forms

from grants.applications.enums import GrantKind, Section
from grants.applications.forms.base import SectionForm
from grants.applications.forms.fields import DayField, NameField, TextField
from grants.applications.sections import PROJECT_FIELDS, IndicatorValue
from territories.models import Framework


MAX_INDICATORS = 40
_ROW = re.compile(r"indicator_(\d{1,2})_(?:label|planned)", re.ASCII)


class ProjectForm(SectionForm):
    section = Section.PROJECT
    needed = frozenset({"title", "objectives", "description", "starts_on", "ends_on"})

    kind = forms.ChoiceField(
        label="Que demandez-vous de financer ?",
        choices=GrantKind.choices,
        widget=forms.RadioSelect,
        initial=GrantKind.PROJECT,
    )
    title = NameField(
        label="Intitulé du projet",
        max_length=200,
        help_text="Une ligne que tout le monde comprend. Il sera public si l’action est financée.",
    )
    objectives = TextField(
        label="Objectifs",
        rows=4,
        help_text="Ce que l’action doit changer pour les jeunes ou pour le quartier.",
    )
    description = TextField(
        label="Description de l’action",
        rows=8,
        help_text="Ce que vous ferez, avec qui, à quel rythme. Ne nommez aucun jeune.",
    )
    starts_on = DayField(label="Début de l’action")
    ends_on = DayField(label="Fin de l’action")
    means = TextField(
        label="Moyens humains et matériels",
        rows=4,
        help_text="Salariés, bénévoles et intervenants, avec le temps qu’ils y passent ; locaux.",
    )
    partners_text = TextField(
        label="Partenaires",
        rows=3,
        help_text="Collèges, centres sociaux, prévention spécialisée, ville… et leur rôle.",
    )
    steering_body = NameField(
        label="Instance locale de pilotage",
        max_length=200,
        help_text="Par exemple le CLSPD ou le comité de pilotage de la cité éducative.",
    )
    framework = forms.ModelChoiceField(
        Framework.objects.all(),
        label="Cadre",
        empty_label="Aucun",
        help_text="Contrat de ville, cité éducative, projet éducatif de territoire…",
    )

    def build(self) -> None:
        self.answers = {a.position: a for a in self.application.condition_answers.all()}
        for position, answer in self.answers.items():
            self.fields[f"answer_{position}"] = TextField(
                label=answer.condition, rows=3, help_text=""
            )
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
        initial = {f: values[f] for f in PROJECT_FIELDS if f != "framework_id"}
        initial["framework"] = values["framework_id"]
        for position, text in values["answers"].items():
            initial[f"answer_{position}"] = text
        for n, indicator in enumerate(values["indicators"]):
            initial[f"indicator_{n}_label"] = indicator.label
            initial[f"indicator_{n}_planned"] = indicator.planned
        return initial

    def clean(self) -> None:
        starts_on, ends_on = (self.cleaned_data.get(f) for f in ("starts_on", "ends_on"))
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "L’action finit avant de commencer.")

    def values(self) -> dict[str, Any]:
        values = {f: self.kept(f, "") for f in PROJECT_FIELDS if f != "framework_id"}
        values["kind"] = self.kept("kind", "") or self.stored["kind"]
        values["starts_on"] = self.kept("starts_on")
        values["ends_on"] = self.kept("ends_on")
        framework = self.kept("framework")
        values["framework_id"] = framework.pk if framework else None
        values["answers"] = {n: self.kept(f"answer_{n}", "") for n in self.answers}
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
    def answer_fields(self) -> list[forms.BoundField]:
        return [self[f"answer_{n}"] for n in self.answers]

    def indicator_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        count = sum(1 for name in self.fields if name.endswith("_planned"))
        return [
            (self[f"indicator_{n}_label"], self[f"indicator_{n}_planned"]) for n in range(count)
        ]
