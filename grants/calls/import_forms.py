"""Forms of the browser importer: the file, then each sheet read in it with its doubts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms import BoundField

from config.text import fold, one_line
from grants.calls.forms import TEXT_ROWS
from grants.calls.importer.result import FIELD_NAMES
from grants.calls.models import CallSheet


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Fichier des fiches",
        help_text="Un fichier .txt ou .docx, 10 Mo au plus, avec une ou plusieurs fiches.",
        widget=forms.ClearableFileInput(attrs={"accept": ".txt,.docx"}),
    )

    def clean_file(self) -> UploadedFile:
        upload = self.cleaned_data["file"]
        if PurePath(upload.name).suffix.lower() not in {".txt", ".docx"}:
            raise ValidationError("Choisissez un fichier .txt ou .docx.")
        if upload.size > settings.UPLOAD_MAX_BYTES:
            raise ValidationError("Ce fichier dépasse 10 Mo.")
        return upload


class EntryForm(forms.Form):
    """One sheet of the file, every field editable.

    Args:
        entry: As read, or as last saved (see ``grants.calls.sheet_files``).
        has_draft: A draft of the campaign bears the same code: it may be replaced.
    """

    keep = forms.BooleanField(label="Créer cette fiche", required=False)
    replace = forms.BooleanField(
        label="Remplacer le contenu du brouillon qui porte déjà ce code", required=False
    )
    code = forms.CharField(label="Code", required=False, max_length=10)
    title = forms.CharField(label="Titre", required=False, max_length=200)
    whole_department = forms.BooleanField(label="Tout le département", required=False)
    places = forms.MultipleChoiceField(
        label="Lieux reconnus", required=False, widget=forms.CheckboxSelectMultiple
    )
    age_min = forms.IntegerField(label="Âge minimum", required=False, min_value=0, max_value=120)
    age_max = forms.IntegerField(label="Âge maximum", required=False, min_value=0, max_value=120)

    order = (
        *("code", "title", "pillar", "orientation", "identified_need", "operational_objective"),
        *("objective_elements", "territories_text", "whole_department", "places"),
        *("target_public", "age_min", "age_max", "conditions", "expected_results"),
    )

    def __init__(self, *args, entry: Mapping, has_draft: bool = False, **kwargs) -> None:
        self.entry = entry
        self.has_draft = has_draft
        super().__init__(*args, initial=self._initial(entry), **kwargs)
        for name, label in FIELD_NAMES.items():
            self.fields[name] = forms.CharField(
                label=label,
                required=False,
                widget=forms.Textarea(attrs={"rows": TEXT_ROWS[name]}),
                max_length=20_000,
            )
        self.fields["places"].choices = [
            (str(position), _place_words(place)) for position, place in self._matched(entry)
        ]
        if not self.fields["places"].choices:
            del self.fields["places"]
        if not has_draft and not self.initial["replace"]:
            del self.fields["replace"]

    @staticmethod
    def _matched(entry: Mapping) -> Iterator[tuple[int, Mapping]]:
        for position, place in enumerate(entry["places"]):
            if place["kind"] in {"commune", "neighbourhood"}:
                yield position, place

    def _initial(self, entry: Mapping) -> dict:
        values = {k: v for k, v in entry.items() if k not in {"places", "doubts"}}
        values["places"] = [str(n) for n, place in self._matched(entry) if place["keep"]]
        return values

    def clean_code(self) -> str:
        code = self.cleaned_data["code"].strip().upper()
        if code:
            CallSheet._meta.get_field("code").run_validators(code)
        return code

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])

    def clean(self) -> dict:
        cleaned = super().clean()
        low, high = cleaned.get("age_min"), cleaned.get("age_max")
        if low is not None and high is not None and high < low:
            self.add_error("age_max", "L’âge maximum est plus petit que l’âge minimum.")
        return cleaned

    def corrected(self) -> dict:
        """Return the entry with what the person changed."""
        kept = set(self.cleaned_data.get("places", []))
        places = [
            {**place, "keep": str(position) in kept} if place["kind"] in _MATCHED else place
            for position, place in enumerate(self.entry["places"])
        ]
        names = (*self.order, "keep")
        values = {
            name: _plain(self.cleaned_data[name])
            for name in names
            if name != "places" and name in self.cleaned_data
        }
        replace = bool(self.cleaned_data.get("replace"))
        return {**self.entry, **values, "places": places, "replace": replace}

    # --- For the template -----------------------------------------------------------------------
    @property
    def name(self) -> str:
        """How the sheet is called on the page."""
        code, title = self["code"].value() or "", self["title"].value() or ""
        return " – ".join(filter(None, [code, title])) or "Fiche sans titre"

    @property
    def rows(self) -> list[tuple[BoundField, list[Mapping]]]:
        """The fields in order, each with its doubts."""
        return [
            (self[name], [d for d in self.entry["doubts"] if d["field"] == name])
            for name in self.order
            if name in self.fields
        ]

    @property
    def other_doubts(self) -> list[Mapping]:
        return [doubt for doubt in self.entry["doubts"] if doubt["field"] not in self.fields]

    @property
    def unmatched(self) -> list[str]:
        return [place["text"] for place in self.entry["places"] if place["kind"] is None]


_MATCHED = frozenset({"commune", "neighbourhood"})


def _place_words(place: Mapping) -> str:
    """Name the place found, and the text it was found in when that says something else."""
    label, text = place["label"], place["text"]
    return label if fold(label) == fold(text) else f"{label} (« {text} »)"


def _plain(value: object) -> object:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def entry_forms(
    payload: Mapping, *, draft_codes: frozenset[str], data: Mapping | None = None
) -> list[EntryForm]:
    """Make one form per sheet read.

    Args:
        payload: What :class:`grants.calls.models.SheetImport` keeps.
        draft_codes: Codes of the drafts already in the campaign.
        data: A POST, when there is one.
    """
    return [
        EntryForm(
            data,
            entry=entry,
            has_draft=entry["code"] in draft_codes,
            prefix=f"fiche{number}",
        )
        for number, entry in enumerate(payload["sheets"])
    ]
