"""The grid builder's forms: a name, thresholds, a row a criterion, a row a question.

Rows are added, moved and taken off by buttons that send the form without saving anything: what was
typed comes back as it was, in its new order.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from django import forms
from django.forms import BaseFormSet, formset_factory

from config.fields import NameField, TextField
from grants.calls.grids.content import (
    LEVELS,
    LONGEST_HELP,
    LONGEST_LABEL,
    LONGEST_SENTENCE,
    MAX_WEIGHT,
    CriterionContent,
    GridContent,
    QuestionContent,
)
from grants.calls.grids.services import LONGEST_NAME
from grants.calls.models import AutomaticAnswer


CRITERIA, QUESTIONS = "criteres", "questions"
MOST_ROWS = 100  # what a page redraws; the service refuses more than a grid may have
SENTENCES = [f"level_{level}" for level in range(LEVELS)]


def _text() -> dict[str, str]:
    return {"class": "form-control", "autocomplete": "off"}


def _say_where(form: forms.Form, row: str) -> None:
    """Let what a row lacks name the row: the summary of errors stands far above it."""
    typed = (form.prefix or "").rpartition("-")[2]
    if not typed.isdigit():  # the blank row of a formset
        return
    where = f"{row}\u00a0{int(typed) + 1}"
    for field in form.fields.values():
        for code, text in field.error_messages.items():
            field.error_messages[code] = f"{str(text).rstrip('.')} ({where})."
        field.error_messages["required"] = f"à remplir ({where})."


class GridForm(forms.Form):
    name = NameField(
        label="Nom de la grille",
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs=_text()),
    )
    comment_at_most = forms.TypedChoiceField(
        label="Commentaire obligatoire pour les notes basses",
        coerce=int,
        choices=[(0, "0"), *((level, f"0 à {level}") for level in range(1, LEVELS - 1))],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    comment_at_least = forms.TypedChoiceField(
        label="Commentaire obligatoire pour les notes hautes",
        coerce=int,
        choices=[
            (LEVELS, "aucune"),
            (5, "5"),
            *((level, f"{level} à 5") for level in range(4, 0, -1)),
        ],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    version = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean(self) -> dict:
        cleaned = super().clean()
        low, high = cleaned.get("comment_at_most"), cleaned.get("comment_at_least")
        if low is not None and high is not None and low >= high:
            self.add_error(
                "comment_at_least", "Ces notes recouvrent celles du bas : choisissez-en de hautes."
            )
        return cleaned


class CriterionForm(forms.Form):
    label = NameField(
        label="Intitulé", max_length=LONGEST_LABEL, widget=forms.TextInput(attrs=_text())
    )
    weight = forms.DecimalField(
        label="Poids",
        min_value=Decimal("0.01"),
        max_value=MAX_WEIGHT,
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs={**_text(), "inputmode": "decimal"}),
        error_messages={
            "min_value": "Le poids d’un critère est supérieur à zéro.",
            "max_value": "Le poids d’un critère ne dépasse pas 999,99.",
        },
    )
    help_text = TextField(
        label="Aide pour le lecteur",
        required=False,
        max_length=LONGEST_HELP,
        rows=2,
    )
    allows_not_applicable = forms.BooleanField(
        label="Peut être sans objet", required=False, initial=True
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for level, name in enumerate(SENTENCES):
            self.fields[name] = NameField(
                label=f"Note {level}",
                max_length=LONGEST_SENTENCE,
                widget=forms.Textarea(attrs={**_text(), "rows": 2}),
            )
        _say_where(self, "critère")
        self.fields["allows_not_applicable"].widget.attrs["class"] = "form-check-input"
        self.fields["help_text"].widget.attrs["class"] = "form-control"

    @property
    def sentences(self) -> list[forms.BoundField]:
        return [self[name] for name in SENTENCES]

    def content(self) -> CriterionContent:
        """Return the criterion of a valid form."""
        data = self.cleaned_data
        return CriterionContent(
            label=data["label"],
            weight=data["weight"],
            level_sentences=tuple(data[name] for name in SENTENCES),
            help_text=data["help_text"],
            allows_not_applicable=data["allows_not_applicable"],
        )


class QuestionForm(forms.Form):
    label = NameField(
        label="Question, qui se répond par oui ou non",
        max_length=LONGEST_LABEL,
        widget=forms.TextInput(attrs=_text()),
    )
    help_text = NameField(
        label="Aide",
        required=False,
        max_length=LONGEST_HELP,
        widget=forms.TextInput(attrs=_text()),
    )
    automatic = forms.ChoiceField(
        label="Répondue par Maillage",
        required=False,
        choices=[("", "Non : une personne répond"), *AutomaticAnswer.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    allows_not_applicable = forms.BooleanField(
        label="Peut être sans objet",
        required=False,
        initial=True,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        _say_where(self, "question")

    def content(self) -> QuestionContent:
        """Return the question of a valid form."""
        return QuestionContent(**{name: self.cleaned_data[name] for name in self.base_fields})


class QuestionRows(BaseFormSet):
    def clean(self) -> None:
        seen = set()
        for form in self.forms:
            kind = getattr(form, "cleaned_data", {}).get("automatic")
            if kind and kind in seen:
                form.add_error("automatic", "Maillage répond déjà à une question de cette nature.")
            seen.add(kind)


UNREADABLE = {
    "missing_management_form": "Les lignes de la grille sont arrivées incomplètes\u00a0: rechargez "
    "la page, votre saisie vous sera proposée."
}
ROWS = {"extra": 0, "max_num": MOST_ROWS, "absolute_max": MOST_ROWS}
CriterionFormSet = formset_factory(CriterionForm, **ROWS)
QuestionFormSet = formset_factory(QuestionForm, formset=QuestionRows, **ROWS)
CRITERION_NAMES = ("label", "weight", "help_text", "allows_not_applicable", *SENTENCES)
QUESTION_NAMES = ("label", "help_text", "automatic", "allows_not_applicable")
NAMES = {CRITERIA: CRITERION_NAMES, QUESTIONS: QUESTION_NAMES}
Rows = dict[str, list[dict[str, object]]]


def blank_row(prefix: str) -> dict[str, object]:
    return {**dict.fromkeys(NAMES[prefix], ""), "allows_not_applicable": True}


def rows_of(content: GridContent) -> Rows:
    """Return a content as the values of its fields."""
    criteria = [
        {
            "label": one.label,
            "weight": _weight(one.weight),
            "help_text": one.help_text,
            "allows_not_applicable": one.allows_not_applicable,
            **dict(zip(SENTENCES, one.level_sentences, strict=True)),
        }
        for one in content.criteria
    ]
    questions = [{name: getattr(one, name) for name in QUESTION_NAMES} for one in content.questions]
    return {CRITERIA: criteria, QUESTIONS: questions}


def _weight(weight: Decimal) -> str:
    text = f"{weight:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",")


def rows_typed(data: Mapping[str, str]) -> Rows:
    """Return what was typed, valid or not, row by row."""
    found: Rows = {}
    for prefix, names in NAMES.items():
        typed = str(data.get(f"{prefix}-TOTAL_FORMS", ""))
        count = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 0
        found[prefix] = [
            {
                name: f"{prefix}-{number}-{name}" in data
                if name == "allows_not_applicable"
                else data.get(f"{prefix}-{number}-{name}", "")
                for name in names
            }
            for number in range(min(count, MOST_ROWS))
        ]
    return found


def head_typed(data: Mapping[str, str]) -> dict[str, str]:
    return {name: data.get(name, "") for name in GridForm.base_fields}


def rearranged(rows: Rows, action: str) -> str:
    """Apply a button (``add-criteres``, ``up-questions-2``…) to the rows, in place.

    Returns:
        The id of the control to go to; empty for an action that is none of ours.
    """
    verb, _, rest = action.partition("-")
    prefix, _, typed = rest.partition("-")
    if prefix not in rows:
        return ""
    found = rows[prefix]
    if verb == "add":
        if len(found) < MOST_ROWS:
            found.append(blank_row(prefix))
        return f"id_{prefix}-{len(found) - 1}-label"
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else -1
    if not 0 <= number < len(found):
        return ""
    if verb == "remove":
        found.pop(number)
        return f"titre-{prefix}"
    other = number - 1 if verb == "up" else number + 1 if verb == "down" else -1
    if not 0 <= other < len(found):
        return ""
    found[number], found[other] = found[other], found[number]
    # At an end, the button just used is gone: the other one takes the focus.
    shown = "down" if other == 0 else "up" if other == len(found) - 1 else verb
    return f"{shown}-{prefix}-{other}"


def shown_content(head: Mapping[str, object], rows: Rows) -> GridContent:
    """Return what was typed as a content to look at, whatever it lacks."""
    return GridContent(
        name=str(head.get("name", "")),
        comment_at_most=_whole(head.get("comment_at_most"), 1),
        comment_at_least=_whole(head.get("comment_at_least"), 5),
        criteria=tuple(
            CriterionContent(
                label=str(row["label"]).strip() or "Critère sans intitulé",
                weight=_decimal(row["weight"]),
                level_sentences=tuple(str(row[name]).strip() or "…" for name in SENTENCES),
                help_text=str(row["help_text"]),
                allows_not_applicable=bool(row["allows_not_applicable"]),
            )
            for row in rows[CRITERIA]
            if row["label"] or row["weight"] or any(row[name] for name in SENTENCES)
        ),
        questions=tuple(
            QuestionContent(
                label=str(row["label"]).strip(),
                help_text=str(row["help_text"]),
                automatic=row["automatic"] if row["automatic"] in AutomaticAnswer.values else "",
                allows_not_applicable=bool(row["allows_not_applicable"]),
            )
            for row in rows[QUESTIONS]
            if str(row["label"]).strip()
        ),
    )


def _whole(value: object, default: int) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else default


def _decimal(value: object) -> Decimal:
    """Return a weight as typed; 0 for what is none."""
    try:
        weight = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        return Decimal(0)
    is_fine = weight.is_finite() and 0 < weight <= MAX_WEIGHT
    return round(weight, 2) if is_fine else Decimal(0)


class DuplicateGridForm(forms.Form):
    name = NameField(
        label="Nom de la copie", max_length=LONGEST_NAME, widget=forms.TextInput(attrs=_text())
    )
