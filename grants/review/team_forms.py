"""Forms of the team: rules of assignment, replacements, an officer changed."""

from __future__ import annotations

from datetime import date

from django import forms
from django.db.models import Q, QuerySet

from accounts.models import User
from config.fields import CharField
from config.templatetags.fr import date_fr
from grants.calls.enums import CampaignState
from grants.calls.models import CallSheet
from grants.review.filters import SheetChoiceField
from grants.review.models import AssignmentRule
from grants.review.selectors import desk_people
from grants.review.services.replacements import last_day
from grants.review.services.rules import rule_stamp
from partners.models import Organisation
from territories.models import Territory


class RuleForm(forms.Form):
    """Whom dossiers go to; the sheets are those of the campaigns that are open.

    Attributes:
        rule: The one to change, if any; ``seen`` is what its page showed of it.
    """

    sheet = SheetChoiceField(
        label="Fiche",
        queryset=CallSheet.objects.none(),
        required=False,
        empty_label="Toutes les fiches",
    )
    territory = forms.ModelChoiceField(
        label="Territoire",
        queryset=Territory.objects.defer("svg_path"),
        required=False,
        empty_label="Tous les territoires",
        help_text="Un dossier sur tout le département n’entre dans aucun territoire.",
    )
    people = forms.ModelMultipleChoiceField(
        label="Personnes",
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=(
            "Chaque dossier va à celle qui a le moins de dossiers ouverts, ni absente ni déportée."
        ),
        error_messages={"required": "Choisissez au moins une personne."},
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, on: date, rule: AssignmentRule | None = None, **kwargs) -> None:
        sheets = CallSheet.objects.current().select_related("campaign")
        offered = Q(campaign__state=CampaignState.OPEN)
        if rule is not None and rule.sheet is not None:  # that of a rule from before stays
            campaign, code = rule.sheet.across_versions
            offered |= Q(campaign=campaign, code=code)
        sheets = sheets.filter(offered).order_by("-campaign__fiscal_year", "code", "pk")
        if rule is not None:
            kwargs["initial"] = {
                "sheet": next(iter(_versions(sheets, rule.sheet)), None),
                "seen": rule_stamp(rule),
                "territory": rule.territory_id,
                "people": [one.pk for one in rule.people.all()],
            }
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["sheet"].queryset = sheets
        self.fields["people"].queryset = desk_people(on)

    def show_again(self, rule: AssignmentRule) -> None:
        """Take the rule as it is now for read: its refusal has just said it."""
        self.data = self.data.copy()
        self.data["seen"] = rule_stamp(rule)


def _versions(sheets: QuerySet[CallSheet], sheet: CallSheet | None) -> QuerySet[CallSheet]:
    """Return the versions of a sheet among those offered."""
    if sheet is None:
        return sheets.none()
    campaign, code = sheet.across_versions
    return sheets.filter(campaign=campaign, code=code)


def _day(label: str, **kwargs) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **kwargs)


class ReplacementForm(forms.Form):
    person = forms.ModelChoiceField(
        label="Personne absente", queryset=User.objects.none(), empty_label="Choisir…"
    )
    substitute = forms.ModelChoiceField(
        label="Remplacée par", queryset=User.objects.none(), empty_label="Choisir…"
    )
    starts_on = _day("Du")
    ends_on = _day("Au")

    def __init__(self, *args, user: User, on: date, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        last = date_fr(last_day(on))
        self.fields["ends_on"].help_text = f"Dernier jour compris, au plus tard le {last}."
        people = desk_people(on)
        self.fields["substitute"].queryset = people
        if user.access.is_unit_head:
            self.fields["person"].queryset = people
        else:
            del self.fields["person"]
            self.fields["substitute"].label = "Je suis remplacé par"
            self.fields["substitute"].queryset = people.exclude(pk=user.pk)


class LateFilingForm(forms.Form):
    """More time for one body on one sheet: the desk's short path to an extension."""

    organisation = forms.ModelChoiceField(
        label="Demandeur",
        queryset=Organisation.objects.none(),
        empty_label="Choisir…",
        error_messages={"required": "Choisissez l’organisation qui pourra déposer."},
    )
    sheet = SheetChoiceField(
        label="Fiche",
        queryset=CallSheet.objects.none(),
        empty_label="Choisir…",
        error_messages={"required": "Choisissez la fiche concernée."},
    )
    until_on = _day("Jusqu’au", help_text="Ce jour compris, jusqu’à 23 h 59.")
    until_on.error_messages["required"] = "Indiquez jusqu’à quel jour."
    reason = CharField(
        label="Raison",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Gardée avec la prolongation.",
        error_messages={"required": "Dites pourquoi ce délai est prolongé."},
    )

    def __init__(self, *args, on: date, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        # A campaign that is closed, or the money of a past year, takes no dossier more.
        extended = CallSheet.objects.published().filter(
            campaign__state=CampaignState.OPEN,
            campaign__fiscal_year__gte=on.year,
        )
        extended = extended.select_related("campaign")
        self.fields["sheet"].queryset = extended.order_by("-campaign__fiscal_year", "code", "pk")
        self.fields["organisation"].queryset = Organisation.objects.current()
