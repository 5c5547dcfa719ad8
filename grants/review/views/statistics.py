"""The desk in figures: delays, what waits, who has what in hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from config.spreadsheets import Column, Kind, Workbook, file_response
from grants.applications.models import Application
from grants.calls.models import CallSheet, Campaign
from grants.review import statistics
from grants.review.enums import TO_INSTRUCT
from grants.review.selectors import desk_people
from grants.review.statistics import AGE_BOUNDS, Ageing, Delay, Load, age_labels


TERRITORIES = [("", "Tous"), *((str(n), f"Territoire {n}") for n in range(1, 8))]
WIDTH = 100  # of a bar, in units of its drawing
DELAYS, AGES, LOADS = "delais", "anciennete", "charge"


class ScopeForm(forms.Form):
    """Which dossiers are counted."""

    campagne = forms.ChoiceField(label="Campagne", required=False)
    fiche = forms.ChoiceField(label="Fiche", required=False)
    territoire = forms.ChoiceField(label="Territoire", required=False, choices=TERRITORIES)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        campaigns = Campaign.objects.order_by("-fiscal_year", "name", "pk")
        self.fields["campagne"].choices = [
            ("", "Toutes"),
            *((str(pk), name) for pk, name in campaigns.values_list("pk", "name")),
        ]
        sheets = CallSheet.objects.published().order_by(
            "-campaign__fiscal_year", "code", "version", "pk"
        )
        # One choice for the versions of a sheet, under the last title.
        self.versions: dict[str, list[int]] = {}
        choices: dict[tuple[int, str], tuple[str, str]] = {}
        for pk, campaign, year, code, title in sheets.values_list(
            "pk", "campaign", "campaign__fiscal_year", "code", "title"
        ):
            first, _words = choices.get((campaign, code), (str(pk), ""))
            choices[campaign, code] = (first, f"{year} · {code} – {title}")
            self.versions.setdefault(first, []).append(pk)
        self.fields["fiche"].choices = [("", "Toutes"), *choices.values()]

    def apply(self, applications: QuerySet[Application]) -> QuerySet[Application]:
        """Keep the dossiers asked for; none when what is asked does not exist."""
        if not self.is_valid():
            return applications.none()
        chosen = self.cleaned_data
        if chosen["campagne"]:
            applications = applications.filter(sheet__campaign=chosen["campagne"])
        if chosen["fiche"]:
            applications = applications.filter(sheet__in=self.versions[chosen["fiche"]])
        if chosen["territoire"]:
            applications = applications.in_territories([int(chosen["territoire"])])
        return applications

    @property
    def query(self) -> str:
        """What was chosen, for the addresses of the lists and of the files."""
        chosen = self.cleaned_data if self.is_valid() else {}
        return urlencode([(name, value) for name, value in chosen.items() if value])


@dataclass(frozen=True)
class DelayRow:
    """A delay with its bar: widths out of 100."""

    delay: Delay
    median_width: str
    ninth_width: str


@dataclass(frozen=True)
class AgeRow:
    """The ages of a state: counts with their parts of the bar, the list that shows them."""

    ageing: Ageing
    parts: list[tuple[str, str]]  # start and width
    url: str


@dataclass(frozen=True)
class LoadRow:
    """A person's load, with the lists that show it."""

    load: Load
    open_url: str
    late_url: str


@require_safe
def statistics_page(request: HttpRequest) -> HttpResponse:
    """Show delays and ages to whoever reads the dossiers, loads to whom they concern.

    A coordinator counts the dossiers of their territory.
    """
    scope = _scope(request)
    on = timezone.localdate()
    found = scope.apply(Application.objects.office_visible_to(request.user))
    people = _people(request.user, on)
    ages = statistics.ageing(found, on=on)
    context = {
        "form": scope,
        "query": scope.query,
        "delays": _delay_rows(statistics.delays(found)),
        "ages": _age_rows(ages, scope.query),
        "age_labels": age_labels(),
        "age_total": sum(one.total for one in ages),
        "loads": _load_rows(statistics.loads(found, people, on=on), scope.query) if people else [],
        "is_of_territory": _is_of_territory(request.user),
        "is_head": request.user.access.is_unit_head,
        "month": on,
        "desk_url": f"{reverse('review:desk')}?{urlencode({'liste': 'tous'})}",
    }
    return render(request, "review/statistics.html", context)


