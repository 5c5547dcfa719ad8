"""Forms of correction requests, on the office's side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django import forms

from config.errors import Refusal
from config.fields import CharField, DayField, TextField
from foundation.parameters.selectors import values_on
from grants.applications.enums import Section
from grants.applications.forms.reopening import Choice, ChoiceGroup
from grants.applications.services.corrections import MAX_MESSAGE, check_due_date


MORE_DAYS = 7  # proposed when a delay is prolonged; the officer types the day they want


@dataclass(frozen=True)
class Pick:
    """A box to tick of the form."""

    choice: Choice
    id: str
    checked: bool


class CorrectionForm(forms.Form):
    """What is asked again, in which words, until when."""

    fields_asked = forms.MultipleChoiceField(
        label="Ce que le demandeur doit compléter",
        error_messages={
            "required": "Choisissez ce que le demandeur doit compléter.",
            "invalid_choice": "Une des parties choisies n’existe pas.",
        },
    )
    message = TextField(
        label="Votre message",
        rows=6,
        max_length=MAX_MESSAGE,
        help_text="Lu par le demandeur dans le mail et sur la page. Ne nommez aucun jeune.",
        error_messages={"required": "Dites au demandeur ce qu’il doit compléter."},
    )
    sentence = forms.ChoiceField(label="Phrase prête", required=False)
    due_on = DayField(
        label="À compléter au plus tard le",
        error_messages={"required": "Indiquez la date limite."},
    )

    def __init__(self, groups: Sequence[ChoiceGroup], data=None, *, on: date) -> None:
        values = values_on(["correction.days", "correction.sentences"], on)
        self.groups, self.on = groups, on
        wanted = [choice.key for group in groups for choice in group.choices if choice.tone]
        super().__init__(
            data,
            label_suffix="",
            initial={
                "fields_asked": wanted,
                "due_on": on + timedelta(days=int(values["correction.days"])),
            },
        )
        self.fields["fields_asked"].choices = [
            (choice.key, choice.label) for group in groups for choice in group.choices
        ]
        self.fields["sentence"].choices = [("", "Choisir une phrase…")] + [
            (str(number), line)
            for number, line in enumerate(filter(None, values["correction.sentences"].splitlines()))
        ]
        for name, css in (("message", "control"), ("sentence", "select"), ("due_on", "control")):
            self.fields[name].widget.attrs["class"] = f"form-{css}"

    def clean_due_on(self) -> date:
        due_on = self.cleaned_data["due_on"]
        try:
            check_due_date(due_on, after=self.on, on=self.on)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence, code=refusal.code) from None
        return due_on

    def picks(self) -> list[tuple[ChoiceGroup, list[Pick], bool]]:
        """Return the boxes by section, and whether one of them is ticked: documents first."""
        ticked = set(self["fields_asked"].value() or ())
        first = "id_fields_asked"
        rows, number = [], 0
        ordered = sorted(self.groups, key=lambda group: group.section != Section.DOCUMENTS)
        for group in ordered:
            picks = []
            for choice in group.choices:
                box = first if number == 0 else f"{first}_{number}"
                picks.append(Pick(choice, box, choice.key in ticked))
                number += 1
            rows.append((group, picks, any(pick.checked for pick in picks)))
        return rows

    def with_sentence(self) -> CorrectionForm:
        """Return the form with the ready sentence chosen put after the message."""
        data = self.data.copy()
        lines = dict(self.fields["sentence"].choices)
        line = lines.get(data.get("sentence", ""), "") if data.get("sentence") else ""
        data["message"] = "\n".join(filter(None, [data.get("message", "").rstrip(), line]))
        data["sentence"] = ""
        again = CorrectionForm(self.groups, on=self.on)
        again.initial = {
            "fields_asked": data.getlist("fields_asked"),
            "message": data["message"],
            "due_on": data.get("due_on", ""),
        }
        return again


class ExtendForm(forms.Form):
    """More time, and why."""

    due_on = DayField(
        label="Nouvelle date limite", error_messages={"required": "Indiquez la nouvelle date."}
    )
    reason = CharField(
        label="Raison, lue par le demandeur",
        max_length=1000,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": "Indiquez pourquoi le délai est prolongé."},
    )

    def __init__(self, data=None, *, after: date | None = None) -> None:
        initial = {"due_on": after + timedelta(days=MORE_DAYS)} if after else {}
        super().__init__(data, label_suffix="", prefix="prolonger", initial=initial)


class StopForm(forms.Form):
    """Go on without the answer."""

    reason = CharField(
        label="Raison, lue par le demandeur",
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, data=None) -> None:
        super().__init__(data, label_suffix="", prefix="reprendre")
