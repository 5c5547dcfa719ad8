"""The scoring grid as a form: one card a criterion, whatever the grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.forms.boundfield import BoundField

from config.money import EuroField
from grants.calls.models import Criterion, ScoringGrid
from grants.review.calculations import ScoredCriterion
from grants.review.models import Review
from grants.review.services.scoring import Lacking, ScoreInput


NOT_APPLICABLE = "na"


@dataclass(frozen=True)
class CriterionCard:
    """What the page draws for one criterion."""

    criterion: Criterion
    level: BoundField
    comment: BoundField


class ScoringForm(forms.Form):
    """Levels 0 to 5 with their sentences, « sans objet », a comment; amount and summary."""

    proposed_amount = EuroField(label="Montant proposé", required=False)
    summary = forms.CharField(
        label="Synthèse motivée",
        required=False,
        max_length=10000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, grid: ScoringGrid, review: Review | None = None, **kwargs) -> None:
        self.grid = grid
        self.criteria = list(grid.criteria.all())
        kwargs.setdefault("initial", self._initial(review))
        super().__init__(*args, **kwargs)
        for criterion in self.criteria:
            self.fields[f"level_{criterion.pk}"] = forms.ChoiceField(
                label=criterion.label,
                choices=_choices(criterion),
                required=False,
                widget=forms.RadioSelect,
            )
            self.fields[f"comment_{criterion.pk}"] = forms.CharField(
                label=f"Commentaire sur « {criterion.label} »",
                required=False,
                max_length=5000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

        for field in self.fields.values():
            if not isinstance(field.widget, forms.RadioSelect | forms.HiddenInput):
                field.widget.attrs["class"] = "form-control"

    def _initial(self, review: Review | None) -> dict:
        if review is None:
            return {"version": 0}
        initial = {
            "proposed_amount": review.proposed_amount,
            "summary": review.summary,
            "version": review.version,
        }
        for score in review.scores.all():
            level = NOT_APPLICABLE if score.not_applicable else score.level
            initial[f"level_{score.criterion_id}"] = "" if level is None else str(level)
            initial[f"comment_{score.criterion_id}"] = score.comment
        return initial

    @property
    def cards(self) -> list[CriterionCard]:
        return [
            CriterionCard(c, self[f"level_{c.pk}"], self[f"comment_{c.pk}"]) for c in self.criteria
        ]

    def scores(self) -> dict[int, ScoreInput]:
        """Return what was chosen, by criterion; call it on a valid form."""
        given = {}
        for criterion in self.criteria:
            level = self.cleaned_data[f"level_{criterion.pk}"]
            given[criterion.pk] = ScoreInput(
                level=int(level) if level.isdigit() else None,
                not_applicable=level == NOT_APPLICABLE,
                comment=self.cleaned_data[f"comment_{criterion.pk}"],
            )
        return given

    def chosen(self) -> list[ScoredCriterion]:
        """Return the levels chosen so far, criterion by criterion, whatever the form lacks."""
        given = []
        for criterion in self.criteria:
            level = self._level(criterion)
            given.append(
                ScoredCriterion(
                    criterion.weight,
                    int(level) if level.isdigit() else None,
                    not_applicable=level == NOT_APPLICABLE,
                )
            )
        return given

    def _level(self, criterion: Criterion) -> str:
        """Return the level chosen for a criterion, empty when it is none of its levels."""
        asked = self[f"level_{criterion.pk}"].value() or ""
        return asked if asked in dict(_choices(criterion)) else ""

    def add_lacking(self, lacking: Iterable[Lacking]) -> None:
        """Say beside each field what the reading lacks to be final."""
        for one in lacking:
            name = f"{one.part}_{one.criterion}" if one.criterion else one.part
            self.add_error(name, one.sentence)


def _choices(criterion: Criterion) -> list[tuple[str, str]]:
    choices = [
        (str(level), f"{level} – {sentence}")
        for level, sentence in enumerate(criterion.level_sentences)
    ]
    if criterion.allows_not_applicable:
        choices.append((NOT_APPLICABLE, "Sans objet"))
    return choices
