from __future__ import annotations

from typing import Any

from django import forms

from grants.applications import commitments
from grants.applications.enums import Section
from grants.applications.forms.base import SectionForm


class CommitmentsForm(SectionForm):
    section = Section.COMMITMENTS

    def build(self) -> None:
        self.statements = commitments.statements(self.application, on=self.on)
        for statement in self.statements:
            self.fields[str(statement.kind)] = forms.BooleanField(label=statement.text)

    def initial_of(self, values: dict[str, Any]) -> dict[str, Any]:
        return dict.fromkeys(values["kinds"], True)

    def values(self) -> dict[str, Any]:
        return {"kinds": sorted(name for name in self.fields if self.cleaned_data.get(name))}

    # --- For the page ------------------------------------------------------------------------
    def rows(self) -> list[tuple]:
        given = {c.kind: c for c in self.application.commitments.all()}
        return [
            (statement, self[str(statement.kind)], given.get(statement.kind))
            for statement in self.statements
        ]
