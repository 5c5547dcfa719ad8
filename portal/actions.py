"""The funded actions that anybody may know of: awarded, notified, in force, not renounced."""

import django_filters as filters
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from config.http import htmx_or_page
from config.listing import ListPage, Sort
from config.text import fold
from grants.applications.enums import AgeBand
from grants.applications.models import Application, Place
from grants.decisions.models import Decision
from portal.masking import public_counts
from territories.models import Commune, Territory, Theme


SORTS = (
    Sort("recent", ("decided_on",), descending_first=True),
    Sort("intitule", ("application__title",)),
    Sort("montant", ("awarded_amount",), descending_first=True),
)


class ActionFilter(filters.FilterSet):
    q = filters.CharFilter(
        label="Action ou bénéficiaire",
        method="with_words",
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    exercice = filters.ChoiceFilter(label="Exercice", field_name="fiscal_year", empty_label="Tous")
    territoire = filters.ModelChoiceFilter(
        label="Territoire",
        queryset=Territory.objects.defer("svg_path"),
        method="in_territory",
        empty_label="Tous",
        help_text="Les actions menées dans tout le département sont retenues.",
    )
    commune = filters.ModelChoiceFilter(
        label="Commune",
        queryset=Commune.objects.defer("svg_path"),
        method="in_commune",
        empty_label="Toutes",
    )
    theme = filters.ModelChoiceFilter(
        label="Thème",
        queryset=Theme.objects.filter(
            pk__in=Decision.objects.public().values("application__sheet__themes")
        ),
        method="on_theme",
        empty_label="Tous",
    )

    class Meta:
        model = Decision
        fields: list[str] = []

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        years = Decision.objects.public().order_by("-fiscal_year")
        values = years.values_list("fiscal_year", flat=True).distinct()
        self.filters["exercice"].extra["choices"] = [(year, str(year)) for year in values]

    def with_words(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        for word in value.split():
            condition = Q(application__title__icontains=word)
            if fold(word):
                condition |= Q(application__organisation__search_name__contains=fold(word))
            queryset = queryset.filter(condition)
        return queryset

    def in_territory(self, queryset: QuerySet, _name: str, value: Territory) -> QuerySet:
        return _among(queryset, Application.objects.in_territories([value.number]))

    def in_commune(self, queryset: QuerySet, _name: str, value: Commune) -> QuerySet:
        return _among(queryset, Application.objects.in_commune(value.pk))

    def on_theme(self, queryset: QuerySet, _name: str, value: Theme) -> QuerySet:
        return _among(queryset, Application.objects.filter(sheet__themes=value))


def _among(decisions: QuerySet[Decision], applications: QuerySet[Application]) -> QuerySet:
    return decisions.filter(application__in=applications.order_by().values("pk"))


def public_actions() -> QuerySet[Decision]:
    """Return the public awards with what a page shows of them, and nothing else of the dossier."""
    drawn = ("commune", "school__commune", "neighbourhood")
    places = Place.objects.select_related(*drawn).defer(*(f"{name}__svg_path" for name in drawn))
    return (
        Decision.objects.public()
        .select_related("application__organisation", "application__sheet__campaign")
        .prefetch_related(Prefetch("application__places", places))
    )


@login_not_required
@require_safe
def action_list(request: HttpRequest) -> HttpResponse:
    """List the funded actions; the totals are those of what is filtered."""
    listing = ListPage(
        request,
        public_actions(),
        sorts=SORTS,
        default_sort="-recent",
        filter_class=ActionFilter,
        totals={"awarded": Sum("awarded_amount")},
    )
    return htmx_or_page(request, "portal/action_list.html", {"listing": listing})


@login_not_required
@require_safe
def action_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """Show one funded action; not found before its notification."""
    decision = get_object_or_404(public_actions(), application__reference=reference)
    application = decision.application
    counts = {count.band: count.count for count in application.audience_counts.all()}
    bands = [(label, counts[band]) for band, label in AgeBand.choices if band in counts]
    context = {
        "decision": decision,
        "application": application,
        "places": place_names(application),
        "counts": public_counts(bands, girls=application.girls_count, boys=application.boys_count),
    }
    return render(request, "portal/action_detail.html", context)


def place_names(application: Application) -> list[tuple[str, str, str]]:
    """Return the places of an action as (words, what it is, address of its commune's page)."""
    names = []
    for place in application.places.all():
        if place.school is not None:
            commune = place.school.commune
            names.append((str(place.school), f"collège, {commune}", commune.get_absolute_url()))
        elif place.neighbourhood is not None:
            names.append((place.neighbourhood.display_name, "quartier prioritaire", ""))
        else:
            names.append((str(place.commune), "commune", place.commune.get_absolute_url()))
    return names
