"""Forms of a body's profile, bank details and documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import uuid4

from django import forms

from accounts.forms import NameField, clean_phone
from config.fields import (
    CountField,
    DayField,
    DecimalField,
    SignedEuroField,
    TextField,
    YesNoField,
)
from config.money import EuroField
from foundation.documents.uploads import upload_attrs, upload_limits
from foundation.parameters.selectors import days_on
from partners.bank_numbers import check_bic, check_iban, display_iban
from partners.enums import OrganisationKind, RepresentativeRole
from partners.forms import OrganisationProfileForm
from partners.hub import NOTICE_DAYS
from partners.identifiers import IdentifierError
from partners.models import BankDetails, HumanMeans, Organisation, YearAccounts
from partners.profile_words import document_choices, means_fields, role_choices
from partners.services.bank import PROOF_FORMATS
from partners.services.profile import (
    AFFILIATION_FIELDS,
    ApprovalValue,
    RepresentativeValue,
    approval_values,
    representative_values,
)


ROWS_AT_MOST = 20
MOST_PEOPLE = 100_000
EMAIL_WRONG = "Indiquez une adresse e-mail complète, par exemple nom@exemple.fr."


class IdentityForm(OrganisationProfileForm):
    """Who the body is, where it sits, what it is for."""

    correspondence_address = NameField(
        label="Adresse de correspondance",
        max_length=250,
        required=False,
        help_text="Si le courrier arrive ailleurs qu’au siège.",
    )
    purpose = TextField(
        label="Objet",
        required=False,
        help_text="Ce que fait l’organisation, en quelques phrases\u00a0: son objet statutaire.",
    )
    local_registry = NameField(
        label="Registre des associations d’Alsace-Moselle",
        max_length=150,
        required=False,
        help_text="Pour une association inscrite au tribunal\u00a0: date, volume, folio et "
        "tribunal. "
        "Elle n’a pas de numéro RNA.",
    )
    extra = ("correspondence_address", "purpose", "local_registry")

    def __init__(self, *args, organisation: Organisation, **kwargs) -> None:
        super().__init__(*args, organisation=organisation, **kwargs)
        for name in self.extra:
            self.initial[name] = getattr(organisation, name)
        if organisation.kind != OrganisationKind.ASSOCIATION:
            del self.fields["local_registry"]
        if not organisation.is_private_body:
            del self.fields["purpose"]

    def service_arguments(self) -> dict:
        own = {n: self.cleaned_data[n] for n in self.extra if n in self.cleaned_data}
        return {**super().service_arguments(), **own}


# --- Rows: representatives, approvals ------------------------------------------------------------
class RepresentativeForm(forms.Form):
    role = forms.ChoiceField(label="Rôle", required=False)
    name = NameField(label="Prénom et nom", max_length=150, required=False)
    function = NameField(label="Fonction", max_length=100, required=False)
    email = forms.EmailField(
        label="Adresse e-mail", required=False, error_messages={"invalid": EMAIL_WRONG}
    )
    phone = forms.CharField(
        label="Téléphone",
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    remove = forms.BooleanField(label="Retirer cette personne", required=False)

    def __init__(self, *args, kind: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(kind)
        if kind == OrganisationKind.COMMUNE:
            self.fields["function"].help_text = "Par exemple adjointe à la jeunesse."

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])

    def clean(self) -> dict:
        values = super().clean()
        filled = any(values.get(name) for name in ("function", "email", "phone"))
        if not values.get("name") and filled and not values.get("remove"):
            self.add_error("name", "Indiquez le prénom et le nom de cette personne.")
        if values.get("name") and not values.get("role") and "role" not in self.errors:
            self.add_error("role", "Choisissez son rôle.")
        return values

    @property
    def value(self) -> RepresentativeValue | None:
        """The person, or ``None`` for a row left empty or removed."""
        values = self.cleaned_data
        if values.get("remove") or not values.get("name"):
            return None
        names = ("role", "name", "function", "email", "phone")
        return RepresentativeValue(**{name: values[name] for name in names})


class ApprovalForm(forms.Form):
    kind = NameField(label="Type d’agrément", max_length=150, required=False)
    given_by = NameField(label="Attribué par", max_length=150, required=False)
    given_on = DayField(label="En date du", required=False)
    remove = forms.BooleanField(label="Retirer cet agrément", required=False)

    def clean(self) -> dict:
        values = super().clean()
        filled = values.get("given_by") or values.get("given_on")
        if not values.get("kind") and filled and not values.get("remove"):
            self.add_error("kind", "Dites de quel agrément il s’agit.")
        return values

    @property
    def value(self) -> ApprovalValue | None:
        values = self.cleaned_data
        if values.get("remove") or not values.get("kind"):
            return None
        return ApprovalValue(values["kind"], values["given_by"], values["given_on"])


class Rows(forms.BaseFormSet):
    """Rows that are added with a button and removed with a box; empty ones count for nothing."""

    @property
    def values(self) -> list:
        made = (form.value for form in self.forms)
        return [value for value in made if value is not None]


def _rows(form: type[forms.Form], extra: int) -> type[Rows]:
    return forms.formset_factory(
        form,
        formset=Rows,
        extra=extra,
        max_num=ROWS_AT_MOST,
        absolute_max=ROWS_AT_MOST + 5,
        validate_max=True,
    )


def _typed_again(data: Mapping, form: type[forms.Form], prefix: str) -> list[dict]:
    """Return what was typed in the rows, to show it again with one row more."""
    raw = str(data.get(f"{prefix}-TOTAL_FORMS", ""))
    total = min(int(raw), ROWS_AT_MOST) if raw.isascii() and raw.isdigit() else 0
    names = form.base_fields
    return [{n: data.get(f"{prefix}-{row}-{n}", "") for n in names} for row in range(total)]


def _with_focus(rows: Rows) -> Rows:
    """Put the cursor in the row just added."""
    next(iter(rows.forms[-1].fields.values())).widget.attrs["autofocus"] = True
    return rows


def representative_rows(
    organisation: Organisation, data: Mapping | None = None, *, adding: bool = False
) -> Rows:
    """Make the rows of the representatives: as stored, as posted, or with one more."""
    options = {"prefix": "people", "form_kwargs": {"kind": organisation.kind, "label_suffix": ""}}
    if adding:
        typed = _typed_again(data, RepresentativeForm, "people")
        rows = _with_focus(_rows(RepresentativeForm, 1)(initial=typed, **options))
        taken = {row["role"] for row in typed}
        free = [role for role, _ in role_choices(organisation.kind) if role not in taken]
        rows.forms[-1].initial["role"] = free[0] if free else str(RepresentativeRole.OTHER)
        return rows
    if data is not None:
        return _rows(RepresentativeForm, 0)(data, **options)
    stored = [vars(value) for value in representative_values(organisation)]
    if not stored:
        stored = [{"role": str(RepresentativeRole.LEGAL)}]
        return _rows(RepresentativeForm, 0)(initial=stored, **options)
    return _rows(RepresentativeForm, 0)(initial=stored, **options)


def approval_rows(
    organisation: Organisation, data: Mapping | None = None, *, adding: bool = False
) -> Rows:
    """Make the rows of the approvals: as stored, as posted, or with one more."""
    options = {"prefix": "approvals", "form_kwargs": {"label_suffix": ""}}
    if adding:
        typed = _typed_again(data, ApprovalForm, "approvals")
        return _with_focus(_rows(ApprovalForm, 1)(initial=typed, **options))
    if data is not None:
        return _rows(ApprovalForm, 0)(data, **options)
    stored = [vars(value) for value in approval_values(organisation)]
    return _rows(ApprovalForm, 0)(initial=stored, **options)


# --- Means, affiliations, accounts ---------------------------------------------------------------
class HumanMeansForm(forms.Form):
    """The people of a body on 31 December (CERFA 12156*06, section 4)."""

    volunteers = CountField(
        most=MOST_PEOPLE,
        label="Bénévoles",
        required=False,
        help_text="Personnes qui donnent régulièrement de leur temps sans être payées.",
    )
    civic_volunteers = CountField(
        most=MOST_PEOPLE,
        label="Volontaires",
        required=False,
        help_text="Personnes engagées par un contrat pour une mission d’intérêt général, comme le "
        "service civique.",
    )
    employees = CountField(most=MOST_PEOPLE, label="Salariés", required=False)
    subsidised_jobs = CountField(
        most=MOST_PEOPLE,
        label="Dont emplois aidés",
        required=False,
        help_text="Contrats en partie payés par l’État, comptés parmi les salariés.",
    )
    employees_fte = DecimalField(
        most=MOST_PEOPLE,
        label="Salariés en équivalent temps plein (ETPT)",
        required=False,
        help_text="Temps plein travaillé sur l’année\u00a0: une personne à 80\u00a0% pendant six "
        "mois compte pour 0,4.",
    )
    seconded = CountField(
        most=MOST_PEOPLE,
        label="Personnels mis à disposition ou détachés",
        required=False,
        help_text="Par une autorité publique\u00a0: État, commune…",
    )
    members = CountField(most=MOST_PEOPLE, label="Adhérents", required=False)
    licensed = CountField(
        most=MOST_PEOPLE,
        label="Licenciés",
        required=False,
        help_text="Pour une association sportive.",
    )

    def __init__(self, *args, kind: str, stored: HumanMeans | None, **kwargs) -> None:
        names = means_fields(kind)
        kwargs["initial"] = {name: getattr(stored, name, None) for name in names}
        super().__init__(*args, label_suffix="", **kwargs)
        for name in set(self.fields) - set(names):
            del self.fields[name]
        if "volunteers" not in names:
            self.fields["employees"].label = "Agents du service qui porte l’action"
            self.fields["employees_fte"].label = "Les mêmes en équivalent temps plein (ETPT)"

    def clean(self) -> dict:
        values = super().clean()
        if (values.get("subsidised_jobs") or 0) > (values.get("employees") or 0) and not {
            "employees",
            "subsidised_jobs",
        } & set(self.errors):
            self.add_error(
                "subsidised_jobs",
                "Les emplois aidés sont comptés parmi les salariés\u00a0: ils ne peuvent pas "
                "être plus "
                "nombreux.",
            )
        return values


class AffiliationsForm(forms.Form):
    """Relations with the administration and other associations (CERFA, sections 2 and 3)."""

    network = NameField(
        label="Réseau, union ou fédération",
        max_length=250,
        required=False,
        help_text="Nom complet, sans sigle.",
    )
    legal_person_members = TextField(
        label="Adhérents personnes morales",
        rows=3,
        max_length=2_000,
        required=False,
        help_text="Les associations, communes ou entreprises membres, s’il y en a.",
    )
    is_public_utility = YesNoField(
        required=False, label="L’association est-elle reconnue d’utilité publique\u00a0?"
    )
    public_utility_on = DayField(
        label="Date de publication au Journal officiel", required=False, help_text="Si oui."
    )
    pays_commercial_taxes = YesNoField(
        required=False,
        label="L’association est-elle assujettie aux impôts commerciaux\u00a0?",
        help_text="Impôt sur les sociétés, TVA ou contribution économique territoriale.",
    )

    def __init__(self, *args, organisation: Organisation, **kwargs) -> None:
        kwargs["initial"] = {name: getattr(organisation, name) for name in AFFILIATION_FIELDS}
        super().__init__(*args, label_suffix="", **kwargs)
        if organisation.kind != OrganisationKind.ASSOCIATION:
            for name in ("is_public_utility", "pays_commercial_taxes"):
                words = self.fields[name].label.replace("L’association", "L’organisation")
                self.fields[name].label = words


class YearAccountsForm(forms.Form):
    """Main figures of the last closed year (CERFA, section 5)."""

    starts_on = DayField(label="Début de l’exercice")
    ends_on = DayField(label="Fin de l’exercice")
    charges_amount = EuroField(label="Total des charges", whole=True)
    income_amount = EuroField(label="Total des produits", whole=True)
    public_aid_amount = EuroField(
        label="Dont aides publiques",
        whole=True,
        required=False,
        help_text="Toutes les subventions publiques, comprises dans les produits.",
    )
    cash_amount = SignedEuroField(
        label="Trésorerie en fin d’exercice",
        whole=True,
        required=False,
        help_text="Banque, caisse et placements\u00a0; un découvert s’écrit avec le signe moins.",
    )
    approved_on = DayField(
        label="Approuvés par l’assemblée générale le",
        required=False,
        help_text="Laissez vide si elle ne s’est pas encore tenue.",
    )

    def __init__(self, *args, stored: YearAccounts | None, on: date, **kwargs) -> None:
        last = on.year - 1
        dates = {"starts_on": date(last, 1, 1), "ends_on": date(last, 12, 31)}
        kept = {name: getattr(stored, name) for name in self.base_fields} if stored else dates
        self.on = on
        super().__init__(*args, initial=kept, label_suffix="", **kwargs)

    def clean(self) -> dict:
        values = super().clean()
        starts, ends, approved = (
            values.get(name) for name in ("starts_on", "ends_on", "approved_on")
        )
        if ends and ends >= self.on:
            self.add_error("ends_on", "Cet exercice n’est pas encore clos.")
        elif starts and ends and ends < starts:
            self.add_error("ends_on", "L’exercice finit avant de commencer.")
        elif starts and ends and (ends - starts).days > 24 * 31:
            self.add_error(
                "ends_on", "Un exercice dure deux ans au plus\u00a0: vérifiez les dates."
            )
        if approved and ends and approved <= ends:
            self.add_error("approved_on", "Des comptes s’approuvent après la fin de l’exercice.")
        if approved and approved > self.on:
            self.add_error("approved_on", "Cette date est encore à venir.")
        aid, income = values.get("public_aid_amount"), values.get("income_amount")
        if aid is not None and income is not None and aid > income:
            self.add_error(
                "public_aid_amount",
                "Les aides publiques sont comptées parmi les produits\u00a0: elles ne peuvent "
                "pas les "
                "dépasser.",
            )
        return values

    @property
    def remarks(self) -> list[str]:
        """What was rounded, in words."""
        fields = self.fields.items()
        return [
            f"{field.label}\u00a0: {field.remark[0].lower()}{field.remark[1:]}"
            for _, field in fields
            if getattr(field, "remark", "")
        ]


# --- Bank details --------------------------------------------------------------------------------
class BankForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    holder = NameField(
        label="Titulaire du compte",
        max_length=150,
        help_text="Comme écrit sur le relevé d’identité bancaire.",
    )
    iban = forms.CharField(
        label="IBAN",
        max_length=80,
        help_text="Vous pouvez le coller avec ses espaces, par exemple FR14 2004 1010 0505 0001 "
        "3M02 606.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    bic = forms.CharField(
        label="BIC",
        max_length=30,
        help_text="Huit ou onze caractères, à côté de l’IBAN sur le relevé.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    proof = forms.FileField(
        label="Relevé d’identité bancaire (RIB)",
        error_messages={
            "required": "Joignez le relevé d’identité bancaire.",
            "empty": "Ce fichier est vide\u00a0: choisissez le relevé d’identité bancaire.",
        },
        widget=forms.FileInput,
    )

    def __init__(self, *args, organisation: Organisation, current: BankDetails | None, **kwargs):
        initial = {"key": uuid4(), "holder": organisation.legal_name[:150]}
        if current is not None:
            initial |= {
                "holder": current.holder,
                "iban": display_iban(current.iban),
                "bic": current.bic,
            }
        super().__init__(*args, initial=initial, label_suffix="", **kwargs)
        for name in ("iban", "bic"):  # an account is never left on a shared device
            self.fields[name].widget.attrs["data-portal-private"] = True
        self.fields["proof"].widget.attrs |= upload_attrs(PROOF_FORMATS)
        self.fields["proof"].help_text = upload_limits(PROOF_FORMATS)

    def clean_iban(self) -> str:
        return _checked(self.cleaned_data["iban"], check_iban)

    def clean_bic(self) -> str:
        iban = self.cleaned_data.get("iban", "")
        return _checked(self.cleaned_data["bic"], lambda text: check_bic(text, iban=iban))


def _checked(text: str, check) -> str:
    try:
        return check(text)
    except IdentifierError as error:
        raise forms.ValidationError(str(error)) from error


# --- Documents -----------------------------------------------------------------------------------
class DocumentForm(forms.Form):
    """Put a document in the store."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label="Nature")
    label = NameField(
        label="Intitulé",
        max_length=200,
        required=False,
        help_text="Par exemple «\u00a0Comptes 2025\u00a0». Vide\u00a0: la nature en tient lieu.",
    )
    issued_on = DayField(
        label="Daté du",
        required=False,
        help_text="Date de signature ou d’approbation du document.",
    )
    valid_until = DayField(
        label="Valable jusqu’au",
        required=False,
        help_text="S’il a une fin de validité, comme une attestation d’assurance. Nous vous "
        "préviendrons {days}\u00a0jours avant.",
    )
    file = forms.FileField(
        label="Fichier",
        error_messages={
            "required": "Choisissez un fichier.",
            "empty": "Ce fichier est vide\u00a0: choisissez-en un autre.",
        },
        widget=forms.FileInput,
    )

    def __init__(self, *args, kind: str, on: date, **kwargs) -> None:
        self.on = on
        initial = {"key": uuid4(), **kwargs.pop("initial", {})}
        super().__init__(*args, initial=initial, label_suffix="", **kwargs)
        self.fields["kind"].choices = [("", "Choisissez"), *document_choices(kind)]
        until = self.fields["valid_until"]
        until.help_text = until.help_text.format(days=days_on(NOTICE_DAYS, on))
        self.fields["file"].widget.attrs |= upload_attrs()
        self.fields[
            "file"
        ].help_text = f"{upload_limits()} Pas de liste de jeunes ni de photo reconnaissable."

    def clean(self) -> dict:
        values = super().clean()
        issued, until = values.get("issued_on"), values.get("valid_until")
        if issued and issued > self.on:
            self.add_error("issued_on", "Un document ne peut pas être daté d’un jour à venir.")
        if until and issued and until < issued:
            self.add_error("valid_until", "La fin de validité vient avant la date du document.")
        elif until and until < self.on:
            self.add_error(
                "valid_until", "Ce document n’est plus valable\u00a0: joignez-en un plus récent."
            )
        return values


class ReplacementForm(DocumentForm):
    """Put a newer file in the place of a document: its kind stays."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["kind"]


class DocumentRefusalForm(forms.Form):
    reason = NameField(
        label="Raison du refus",
        max_length=300,
        help_text="Les personnes qui gèrent l’organisation la reçoivent par e-mail.",
        error_messages={
            "required": "Dites pourquoi\u00a0: l’organisation doit savoir quoi corriger."
        },
    )
