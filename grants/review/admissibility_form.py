"""The questions of admissibility as a form: what the portal says, what a person chooses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.forms.boundfield import BoundField

from config.fields import CharField
from grants.review.admissibility import Admissibility, Line
from grants.review.models import AdmissibilityAnswer
from grants.review.services.admissibility import (
    LONGEST_COMMENT,
    LONGEST_REASON,
    AnswerInput,
    MissingAnswer,
)


@dataclass(frozen=True)
class QuestionCard:
    """What the page draws for one question."""

    line: Line
    answer: BoundField
    comment: BoundField


class AdmissibilityForm(forms.Form):
    """Yes, no, not applicable, or nothing: the portal's own answer then holds."""

    version = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args, admissibility: Admissibility, **kwargs) -> None:
        self.admissibility = admissibility
        kwargs.setdefault("initial", self._initial())
        super().__init__(*args, **kwargs)
        for line in admissibility.lines:
            pk = line.question.pk
            self.fields[f"answer_{pk}"] = forms.ChoiceField(
                label=line.question.label,
                choices=_choices(line),
                required=False,
                widget=forms.RadioSelect,
            )
            self.fields[f"comment_{pk}"] = CharField(
                label=f"Commentaire sur « {line.question.label} »",
                required=False,
                max_length=LONGEST_COMMENT,
                widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            )

    def _initial(self) -> dict:
        initial = {"version": self.admissibility.version}
        for line in self.admissibility.lines:
            check = line.check
            initial[f"answer_{line.question.pk}"] = check.answer if check else ""
            initial[f"comment_{line.question.pk}"] = check.comment if check else ""
        return initial

    @property
    def cards(self) -> list[QuestionCard]:
        return [
            QuestionCard(
                line, self[f"answer_{line.question.pk}"], self[f"comment_{line.question.pk}"]
            )
            for line in self.admissibility.lines
        ]

    def answers(self) -> dict[int, AnswerInput]:
        """Return what was chosen, by question; call it on a valid form."""
        return {
            line.question.pk: AnswerInput(
                self.cleaned_data[f"answer_{line.question.pk}"],
                self.cleaned_data[f"comment_{line.question.pk}"],
            )
            for line in self.admissibility.lines
        }

    def add_lacking(self, lacking: Iterable[MissingAnswer]) -> None:
        """Say beside each question what its answer lacks."""
        for one in lacking:
            self.add_error(f"{one.part}_{one.question}", one.sentence)

    def take_version(self) -> None:
        """After a lost race: the next sending is made with what is now on the page."""
        self.data = self.data.copy()
        self.data["version"] = self.admissibility.version


def _choices(line: Line) -> list[tuple[str, str]]:
    leave = "Suivre Maillage" if line.question.automatic else "Pas encore répondu"
    choices = [("", leave), *AdmissibilityAnswer.choices[:2]]
    if line.question.allows_not_applicable:
        choices.append(AdmissibilityAnswer.choices[2])
    return choices


class RejectionForm(forms.Form):
    """Why a dossier is proposed for rejection, prefilled from the questions that failed."""

    prefix = "rejet"
    reason = CharField(
        label="Motif d’irrecevabilité",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 5, "class": "form-control"}),
        help_text="Lu par le service et proposé à la personne qui enregistre le vote. Le "
        "demandeur n’en sait rien avant la notification.",
    )
