"""What changed between two deposits of a dossier, field by field, in French words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from config.money import euros
from config.templatetags.fr import date_fr, number_fr, percent_fr
from grants.applications.chart_of_accounts import BY_KEY
from grants.applications.enums import (
    AgeBand,
    BudgetSide,
    CommitmentKind,
    FundingStatus,
    Section,
    StaffCategory,
)
from grants.applications.models import Application, Deposit
from partners.enums import OrganisationKind
from territories.models import Commune, PriorityNeighbourhood, School


NOTHING = "(vide)"
LONG = 60  # characters from which a text is compared word by word
ALIKE = 0.4  # share of words in common under which a text is another one
MAX_PAIRS = 400_000  # words × words beyond which sentences are compared instead
_WORDS = re.compile(r"\w+\s*|[^\w\s]+\s*|\s+")
_SENTENCES = re.compile(r"[^.!?\n]+[.!?\n]*\s*|\s+|[.!?]+\s*")
# Parts of a deposit, by the section where they are filled in.
SECTIONS = {
    "organisation": Section.APPLICANT,
    "applicant": Section.APPLICANT,
    "project": Section.PROJECT,
    "places": Section.PLACES,
    "public": Section.PUBLIC,
    "means": Section.MEANS,
    "evaluation": Section.EVALUATION,
    "budget": Section.BUDGET,
    "documents": Section.DOCUMENTS,
    "commitments": Section.COMMITMENTS,
}
# Names that a deposit gives to columns of the dossier.
_COLUMNS = {
    ("project", "partners"): "partners_text",
    ("means", "partners"): "partners_text",
    ("public", "girls"): "girls_count",
    ("public", "boys"): "boys_count",
    ("public", "description"): "public_description",
    ("public", "inclusion"): "inclusion_text",
    ("budget", "requested"): "requested_amount",
}
_LEFT_OUT = {("organisation", "id")}


@dataclass(frozen=True)
class Row:
    """One value of a deposit, in words.

    Attributes:
        label: Its name.
        text: Its words.
        mark: What else tells it from another with the same words: nobody reads it.
    """

    label: str
    text: str
    mark: str = ""


@dataclass(frozen=True)
class Piece:
    """Some words of a text: ``same``, ``added`` or ``removed``."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """A value that differs.

    Attributes:
        label: Its name.
        before: Its words in the older deposit; empty when it was not there.
        after: Its words in the newer one.
    """

    label: str
    before: str
    after: str

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The two texts woven together, for a long one; empty for the others.

        Slow on a whole dossier: only what is shown is woven.
        """
        return weave(self.before, self.after)


@dataclass(frozen=True)
class SectionChanges:
    section: Section
    changes: list[Change] = field(default_factory=list)

    @property
    def label(self) -> str:
        return str(self.section.label)

    @property
    def labels(self) -> str:
        return ", ".join(change.label for change in self.changes)


def content_of(deposit: Deposit) -> dict[str, Any]:
    """Return what a deposit holds (masked words stay masked)."""
    return json.loads(bytes(deposit.payload))


def compare_deposits(before: Deposit, after: Deposit) -> list[SectionChanges]:
    """Return what differs between two deposits of one dossier, in the order of its sections."""
    return compare(content_of(before), content_of(after))


def compare(before: dict[str, Any], after: dict[str, Any]) -> list[SectionChanges]:
    """Return what differs between two snapshots (:func:`grants.applications.snapshot.snapshot`)."""
    same_places = before.get("places") == after.get("places")
    names = {} if same_places else _place_names(before, after)
    old, new = _rows(before, names), _rows(after, names)
    found: dict[Section, list[Change]] = {}
    for key in dict.fromkeys([*old, *new]):
        earlier, later = old.get(key), new.get(key)
        texts = [row.text if row else "" for row in (earlier, later)]
        if texts[0] == texts[1]:
            if earlier is None or later is None or earlier.mark == later.mark:
                continue  # a row without words says no more than no row
            texts[1] = f"{texts[1]} (nouveau fichier du même nom)"
        label = (later or earlier).label
        found.setdefault(key[0], []).append(Change(label, *texts))
    if before.get("profile") and after.get("profile") and before["profile"] != after["profile"]:
        profile = Change("Fiche de l’organisation", "du dépôt précédent", "mise à jour depuis")
        found.setdefault(Section.APPLICANT, []).append(profile)
    return [SectionChanges(section, found[section]) for section in Section if section in found]


