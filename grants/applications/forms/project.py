from __future__ import annotations

from typing import Any

from django import forms

from config.fields import DayField, NameField, TextField, YesNoField
from grants.applications.enums import GrantKind, Period, Section
from grants.applications.forms.base import SectionForm
from grants.applications.sections import PROJECT_FIELDS
from territories.models import Framework


class ProjectForm(SectionForm):
    section = Section.PROJECT
    needed = frozenset({"title", "objectives", "description", "starts_on", "ends_on"})

    kind = forms.ChoiceField(
        label="Que demandez-vous de financer ?",
        choices=GrantKind.choices,
        widget=forms.RadioSelect,
        initial=GrantKind.PROJECT,
    )
    period = forms.ChoiceField(
        label="Pour quelle période ?",
        choices=Period.choices,
        widget=forms.RadioSelect,
        initial=Period.YEAR,
    )
    is_city_policy = YesNoField(
        label="Demandez-vous aussi un financement au titre de la politique de la ville ?"
    )
    title = NameField(
        label="Intitulé du projet",
        max_length=200,
        help_text="Une ligne que tout le monde comprend. Il sera public si l’action est financée.",
    )
    objectives = TextField(
        label="Objectifs",
        rows=4,
        words=(40, 150),
        help_text="Ce que l’action doit changer pour les jeunes ou pour le quartier.",
    )
    description = TextField(
        label="Description de l’action",
        rows=8,
        words=(150, 300),
        help_text="Ce que vous ferez, avec qui, à quel rythme. Ne nommez aucun jeune.",
    )
    starts_on = DayField(label="Début de l’action")
    ends_on = DayField(label="Fin de l’action")
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

    def initial_of(self, values: dict[str, Any]) -> dict[str, Any]:
        initial = {f: values[f] for f in PROJECT_FIELDS if f != "framework_id"}
        initial["framework"] = values["framework_id"]
        for position, text in values["answers"].items():
            initial[f"answer_{position}"] = text
        return initial

    def clean(self) -> None:
        starts_on, ends_on = (self.cleaned_data.get(f) for f in ("starts_on", "ends_on"))
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "L’action finit avant de commencer.")

    def values(self) -> dict[str, Any]:
        values = {f: self.kept(f, "") for f in PROJECT_FIELDS if f != "framework_id"}
        values["kind"] = self.kept("kind", "") or self.stored["kind"]
        values["period"] = self.kept("period", "") or self.stored["period"]
        values["is_city_policy"] = self.kept("is_city_policy")
        values["starts_on"] = self.kept("starts_on")
        values["ends_on"] = self.kept("ends_on")
        framework = self.kept("framework")
        values["framework_id"] = framework.pk if framework else None
        values["answers"] = {n: self.kept(f"answer_{n}", "") for n in self.answers}
        return values

    # --- For the page ------------------------------------------------------------------------
    def groups(self) -> list[tuple[str, str]]:
        conditions = [("conditions", "Conditions de la fiche")] if self.answers else []
        return [
            ("essentiel", "Action"),
            *conditions,
            ("demande", "Demande"),
            ("cadre", "Cadre local"),
        ]

    def answer_fields(self) -> list[forms.BoundField]:
        return [self[f"answer_{n}"] for n in self.answers]
