"""Forms that mask words or a file of a dossier."""

from __future__ import annotations

from django import forms
from django.contrib.contenttypes.prefetch import GenericPrefetch

from config.errors import Refusal
from config.fields import CharField
from foundation.documents.models import StoredFile
from grants.applications.enums import RedactionReason
from grants.applications.masking import MAX_LENGTH, Words
from grants.applications.models import Application, ApplicationDocument, Message
from grants.applications.redactable import files_of
from grants.applications.services.redaction import place_of, words_to_mask


class WordsForm(forms.Form):
    words = CharField(
        label="Mots à masquer",
        max_length=MAX_LENGTH,
        help_text=(
            "Un nom, un prénom et un nom, un numéro de téléphone, une adresse. Les majuscules, les "
            "accents, les espaces et les traits d’union ne comptent pas."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    inside = forms.BooleanField(
        label="Aussi à l’intérieur de mots plus longs",
        required=False,
        help_text="À cocher si le nom est collé à d’autres lettres ; relisez alors chaque endroit.",
    )
    reason = forms.ChoiceField(
        label="Motif, lu par le demandeur",
        choices=[(r.value, r.label[:1].upper() + r.label[1:]) for r in RedactionReason],
        widget=forms.RadioSelect,
    )

    def clean(self) -> dict:
        cleaned = super().clean()
        if "words" in cleaned:
            try:
                words_to_mask(cleaned["words"])
            except Refusal as refusal:
                self.add_error("words", refusal.sentence)
        return cleaned

    @property
    def chosen(self) -> Words:
        """What to look for, once the form is valid."""
        return words_to_mask(self.cleaned_data["words"], inside=self.cleaned_data["inside"])


class FileChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, stored: StoredFile) -> str:
        return f"{place_of(stored)} : {stored.original_name}"


class FileForm(forms.Form):
    prefix = "fichier"
    stored = FileChoiceField(
        label="Pièce ou fichier joint",
        queryset=StoredFile.objects.none(),
        empty_label="Choisir…",
    )
    reason = forms.ChoiceField(
        label="Motif, lu par le demandeur",
        choices=[(r.value, r.label[:1].upper() + r.label[1:]) for r in RedactionReason],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, application, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        given = files_of(application).filter(uploaded_by__isnull=False)
        owners = (
            ApplicationDocument.objects.select_related("required"),
            Message.objects.all(),
            Application.objects.all(),
        )
        self.fields["stored"].queryset = given.prefetch_related(
            GenericPrefetch("owner", list(owners))
        )
