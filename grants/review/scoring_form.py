"""The scoring grid as a form: one card a criterion, whatever the grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django import forms
from django.forms.boundfield import BoundField

from config.fields import ProseField
from config.money import EuroField
from config.templatetags.fr import euros
from grants.calls.models import Criterion, ScoringGrid
from grants.review.calculations import ScoredCriterion
from grants.review.models import Review
from grants.review.services.scoring import Lacking, ScoreInput, comment_is_due


NOT_APPLICABLE = "na"


@dataclass(frozen=True)
class CriterionCard:
    """What the page draws for one criterion."""

    criterion: Criterion
    level: BoundField
    comment: BoundField
    chosen: int | None
    comment_is_due: bool


class ScoringForm(forms.Form):
    """Levels 0 to 5 with their sentences, « sans objet », a comment; amount and summary."""

    proposed_amount = EuroField(label="Montant proposé", required=False)
    summary = ProseField(
        label="Synthèse motivée",
        required=False,
        max_length=10000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    base = forms.CharField(required=False, widget=forms.HiddenInput)
    deposit = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args, grid: ScoringGrid, review: Review | None = None, **kwargs) -> None:
        self.grid = grid
        self.criteria = list(grid.criteria.all())
        kwargs.setdefault("initial", self.initial_of(review))
        super().__init__(*args, **kwargs)
        for criterion in self.criteria:
            self.fields[f"level_{criterion.pk}"] = forms.ChoiceField(
                label=criterion.label,
                choices=_choices(criterion),
                required=False,
                widget=forms.RadioSelect,
            )
            self.fields[f"comment_{criterion.pk}"] = ProseField(
                label=f"Commentaire sur « {criterion.label} »",
                required=False,
                max_length=5000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

        for name, field in self.fields.items():
            if not isinstance(field.widget, forms.RadioSelect | forms.HiddenInput):
                field.widget.attrs["class"] = "form-control"
            if name.startswith("comment_"):
                field.widget.attrs["aria-describedby"] = f"id_{name}_rule"

    @property
    def kept_names(self) -> list[str]:
        """Return the fields a reading is made of, in the order of the page."""
        names = [f"{part}_{c.pk}" for c in self.criteria for part in ("level", "comment")]
        return [*names, "proposed_amount", "summary"]

    def words_for(self, name: str) -> str:
        """Name a field for a person, out of its card."""
        label = str(self.fields[name].label)
        return f"Note de « {label} »" if name.startswith("level_") else label

    def said(self, name: str, value: str) -> str:
        """Say a stored value of a field to a person."""
        if name == "proposed_amount" and value:
            try:
                return euros(Decimal(value.replace(",", ".")))
            except InvalidOperation:
                return value
        if name.startswith("level_"):
            return dict(self.fields[name].choices).get(value, "pas de note")
        return value

    def initial_of(self, review: Review | None) -> dict:
        """Return what is stored of a reading, by field."""
        if review is None:
            return {"version": 0}
        initial = {
            "proposed_amount": review.proposed_amount,
            "summary": review.summary,
            "version": review.version,
            "deposit": review.deposit_id,
        }
        for score in review.scores.all():
            level = NOT_APPLICABLE if score.not_applicable else score.level
            initial[f"level_{score.criterion_id}"] = "" if level is None else str(level)
            initial[f"comment_{score.criterion_id}"] = score.comment
        return initial

    @property
    def cards(self) -> list[CriterionCard]:
        cards = []
        for criterion in self.criteria:
            level = self._level(criterion)
            chosen = int(level) if level.isdigit() else None
            cards.append(
                CriterionCard(
                    criterion,
                    self[f"level_{criterion.pk}"],
                    self[f"comment_{criterion.pk}"],
                    chosen,
                    comment_is_due(self.grid, chosen),
                )
            )
        return cards

    def typed_scores(self) -> dict[int, ScoreInput]:
        """Return what is chosen and commented so far, whether the form is valid or not."""
        given = {}
        for criterion, chosen in zip(self.criteria, self.chosen(), strict=True):
            comment = self[f"comment_{criterion.pk}"].value() or ""
            given[criterion.pk] = ScoreInput(chosen.level, chosen.not_applicable, comment)
        return given

    def typed_amount(self) -> Decimal | None:
        """Return the amount typed so far, ``None`` when it is none."""
        if self.is_bound:
            return getattr(self, "cleaned_data", {}).get("proposed_amount")
        return self.initial.get("proposed_amount")

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