# --- Words ----------------------------------------------------------------------------------------
def weave(before: str, after: str) -> tuple[Piece, ...]:
    """Return two long texts woven together; nothing for short ones, shown side by side.

    A text written anew has only « de » and « et » in common with the old one: woven, nobody could
    read it, so that it stands beside it too. Joining what is ``same`` and ``removed`` gives the
    first text back, ``same`` and ``added`` the second.
    """
    if not before or not after or max(len(before), len(after)) < LONG:
        return ()
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) * len(new) > MAX_PAIRS:
        old, new = _SENTENCES.findall(before), _SENTENCES.findall(after)
    pieces = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE:
        return ()
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(old[start:end])))
            continue
        if end > start:
            pieces.append(Piece("removed", "".join(old[start:end])))
        if last > first:
            pieces.append(Piece("added", "".join(new[first:last])))
    return tuple(pieces)


# --- A deposit as rows ----------------------------------------------------------------------------
Rows = dict[tuple[Section, str], Row]


def _rows(content: dict[str, Any], names: dict[tuple[str, str], str]) -> Rows:
    """Return the values of a deposit by section and stable key."""
    rows: Rows = {}
    for part, section in SECTIONS.items():
        for key, row in _part_rows(part, content.get(part) or {}, names):
            rows[section, f"{part}.{key}"] = row
    return rows


def _part_rows(part: str, content: Any, names: dict) -> Iterable[tuple[str, Row]]:
    if isinstance(content, list):
        yield from _LISTS.get((part, ""), _plain_list)(content, names)
        return
    for key in sorted(content, key=lambda name: _rank(part, name)):
        value = content[key]
        if (part, key) in _LEFT_OUT:
            continue
        if (part, key) in _LISTS:
            yield from _LISTS[part, key](value, names)
        elif isinstance(value, list | dict):
            yield from _plain_list(value, names, name=_label(part, key), stem=key)
        else:
            yield key, Row(_label(part, key), _scalar(part, key, value))


def _column(part: str, key: str) -> models.Field | None:
    try:
        return Application._meta.get_field(_COLUMNS.get((part, key), key))
    except FieldDoesNotExist:
        return None


_RANKS = {column.name: rank for rank, column in enumerate(Application._meta.fields)}


def _rank(part: str, key: str) -> int:
    """Return the place of a value among the others: as in the form, lists last."""
    return _RANKS.get(_COLUMNS.get((part, key), key), len(_RANKS))


def _label(part: str, key: str) -> str:
    if part == "organisation":
        words = _ORGANISATION.get(key, key)
    else:
        column = _column(part, key)
        words = str(getattr(column, "verbose_name", "")) or key.replace("_", " ")
    return words[:1].upper() + words[1:]


_ORGANISATION = {
    "legal_name": "nom de l’organisation",
    "siret": "numéro SIRET",
    "rna": "numéro RNA",
    "address": "adresse de l’organisation",
    "postal_code": "code postal de l’organisation",
    "city": "ville de l’organisation",
    "kind": "nature de l’organisation",
}


