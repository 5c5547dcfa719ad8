"""Small forms: start a dossier, join a file, write, withdraw."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError

from config.fields import DayField, NameField, TextField
from grants.applications.renewable import Choice
from grants.calls.models import CallSheet
from partners.models import Organisation


_MAX_KEY = 2**63 - 1


class StartForm(forms.Form):
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="Pour quelle organisation ?",
        widget=forms.RadioSelect({"class": "form-check-input"}),
        empty_label=None,
        error_messages={
            "required": "Choisissez l’organisation qui demande.",
            "invalid_choice": "Choisissez une de vos organisations.",
        },
    )
    another = forms.BooleanField(required=False)
    request_key = forms.UUIDField(required=False)

    def __init__(self, organisations, data=None, **kwargs) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        self.fields["organisation"].queryset = organisations


class RenewForm(forms.Form):
    """On which sheet to renew a request.

    Args:
        choices: What ``renewable.choices_for`` offers; the first one is proposed.
        data: What was posted.
    """

    sheet = forms.ModelChoiceField(
        CallSheet.objects.none(),
        label="Sur quelle fiche ?",
        empty_label=None,
        error_messages={
            "required": "Choisissez une fiche.",
            "invalid_choice": "Cette fiche ne prend pas de nouvelle demande aujourd’hui.",
        },
    )
    another = forms.BooleanField(required=False)
    request_key = forms.UUIDField(required=False)

    def __init__(self, choices: Sequence[Choice], data=None, **kwargs) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        sheets = [choice.sheet.pk for choice in choices]
        self.fields["sheet"].queryset = CallSheet.objects.filter(pk__in=sheets)
        if choices:
            self.initial["sheet"] = sheets[0]


class ReuseForm(forms.Form):
    required_id = forms.IntegerField(max_value=_MAX_KEY)
    source_id = forms.IntegerField(max_value=_MAX_KEY, required=False)  # none: the bank proof


class KeepForm(forms.Form):
    valid_until = DayField(label="Valable jusqu’au", required=False)


class UploadForm(forms.Form):
    label = NameField(label="Intitulé de la pièce", max_length=200, required=False)
    file = forms.FileField(
        label="Fichier",
        widget=forms.FileInput({"class": "form-control"}),
        error_messages={
            "required": "Choisissez un fichier.",
            "empty": "Ce fichier est vide.",
            "missing": "Choisissez un fichier.",
        },
    )
    required_id = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean(self) -> None:
        if not self.cleaned_data.get("required_id") and not self.cleaned_data.get("label"):
            raise ValidationError({"label": "Donnez un nom à cette pièce."})


class WithdrawForm(forms.Form):
    reason = TextField(
        label="Pourquoi retirez-vous cette demande ? (facultatif)",
        rows=3,
        max_length=2000,
        required=False,
    )

    def __init__(self, data=None, **kwargs) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        self.fields["reason"].widget.attrs["class"] = "form-control"
