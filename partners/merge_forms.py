"""Confirm that two bodies are one."""

from django import forms


class MergeForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi c’est la même organisation",
        max_length=1000,
        help_text="Gardé dans l’historique.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    typed = forms.CharField(
        label="Nom du doublon, recopié",
        max_length=200,
        required=False,
        help_text="Leurs fiches se contredisent : recopiez le nom de celle qui disparaît.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args, needs_typing: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not needs_typing:
            del self.fields["typed"]
