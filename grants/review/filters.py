"""Filters of the desk's list."""

from datetime import date, timedelta

import django_filters as filters
from django import forms
from django.db.models import Exists, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Lower, Replace

from accounts.models import User
from config.money import EuroField
from config.text import fold
from grants.applications.enums import FILED_STATES, ReviewState
from grants.applications.models import Application
from grants.calls.models import CallSheet, Campaign
from grants.review.models import Assignment, AssignmentRole
from grants.review.querysets import awaited_on
from partners.enums import OrganisationKind
from territories.models import Commune


TERRITORY_NUMBERS = range(1, 8)
SOON = 7  # days: a week of the desk’s work, no legal delay


_ACCENTED = "àâäáãåçéèêëíìîïñóòôöõúùûüýÿ’'-"
_PLAIN = "aaaaaaceeeeiiiinooooouuuuyy   "


def _folded(field: str) -> Func:
    """Return, in SQL, what ``config.text.fold`` makes of the letters of French."""
    plain = Func(Lower(field), Value(_ACCENTED), Value(_PLAIN), function="TRANSLATE")
    for ligature, letters in (("œ", "oe"), ("æ", "ae")):
        plain = Replace(plain, Value(ligature), Value(letters))
    return plain


class SheetChoiceField(forms.ModelChoiceField):
    """Sheets by year: the codes come back every year."""

    def label_from_instance(self, sheet: CallSheet) -> str:
        return f"{sheet.campaign.fiscal_year} · {sheet.code} – {sheet.title}"


class SheetFilter(filters.ModelChoiceFilter):
    field_class = SheetChoiceField


class EuroFilter(filters.Filter):
    field_class = EuroField


class DeskFilter(filters.FilterSet):
    q = filters.CharFilter(
        label="Référence, organisation ou intitulé",
        method="with_words",
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    etat = filters.MultipleChoiceFilter(
        label="État",
        field_name="review_state",
        choices=[(s.value, s.label) for s in ReviewState if s in FILED_STATES],
        widget=forms.CheckboxSelectMultiple,
    )
    campagne = filters.ModelChoiceFilter(
        label="Campagne",
        field_name="sheet__campaign",
        queryset=Campaign.objects.all(),
        empty_label="Toutes",
    )
    fiche = SheetFilter(
        label="Fiche",
        field_name="sheet",
        queryset=CallSheet.objects.published()
        .select_related("campaign")
        .order_by("-campaign__fiscal_year", "code", "pk"),
        empty_label="Toutes",
    )
    territoire = filters.ChoiceFilter(
        label="Territoire",
        choices=[(number, f"Territoire {number}") for number in TERRITORY_NUMBERS],
        method="in_territory",
        empty_label="Tous",
    )
    commune = filters.ModelChoiceFilter(
        label="Commune",
        queryset=Commune.objects.only("insee", "name", "sort_name"),
        method="in_commune",
        empty_label="Toutes",
    )
    nature = filters.ChoiceFilter(
        label="Demandeur",
        field_name="organisation__kind",
        choices=OrganisationKind.choices,
        empty_label="Tous",
    )
    charge = filters.ModelChoiceFilter(
        label="Chargé du dossier",
        queryset=User.objects.filter(assignments__role=AssignmentRole.OFFICER)
        .distinct()
        .order_by("last_name", "first_name", "pk"),
        method="instructed_by",
        empty_label="Tous",
    )
    attente = filters.ChoiceFilter(
        label="Compléments attendus",
        choices=[("retard", "Délai dépassé"), ("semaine", f"Dans les {SOON} jours")],
        method="awaited",
        empty_label="Peu importe",
    )
    montant_min = EuroFilter(
        label="Demandé, au moins", field_name="requested_amount", lookup_expr="gte"
    )
    montant_max = EuroFilter(
        label="Demandé, au plus", field_name="requested_amount", lookup_expr="lte"
    )

    class Meta:
        model = Application
        fields: list[str] = []

    def __init__(self, *args, on: date, **kwargs) -> None:
        self.on = on
        super().__init__(*args, **kwargs)

    def with_words(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        """Keep the dossiers that hold every word, whatever accents, case and hyphens."""
        words = fold(value).split()
        if not words:  # signs only: they may still be in a title
            return queryset.filter(title__icontains=value)
        queryset = queryset.alias(folded_title=_folded("title"))
        for word in words:
            queryset = queryset.filter(
                Q(reference__contains=word)
                | Q(folded_title__contains=word)
                | Q(organisation__search_name__contains=word)
            )
        return queryset

    def in_territory(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        return queryset.in_territories([int(value)])

    def in_commune(self, queryset: QuerySet, _name: str, value: Commune) -> QuerySet:
        return queryset.in_commune(value.insee)

    def awaited(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        """Keep the dossiers whose wait is over, or ends soon."""
        queryset = queryset.alias(waits_until=awaited_on())
        if value == "retard":
            return queryset.filter(waits_until__lt=self.on)
        return queryset.filter(waits_until__range=(self.on, self.on + timedelta(days=SOON)))

    def instructed_by(self, queryset: QuerySet, _name: str, value: User) -> QuerySet:
        mine = Assignment.objects.filter(
            application=OuterRef("pk"),
            person=value,
            role=AssignmentRole.OFFICER,
            ended_at__isnull=True,
        )
        return queryset.filter(Exists(mine))
