from dataclasses import dataclass, field

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.templatetags.fr import number_fr
from territories import maps
from territories.models import Commune, School, Territory
from territories.panels import render_panels
from territories.selectors import neighbourhoods_of, territory_rows


@dataclass
class Search:
    """What a commune's search found.

    Attributes:
        found: Several communes, when the text means more than one.
        close: Look-alikes, when it means none.
    """

    typed: str
    found: list[Commune] = field(default_factory=list)
    close: list[Commune] = field(default_factory=list)


@login_not_required
@require_safe
def territory_map(request: HttpRequest) -> HttpResponse:
    search = Search(request.GET.get("q", "").strip()[:100])
    if search.typed:
        communes = Commune.objects.select_related("territory")
        search.found = list(communes.find(search.typed))
        if len(search.found) == 1:
            return redirect(search.found[0])
        if not search.found:
            search.close = list(communes.closest(search.typed))
    rows = territory_rows(timezone.localdate())
    communes = sorted((c for row in rows for c in row.communes), key=lambda c: c.sort_name)
    totals = {
        "communes": len(communes),
        "population": sum(row.population for row in rows),
        "neighbourhoods": sum(row.neighbourhood_count for row in rows),
        "schools": sum(row.school_count for row in rows),
    }
    year = communes[0].population_year if communes else None
    context = {
        "search": search,
        "rows": rows,
        "drawing": maps.department_map([row.territory for row in rows], communes),
        "totals": totals,
        "facts": [
            (f"Habitants ({year})" if year else "Habitants", number_fr(totals["population"])),
            ("Quartiers prioritaires en vigueur", totals["neighbourhoods"]),
            ("Collèges", totals["schools"]),
        ],
        "population_year": year,
    }
    return render(request, "territories/map.html", context)


@login_not_required
@require_safe
def territory_detail(request: HttpRequest, number: int) -> HttpResponse:
    territory = get_object_or_404(Territory.objects.prefetch_related("communes"), pk=number)
    communes = list(territory.communes.all())
    neighbourhoods = neighbourhoods_of([c.insee for c in communes], timezone.localdate())
    schools = list(School.objects.filter(commune__in=communes).select_related("commune"))
    for commune in communes:
        commune.current_neighbourhoods = [
            n for n in neighbourhoods.current if commune in n.communes.all()
        ]
        commune.school_count = sum(school.commune_id == commune.insee for school in schools)
    context = {
        "territory": territory,
        "communes": communes,
        "population": sum(c.population for c in communes),
        "population_year": communes[0].population_year if communes else None,
        "neighbourhoods": neighbourhoods,
        "schools": schools,
        "drawing": maps.close_map(
            title=f"Carte du territoire {number}",
            inside=communes,
            around=Commune.objects.exclude(territory=territory),
            outline=territory.svg_path,
            quarters=neighbourhoods.current,
            schools=schools,
            link_inside=True,
        ),
        "panels": render_panels(request, territory),
        "other_territories": Territory.objects.exclude(pk=number).only("number"),
    }
    return render(request, "territories/detail.html", context)


@login_not_required
@require_safe
def commune_detail(request: HttpRequest, slug: str) -> HttpResponse:
    commune = get_object_or_404(Commune.objects.select_related("territory"), slug=slug)
    neighbourhoods = neighbourhoods_of([commune.insee], timezone.localdate())
    schools = list(commune.schools.all())
    others = list(Commune.objects.exclude(pk=commune.pk))
    context = {
        "commune": commune,
        "facts": _facts(commune),
        "neighbourhoods": neighbourhoods,
        "schools": schools,
        "drawing": maps.close_map(
            title=f"Carte de {commune}",
            inside=[commune],
            around=others,
            outline=commune.svg_path,
            quarters=neighbourhoods.current,
            schools=schools,
            link_inside=False,
        ),
        "panels": render_panels(request, commune),
        "neighbours": [c for c in others if c.territory_id == commune.territory_id],
    }
    return render(request, "territories/commune.html", context)


def _facts(commune: Commune) -> list[tuple[str, str]]:
    year = commune.population_year
    source = f" (INSEE, population municipale {year})" if year else ""
    codes = commune.postal_codes.split()
    return [
        ("Habitants", f"{number_fr(commune.population)}{source}"),
        ("Codes postaux" if len(codes) > 1 else "Code postal", ", ".join(codes)),
        ("Code INSEE", commune.insee),
        ("SIREN de la commune", f"{commune.siren[:3]} {commune.siren[3:6]} {commune.siren[6:]}"),
    ]


@login_not_required
@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    return render(request, "territories/sources.html")
