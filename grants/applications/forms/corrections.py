"""Small forms of correction requests, on the applicant's side."""

from __future__ import annotations

from django import forms

from config.fields import TextField


class AnswerForm(forms.Form):
    seen = forms.CharField(required=False, widget=forms.HiddenInput)  # what the page showed
    comment = TextField(
        label="Un mot au service (facultatif)",
        rows=3,
        max_length=5000,
        required=False,
        help_text="Par exemple pourquoi vous ne changez pas un point. Ne nommez aucun jeune.",
    )

    def __init__(self, data=None, **kwargs) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        self.fields["comment"].widget.attrs["class"] = "form-control"
