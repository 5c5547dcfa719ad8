"""One reading open in two tabs: what each changed since they began, field by field."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from grants.review.scoring_form import ScoringForm


if TYPE_CHECKING:
    from django.http import QueryDict

    from grants.review.models import Review

DIGEST = 12  # characters: it tells two values apart, it proves nothing


@dataclass(frozen=True)
class Clash:
    """A field that both tabs changed, differently.

    Attributes:
        name: Of the field.
        label: Of the field, for a person.
        mine: What this tab holds, for a person.
        theirs: What is stored, for a person.
    """

    name: str
    label: str
    mine: str
    theirs: str

    @property
    def control(self) -> str:
        return f"choice-{self.name}"


@dataclass(frozen=True)
class Merge:
    """What comes of two tabs.

    Attributes:
        data: The form's values with what the other tab alone changed.
        taken: The fields taken from the other tab, with their values.
        clashes: What the person must choose.
    """

    data: QueryDict
    taken: dict[str, str]
    clashes: list[Clash]

    @property
    def taken_values(self) -> str:
        """Return the fields taken, as the page puts them in place."""
        return json.dumps([[name, [value]] for name, value in self.taken.items()])


def stored_values(form: ScoringForm, review: Review | None) -> dict[str, str]:
    """Return what is stored of a reading, field by field, as the form takes it."""
    initial = form.initial_of(review)
    return {name: _plain(initial.get(name)) for name in form.kept_names}


def fingerprints(values: Mapping[str, str]) -> str:
    """Return a short digest of each value, for the page to say what it began from."""
    return json.dumps({name: _digest(value) for name, value in values.items()})


def merge(form: ScoringForm, data: QueryDict, stored: Mapping[str, str]) -> Merge:
    """Put together what this tab typed and what is stored by another one.

    A field changed on one side only takes that side; a field changed on both to the same value is
    settled; the others are clashes. « Mine », chosen on the page that showed both, settles its
    field.

    Args:
        form: Bound to what was sent, cleaned.
        data: What was sent.
        stored: Of :func:`stored_values`, now.
    """
    base = _base(data.get("base", ""))
    merged, taken, clashes = data.copy(), {}, []
    for name in form.kept_names:
        mine, theirs = _typed(form, name), stored[name]
        if mine == theirs:
            continue
        if _digest(mine) == base.get(name):
            merged[name] = taken[name] = theirs
        elif data.get(f"choice-{name}") != "mine" and _digest(theirs) != base.get(name):
            said = form.said(name, mine), form.said(name, theirs)
            clashes.append(Clash(name, form.words_for(name), *said))
    return Merge(merged, taken, clashes)


def _typed(form: ScoringForm, name: str) -> str:
    if name in form.cleaned_data:
        return _plain(form.cleaned_data[name])
    return _plain(form[name].value())


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", ",")
    return str(value).replace("\r\n", "\n").strip()


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:DIGEST]


def _base(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
