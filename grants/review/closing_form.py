"""The form that closes a dossier without action: one of three reasons, and what makes it true."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django import forms

from config.fields import CharField, DayField
from grants.applications.enums import ReviewState
from grants.review.services.closing import (
    CLOSING_REASONS,
    RECEIVED_BY,
    ClosingProof,
    filing_day,
    received_before,
)


if TYPE_CHECKING:
    from grants.applications.models import Application


class CloseForm(forms.Form):
    reason = forms.ChoiceField(
        label="Raison",
        choices=list(CLOSING_REASONS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la raison du classement."},
    )
    received_by = forms.ChoiceField(
        label="Comment le désistement a été reçu",
        choices=[("", "Choisir…"), *RECEIVED_BY.items()],
        required=False,
        help_text="Pour un désistement.",
    )
    received_on = DayField(
        label="Jour où il a été reçu", required=False, help_text="Pour un désistement."
    )
    duplicate_of = forms.ChoiceField(
        label="Autre dossier du même demandeur", required=False, help_text="Pour un double."
    )
    comment = CharField(
        label="Précision, lue par le demandeur",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, application: Application, on: date, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.today = on
        self.filed_on = filing_day(application)
        self.fields["duplicate_of"].choices = [("", "Choisir…"), *_others(application)]

    def clean(self) -> dict:
        cleaned = super().clean()
        reason = cleaned.get("reason")
        if reason == "duplicate" and cleaned.get("duplicate_of") == "":
            self.add_error("duplicate_of", "Indiquez l’autre dossier du même demandeur.")
        if reason == "withdrawal":
            if not cleaned.get("received_by"):
                self.add_error("received_by", "Dites comment le désistement a été reçu.")
            day = cleaned.get("received_on")
            if day is None and "received_on" not in self.errors:
                self.add_error("received_on", "Dites quel jour le désistement a été reçu.")
            elif day is not None and day > self.today:
                self.add_error("received_on", "Ce jour n’est pas encore venu.")
            elif day is not None and self.filed_on is not None and day < self.filed_on:
                self.add_error("received_on", received_before(self.filed_on))
        return cleaned

    def proof(self) -> ClosingProof:
        """Return what makes the reason true; call it on a valid form."""
        return ClosingProof(
            duplicate_of=self.cleaned_data["duplicate_of"],
            received_by=self.cleaned_data["received_by"],
            received_on=self.cleaned_data["received_on"],
        )


def _others(application: Application) -> list[tuple[str, str]]:
    gone = (ReviewState.DRAFT, ReviewState.WITHDRAWN, ReviewState.CLOSED_WITHOUT_ACTION)
    found = (
        application.organisation.applications.filter(sheet__campaign=application.sheet.campaign_id)
        .exclude(pk=application.pk)
        .exclude(review_state__in=gone)
        .order_by("-submitted_at", "-pk")
    )
    return [
        (reference, f"{reference} – {title or 'sans intitulé'}")
        for reference, title in found.values_list("reference", "title")[:100]
    ]
