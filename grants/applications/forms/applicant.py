from __future__ import annotations

from typing import Any

from django import forms

from config.fields import (
    DayField,
    EmailField,
    NameField,
    YesNoField,
)
from config.money import EuroField
from grants.applications.annual_budget import (
    CLASSES,
    AnnualTotals,
    annual_totals,
    asks_annual_budget,
    side_total,
)
from grants.applications.enums import AidRegime, BudgetSide, Section
from grants.applications.forms.base import SectionForm
from grants.applications.forms.fields import PhoneField
from grants.applications.sections import APPLICANT_FIELDS


PUBLIC_BODY_FIELDS = (
    "contact_service",
    "deliberation_number",
    "deliberation_on",
    "deliberation_to_come",
)
PRIVATE_BODY_FIELDS = ("has_economic_activity", "public_aid_amount", "public_aid_regime")
_NOTHING = {"has_economic_activity": None, "deliberation_on": None, "public_aid_amount": None}


class ApplicantForm(SectionForm):
    """Who to call about the request, and what the national form asks of the body itself.

    A public body is asked its deliberation, a private one its public aid and its budget. What is
    not asked keeps its stored value.
    """

    section = Section.APPLICANT
    needed = frozenset({"contact_name", "contact_email"})

    contact_name = NameField(
        label="Prénom et nom",
        max_length=150,
        help_text="La personne que le service appellera pour une question sur cette demande.",
    )
    contact_function = NameField(label="Fonction", max_length=100)
    contact_email = EmailField(label="Adresse e-mail")
    contact_phone = PhoneField(label="Téléphone")
    contact_service = NameField(
        label="Service qui porte la demande",
        max_length=150,
        help_text="Par exemple : service jeunesse, direction de la prévention.",
    )
    deliberation_number = NameField(label="Numéro de la délibération", max_length=60)
    deliberation_on = DayField(label="Date de la délibération")
    deliberation_to_come = forms.BooleanField(
        label="La délibération sera prise plus tard",
        help_text="Vous la joindrez alors au dossier ; elle n’empêche pas de déposer.",
    )
    has_economic_activity = YesNoField(
        label="L’organisation a-t-elle une activité économique ?",
        help_text="Vendre des biens ou des services sur un marché, même sans but lucratif.",
    )
    public_aid_amount = EuroField(
        label="Total des aides publiques des trois derniers exercices",
        whole=True,
        help_text="Tous financeurs publics ensemble, l’exercice en cours compris.",
    )
    public_aid_regime = forms.ChoiceField(
        label="Sous quel régime européen ?",
        choices=[("", "Choisissez…"), *AidRegime.choices],
        help_text="Les décisions d’attribution le disent. Dans le doute, « Je ne sais pas ».",
    )

    def build(self) -> None:
        private = self.application.organisation.is_private_body
        self.asks_deliberation = not private
        for name in PUBLIC_BODY_FIELDS if private else PRIVATE_BODY_FIELDS:
            del self.fields[name]
        self.has_annual_budget = asks_annual_budget(self.application)
        if self.has_annual_budget:
            for one in CLASSES:
                self.fields[f"annual_{one.code}"] = EuroField(label=str(one), whole=True)

    def initial_of(self, values: dict[str, Any]) -> dict[str, Any]:
        initial = {name: values[name] for name in APPLICANT_FIELDS if name in self.fields}
        for account, amount in values["annual_budget"].items():
            initial[f"annual_{account}"] = amount
        return initial

    def values(self) -> dict[str, Any]:
        values = {
            name: self.kept(name, _NOTHING.get(name, ""))
            if name in self.fields
            else self.stored[name]
            for name in APPLICANT_FIELDS
        }
        values["deliberation_to_come"] = bool(values["deliberation_to_come"])
        values["annual_budget"] = (
            {
                one.code: amount
                for one in CLASSES
                if (amount := self.kept(f"annual_{one.code}")) is not None
            }
            if self.has_annual_budget
            else self.stored["annual_budget"]
        )
        return values

    def remarks(self) -> list[str]:
        rounded = [
            field for field in self.fields.values() if isinstance(field, EuroField) and field.remark
        ]
        return ["Les centimes sont arrondis à l’euro."] if rounded else []

    # --- For the page ------------------------------------------------------------------------
    def groups(self) -> list[tuple[str, str]]:
        asked = (
            [("deliberation", "Délibération")]
            if self.asks_deliberation
            else [("aides", "Aides publiques"), ("budget-annuel", "Budget de l’organisation")]
        )
        return [
            ("contact", "Personne à joindre"),
            *asked,
            ("fiche-organisation", "Fiche de l’organisation"),
        ]

    @property
    def annual_totals(self) -> AnnualTotals:
        return annual_totals(self.stored["annual_budget"])

    def annual_columns(self) -> list[tuple[str, list[forms.BoundField], Any]]:
        stored = self.stored["annual_budget"]
        return [
            (
                str(side.label),
                [self[f"annual_{one.code}"] for one in CLASSES if one.side == side],
                side_total(stored, side),
            )
            for side in BudgetSide
        ]
