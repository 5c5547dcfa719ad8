"""Two people in one section: what each changed since the values both began from.

A page carries a fingerprint of every value it was given (the field ``base``). When somebody else
saved meanwhile, a field I did not touch takes their value, a field they did not touch keeps mine,
and a field we both touched is a choice to make.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.datastructures import MultiValueDict

from config.templatetags.fr import date_fr
from config.text import clean_text


if TYPE_CHECKING:
    from grants.applications.forms.base import SectionForm

CHOICE = "choice-"
_THEIRS = "theirs:"
_Value = str | list[str]


@dataclass(frozen=True)
class Change:
    """A field that stands otherwise here and in what is stored, in words.

    Attributes:
        choice: Value of the control that takes what is stored; it holds only as long as the field
            is not edited again.
    """

    name: str
    label: str
    field_id: str
    mine: str
    theirs: str
    choice: str = ""

    @property
    def control(self) -> str:
        return f"{CHOICE}{self.name}"


@dataclass
class Merge:
    """What is to be saved, what was taken from the other person, what both touched."""

    data: MultiValueDict
    taken: list[Change] = field(default_factory=list)
    both: list[Change] = field(default_factory=list)

    def taken_values(self) -> str:
        """Return, as JSON, the values that a page still showing the old ones must put in place."""
        return json.dumps([[one.name, self.data.getlist(one.name)] for one in self.taken])

    @property
    def taken_labels(self) -> str:
        return ", ".join(dict.fromkeys(one.label for one in self.taken))


def fingerprints(form: SectionForm) -> str:
    """Return what the fields of a page begin from, empty ones left out."""
    data = form.data if form.is_bound else form.as_data()
    found = {name: _print(_value(form, name, data)) for name in form.fields}
    return json.dumps({name: value for name, value in found.items() if value}, separators=",:")


def merge(form: SectionForm, stored: SectionForm) -> Merge:
    """Compare what was posted with what is stored now.

    Args:
        form: What was posted; without its fingerprints, each field that differs is a choice.
        stored: The section as it is now.
    """
    base = _read(form.data.get("base", ""))
    theirs = stored.as_data()
    merged = Merge(_copy(form.data))
    for name in dict.fromkeys([*form.fields, *stored.fields]):
        mine_is, theirs_is = _value(form, name, form.data), _value(stored, name, theirs)
        if mine_is == theirs_is:
            continue
        if base is not None and isinstance(mine_is, list) and isinstance(theirs_is, list):
            both = _merged_list(mine_is, theirs_is, base.get(name, []))
            if both != sorted(mine_is):
                merged.data.setlist(name, both)
                merged.taken.append(_change(form, stored, name, theirs))
            continue
        was = None if base is None else base.get(name, "")
        if _print(mine_is) == was:
            merged.data.setlist(name, theirs.getlist(name))
            merged.taken.append(_change(form, stored, name, theirs))
        elif _print(theirs_is) != was:
            merged.both.append(_change(form, stored, name, theirs))
    return merged


def chosen(form: SectionForm, stored: SectionForm) -> MultiValueDict | None:
    """Return the data once the choices « valeur enregistrée » are made; ``None`` without any.

    A choice is void when the field was edited after the page offered it: the last word counts.
    """
    theirs = stored.as_data()
    data = None
    for control in form.data:
        choice = str(form.data.get(control))
        if not control.startswith(CHOICE) or not choice.startswith(_THEIRS):
            continue
        name = control.removeprefix(CHOICE)
        owner = form if name in form.fields else stored
        if name not in owner.fields:
            continue
        if choice == _THEIRS + json.dumps(_print(_value(owner, name, form.data))):
            data = _copy(form.data) if data is None else data
            data.setlist(name, theirs.getlist(name))
    return data


def _copy(data: Mapping) -> MultiValueDict:
    return MultiValueDict(dict(data.lists())) if hasattr(data, "lists") else MultiValueDict()


def _read(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _print(value: _Value) -> _Value:
    """Return a fingerprint of a text; what is ticked in a list stays as it is."""
    if isinstance(value, list):
        return value
    return blake2b(value.encode(), digest_size=6).hexdigest() if value else ""


def _value(form: SectionForm, name: str, data: Mapping) -> _Value:
    """Return a raw value so that « 1500 » and « 1 500 » are the same."""
    shape = form.fields.get(name)
    if isinstance(shape, forms.MultipleChoiceField):
        return sorted(set(data.getlist(name)))
    raw = str(data.get(name) or "")
    if isinstance(shape, forms.BooleanField):
        return "on" if raw else ""
    if shape is None or isinstance(shape, forms.ChoiceField):
        return raw
    cleaned = _cleaned(shape, raw)
    return clean_text(raw).strip() if cleaned is None else str(shape.prepare_value(cleaned))


def _cleaned(shape: forms.Field, raw: str) -> Any:
    """Read a raw value with a copy of its field, which may note remarks; ``None`` when invalid."""
    try:
        return copy.copy(shape).clean(raw)
    except forms.ValidationError:
        return None


def _merged_list(mine: list[str], theirs: list[str], base: Any) -> list[str]:
    """Return what is ticked once what each one ticked and unticked is done."""
    was = {str(one) for one in base} if isinstance(base, list) else set()
    removed = (was - set(mine)) | (was - set(theirs))
    return sorted((set(mine) | set(theirs)) - removed)


def _change(form: SectionForm, stored: SectionForm, name: str, theirs: Mapping) -> Change:
    owner = form if name in form.fields else stored
    mine = _value(owner, name, form.data)
    return Change(
        name,
        str(owner.fields[name].label or name),
        f"id_{name}" if name in form.fields else "",
        shown(owner, name, form.data),
        shown(stored if name in stored.fields else owner, name, theirs),
        _THEIRS + json.dumps(_print(mine)),
    )


def shown(form: SectionForm, name: str, data: Mapping) -> str:
    """Return a raw value in the words of its field."""
    shape = form.fields[name]
    value = _value(form, name, data)
    if isinstance(shape, forms.BooleanField):
        return "coché" if value else "non coché"
    if isinstance(shape, forms.ChoiceField):
        labels = {str(key): str(label) for key, label in _choices(shape)}
        values = value if isinstance(value, list) else [value]
        return ", ".join(sorted(labels.get(one, one) for one in values if one))
    cleaned = _cleaned(shape, str(data.get(name) or ""))
    return date_fr(cleaned) if isinstance(cleaned, date) else str(value)


def _choices(shape: forms.Field) -> Iterator[tuple[Any, Any]]:
    for key, label in getattr(shape, "choices", ()):
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label
