"""Small forms: start a dossier, join a file, write, withdraw."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from grants.applications.forms.fields import NameField, TextField
from partners.models import Organisation


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

    def __init__(self, organisations, data=None, **kwargs) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        self.fields["organisation"].queryset = organisations


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


class MessageForm(forms.Form):
    text = TextField(
        label="Votre message",
        rows=4,
        max_length=5000,
        help_text="Ne nommez aucun jeune.",
        error_messages={"required": "Écrivez votre message avant de l’envoyer."},
    )

    def __init__(self, data=None, **kwargs) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        self.fields["text"].widget.attrs["class"] = "form-control"


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
