"""Forms of a body's profile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

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
from partners.enums import OrganisationKind, RepresentativeRole
from partners.forms import OrganisationProfileForm
from partners.models import HumanMeans, Organisation, YearAccounts
from partners.profile_words import means_fields, role_choices
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