@require_safe
def statistics_file(request: HttpRequest, table: str, extension: str) -> HttpResponseBase:
    """Hand out one of the tables, as it is shown."""
    if not _may_count(request.user):
        raise Http404
    scope = _scope(request)
    on = timezone.localdate()
    found = scope.apply(Application.objects.office_visible_to(request.user))
    if table == DELAYS:
        columns, rows = _DELAY_COLUMNS, statistics.delays(found)
    elif table == AGES:
        columns, rows = _age_columns(), statistics.ageing(found, on=on)
    else:
        people = _people(request.user, on)
        if not people:
            raise Http404
        columns, rows = _LOAD_COLUMNS, statistics.loads(found, people, on=on)
    return file_response(
        extension,
        name=f"maillage-statistiques-{table}-{on.isoformat()}",
        columns=columns,
        rows=[[column.read(row) for column in columns] for row in rows],
        about=Workbook("Statistiques de l’instruction", rows_name=_ROWS[table]),
    )


def _may_count(user: User) -> bool:
    access = user.access
    return access.is_desk or access.is_administrator or access.is_coordinator


def _is_of_territory(user: User) -> bool:
    """Tell whether a person reads the dossiers of some territories alone."""
    access = user.access
    return access.is_coordinator and not (
        access.is_desk or access.is_administrator or access.whole_department
    )


def _scope(request: HttpRequest) -> ScopeForm:
    if not _may_count(request.user):
        raise PermissionDenied
    return ScopeForm(request.GET)


def _people(user: User, on) -> list[User]:
    """Return whose load this person may read: the whole desk's for the head, else their own."""
    if user.access.is_unit_head:
        return list(desk_people(on))
    return [user] if user.access.is_desk else []


# --- Rows -----------------------------------------------------------------------------------------
def _delay_rows(delays: Sequence[Delay]) -> list[DelayRow]:
    longest = max((one.ninth for one in delays if one.ninth), default=Decimal(1))
    return [
        DelayRow(one, _share(one.median, longest), _share(one.ninth, longest)) for one in delays
    ]


def _age_rows(ages: Sequence[Ageing], query: str) -> list[AgeRow]:
    most = max((one.total for one in ages), default=0) or 1
    rows = []
    for one in ages:
        start, parts = 0, []
        for count in one.counts:
            parts.append((_share(start, most), _share(count, most)))
            start += count
        rows.append(AgeRow(one, parts, _list_url(query, etat=one.state)))
    return rows


def _load_rows(loads: Sequence[Load], query: str) -> list[LoadRow]:
    return [
        LoadRow(
            load=one,
            open_url=_list_url(query, charge=one.person.pk, etat=[str(s) for s in TO_INSTRUCT]),
            late_url=_list_url(query, charge=one.person.pk, attente="retard"),
        )
        for one in loads
    ]


def _list_url(query: str, **parameters: Any) -> str:
    words = urlencode({"liste": "tous", **parameters}, doseq=True)
    return f"{reverse('review:desk')}?{words}{f'&{query}' if query else ''}"


def _share(part: Decimal | int | None, whole: Decimal | int) -> str:
    """Return a width out of 100, as SVG writes numbers."""
    return f"{WIDTH * Decimal(part or 0) / Decimal(whole or 1):.2f}"


# --- Files ----------------------------------------------------------------------------------------
_ROWS = {DELAYS: "étapes", AGES: "états", LOADS: "personnes"}
_DELAY_COLUMNS = (
    Column("etape", Kind.TEXT, "Étape du parcours", lambda one: one.step.label),
    Column("nombre", Kind.COUNT, "Dossiers passés par l’étape", lambda one: one.count),
    Column("mediane_jours", Kind.SCORE, "Délai médian, en jours", lambda one: one.median),
    Column("neuf_sur_dix_jours", Kind.SCORE, "90e centile, en jours", lambda one: one.ninth),
)
_LOAD_COLUMNS = (
    Column("personne", Kind.TEXT, "Chargé d’instruction", lambda one: str(one.person)),
    Column("ouverts", Kind.COUNT, "Dossiers ouverts", lambda one: one.open_count),
    Column("a_noter", Kind.COUNT, "Notations à rendre", lambda one: one.to_score_count),
    Column("en_retard", Kind.COUNT, "Compléments en retard", lambda one: one.late_count),
    Column("instruits_ce_mois", Kind.COUNT, "Instruits ce mois-ci", lambda one: one.done_count),
)


def _age_columns() -> list[Column]:
    bounds = [str(bound) for bound in AGE_BOUNDS]
    names = [f"{low}_a_{high}_jours" for low, high in zip(["0", *_after()], bounds, strict=False)]
    names.append(f"plus_de_{bounds[-1]}_jours")

    def count(number: int):
        return lambda one: one.counts[number]

    return [
        Column("etat", Kind.TEXT, "État du dossier", lambda one: one.label),
        *(
            Column(name, Kind.COUNT, f"Dossiers dans cet état\u00a0: {label}", count(number))
            for number, (name, label) in enumerate(zip(names, age_labels(), strict=True))
        ),
        Column("total", Kind.COUNT, "Dossiers dans cet état", lambda one: one.total),
    ]


def _after() -> list[str]:
    return [str(bound + 1) for bound in AGE_BOUNDS]
