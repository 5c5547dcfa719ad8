"""Forms of the account: allauth's own, in our words, and the profile."""

from allauth.account import forms as allauth_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse

from accounts.enums import STAFF_ROLES, Role
from accounts.models import User
from accounts.ties import bodies_of
from config.fields import DayField
from config.text import clean_name
from territories.models import School, Territory


CHOOSING_HELP = "Au moins 12 caractères. Une phrase facile à retenir est un bon mot de passe."


class NameField(forms.CharField):
    """A name of a person: single spaces, no invisible direction mark."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**{"max_length": 80, **kwargs})

    def to_python(self, value: object) -> str:
        return clean_name(super().to_python(value))


class OurWords:
    """Give a form of allauth our labels and helps.

    Its placeholders go: they repeat the labels and are too pale to be read.
    """

    labels: dict[str, str] = {}
    helps: dict[str, str] = {}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.helps.get(name, "")


class LoginForm(OurWords, allauth_forms.LoginForm):
    labels = {"login": "Adresse e-mail", "password": "Mot de passe"}


class SignupForm(OurWords, allauth_forms.SignupForm):
    first_name = NameField(
        label="Prénom", widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = NameField(
        label="Nom", widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )

    field_order = ["first_name", "last_name", "email", "password1"]
    labels = {"email": "Adresse e-mail", "password1": "Mot de passe"}
    helps = {
        "email": "Un message vous sera envoyé pour la confirmer. "
        "De préférence une adresse à votre nom.",
        "password1": CHOOSING_HELP,
    }

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Create the account, or answer the same way, in the same time, when it exists."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class ChangeEmailForm(OurWords, allauth_forms.AddEmailForm):
    labels = {"email": "Nouvelle adresse e-mail"}


class ChangePasswordForm(OurWords, allauth_forms.ChangePasswordForm):
    labels = {
        "oldpassword": "Mot de passe actuel",
        "password1": "Nouveau mot de passe",
        "password2": "Le même, une seconde fois",
    }
    helps = {"password1": CHOOSING_HELP}


class ResetPasswordForm(OurWords, allauth_forms.ResetPasswordForm):
    labels = {"email": "Adresse e-mail de votre compte"}


class NewPasswordForm(OurWords, allauth_forms.ResetPasswordKeyForm):
    labels = {"password1": "Nouveau mot de passe", "password2": "Le même, une seconde fois"}
    helps = {"password1": CHOOSING_HELP}


class ReauthenticateForm(OurWords, allauth_forms.ReauthenticateForm):
    labels = {"password": "Mot de passe"}


CODE_LABEL = "Code à six chiffres"


class CodeForm(OurWords, mfa_forms.AuthenticateForm):
    labels = {"code": CODE_LABEL}
    helps = {"code": "Celui de votre application, ou l’un de vos codes de secours."}


class CodeAgainForm(OurWords, mfa_forms.ReauthenticateForm):
    labels = {"code": CODE_LABEL}
    helps = CodeForm.helps


class ActivateCodeForm(OurWords, totp_forms.ActivateTOTPForm):
    labels = {"code": CODE_LABEL}
    helps = {"code": "Celui que l’application affiche maintenant."}


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
    text = text.strip()
    digits = "".join(c for c in text if c.isascii() and c.isdigit())
    if not text:
        return ""
    if text.startswith("+33") and len(digits) == 11:
        digits = f"0{digits[2:]}"
    elif text.startswith("+") and 8 <= len(digits) <= 15:
        return f"+{digits}"
    if len(digits) != 10 or not digits.startswith("0"):
        raise forms.ValidationError(
            "Saisissez un numéro à dix chiffres, par exemple 01 40 00 00 00."
        )
    return " ".join(digits[i : i + 2] for i in range(0, 10, 2))


class RoleForm(forms.Form):
    """Give a role to somebody who has an account."""

    email = forms.EmailField(
        label="Adresse e-mail de la personne",
        help_text="Celle de son compte : elle doit d’abord s’inscrire.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label="Rôle", choices=[("", "Choisissez"), *Role.choices])
    territory = forms.ModelChoiceField(
        label="Territoire",
        queryset=Territory.objects.all(),
        required=False,
        empty_label="Aucun",
        help_text="Pour la coordination seulement.",
    )
    whole_department = forms.BooleanField(
        label="Coordination de tout le département",
        required=False,
        help_text="Ouvre les dossiers des sept territoires.",
    )
    school = forms.ModelChoiceField(
        label="Collège",
        queryset=School.objects.select_related("commune"),
        required=False,
        empty_label="Aucun",
        help_text="Pour un établissement scolaire seulement.",
    )
    title = NameField(
        label="Titre affiché",
        max_length=100,
        required=False,
        help_text="Par exemple « Coordonnatrice du territoire 7 ».",
    )
    starts_on = DayField(label="Du")
    ends_on = DayField(
        label="Au",
        required=False,
        help_text="Dernier jour inclus. Vide : sans fin prévue.",
    )

    ties_seen = forms.BooleanField(
        label="J’ai vérifié que ce rôle lui est donné malgré ce lien", required=False
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("ties_seen") != "on":  # shown when it is asked
            self.fields["ties_seen"].widget = forms.HiddenInput()

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        self.person = User.objects.filter(email__iexact=email, is_active=True).first()
        if self.person is None:
            raise forms.ValidationError(
                "Personne n’a de compte à cette adresse. Demandez-lui de s’inscrire, "
                "puis revenez ici."
            )
        return email

    def clean(self) -> dict:
        data = super().clean()
        if data.get("role") == Role.SCHOOL and not data.get("school") and not self.errors:
            self.add_error("school", "Indiquez le collège de cette personne.")
        somewhere = bool(data.get("territory")) != bool(data.pop("whole_department", False))
        if data.get("role") == Role.COORDINATOR and not somewhere and not self.errors:
            self.add_error(
                "territory", "Choisissez un territoire, ou bien cochez tout le département."
            )
        starts_on, ends_on = data.get("starts_on"), data.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "La fin d’un rôle ne peut pas précéder son début.")
        if data.get("role") in STAFF_ROLES and not self.errors:
            self._warn_of_ties(data)
        return data

    def _warn_of_ties(self, data: dict) -> None:
        """Ask to look twice before giving a role of the office to a member of bodies."""
        bodies = bodies_of(self.person)
        if not bodies or data.get("ties_seen"):
            return
        self.fields["ties_seen"].widget = forms.CheckboxInput()
        self.add_error(
            "ties_seen",
            f"{self.person} est membre de {', '.join(bodies)}\u00a0: le portail l’écartera des "
            "dossiers de cette organisation (ni notes, ni avis, ni décision). Cochez la case pour "
            "donner ce rôle."
            if len(bodies) == 1
            else f"{self.person} est membre de {len(bodies)} organisations ({', '.join(bodies)})"
            "\u00a0: le portail l’écartera de leurs dossiers (ni notes, ni avis, ni décision). "
            "Cochez la case pour donner ce rôle.",
        )


class EndRoleForm(forms.Form):
    when = forms.ChoiceField(
        label="Fin du rôle",
        choices=[("at_once", "Tout de suite"), ("day", "À la fin d’un jour, que je choisis")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez quand ce rôle prend fin."},
    )
    ends_on = DayField(label="Dernier jour", required=False, help_text="Inclus.")

    def clean(self) -> dict:
        data = super().clean()
        by_day = data.get("when") == "day"
        if by_day and not data.get("ends_on") and "ends_on" not in self.errors:
            self.add_error("ends_on", "Indiquez le dernier jour.")
        self.last_day = data.get("ends_on") if by_day else None
        return data
