"""Forms of the office: campaigns, sheets, documents, extensions."""

from __future__ import annotations

from datetime import date

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Column, Fieldset, Layout, Row
from django import forms
from django.forms import formset_factory

from config.dates import end_of_day, local_date
from config.fields import CharField, DayField
from config.money import EuroField
from config.text import clean_name, one_line
from grants.calls.calculations import start_of_day
from grants.calls.enums import ApplicantKind, CampaignState
from grants.calls.models import CallSheet, Campaign, RequiredDocument, ScoringGrid
from grants.calls.services.sheets import CONTENT_FIELDS, MANY_FIELDS
from partners.models import Organisation


def day_field(label: str, *, required: bool = False, help_text: str = "") -> forms.DateField:
    return DayField(label=label, required=required, help_text=help_text)


OPENING_HELP = "Dès 0 h, heure de Paris."
CLOSING_HELP = "Jusqu’à 23 h 59, ce jour compris."


class OpeningDaysMixin:
    """Turn the days people choose into the first and the last second of those days."""

    def check_days(self, cleaned: dict, first: str, last: str, sentence: str) -> None:
        if cleaned.get(first) and cleaned.get(last) and cleaned[last] < cleaned[first]:
            self.add_error(last, sentence)

    @staticmethod
    def instants(cleaned: dict) -> dict:
        opens_on, closes_on = cleaned["opens_on"], cleaned["closes_on"]
        return {
            "opens_at": start_of_day(opens_on) if opens_on else None,
            "closes_at": end_of_day(closes_on) if closes_on else None,
        }

    @staticmethod
    def days(row: Campaign | CallSheet) -> dict[str, date | None]:
        return {
            "opens_on": local_date(row.opens_at) if row.opens_at else None,
            "closes_on": local_date(row.closes_at) if row.closes_at else None,
        }


class CampaignForm(OpeningDaysMixin, forms.ModelForm):
    opens_on = day_field("Ouverture des dépôts", help_text=OPENING_HELP)
    closes_on = day_field("Clôture des dépôts", help_text=CLOSING_HELP)

    class Meta:
        model = Campaign
        fields = ["fiscal_year", "name", "framework"]
        help_texts = {"fiscal_year": "L’année des crédits.", "framework": "Facultatif."}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fiscal_year"].min_value = 2000
        self.fields["fiscal_year"].widget.attrs.update(min=2000, max=2100)
        if self.instance.pk:
            self.initial.update(self.days(self.instance))

    def clean_fiscal_year(self) -> int:
        year = self.cleaned_data["fiscal_year"]
        if not 2000 <= year <= 2100:
            raise forms.ValidationError("Indiquez une année entre 2000 et 2100.")
        return year

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])

    def clean(self) -> dict:
        cleaned = super().clean()
        self.check_days(cleaned, "opens_on", "closes_on", "La clôture précède l’ouverture.")
        return cleaned

    def values(self) -> dict:
        """Return the fields of the service."""
        names = ("fiscal_year", "name", "framework")
        kept = {name: self.cleaned_data[name] for name in names}
        return {**kept, **self.instants(self.cleaned_data)}


TEXT_ROWS = {
    "pillar": 2,
    "orientation": 3,
    "identified_need": 6,
    "operational_objective": 6,
    "objective_elements": 6,
    "territories_text": 2,
    "target_public": 2,
    "conditions": 6,
    "expected_results": 6,
}
LIST_HELP = "Un point par ligne ; « - » en début de ligne fait une liste."


