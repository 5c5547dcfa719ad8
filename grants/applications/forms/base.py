"""The form of one section: it saves what is valid and keeps what is not, as typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.utils.datastructures import MultiValueDict

from config.text import clean_text
from grants.applications.enums import Section
from grants.applications.forms.carried import mark_carried
from grants.applications.forms.concurrent import fingerprints
from grants.applications.models import Application
from grants.applications.renewal import is_to_reread
from grants.applications.reopening import Reopened, value_key
from grants.applications.services.drafts import section_version, stored_values


class SectionForm(forms.Form):
    """Base of the sections.

    No field is required: a draft is saved as it stands, ``checks.py`` says what is missing. A
    stored form is bound when some of its values are invalid, so that it shows their errors.

    Args:
        application: The draft, or a filed dossier as its correction makes it.
        data: What was posted; without it, the form shows what is stored.
        on: Today: the texts and the thresholds are those of that day.
        reopened: For a correction: what may change. The rest is shown and never read, even when
            it is posted.
    """

    section: ClassVar[Section]
    base: str | None = None  # fingerprints of what was stored, when the page shows other values
    use_required_attribute = False
    needed: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        application: Application,
        data: Mapping | None = None,
        *,
        on: date,
        reopened: Reopened | None = None,
    ) -> None:
        self.application = application
        self.on = on
        self.reopened = reopened
        self.stored, self.stored_invalid = stored_values(application, self.section)
        self.version = section_version(application, self.section)
        if data is not None and reopened is not None:
            data = self._without_closed(data)
        super().__init__(data, label_suffix="", auto_id="id_%s")
        self.build()
        for name, field in self.fields.items():
            field.required = False
            field.needed = name in self.needed
            _style(field.widget)
            if reopened is not None:
                field.is_asked = self.is_open(name)
                if not field.is_asked:
                    field.widget.attrs["disabled"] = True
        self.initial = self.initial_of(self.stored)
        if data is None and self.stored_invalid:
            self.data = self.as_data()
            self.is_bound = True
        self.last_year = mark_carried(self) if data is None else None
        self.is_to_reread = is_to_reread(application, self.section)

    def again(self, application: Application) -> SectionForm:
        """Return the same form as stored now."""
        return type(self)(application, on=self.on, reopened=self.reopened)

    # --- A correction -----------------------------------------------------------------------
    def is_open(self, name: str) -> bool:
        """Tell whether a control may change: always in a draft."""
        return self.reopened is None or self.reopened.opens_field(self.section, name, self.stored)

    def asked_links(self) -> list[tuple[str, str]]:
        """Return the label and the id of the first control of each value asked, one by one."""
        if self.reopened is None or self.reopened.names(self.section) is None:
            return []
        found: dict[str | None, tuple[str, str]] = {}
        for name, field in self.fields.items():
            if self.is_open(name):
                key = value_key(name, self.stored)
                found.setdefault(key, (str(field.label), self[name].id_for_label or f"id_{name}"))
        return list(found.values())

    def _without_closed(self, data: Mapping) -> Mapping:
        """Return what was posted for what is reopened, and what is stored for the rest."""
        if self.reopened is None or self.reopened.names(self.section) is None:
            return data
        merged = type(self)(self.application, on=self.on).as_data()
        for name in list(merged):
            if self.is_open(name):
                del merged[name]
        for name in data:
            if self.is_open(name) or value_key(name, self.stored) is None:
                values = data.getlist(name) if hasattr(data, "getlist") else [data[name]]
                merged.setlist(name, values)
        return merged

    # --- To be given by each section --------------------------------------------------------
    def build(self) -> None:
        """Add the fields that depend on the dossier or on what was posted."""

    def initial_of(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return stored values by field name."""
        raise NotImplementedError

    def values(self) -> dict[str, Any]:
        """Return the valid values, in the shape of ``sections.read``."""
        raise NotImplementedError

    # --- What was typed and refused ---------------------------------------------------------
    def invalid(self) -> dict[str, str]:
        """Return what was typed in the fields in error, by the name it will have once stored."""
        renamed = self.renamed()
        return {
            renamed.get(name, name): clean_text(str(self.data.get(name, "")))
            for name in self.errors
            if name in self.fields and renamed.get(name, name) is not None
        }

    def renamed(self) -> dict[str, str | None]:
        """Return the new names of fields whose row moves when stored; ``None``: row dropped."""
        return {}

    def kept(self, name: str, default: Any = None) -> Any:
        """Return a cleaned value, or the default when it is in error."""
        value = self.cleaned_data.get(name, default)
        return default if value is None else value

    def remarks(self) -> list[str]:
        """Return sentences about values that were kept otherwise than typed."""
        return []

    def marks(self) -> list[dict[str, Any]]:
        """Return what a page writes beside each control in error, in the page's words."""
        return [
            {
                "id": self[name].id_for_label or self[name].auto_id,
                "name": name,
                "sentences": [str(sentence) for sentence in errors],
            }
            for name, errors in self.errors.items()
            if name in self.fields and name in self.data
        ]

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound:
            return
        for name in self.errors:
            if name in self.fields:
                widget = self.fields[name].widget
                widget.attrs["class"] = f"{widget.attrs.get('class', '')} is-invalid".strip()

    # --- Two people at once -----------------------------------------------------------------
    @property
    def saved_at(self) -> datetime | None:
        return datetime.fromisoformat(self.version) if self.version else None

    def fingerprints(self) -> str:
        """Return what the fields of the page begin from, to be posted with them as ``base``."""
        return fingerprints(self) if self.base is None else self.base

    def as_data(self) -> MultiValueDict:
        """Return what the browser would post from the stored form, refused values included."""
        data = MultiValueDict()
        for name, field in self.fields.items():
            value = field.prepare_value(self.initial.get(name))
            if value is None or value is False:
                continue
            many = isinstance(value, list | tuple | set)
            texts = [str(v) for v in value] if many else ["on" if value is True else str(value)]
            data.setlist(name, texts)
        for name, raw in self.stored_invalid.items():
            data.setlist(name, [raw])
        return data


def _style(widget: forms.Widget) -> None:
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        css = "form-check-input"
    elif isinstance(widget, forms.Select):
        css = "form-select"
    else:
        css = "form-control"
    widget.attrs["class"] = f"{widget.attrs.get('class', '')} {css}".strip()
