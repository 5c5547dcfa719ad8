"""A field of the dossier that the common ones do not cover."""

from django import forms

from accounts.forms import clean_phone
from config.fields import NameField


class PhoneField(NameField):
    """A phone number, written in pairs once it is read."""

    def __init__(self, **kwargs) -> None:
        super().__init__(
            max_length=20, widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}), **kwargs
        )

    def to_python(self, value: object) -> str:
        return clean_phone(super().to_python(value))