def _scalar(part: str, key: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    if (part, key) == ("organisation", "kind"):
        return str(dict(OrganisationKind.choices).get(value, value))
    column = _column(part, key)
    if isinstance(value, bool):
        return "oui" if value else "non"
    if column is not None and column.choices:
        return str(dict(column.flatchoices).get(value, value))
    if isinstance(column, models.DateField):
        return date_fr(date.fromisoformat(value))
    if isinstance(column, models.DecimalField):
        amount = Decimal(str(value))
        if column.name.endswith("_rate"):
            return percent_fr(amount, 1)
        return euros(amount) if column.name.endswith("_amount") else number_fr(amount)
    return str(value)


def _plain_list(
    content: Any, names: dict, *, name: str = "", stem: str = ""
) -> Iterable[tuple[str, Row]]:
    """Write a list or a table that has no words of its own here: a row an entry."""
    entries = content.items() if isinstance(content, dict) else enumerate(content, start=1)
    for key, value in entries:
        if isinstance(value, dict):
            text = ", ".join(str(one) for one in value.values() if one not in (None, ""))
        else:
            text = "" if value is None else str(value)
        yield f"{stem}.{key}", Row(f"{name} {key}".strip(), text)


# --- Lists ----------------------------------------------------------------------------------------
def _conditions(content: list, names: dict) -> Iterable[tuple[str, Row]]:
    for one in content:
        yield f"condition.{one['condition']}", Row(one["condition"], one["answer"])


def _indicators(content: list, names: dict) -> Iterable[tuple[str, Row]]:
    for number, one in enumerate(content, start=1):
        planned = f"\u00a0: {one['planned']}" if one["planned"] else ""
        yield f"indicator.{number}", Row(f"Indicateur {number}", f"{one['label']}{planned}")


def _counts(content: dict, names: dict) -> Iterable[tuple[str, Row]]:
    for band in AgeBand.values:
        if band in content:
            yield f"count.{band}", Row(_named(AgeBand, band), number_fr(content[band]))


def _staff(content: Any, names: dict) -> Iterable[tuple[str, Row]]:
    for one in content:
        people, fte = one.get("people"), one.get("fte")
        words = [f"{number_fr(people)} personnes"] if people not in (None, "") else []
        if fte not in (None, ""):
            words.append(f"{number_fr(Decimal(str(fte)))} ETPT")
        category = one.get("category", "")
        yield f"staff.{category}", Row(str(_named(StaffCategory, category)), ", ".join(words))


def _amounts(content: Any, names: dict) -> Iterable[tuple[str, Row]]:
    rows = content.items() if isinstance(content, dict) else [_account(one) for one in content]
    for account, amount in rows:
        label = f"Budget de l’organisation, compte {account}"
        yield f"annual.{account}", Row(label, euros(Decimal(str(amount))) if amount else "")


def _account(line: dict) -> tuple[str, Any]:
    return line["account"], line.get("amount")


def _places(content: list, names: dict) -> Iterable[tuple[str, Row]]:
    words = []
    for one in content:
        kind = next((k for k in _PLACES if one.get(k)), "")
        name = names.get((kind, str(one.get(kind))), str(one.get(kind)))
        share = one.get("share")
        words.append(f"{name} ({percent_fr(Decimal(share), 2)})" if share else name)
    yield "list", Row("Lieux", ", ".join(words))


def _lines(content: list, names: dict) -> Iterable[tuple[str, Row]]:
    """Name each line by account, funder and rank, so that it is compared with its own."""
    seen: dict[tuple, int] = {}
    for line in content:
        side = str(_named(BudgetSide, line["side"]))
        account = BY_KEY.get(line["account"])
        label = str(account) if account else line["account"]
        if line["this_request"]:
            label = "Département\u00a0: la présente demande"
        elif line["funder"]:
            label = f"{label}, {line['funder']}"
        rank = seen[line["side"], label] = seen.get((line["side"], label), 0) + 1
        status = str(_named(FundingStatus, line["status"])).lower() if line["status"] else ""
        amount = Decimal(line["planned"] or 0)
        text = euros(amount) if amount else ""
        if text and status and not line["this_request"]:
            text = f"{text} ({status})"
        name = f"{side}\u00a0: {label}" + (f" ({rank})" if rank > 1 else "")
        yield f"line.{line['side']}.{label}.{rank}", Row(name, text)


def _documents(content: list, names: dict) -> Iterable[tuple[str, Row]]:
    seen: dict[str, int] = {}
    for one in content:
        label = one["label"]
        rank = seen[label] = seen.get(label, 0) + 1
        yield f"{label}.{rank}", Row(label, one["name"], mark=one["sha256"])


def _commitments(content: list, names: dict) -> Iterable[tuple[str, Row]]:
    for one in content:
        kind = one["kind"]
        label = str(_named(CommitmentKind, kind))
        yield f"{kind}", Row(label, f"coché, texte {one['text_version']}")


_LISTS: dict[tuple[str, str], Callable[[Any, dict], Iterable[tuple[str, Row]]]] = {
    ("project", "conditions"): _conditions,
    ("project", "indicators"): _indicators,
    ("evaluation", "indicators"): _indicators,
    ("applicant", "annual_budget"): _amounts,
    ("means", "staff"): _staff,
    ("public", "counts"): _counts,
    ("places", "list"): _places,
    ("budget", "lines"): _lines,
    ("documents", ""): _documents,
    ("commitments", ""): _commitments,
}


def _named(choices: type[models.TextChoices], value: str) -> str:
    return str(choices(value).label) if value in choices.values else str(value)


# --- Places ---------------------------------------------------------------------------------------
_PLACES = {"commune": Commune, "neighbourhood": PriorityNeighbourhood, "school": School}


def _place_names(*contents: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Return the names of the places of deposits, which keep their keys alone."""
    keys: dict[str, set] = {kind: set() for kind in _PLACES}
    for content in contents:
        for place in (content.get("places") or {}).get("list", []):
            for kind in _PLACES:
                if place.get(kind):
                    keys[kind].add(place[kind])
    return {
        (kind, str(one.pk)): str(one)
        for kind, model in _PLACES.items()
        if keys[kind]
        for one in model.objects.filter(pk__in=keys[kind])
    }


def pairs(deposits: Sequence[Deposit]) -> list[tuple[Deposit, Deposit]]:
    """Return each deposit with the one before it, newest first."""
    return list(pairwise(deposits))[::-1]
