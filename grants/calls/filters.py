"""Filters of the public list of sheets."""

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from grants.calls.models import CallSheet
from territories.models import Commune, PriorityNeighbourhood, Territory, Theme


PHASES = [("ouverte", "Ouvertes"), ("a-venir", "À venir"), ("close", "Closes")]


class SheetFilter(filters.FilterSet):
    q = filters.CharFilter(
        label="Mots", method="with_words", widget=forms.TextInput(attrs={"type": "search"})
    )
    etat = filters.ChoiceFilter(
        label="Dépôt", choices=PHASES, method="in_phase", empty_label="Toutes les fiches"
    )
    territoire = filters.ModelChoiceFilter(
        label="Territoire",
        queryset=Territory.objects.all(),
        method="in_territory",
        empty_label="Tous",
    )
    commune = filters.ModelChoiceFilter(
        label="Commune",
        queryset=Commune.objects.defer("svg_path"),
        method="in_commune",
        empty_label="Toutes",
    )
    quartier = filters.ModelChoiceFilter(
        label="Quartier prioritaire",
        queryset=PriorityNeighbourhood.objects.filter(in_force_to__isnull=True),
        method="in_neighbourhood",
        empty_label="Tous",
    )
    age = filters.NumberFilter(
        label="Âge du public",
        method="for_age",
        min_value=0,
        max_value=120,
        decimal_places=0,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        help_text="Les fiches sans âge précisé ne sont pas retenues.",
    )
    theme = filters.ModelChoiceFilter(
        label="Thème",
        queryset=Theme.objects.filter(pk__in=CallSheet.objects.current().values("themes")),
        field_name="themes",
        empty_label="Tous",
    )
    exercice = filters.ChoiceFilter(
        label="Exercice", field_name="campaign__fiscal_year", empty_label="Tous"
    )

    class Meta:
        model = CallSheet
        fields: list[str] = []

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        years = CallSheet.objects.current().order_by("-campaign__fiscal_year")
        values = years.values_list("campaign__fiscal_year", flat=True).distinct()
        self.filters["exercice"].extra["choices"] = [(year, str(year)) for year in values]

    def with_words(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        return queryset.matching(value)

    def in_phase(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        position = [key for key, _label in PHASES].index(value)
        return queryset.with_phase(timezone.now()).filter(phase=position)

    def in_territory(self, queryset: QuerySet, _name: str, value: Territory) -> QuerySet:
        return queryset.open_in(insee_codes=list(value.communes.values_list("pk", flat=True)))

    def in_commune(self, queryset: QuerySet, _name: str, value: Commune) -> QuerySet:
        return queryset.open_in(insee_codes=[value.pk])

    def in_neighbourhood(
        self, queryset: QuerySet, _name: str, value: PriorityNeighbourhood
    ) -> QuerySet:
        return queryset.concerning_neighbourhood(value)

    def for_age(self, queryset: QuerySet, _name: str, value: int) -> QuerySet:
        return queryset.for_age(int(value))
