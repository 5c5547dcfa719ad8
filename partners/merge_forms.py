"""Confirm that two bodies are one."""

from django import forms

from config.fields import CharField
from partners.enums import Right
from partners.models import Organisation


class MergeForm(forms.Form):
    reason = CharField(
        label="Pourquoi c’est la même organisation",
        max_length=1000,
        help_text="Gardé dans l’historique.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    typed = CharField(
        label="Nom du doublon, recopié",
        max_length=200,
        required=False,
        help_text="Leurs fiches se contredisent : recopiez le nom de celle qui disparaît.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    kept_rights = forms.TypedMultipleChoiceField(
        label="Membres du doublon qui gardent tous leurs droits",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Les autres pourront remplir et déposer, rien de plus.",
    )

    def __init__(self, *args, source: Organisation, needs_typing: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        members = (
            source.memberships.active()
            .filter(rights__overlap=[Right.MANAGE, Right.SIGN])
            .select_related("user")
            .order_by("user__last_name", "pk")
        )
        self.fields["kept_rights"].choices = [
            (row.pk, f"{row.user}, {row.function} ({', '.join(row.right_labels)})")
            for row in members
        ]
        if not self.fields["kept_rights"].choices:
            del self.fields["kept_rights"]
        if not needs_typing:
            del self.fields["typed"]
