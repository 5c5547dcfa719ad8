from django import forms

from accounts.forms import NameField, clean_phone
from config.fields import CharField
from config.text import fold
from partners.enums import OrganisationKind, Right, SigningCapacity
from partners.identifiers import IdentifierError, check_rna, check_siret
from partners.models import Organisation
from territories.models import ActorType, Commune


NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
FUNCTION_HELP = "Par exemple présidente, directeur, coordinatrice de projet."


class SiretField(forms.CharField):
    def __init__(self, **kwargs) -> None:
        kwargs.setdefault("label", "SIRET")
        kwargs.setdefault("help_text", "Quatorze chiffres, avec ou sans espaces.")
        super().__init__(max_length=30, widget=forms.TextInput(attrs=NUMBER), **kwargs)

    def clean(self, value: object) -> str:
        return _checked(super().clean(value), check_siret)


class RnaField(forms.CharField):
    def __init__(self, **kwargs) -> None:
        kwargs.setdefault("label", "Numéro RNA")
        kwargs.setdefault("help_text", "W suivi de neuf caractères, pour une association.")
        super().__init__(max_length=20, required=False, **kwargs)

    def clean(self, value: object) -> str:
        return _checked(super().clean(value), check_rna)


def _checked(text: str, check) -> str:
    try:
        return check(text) if text else ""
    except IdentifierError as error:
        raise forms.ValidationError(str(error)) from error


class ProfileMixin(forms.Form):
    """What a body says of itself."""

    legal_name = NameField(label="Dénomination", max_length=200, help_text="Telle que déclarée.")
    short_name = NameField(label="Sigle ou nom usuel", max_length=50, required=False)
    actor_type = forms.ModelChoiceField(
        label="Type d’acteur",
        queryset=ActorType.objects.all(),
        required=False,
        empty_label="Non précisé",
    )
    address = NameField(label="Adresse du siège", max_length=250, required=False)
    postal_code = forms.RegexField(
        label="Code postal",
        regex=r"^[0-9]{5}$",
        required=False,
        widget=forms.TextInput(attrs=NUMBER),
        error_messages={"invalid": "Un code postal compte cinq chiffres."},
    )
    city = NameField(label="Ville", max_length=100, required=False)
    email = forms.EmailField(label="Adresse e-mail de l’organisation", required=False)
    phone = CharField(
        label="Téléphone",
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    website = forms.URLField(label="Site web", required=False, assume_scheme="https")

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])

    def clean_website(self) -> str:
        url = self.cleaned_data["website"]
        if url and not url.startswith(("http://", "https://")):
            raise forms.ValidationError("L’adresse d’un site commence par https://.")
        return url

    def profile(self) -> dict:
        """Return the fields of the profile, with the commune of the département found by name."""
        names = [name for name in ProfileMixin.base_fields if name in self.cleaned_data]
        values = {name: self.cleaned_data[name] for name in names}
        city = fold(values.get("city", ""))
        values["commune"] = next((c for c in Commune.objects.all() if fold(c.name) == city), None)
        return values


class RegistrationForm(ProfileMixin):
    """Register a new body, as the office does for somebody else."""

    kind = forms.ChoiceField(
        label="Nature",
        choices=[
            ("", "Choisissez"),
            *[c for c in OrganisationKind.choices if c[0] != OrganisationKind.COMMUNE],
        ],
    )
    siret = SiretField(required=False)
    rna = RnaField()
    creation_in_progress = forms.BooleanField(
        label="L’association est en cours de création : elle n’a pas encore de numéro",
        required=False,
    )

    field_order = [
        "kind",
        "legal_name",
        "short_name",
        "siret",
        "rna",
        "creation_in_progress",
        "actor_type",
        "address",
        "postal_code",
        "city",
        "email",
        "phone",
        "website",
    ]

    def service_arguments(self) -> dict:
        own = ("kind", "siret", "rna", "creation_in_progress")
        return {**self.profile(), **{name: self.cleaned_data[name] for name in own}}


class OrganisationForm(RegistrationForm):
    """Register a new body and one's function in it."""

    SIGNS_NOT = "none"

    function = NameField(label="Votre fonction", max_length=100, help_text=FUNCTION_HELP)
    capacity = forms.ChoiceField(
        label="Vous pouvez signer pour cette organisation en qualité de",
        choices=[
            *SigningCapacity.choices,
            (SIGNS_NOT, "Je ne suis ni représentant légal ni mandataire"),
        ],
        widget=forms.RadioSelect,
        help_text="Sans pouvoir signer, vous gérez l’organisation et déposez ses demandes ; la "
        "personne qui signe, que vous inviterez, les atteste.",
    )
    declaration = forms.BooleanField(
        label="J’atteste sur l’honneur que cette fonction est bien la mienne",
        error_messages={"required": "Cochez cette case pour créer l’organisation."},
    )

    field_order = [*RegistrationForm.field_order, "function", "capacity", "declaration"]

    @property
    def signs(self) -> bool:
        return self.cleaned_data["capacity"] != self.SIGNS_NOT

    def service_arguments(self) -> dict:
        return {
            **super().service_arguments(),
            "function": self.cleaned_data["function"],
            "capacity": self.cleaned_data["capacity"] if self.signs else "",
        }


class OrganisationProfileForm(ProfileMixin):
    """Change a body's profile; the numbers are asked for while they are missing."""

    siret = SiretField(required=False)
    rna = RnaField()

    field_order = ["legal_name", "short_name", "siret", "rna"]

    def __init__(self, *args, organisation: Organisation, by_office: bool, **kwargs) -> None:
        names = [*ProfileMixin.base_fields, "siret", "rna"]
        kwargs["initial"] = {name: getattr(organisation, name) for name in names}
        super().__init__(*args, **kwargs)
        if organisation.siret and not by_office:
            del self.fields["siret"]
        if (organisation.rna and not by_office) or organisation.kind != "association":
            del self.fields["rna"]

    def service_arguments(self) -> dict:
        numbers = {n: self.cleaned_data[n] for n in ("siret", "rna") if n in self.cleaned_data}
        return {**self.profile(), **numbers}


class JoinForm(forms.Form):
    function = NameField(label="Votre fonction", max_length=100, help_text=FUNCTION_HELP)
    capacity = forms.ChoiceField(
        label="Si vous pouvez signer pour elle, en qualité de",
        choices=[("", "Je ne signe pas pour elle"), *SigningCapacity.choices],
        required=False,
        widget=forms.RadioSelect,
    )


class RightsForm(forms.Form):
    rights = forms.MultipleChoiceField(
        label="Droits",
        choices=Right.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Sans aucun droit, la personne voit les dossiers sans pouvoir y toucher. Pour "
        "attester, elle dit d’abord elle-même en quelle qualité ; le service et les personnes qui "
        "attestent déjà en sont informés.",
    )


class CapacityForm(forms.Form):
    capacity = forms.ChoiceField(
        label="Vous attestez les demandes en qualité de",
        choices=SigningCapacity.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Dites en quelle qualité vous attestez."},
    )


class RefusalForm(forms.Form):
    reason = CharField(
        label="Raison du refus",
        help_text="La personne la lira.",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ConsentForm(forms.Form):
    email = forms.EmailField(
        label="Adresse où recevoir les décisions",
        help_text="De préférence une adresse lue par plusieurs personnes.",
    )
    agreed = forms.BooleanField(
        label="Nous acceptons de recevoir les décisions par voie électronique",
        error_messages={"required": "Cochez cette case pour donner votre accord."},
    )
