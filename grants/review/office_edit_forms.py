"""The form that opens a change by the office: which parts, and why."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms

from config.fields import TextField
from grants.applications.forms.reopening import ChoiceGroup
from grants.applications.services.corrections import MAX_MESSAGE
from grants.review.correction_forms import Pick


class StartEditForm(forms.Form):
    fields_edited = forms.MultipleChoiceField(
        label="Ce que vous modifiez",
        error_messages={
            "required": "Choisissez ce que vous modifiez.",
            "invalid_choice": "Une des parties choisies n’existe pas.",
        },
    )
    reason = TextField(
        label="Pourquoi vous modifiez ce dossier",
        rows=3,
        max_length=MAX_MESSAGE,
        help_text=(
            "Le demandeur le lit dans le mail et dans l’historique. Par exemple «\u00a0erreur de "
            "saisie signalée par téléphone le 12 novembre\u00a0»."
        ),
        error_messages={"required": "Dites au demandeur pourquoi vous modifiez son dossier."},
    )

    def __init__(self, groups: Sequence[ChoiceGroup], data=None) -> None:
        super().__init__(data, label_suffix="")
        self.groups = groups
        self.fields["fields_edited"].choices = [
            (choice.key, choice.label) for group in groups for choice in group.choices
        ]
        self.fields["reason"].widget.attrs["class"] = "form-control"

    def picks(self) -> list[tuple[ChoiceGroup, list[Pick], bool]]:
        """Return the boxes by section, and whether one of them is ticked."""
        ticked = set(self["fields_edited"].value() or ())
        rows, number = [], 0
        for group in self.groups:
            picks = []
            for choice in group.choices:
                anchor = "id_fields_edited" if not number else f"id_fields_edited_{number}"
                picks.append(Pick(choice, anchor, choice.key in ticked))
                number += 1
            rows.append((group, picks, any(pick.checked for pick in picks)))
        return rows
