"""Filters of the desk's lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters.fields import ChoiceField

from config.money import EuroField
from grants.applications.enums import FILED_STATES, ReviewState
from grants.applications.models import Application, Place
from grants.applications.selectors import renewals
from grants.calls.models import CallSheet, Campaign
from grants.review.listing.choices import desk_choices
from grants.review.listing.rows import (
    may_read_scores,
    moved_since_visit,
    only_shown,
    opinion_condition,
    silence_due_on,
)
from grants.review.listing.search import Search
from grants.review.models import Assignment, AssignmentRole
from grants.review.opinion_tasks import awaited
from grants.review.querysets import awaited_on, instructed_by
from grants.review.votes_told import knows_votes, told_state
from grants.review.waiting import WAITING_LABELS, waiting_for
from partners.enums import OrganisationKind


TERRITORY_NUMBERS = range(1, 8)
SOON = 7  # days: a week of the desk’s work, no legal delay
NOBODY, ANY, ME, LATE = "aucun", "oui", "moi", "retard"
BY_SCORE = ("note_min", "note_max")  # nobody else than those who read scores may ask


class SheetChoiceField(forms.ModelChoiceField):
    """Sheets by year: the codes come back every year."""

    def label_from_instance(self, sheet: CallSheet) -> str:
        return f"{sheet.campaign.fiscal_year} · {sheet.code} – {sheet.title}"


class EuroFilter(filters.Filter):
    field_class = EuroField


class ScoreField(forms.DecimalField):
    """A score out of 100, typed with a comma or a point."""

    def __init__(self, **kwargs) -> None:
        super().__init__(min_value=0, max_value=100, max_digits=5, decimal_places=2, **kwargs)

    def to_python(self, value: object) -> Decimal | None:
        if isinstance(value, str):
            value = value.strip().replace(",", ".")
        return super().to_python(value)

    def widget_attrs(self, widget: forms.Widget) -> dict:
        return {}


class ScoreFilter(filters.Filter):
    field_class = ScoreField

    def __init__(self, *args, **kwargs) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(*args, widget=widget, **kwargs)


class SheetFilterField(ChoiceField):
    """A sheet by the key of any of its versions: an address kept from before goes on working."""

    def __init__(self, *args, versions: Mapping[str, list[str]] | None = None, **kwargs) -> None:
        self.versions = versions or {}
        super().__init__(*args, **kwargs)

    def to_python(self, value: object) -> str:
        value = super().to_python(value)
        return self.versions[value][0] if value in self.versions else value


class SheetFilter(filters.ChoiceFilter):
    field_class = SheetFilterField


class DeskFilter(filters.FilterSet):
    """What the desk's lists are narrowed by.

    Args:
        on: Today.
        request: Its user reads, visits, and may not see every score.
    """

    q = filters.CharFilter(
        label="Recherche",
        method="with_words",
        help_text=(
            "Référence, organisation, fiche, chargé d’instruction, intitulé ou texte de la demande."
        ),
        widget=forms.TextInput(attrs={"type": "search", "maxlength": 400}),
    )
    etat = filters.MultipleChoiceFilter(
        label="État",
        method="in_states",
        choices=[(s.value, s.label) for s in ReviewState if s in FILED_STATES],
        widget=forms.CheckboxSelectMultiple,
        distinct=False,  # one state a dossier: nothing comes twice
    )
    campagne = filters.ChoiceFilter(
        label="Campagne", field_name="sheet__campaign", empty_label="Toutes"
    )
    fiche = SheetFilter(label="Fiche", method="on_sheet", empty_label="Toutes")
    territoire = filters.ChoiceFilter(
        label="Territoire",
        choices=[(number, f"Territoire {number}") for number in TERRITORY_NUMBERS],
        method="in_territory",
        empty_label="Tous",
    )
    commune = filters.ChoiceFilter(label="Commune", method="in_commune", empty_label="Toutes")
    qpv = filters.ChoiceFilter(
        label="Quartier prioritaire", method="in_neighbourhood", empty_label="Peu importe"
    )
    nature = filters.ChoiceFilter(
        label="Demandeur",
        field_name="organisation__kind",
        choices=OrganisationKind.choices,
        empty_label="Tous",
    )
    demande = filters.ChoiceFilter(
        label="Demande",
        choices=[("premiere", "Première demande"), ("renouvellement", "Renouvellement")],
        method="renewing",
        empty_label="Toutes",
    )
    charge = filters.ChoiceFilter(
        label="Chargé du dossier", method="instructed_by", empty_label="Tous"
    )
    traiter = filters.ChoiceFilter(
        label="À traiter",
        choices=[(str(what), words) for what, words in WAITING_LABELS.items()],
        method="waiting",
        empty_label="Peu importe",
    )
    avis = filters.ChoiceFilter(
        label="Avis",
        choices=[
            ("recus", "Tous reçus"),
            ("attendus", "Encore attendus"),
            (LATE, "En retard"),
            (NOBODY, "Aucun demandé"),
        ],
        method="with_opinions",
        empty_label="Peu importe",
    )
    attente = filters.ChoiceFilter(
        label="Compléments attendus",
        choices=[("retard", "Délai dépassé"), ("semaine", f"Dans les {SOON}\u00a0jours")],
        method="awaited",
        empty_label="Peu importe",
    )
    silence = filters.ChoiceFilter(
        label="Délai légal",
        choices=[("depasse", "Dépassé"), ("mois", "Dans les 30\u00a0jours")],
        method="in_silence",
        empty_label="Peu importe",
    )
    modifie = filters.ChoiceFilter(
        label="Depuis ma dernière visite",
        choices=[(ANY, "Modifiés par un autre")],
        method="moved",
        empty_label="Peu importe",
    )
    montant_min = EuroFilter(
        label="Demandé, au moins", field_name="requested_amount", lookup_expr="gte"
    )
    montant_max = EuroFilter(
        label="Demandé, au plus", field_name="requested_amount", lookup_expr="lte"
    )
    note_min = ScoreFilter(label="Note, au moins", method="scored_at_least")
    note_max = ScoreFilter(label="Note, au plus", method="scored_at_most")

    class Meta:
        model = Application
        fields: list[str] = []

    def __init__(self, *args, on: date, **kwargs) -> None:
        self.on = on
        super().__init__(*args, **kwargs)
        self.user = self.request.user
        if not may_read_scores(self.user):
            for name in BY_SCORE:
                del self.filters[name]
        if not self.user.access.is_desk:
            del self.filters["traiter"]  # what waits for the desk is the desk’s
        self.choices = found = desk_choices()
        offered = {
            "campagne": found.campaigns,
            "fiche": found.sheets,
            "commune": found.communes,
            "qpv": [(ANY, "Dans un quartier prioritaire"), *found.neighbourhoods],
            "charge": [
                (ME, "Moi, et qui je remplace"),
                (NOBODY, "Sans chargé d’instruction"),
                *found.officers,
            ],
        }
        self.filters["fiche"].extra["versions"] = found.versions
        for name, choices in offered.items():
            if name in self.filters:
                self.filters[name].extra["choices"] = choices

    @cached_property
    def search(self) -> Search | None:
        """What is looked for, if anything."""
        typed = self.form.cleaned_data.get("q", "") if self.is_valid() else ""
        return Search.of(typed) if typed else None

    def with_words(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        return Search.of(value).apply(queryset, self.choices)

    def on_sheet(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        """Keep the dossiers of a sheet, whatever its version."""
        return queryset.filter(sheet__in=self.choices.versions[value])

    def in_states(self, queryset: QuerySet, _name: str, values: list[str]) -> QuerySet:
        """Keep the states that the person reads: a vote not told yet is none to a coordinator."""
        if not values:
            return queryset
        if knows_votes(self.user):
            return queryset.filter(review_state__in=values)
        return queryset.alias(state_told=told_state(self.user)).filter(state_told__in=values)

    def in_territory(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        return queryset.in_territories([int(value)])

    def in_commune(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        return queryset.in_commune(value)

    def in_neighbourhood(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        """Keep the dossiers with a priority neighbourhood among their places."""
        places = Place.objects.filter(application=OuterRef("pk"))
        if value == ANY:
            return queryset.filter(Exists(places.filter(neighbourhood__isnull=False)))
        return queryset.filter(Exists(places.filter(neighbourhood=value)))

    def renewing(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        years = Campaign.objects.order_by().values_list("fiscal_year", flat=True).distinct()
        renewing = renewals(years)
        return queryset.filter(renewing if value == "renouvellement" else ~renewing)

    def instructed_by(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        in_hand = Assignment.objects.filter(
            application=OuterRef("pk"), role=AssignmentRole.OFFICER, ended_at__isnull=True
        )
        if value == NOBODY:
            return queryset.filter(~Exists(in_hand))
        if value == ME:
            return instructed_by(queryset, self.user, self.on)
        return queryset.filter(Exists(in_hand.filter(person=value)))

    def waiting(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        return waiting_for(queryset, value, self.user, on=self.on)

    def with_opinions(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        if value == LATE:
            late = awaited().filter(application=OuterRef("pk"), due_on__lt=self.on)
            return queryset.filter(Exists(late.select_related(None)))
        return queryset.filter(opinion_condition(value))

    def awaited(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        """Keep the dossiers whose wait is over, or ends soon."""
        queryset = queryset.alias(waits_until=awaited_on())
        if value == "retard":
            return queryset.filter(waits_until__lt=self.on)
        return queryset.filter(waits_until__range=(self.on, self.on + timedelta(days=SOON)))

    def in_silence(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        """Keep the dossiers whose legal clock is over, or ends within thirty days."""
        queryset = queryset.alias(silence_due_on=silence_due_on(self.on))
        if value == "depasse":
            return queryset.filter(silence_due_on__lt=self.on)
        return queryset.filter(silence_due_on__range=(self.on, self.on + timedelta(days=30)))

    def moved(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        return queryset.filter(moved_since_visit(self.user))

    def scored_at_least(self, queryset: QuerySet, _name: str, value: Decimal) -> QuerySet:
        return self._scored(queryset, Q(shown_note__gte=value))

    def scored_at_most(self, queryset: QuerySet, _name: str, value: Decimal) -> QuerySet:
        return self._scored(queryset, Q(shown_note__lte=value))

    def _scored(self, queryset: QuerySet, condition: Q) -> QuerySet:
        """Filter on the scores this person may see: the others are as if there were none."""
        shown = only_shown("score_summary__total", self.user)
        return queryset.alias(shown_note=shown).filter(condition)
