"""What the lists of the filters offer, read in one query whatever their number."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast

from accounts.enums import DESK_ROLES
from accounts.models import RoleAssignment, User
from config.text import fold, sort_key
from grants.calls.models import CallSheet, Campaign
from territories.models import Commune, PriorityNeighbourhood


Choice = tuple[str, str]
Group = tuple[str, list[Choice]]
WIDEST = 5  # texts of the widest part
_SHORT = 4  # letters: a longer word may be a plural


@dataclass(frozen=True)
class DeskChoices:
    """Values and words of the filters, in the order they are offered.

    Attributes:
        campaigns: Latest first.
        sheets: By year, latest first: the codes come back every year. The versions of a sheet
            are one choice, under its last title.
        communes: By name.
        neighbourhoods: By generation, latest first, then by name.
        officers: Those who instruct or once did, by name.
        versions: Keys of the published versions of each sheet, by the key of any of them; the
            first one's key stands for all in ``sheets``.
        sheet_words: Key, code and title of every version.
    """

    campaigns: list[Choice]
    sheets: list[Group]
    communes: list[Choice]
    neighbourhoods: list[Group]
    officers: list[Choice]
    versions: dict[str, list[str]]
    sheet_words: list[tuple[str, str, str]]

    def sheets_with(self, word: str) -> list[str]:
        """Return the sheets with this code, or failing that with a word that begins so.

        Args:
            word: Folded; the plural of a word of a title finds it too.
        """
        coded = [key for key, code, _title in self._sheet_words if code == word]
        if coded:
            return coded
        singular = word.rstrip("sx") if len(word) > _SHORT else word
        return [
            key
            for key, code, title in self._sheet_words
            if code.startswith(word) or any(one.startswith(singular) for one in title)
        ]

    def officers_with(self, word: str) -> list[str]:
        """Return those who instruct, by the beginning of a name (folded)."""
        return [key for key, name in self._officer_words if any(n.startswith(word) for n in name)]

    @cached_property
    def _sheet_words(self) -> list[tuple[str, str, list[str]]]:
        return [(key, fold(code), fold(title).split()) for key, code, title in self.sheet_words]

    @cached_property
    def _officer_words(self) -> list[tuple[str, list[str]]]:
        return [(key, fold(name).split()) for key, name in self.officers]


def desk_choices() -> DeskChoices:
    """Read the choices of the desk's filters."""
    once_of_the_desk = RoleAssignment.objects.filter(user=OuterRef("pk"), role__in=DESK_ROLES)
    parts = [
        _part("campaign", Campaign.objects.all(), "name", "fiscal_year"),
        _part(
            "sheet",
            CallSheet.objects.published(),
            "code",
            "title",
            "campaign__fiscal_year",
            "campaign",
            "version",
        ),
        _part("commune", Commune.objects.all(), "name", "sort_name"),
        _part("neighbourhood", PriorityNeighbourhood.objects.all(), "name", "generation"),
        _part(
            "officer",
            User.objects.filter(Exists(once_of_the_desk)),
            "first_name",
            "last_name",
        ),
    ]
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for part, *values in parts[0].union(*parts[1:], all=True):
        found[part].append(tuple(values))
    sheets = _by_version(found["sheet"])
    return DeskChoices(
        campaigns=[
            (key, name)
            for key, name, *_ in sorted(found["campaign"], key=lambda c: (-int(c[2]), c[1]))
        ],
        sheets=_grouped(
            (rows[-1].year, rows[-1].code, rows[0].key, rows[-1].words) for rows in sheets
        ),
        communes=[
            (key, name.replace("'", "’"))
            for key, name, *_ in sorted(found["commune"], key=lambda c: c[2])
        ],
        neighbourhoods=_grouped(
            (generation, sort_key(name), key, name.replace("'", "’"))
            for key, name, generation, *_ in found["neighbourhood"]
        ),
        officers=[
            (key, f"{first} {last}".strip())
            for key, first, last, *_ in sorted(
                found["officer"], key=lambda o: (sort_key(o[2]), sort_key(o[1]))
            )
        ],
        versions={one.key: [other.key for other in rows] for rows in sheets for one in rows},
        sheet_words=[(one.key, one.code, one.title) for rows in sheets for one in rows],
    )


class _Version(NamedTuple):
    key: str
    code: str
    title: str
    year: str
    campaign: str
    number: str

    @property
    def words(self) -> str:
        return f"{self.code} – {self.title}"


def _by_version(rows: list[tuple[str, ...]]) -> list[list[_Version]]:
    """Gather the versions of each sheet of a campaign, first one first."""
    found: dict[tuple[str, str], list[_Version]] = defaultdict(list)
    for row in sorted((_Version(*row) for row in rows), key=lambda v: (int(v.number), int(v.key))):
        found[row.campaign, row.code].append(row)
    return list(found.values())


def _part(name: str, rows: QuerySet, *fields: str) -> QuerySet:
    """Return rows as seven texts, so that tables of all shapes hold in one query."""
    texts = [Cast(F(field), CharField()) for field in fields]
    texts += [Value("", output_field=CharField())] * (WIDEST - len(texts))
    return (
        rows.order_by()
        .annotate(
            part=Value(name, output_field=CharField()),
            key=Cast("pk", CharField()),
            **{f"text{n}": text for n, text in enumerate(texts)},
        )
        .values_list("part", "key", *(f"text{n}" for n in range(WIDEST)))
    )


def _grouped(rows) -> list[Group]:
    """Gather (group, order, key, words) by group, the greatest group first."""
    groups: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for group, order, key, words in rows:
        groups[group].append((order, key, words))
    return [
        (group, [(key, words) for _order, key, words in sorted(groups[group])])
        for group in sorted(groups, reverse=True)
    ]
