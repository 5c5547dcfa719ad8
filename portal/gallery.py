"""The catalogue of components: every tag in every variant, outside production."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import django_filters
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.listing import ListPage, Sort
from config.money import EuroField
from config.templatetags.ui import TASK_STATES
from foundation.parameters.models import Parameter


COLOURS = (
    ("ink", "encre"),
    ("primary", "bleu Seine"),
    ("secondary", "tilleul"),
    ("accent", "corail"),
    ("ground", "sable"),
    ("surface", "carte"),
)
NOW = datetime(2026, 11, 20, 13, 32, tzinfo=UTC)


class ExampleForm(forms.Form):
    """One field of each kind, sent empty or wrong to show the errors."""

    title = forms.CharField(
        label="Titre de l’action", help_text="Quelques mots, comme sur une affiche."
    )
    summary = forms.CharField(label="Résumé", widget=forms.Textarea)
    amount = EuroField(label="Montant demandé", whole=True)
    public = forms.MultipleChoiceField(
        label="Public",
        choices=[("11-15", "11 à 15 ans"), ("16-18", "16 à 18 ans"), ("19-25", "19 à 25 ans")],
        widget=forms.CheckboxSelectMultiple,
    )
    kind = forms.ChoiceField(
        label="Nature du projet",
        choices=[("new", "Nouvelle action"), ("renewed", "Reconduction")],
        widget=forms.RadioSelect,
    )
    place = forms.ChoiceField(
        label="Commune",
        choices=[("", "Choisir…"), ("92036", "Gennevilliers"), ("92050", "Nanterre")],
        required=False,
    )


class ExampleFilter(django_filters.FilterSet):
    """The dated parameters, the only rows that are always there."""

    text = django_filters.CharFilter(
        label="Clé contient", field_name="key", lookup_expr="icontains"
    )
    valid_from = django_filters.DateFilter(
        label="En vigueur au", lookup_expr="lte", widget=forms.DateInput({"type": "date"})
    )

    class Meta:
        model = Parameter
        fields = ["text", "valid_from"]


def example_list(request: HttpRequest) -> ListPage:
    return ListPage(
        request,
        Parameter.objects.all(),
        sorts=[Sort("cle", ("key",)), Sort("date", ("valid_from",), descending_first=True)],
        default_sort="cle",
        filter_class=ExampleFilter,
        totals={"latest": Max("valid_from")},
    )


@login_not_required
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    wrong = {"title": "", "summary": "Ateliers du mercredi", "amount": "12,345"}
    return render(
        request,
        "portal/gallery.html",
        {
            "colours": COLOURS,
            "tasks": [
                {"label": f"Rubrique {words.lower()}", "url": "#taches", "state": state}
                for state, (_, _, words) in TASK_STATES.items()
            ],
            "steps": [
                {"label": "Projet", "state": "done", "url": "#etapes"},
                {"label": "Lieux et public", "state": "done", "url": "#etapes"},
                {"label": "Budget", "state": "current"},
                {"label": "Pièces", "state": "todo"},
                {"label": "Vérification", "state": "todo"},
            ],
            "entries": [
                {
                    "when": NOW,
                    "who": "Service prévention et citoyenneté",
                    "title": "Dossier inscrit à la séance du 14 décembre 2026",
                    "tone": "info",
                },
                {
                    "when": NOW - timedelta(days=9),
                    "who": "Association Les Passerelles",
                    "title": "Pièces complémentaires reçues",
                    "text": "Rapport d’activité 2025 et attestation d’assurance.",
                    "tone": "success",
                },
                {"when": date(2026, 11, 2), "title": "Dossier déposé", "tone": "success"},
            ],
            "figures": [
                {"value": "42", "label": "dossiers déposés", "hint": "dont 3 hors délai"},
                {"value": "318 500 €", "label": "demandés"},
                {"value": "17", "label": "communes concernées", "url": "#chiffres"},
            ],
            "facts": [
                ("Bénéficiaire", "Association Les Passerelles"),
                ("Clôture", "20 novembre 2026 à 23 h 59"),
                ("Commune", ""),
            ],
            "pdf_size": 640 * 1024,
            "photo_size": 2_500_000,
            "now": NOW,
            "committed": Decimal(182500),
            "proposed": Decimal(61000),
            "envelope": Decimal(300000),
            "exceeding": Decimal(320000),
            "listing": example_list(request),
            "form": ExampleForm(),
            "wrong_form": _sent(wrong),
        },
    )


def _sent(data: dict) -> ExampleForm:
    return ExampleForm({f"faux-{key}": value for key, value in data.items()}, prefix="faux")
