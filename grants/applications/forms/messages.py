"""Write a message on a dossier, with files."""

from __future__ import annotations

from uuid import uuid4

from django import forms

from config.fields import TextField
from foundation.documents.uploads import upload_attrs, upload_limits


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once, none of them compulsory."""

    widget = FilesInput

    def clean(self, data, initial=None) -> list:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(one, initial) for one in given if one]


class MessageForm(forms.Form):
    """What one side writes to the other; its key makes a second sending harmless."""

    text = TextField(
        label="Votre message",
        rows=4,
        max_length=5000,
        help_text="Ne nommez aucun jeune.",
        error_messages={"required": "Écrivez votre message avant de l’envoyer."},
    )
    files = FilesField(
        label="Pièces jointes (facultatif)",
        required=False,
        error_messages={"empty": "Un des fichiers choisis est vide."},
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, data=None, files=None, **kwargs) -> None:
        initial = {"request_key": uuid4(), **kwargs.pop("initial", {})}
        super().__init__(data, files, label_suffix="", initial=initial, **kwargs)
        self.fields["text"].widget.attrs["class"] = "form-control"
        chosen = self.fields["files"]
        chosen.widget.attrs |= {"class": "form-control", **upload_attrs()}
        chosen.help_text = f"Cinq fichiers au plus. {upload_limits()} Aucune donnée sur un jeune."
