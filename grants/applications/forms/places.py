from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from django import forms
from django.db.models import Q

from config.fields import PercentField
from grants.applications.checks import shares_sentence
from grants.applications.enums import Section
from grants.applications.forms.base import SectionForm
from grants.applications.sections import PlaceValue
from territories.models import Commune, PriorityNeighbourhood, School, Territory


KINDS = ("commune", "neighbourhood", "school")


@dataclass(frozen=True)
class Option:
    """A box to tick."""

    name: str
    value: str
    label: str
    checked: bool

    @property
    def id(self) -> str:
        return f"id_{self.name}_{self.value}"


@dataclass(frozen=True)
class Inside:
    """What may be ticked inside a commune."""

    commune: Commune
    neighbourhoods: list[Option]
    schools: list[Option]

    @property
    def is_open(self) -> bool:
        return any(option.checked for option in (*self.neighbourhoods, *self.schools))


class PlacesForm(SectionForm):
    """Communes, then inside them the neighbourhoods and collèges, then maybe shares.

    A neighbourhood or a collège ticked stands for its commune: the same place never counts twice.
    """

    section = Section.PLACES

    whole_department = forms.BooleanField(
        label="Tout le département",
        help_text="L’action s’adresse à tout le département, sans lieu particulier.",
    )
    communes = forms.MultipleChoiceField(label="Communes")
    neighbourhoods = forms.MultipleChoiceField(label="Quartiers prioritaires")
    schools = forms.MultipleChoiceField(label="Collèges")

    def build(self) -> None:
        self.all_communes = {
            c.pk: c
            for c in Commune.objects.select_related("territory").order_by(
                "territory_id", "sort_name", "insee"
            )
        }
        self.fields["communes"].choices = [(c.pk, str(c)) for c in self.all_communes.values()]
        ticked = self._ticked_communes()
        self.all_neighbourhoods = self._neighbourhoods(ticked)
        self.all_schools = (
            {s.pk: s for s in School.objects.filter(commune__in=ticked).order_by("sort_name", "pk")}
            if ticked
            else {}
        )
        self.fields["neighbourhoods"].choices = [
            (pk, str(n)) for pk, n in self.all_neighbourhoods.items()
        ]
        self.fields["schools"].choices = [(pk, str(s)) for pk, s in self.all_schools.items()]
        for name, label in self._share_names():
            self.fields[name] = PercentField(label=f"Part : {label}", places=6)

    def _ticked_communes(self) -> list[str]:
        if self.is_bound:
            return [pk for pk in self._list("communes") if pk in self.all_communes]
        return self._communes_of(self.stored["places"])

    @staticmethod
    def _communes_of(places: list[PlaceValue]) -> list[str]:
        """Return the communes that hold stored places."""
        keys = {kind: [p.pk for p in places if p.kind == kind] for kind in KINDS}
        found = set(keys["commune"])
        if keys["school"]:
            found |= set(
                School.objects.filter(pk__in=keys["school"]).values_list("commune_id", flat=True)
            )
        if keys["neighbourhood"]:
            around = PriorityNeighbourhood.objects.filter(
                pk__in=keys["neighbourhood"]
            ).prefetch_related("communes")
            for neighbourhood in around:
                inside = {c.pk for c in neighbourhood.communes.all()}
                found |= inside if not inside & found else set()
        return sorted(found)

    def _neighbourhoods(self, ticked: list[str]) -> dict[str, PriorityNeighbourhood]:
        if not ticked:
            return {}
        chosen = [p.pk for p in self.stored["places"] if p.kind == "neighbourhood"]
        current = PriorityNeighbourhood.objects.filter(
            Q(in_force_to__isnull=True) | Q(pk__in=chosen), communes__in=ticked
        )
        rows = current.distinct().prefetch_related("communes").order_by("sort_name", "pk")
        return {n.pk: n for n in rows}

    def _list(self, name: str) -> list[str]:
        return self.data.getlist(name) if hasattr(self.data, "getlist") else []

    def _share_names(self) -> list[tuple[str, str]]:
        """Return the places that may bear a share: stored, or posted with one."""
        names = {f"share_{p.kind}_{p.pk}": p for p in self.stored["places"]}
        rows = [(name, self._place_label(p)) for name, p in names.items()]
        if self.is_bound:
            for name in self.data:
                kind, _, pk = name.removeprefix("share_").partition("_")
                if name.startswith("share_") and name not in names and kind in KINDS:
                    value = PlaceValue(kind, pk)
                    if self._row(value) is not None:
                        rows.append((name, self._place_label(value)))
        return rows

    def _row(self, place: PlaceValue) -> Any:
        tables = {
            "commune": self.all_communes,
            "neighbourhood": self.all_neighbourhoods,
            "school": self.all_schools,
        }
        return tables[place.kind].get(place.pk)

    def _place_label(self, place: PlaceValue) -> str:
        row = self._row(place)
        if row is None:
            return place.pk
        return f"{row} (toute la commune)" if place.kind == "commune" else str(row)

    def initial_of(self, values: dict[str, Any]) -> dict[str, Any]:
        places = values["places"]
        initial = {
            "whole_department": values["whole_department"],
            "communes": self._ticked_communes() if not self.is_bound else [],
            "neighbourhoods": [p.pk for p in places if p.kind == "neighbourhood"],
            "schools": [p.pk for p in places if p.kind == "school"],
        }
        return initial | {f"share_{p.kind}_{p.pk}": p.share for p in places}

    # --- Values ---------------------------------------------------------------------------------
    def values(self) -> dict[str, Any]:
        places = [
            PlaceValue(p.kind, p.pk, self.cleaned_data.get(f"share_{p.kind}_{p.pk}"))
            for p in self._chosen()
        ]
        return {
            "whole_department": bool(self.cleaned_data.get("whole_department")),
            "places": places,
        }

    def _chosen(self) -> list[PlaceValue]:
        """Return the places ticked: the commune, or what is ticked inside it."""
        inside_of: dict[str, list[PlaceValue]] = {pk: [] for pk in self._list("communes")}
        seen: set[str] = set()
        for pk in self._list("neighbourhoods"):
            row = self.all_neighbourhoods.get(pk)
            for commune in row.communes.all() if row and pk not in seen else ():
                if commune.pk in inside_of:
                    inside_of[commune.pk].append(PlaceValue("neighbourhood", pk))
            seen.add(pk)
        for pk in dict.fromkeys(self._list("schools")):
            row = self.all_schools.get(pk)
            if row and row.commune_id in inside_of:
                inside_of[row.commune_id].append(PlaceValue("school", pk))
        chosen: list[PlaceValue] = []
        for pk in self.all_communes:
            if pk in inside_of:
                chosen += inside_of[pk] or [PlaceValue("commune", pk)]
        return list(dict.fromkeys(chosen))

    def renamed(self) -> dict[str, str | None]:
        """Forget the invalid share of a place that was unticked."""
        kept = {f"share_{p.kind}_{p.pk}" for p in self._chosen()}
        shares = (name for name in self.fields if name.startswith("share_"))
        return {name: (name if name in kept else None) for name in shares}

    # --- For the page ---------------------------------------------------------------------------
    def communes_changed(self) -> bool:
        """Tell whether a commune was ticked or unticked: what stands inside must be shown anew."""
        return set(self._list("communes")) != set(self._communes_of(self.stored["places"]))

    def _now(self, name: str) -> set[str]:
        return set(self._list(name)) if self.is_bound else set(self.initial.get(name, ()))

    def territories(self) -> list[tuple[Territory, list[Option]]]:
        ticked = self._now("communes")
        groups = groupby(self.all_communes.values(), key=lambda c: c.territory)
        return [
            (territory, [Option("communes", c.pk, str(c), c.pk in ticked) for c in communes])
            for territory, communes in groups
        ]

    def insides(self) -> list[Inside]:
        """Return what stands inside the communes ticked."""
        chosen, schools = self._now("neighbourhoods"), self._now("schools")
        return [
            Inside(
                commune,
                [
                    Option("neighbourhoods", n.pk, str(n), n.pk in chosen)
                    for n in self.all_neighbourhoods.values()
                    if pk in {c.pk for c in n.communes.all()}
                ],
                [
                    Option("schools", s.pk, str(s), s.pk in schools)
                    for s in self.all_schools.values()
                    if s.commune_id == pk
                ],
            )
            for pk, commune in self.all_communes.items()
            if pk in self._now("communes")
        ]

    @cached_property
    def shares(self) -> list[forms.BoundField]:
        names = [f"share_{p.kind}_{p.pk}" for p in self.stored["places"]]
        return [self[name] for name in names] if len(names) > 1 else []

    def share_sentence(self) -> str:
        return shares_sentence([p.share for p in self.stored["places"]])
