"""Write the reference data of the territories: places from open data, words of the trade.

Places are facts: a new file replaces what was loaded. Words (themes, axes, frameworks, kinds of
actors) and dated parameters may be edited in the administration: what exists is left alone.
"""

import csv
import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from django.utils.text import slugify

from config.text import clean_name, sort_key
from foundation.parameters.services import add_missing_parameters
from territories import geometry
from territories.models import (
    ActorType,
    Axis,
    Commune,
    Framework,
    PriorityNeighbourhood,
    School,
    Territory,
    Theme,
)
from territories.reference import FOLDER


def load_parameters(folder: Path = FOLDER) -> int:
    """Add the dated parameters that are missing."""
    return add_missing_parameters(_json(folder / "parameters.json"))


def load_territories(folder: Path = FOLDER) -> int:
    """Load the seven territories, named after their communes."""
    names = [
        geometry.name_point(geometry.projected_rings(feature["geometry"]))
        for feature in _json(folder / "communes_92.geojson")["features"]
    ]
    rows = []
    for feature in _json(folder / "territories_92.geojson")["features"]:
        number = feature["properties"]["territory"]
        rings = geometry.projected_rings(feature["geometry"])
        x, y = geometry.free_point(rings, names)
        rows.append(
            Territory(
                number=number,
                name=_typographic(
                    ", ".join(sorted(feature["properties"]["communes"], key=sort_key))
                ),
                slug=f"territoire-{number}",
                svg_path=geometry.svg_path(rings),
                label_x=x,
                label_y=y,
            )
        )
    return _write(Territory, rows, key="number")


def load_communes(folder: Path = FOLDER) -> int:
    """Load the 36 communes, each in its territory, with its outline."""
    shapes = {
        feature["properties"]["insee"]: geometry.projected_rings(feature["geometry"])
        for feature in _json(folder / "communes_92.geojson")["features"]
    }
    population, year = "population_municipale_2023", 2023
    rows = []
    for line in _csv(folder / "communes_92.csv"):
        rings = shapes[line["insee"]]
        x, y = geometry.name_point(rings)
        rows.append(
            Commune(
                insee=line["insee"],
                name=clean_name(line["name"]),
                slug=slugify(line["name"].replace("'", "-")),
                sort_name=sort_key(line["name"]),
                territory_id=int(line["territory"]),
                siren=line["siren"],
                population=int(line[population]),
                population_year=year,
                postal_codes=line["postal_codes"],
                svg_path=geometry.svg_path(rings),
                label_x=x,
                label_y=y,
            )
        )
    return _write(Commune, rows, key="insee")


def load_neighbourhoods(folder: Path = FOLDER) -> int:
    """Load the priority neighbourhoods of both generations; one may cover several communes."""
    shapes = {}
    for name in ("qpv_92.geojson", "qpv_92_2015.geojson"):
        for feature in _json(folder / name)["features"]:
            rings = geometry.projected_rings(feature["geometry"])
            shapes[feature["properties"]["code"]] = geometry.svg_path(rings)
    rows, links = [], set()
    for line in _csv(folder / "qpv_92.csv"):
        rows.append(
            PriorityNeighbourhood(
                code=line["code"],
                generation=int(line["generation"]),
                name=clean_name(line["name"]),
                sort_name=sort_key(line["name"]),
                in_force_from=line["in_force_from"],
                in_force_to=line["in_force_to"] or None,
                svg_path=shapes[line["code"]],
            )
        )
        links |= {(line["code"], insee) for insee in line["insee"].split()}
    written = _write(PriorityNeighbourhood, rows, key="code")
    _link(PriorityNeighbourhood.communes.through, "priorityneighbourhood_id", "commune_id", links)
    return written


def load_schools(folder: Path = FOLDER) -> int:
    """Load the collèges with their last known priority status and its school year."""
    rows = []
    for line in _csv(folder / "colleges_92.csv"):
        x, y = geometry.project(float(line["longitude"]), float(line["latitude"]))
        rows.append(
            School(
                uai=line["uai"],
                name=clean_name(line["name"]),
                sort_name=sort_key(line["name"]),
                commune_id=line["insee"],
                address=line["address"],
                postal_code=line["postal_code"],
                priority_status=line["education_prioritaire"],
                priority_school_year=line["ep_school_year"],
                map_x=x,
                map_y=y,
            )
        )
    return _write(School, rows, key="uai")


def load_frameworks(folder: Path = FOLDER) -> int:
    """Add the usual frameworks; a city contract starts with the communes of its neighbourhoods."""
    for row in _json(folder / "vocabulary.json")["frameworks"]:
        framework, created = Framework.objects.get_or_create(
            name=row["name"],
            year_from=row.get("year_from"),
            year_to=row.get("year_to"),
            defaults={"kind": row["kind"]},
        )
        if created and "neighbourhoods_of" in row:
            framework.communes.set(
                Commune.objects.filter(
                    neighbourhoods__generation=row["neighbourhoods_of"]
                ).distinct()
            )
        _add_missing(
            Axis,
            [
                Axis(framework=framework, order=order, **axis)
                for order, axis in enumerate(row.get("axes", []), start=1)
            ],
        )
    return Framework.objects.count()


def load_axes(folder: Path = FOLDER) -> int:
    """Add the office's three strategic axes, which belong to no framework."""
    axes = _json(folder / "vocabulary.json")["office_axes"]
    _add_missing(Axis, [Axis(order=order, **axis) for order, axis in enumerate(axes, start=1)])
    return Axis.objects.count()


def load_themes(folder: Path = FOLDER) -> int:
    """Add the themes shared by sheets, actions and services."""
    labels = _json(folder / "vocabulary.json")["themes"]
    return _add_missing(
        Theme,
        [Theme(slug=slugify(label), label=label, sort_name=sort_key(label)) for label in labels],
    )


def load_actor_types(folder: Path = FOLDER) -> int:
    """Add the kinds of actors in the field."""
    labels = _json(folder / "vocabulary.json")["actor_types"]
    return _add_missing(
        ActorType,
        [
            ActorType(slug=slugify(label.replace("’", " ")), label=label, order=order)
            for label, order in zip(labels, count(10, 10), strict=False)
        ],
    )


def _write(model, rows: list, *, key: str) -> int:
    """Insert or replace facts by their official key."""
    fields = [f.name for f in model._meta.concrete_fields if f.name != key]
    model.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=[key], update_fields=fields
    )
    return model.objects.count()


def _add_missing(model, rows: list) -> int:
    """Insert words whose slug is new; an edited label or order stays as edited."""
    model.objects.bulk_create(rows, ignore_conflicts=True)
    return model.objects.count()


def _link(through, left: str, right: str, wanted: set[tuple[str, str]]) -> None:
    """Make the rows of a many-to-many table those wanted, without touching the right ones."""
    present = {(getattr(row, left), getattr(row, right)): row.pk for row in through.objects.all()}
    through.objects.filter(pk__in=[present[pair] for pair in present.keys() - wanted]).delete()
    through.objects.bulk_create(
        through(**{left: a, right: b}) for a, b in sorted(wanted - present.keys())
    )


def _typographic(text: str) -> str:
    return text.replace("'", "’")


def _json(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def _csv(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
