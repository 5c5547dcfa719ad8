from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from config.text import clean_name


class NameField(forms.CharField):
    """A name of a person: single spaces, no invisible direction mark."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**{"max_length": 80, **kwargs})

    def to_python(self, value: object) -> str:
        return clean_name(super().to_python(value))


class SignupForm(AllauthSignupForm):
    first_name = NameField(
        label="Prénom", widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = NameField(
        label="Nom", widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )

    field_order = ["first_name", "last_name", "email", "password1"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        without_placeholders(self)
        self.fields["email"].label = "Adresse e-mail"
        self.fields[
            "email"
        ].help_text = (
            "Un message vous sera envoyé pour la confirmer. De préférence une adresse à votre nom."
        )
        self.fields[
            "password1"
        ].help_text = "Au moins 12 caractères. Une phrase facile à retenir est un bon mot de passe."

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Create the account, or answer the same way, in the same time, when it exists."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


def without_placeholders(form: forms.Form) -> None:
    """Take away allauth's placeholders: they repeat the labels and are too pale to be read."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class ProfileForm(forms.ModelForm):
    first_name = NameField(
        label="Prénom", widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = NameField(
        label="Nom", widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )

    class Meta:
        model = User
        fields = ["first_name", "last_name", "phone"]
        widgets = {"phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})}
        help_texts = {"phone": "Facultatif. Il aide le service instructeur à vous joindre."}

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])


def clean_phone(text: str) -> str:
    """Return a phone number written in pairs (``01 40 00 00 00``), or as typed from abroad."""
    digits = "".join(c for c in text if c.isascii() and c.isdigit())
    if not text.strip():
        return ""
    if text.strip().startswith("+33") and len(digits) == 11:
        digits = f"0{digits[2:]}"
    elif text.strip().startswith("+") and 8 <= len(digits) <= 15:
        return f"+{digits}"
    if len(digits) != 10 or not digits.startswith("0"):
        raise forms.ValidationError(
            "Saisissez un numéro à dix chiffres, par exemple 01 40 00 00 00."
        )
    return " ".join(digits[i : i + 2] for i in range(0, 10, 2))