class SheetForm(OpeningDaysMixin, forms.ModelForm):
    """Every field of a draft; none is compulsory before publication."""

    applicant_kinds = forms.MultipleChoiceField(
        label="Qui peut demander",
        choices=ApplicantKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    opens_on = day_field("Ouverture des dépôts", help_text=OPENING_HELP)
    closes_on = day_field("Clôture des dépôts", help_text=CLOSING_HELP)
    action_from = day_field("Actions à partir du")
    action_to = day_field("Actions jusqu’au", help_text="Jour compris.")
    indicative_amount = EuroField(label="Enveloppe indicative", required=False)
    rate_percent = forms.DecimalField(
        label="Taux maximum de la subvention (%)",
        required=False,
        min_value=1,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        localize=True,
        help_text="Part du coût du projet ; vide : pas de plafond.",
    )

    class Meta:
        model = CallSheet
        fields = [
            "code",
            *(name for name in CONTENT_FIELDS if name != "rate_ceiling"),
            *MANY_FIELDS,
        ]
        widgets = {
            **{name: forms.Textarea(attrs={"rows": rows}) for name, rows in TEXT_ROWS.items()},
            "communes": forms.CheckboxSelectMultiple,
            "neighbourhoods": forms.CheckboxSelectMultiple,
            "axes": forms.CheckboxSelectMultiple,
            "themes": forms.CheckboxSelectMultiple,
        }
        help_texts = {
            "code": "Par exemple C1 ou PS5.",
            "operational_objective": LIST_HELP,
            "objective_elements": LIST_HELP,
            "conditions": LIST_HELP,
            "expected_results": f"{LIST_HELP} Ils deviennent les indicateurs du dossier.",
            "territories_text": "Tel qu’il sera lu ; les lieux cochés servent à la recherche.",
            "readers": "Combien de personnes notent chaque dossier.",
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        sheet = self.instance
        self.initial.update(self.days(sheet))
        self.initial["action_from"] = sheet.action_from
        self.initial["action_to"] = sheet.action_to
        if sheet.rate_ceiling is not None:
            self.initial["rate_percent"] = (sheet.rate_ceiling * 100).normalize()
        if sheet.replaces_id:
            self.fields["code"].disabled = True
            self.fields["code"].help_text = "Une nouvelle version garde son code."
        self.fields["grid"].queryset = ScoringGrid.objects.order_by("name", "pk")
        for name in MANY_FIELDS:
            self.fields[name].queryset = self.fields[name].queryset.order_by(
                *self.fields[name].queryset.model._meta.ordering
            )
        for name in ("age_min", "age_max"):
            self.fields[name].widget.attrs.update(min=0, max=120, inputmode="numeric")
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = sheet_layout()

    def clean_code(self) -> str:
        code = self.cleaned_data["code"].strip().upper()
        if code:
            CallSheet._meta.get_field("code").run_validators(code)
        return code

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])

    def clean(self) -> dict:
        cleaned = super().clean()
        self.check_days(cleaned, "opens_on", "closes_on", "La clôture précède l’ouverture.")
        self.check_days(cleaned, "action_from", "action_to", "La période finit avant de commencer.")
        low, high = cleaned.get("age_min"), cleaned.get("age_max")
        for name, age in (("age_min", low), ("age_max", high)):
            if age is not None and age > 120:
                self.add_error(name, "Indiquez un âge de 0 à 120 ans.")
        if low is not None and high is not None and high < low:
            self.add_error("age_max", "L’âge maximum est plus petit que l’âge minimum.")
        return cleaned

    def _post_clean(self) -> None:
        """The service builds and checks the row; the form only reads what was typed."""

    def values(self) -> dict:
        """Return the fields of the service."""
        cleaned = self.cleaned_data
        names = ["code", *CONTENT_FIELDS, *MANY_FIELDS, "action_from", "action_to"]
        kept = {name: cleaned[name] for name in names if name in cleaned}
        rate = cleaned["rate_percent"]
        return {
            **kept,
            **self.instants(cleaned),
            "rate_ceiling": None if rate is None else rate / 100,
        }


def sheet_layout() -> Layout:
    return Layout(
        Fieldset(
            "La fiche",
            Row(Column("code", css_class="col-md-3"), Column("title", css_class="col-md-9")),
            "pillar",
            "orientation",
            "framework",
        ),
        Fieldset(
            "Le besoin et l’objectif",
            "identified_need",
            "operational_objective",
            "objective_elements",
        ),
        Fieldset("Les lieux", "territories_text", "whole_department", "communes", "neighbourhoods"),
        Fieldset(
            "Le public",
            "target_public",
            Row(Column("age_min", css_class="col-md-6"), Column("age_max", css_class="col-md-6")),
        ),
        Fieldset("La réalisation", "conditions", "expected_results"),
        Fieldset(
            "Les dates",
            Row(
                Column("opens_on", css_class="col-md-6"), Column("closes_on", css_class="col-md-6")
            ),
            Row(
                Column("action_from", css_class="col-md-6"),
                Column("action_to", css_class="col-md-6"),
            ),
        ),
        Fieldset(
            "Les demandes et leur lecture",
            "applicant_kinds",
            Row(
                Column("indicative_amount", css_class="col-md-6"),
                Column("rate_percent", css_class="col-md-6"),
            ),
            Row(Column("readers", css_class="col-md-6"), Column("grid", css_class="col-md-6")),
            HTML('{% include "calls/grids/_choices.html" %}'),
        ),
        Fieldset("Le classement", "axes", "themes"),
        Fieldset(
            "Le contact",
            "contact_name",
            Row(
                Column("contact_email", css_class="col-md-6"),
                Column("contact_phone", css_class="col-md-6"),
            ),
        ),
    )


class DocumentForm(forms.ModelForm):
    class Meta:
        model = RequiredDocument
        fields = ["label", "help_text", "applicant_kind", "history", "mandatory"]
        widgets = {"help_text": forms.TextInput}

    kind = forms.SlugField(max_length=60, required=False, widget=forms.HiddenInput)
    applicant_kind = forms.ChoiceField(
        label="Demandé à",
        choices=[("", "Tous les demandeurs"), *ApplicantKind.choices],
        required=False,
    )

    def has_changed(self) -> bool:
        """A new line without a label was not filled in, whatever its boxes say."""
        named = self.initial.get("label") or self["label"].data
        return bool(named) and super().has_changed()

    def _post_clean(self) -> None:
        """The service builds and checks the rows."""


DocumentFormSet = formset_factory(DocumentForm, extra=2, can_delete=True, max_num=60)


class DuplicateForm(forms.Form):
    campaign = forms.ModelChoiceField(
        label="Campagne", queryset=Campaign.objects.exclude(state=CampaignState.CLOSED)
    )
    code = CharField(label="Code de la copie", max_length=10)


class ExtensionForm(forms.Form):
    until_on = day_field("Nouvelle clôture", required=True, help_text=CLOSING_HELP)
    organisation = forms.ModelChoiceField(
        label="Pour",
        queryset=Organisation.objects.none(),
        required=False,
        empty_label="Tous les demandeurs",
    )
    reason = CharField(label="Raison", widget=forms.Textarea(attrs={"rows": 3}), max_length=1000)

    def __init__(self, *args, organisations=None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if organisations is not None:
            self.fields["organisation"].queryset = organisations
