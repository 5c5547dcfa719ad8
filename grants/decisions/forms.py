"""Forms of envelopes, sessions, votes and notification."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django import forms
from django.db.models import BooleanField, ExpressionWrapper

from config.fields import CharField
from config.money import EuroField
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.calls.models import CallSheet, Campaign
from grants.decisions.models import CommitteeSession, Decision, Envelope, SessionLine
from grants.decisions.services.votes import Vote
from grants.review.permissions import recused_from, scores_hidden_from
from territories.models import Territory


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class EnvelopeForm(forms.Form):
    fiscal_year = forms.IntegerField(label="Exercice", min_value=2000, max_value=2100)
    name = CharField(label="Nom", max_length=150)
    amount = EuroField(label="Montant")
    parent = forms.ModelChoiceField(
        label="Enveloppe principale",
        queryset=Envelope.objects.roots(),
        required=False,
        empty_label="Aucune : c’est une enveloppe principale",
    )
    sheets = forms.ModelMultipleChoiceField(
        label="Réservée aux fiches",
        queryset=CallSheet.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Aucune case : toutes les fiches de l’exercice.",
    )
    territory = forms.ModelChoiceField(
        label="Territoire",
        queryset=Territory.objects.only("number"),
        required=False,
        empty_label="Tout le département",
    )

    def __init__(self, *args, on: date, envelope: Envelope | None = None, **kwargs) -> None:
        self.envelope = envelope or Envelope()
        if envelope is not None:
            kwargs.setdefault(
                "initial",
                {
                    "fiscal_year": envelope.fiscal_year,
                    "name": envelope.name,
                    "amount": envelope.amount,
                    "parent": envelope.parent,
                    "sheets": list(envelope.sheets.all()),
                    "territory": envelope.territory,
                },
            )
        else:
            kwargs.setdefault("initial", {"fiscal_year": self._latest_year(on)})
        super().__init__(*args, **kwargs)
        sheets = CallSheet.objects.published().select_related("campaign")
        self.fields["sheets"].queryset = sheets.order_by("-campaign__fiscal_year", "code", "pk")
        self.fields["sheets"].label_from_instance = lambda s: (
            f"{s.campaign.fiscal_year} · {s.code} – {s.title}"
        )
        if envelope is not None:
            roots = Envelope.objects.roots().exclude(pk=envelope.pk)
            self.fields["parent"].queryset = roots

    @staticmethod
    def _latest_year(on: date) -> int:
        latest = Campaign.objects.order_by("-fiscal_year").values_list("fiscal_year", flat=True)
        return latest.first() or on.year + 1

    def filled(self) -> Envelope:
        """Return the envelope with the values of a valid form, not saved."""
        for name in ("fiscal_year", "name", "amount", "parent", "territory"):
            setattr(self.envelope, name, self.cleaned_data[name])
        return self.envelope

    def clean(self) -> dict:
        cleaned = super().clean()
        parent, year = cleaned.get("parent"), cleaned.get("fiscal_year")
        if parent and year and parent.fiscal_year != year:
            self.add_error("parent", "L’enveloppe principale est d’un autre exercice.")
        same = Envelope.objects.filter(fiscal_year=year, name=cleaned.get("name", ""))
        if same.exclude(pk=self.envelope.pk).exists():
            self.add_error("name", "Une enveloppe de cet exercice porte déjà ce nom.")
        return cleaned


class SessionForm(forms.Form):
    held_on = forms.DateField(label="Date de la séance", widget=date_input())
    place = CharField(label="Lieu", max_length=150, required=False)
    report_number = CharField(
        label="Numéro du rapport", max_length=20, help_text="Par exemple 27.042."
    )
    report_title = CharField(label="Titre du rapport", max_length=250)
    deliberation_number = CharField(
        label="Numéro de la délibération",
        max_length=40,
        required=False,
        help_text="Connu après la séance ; nécessaire pour enregistrer les votes.",
    )

    def __init__(self, *args, session: CommitteeSession | None = None, **kwargs) -> None:
        self.session = session or CommitteeSession()
        if session is not None:
            kwargs.setdefault("initial", {n: getattr(session, n) for n in self.base_fields})
        super().__init__(*args, **kwargs)

    def filled(self) -> CommitteeSession:
        """Return the session with the values of a valid form, not saved."""
        for name in self.base_fields:
            setattr(self.session, name, self.cleaned_data[name])
        return self.session

    def clean(self) -> dict:
        cleaned = super().clean()
        same = CommitteeSession.objects.filter(
            kind=CommitteeSession.Kind.PERMANENT,
            held_on=cleaned.get("held_on"),
            report_number=cleaned.get("report_number", ""),
        )
        if same.exclude(pk=self.session.pk).exists():
            self.add_error("report_number", "Ce rapport est déjà inscrit à cette date.")
        return cleaned


class AddLinesForm(forms.Form):
    envelope = forms.ModelChoiceField(
        label="Enveloppe", queryset=Envelope.objects.none(), empty_label="Choisir…"
    )
    applications = forms.ModelMultipleChoiceField(
        label="Dossiers instruits ou ajournés",
        queryset=Application.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Cochez au moins un dossier."},
    )

    def __init__(self, *args, user, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["envelope"].queryset = Envelope.objects.visible_to(user)
        self.fields["envelope"].label_from_instance = lambda e: f"{e.fiscal_year} · {e.name}"
        self.fields["applications"].queryset = ready_for_vote(user)

    @property
    def chosen(self) -> list[str]:
        """The values ticked, as texts."""
        return [str(value) for value in self["applications"].value() or []]


def ready_for_vote(user: User) -> QuerySet[Application]:
    """Return the dossiers that a person may put on a session's list: not those they are recused
    from. ``hides_amount``: what is proposed is hidden from them.
    """
    hides = ExpressionWrapper(scores_hidden_from(user), output_field=BooleanField())
    return (
        Application.objects.office_visible_to(user)
        .filter(review_state__in=[ReviewState.EVALUATED, ReviewState.DEFERRED])
        .exclude(recused_from(user))
        .annotate(hides_amount=hides)
        .select_related("organisation", "sheet__campaign")
        .order_by("reference", "pk")
    )


class LineForm(forms.Form):
    proposed_outcome = forms.ChoiceField(
        label="Proposition", choices=SessionLine._meta.get_field("proposed_outcome").choices
    )
    proposed_amount = EuroField(label="Montant proposé")
    envelope = forms.ModelChoiceField(label="Enveloppe", queryset=Envelope.objects.none())

    def __init__(self, *args, line: SessionLine, **kwargs) -> None:
        kwargs.setdefault(
            "initial",
            {
                "proposed_outcome": line.proposed_outcome,
                "proposed_amount": line.proposed_amount,
                "envelope": line.envelope_id,
            },
        )
        super().__init__(*args, **kwargs)
        year = line.application.sheet.campaign.fiscal_year
        self.fields["envelope"].queryset = Envelope.objects.filter(fiscal_year=year)


class VoteForm(forms.Form):
    outcome = forms.ChoiceField(
        label="Résultat du vote", choices=Decision.Outcome.choices, widget=forms.RadioSelect
    )
    amount = EuroField(label="Montant attribué", required=False)
    reason_code = forms.ChoiceField(
        label="Motif du refus",
        choices=[("", "Choisir…"), *Decision.ReasonCode.choices],
        required=False,
    )
    reason_text = CharField(
        label="Précision du motif, reprise dans le courrier",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Relue : n’y collez jamais les notes d’instruction.",
    )
    conditions = CharField(
        label="Conditions de l’attribution",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    withdrawals = CharField(
        label="Élus n’ayant pas pris part au vote",
        required=False,
        max_length=500,
        help_text="Nom et qualité, séparés par des points-virgules.",
    )
    overrun_reason = CharField(
        label="Raison d’un dépassement d’enveloppe",
        required=False,
        max_length=500,
        help_text="Seulement si l’attribution dépasse ce qui reste.",
    )

    def __init__(self, *args, line: SessionLine, **kwargs) -> None:
        kwargs.setdefault(
            "initial", {"outcome": line.proposed_outcome, "amount": line.proposed_amount}
        )
        super().__init__(*args, **kwargs)

    def vote(self) -> Vote:
        """Return the vote of a valid form."""
        data = dict(self.cleaned_data)
        amount = data.pop("amount")
        return Vote(amount=Decimal(0) if amount is None else amount, **data)


class RemoveForm(forms.Form):
    reason = CharField(
        label="Raison du retrait", max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class AllAsProposedForm(forms.Form):
    default_reason = forms.ChoiceField(
        label="Motif des refus", choices=Decision.ReasonCode.choices, initial="score"
    )


class NotifyForm(forms.Form):
    posted_on = forms.DateField(
        label="Date d’envoi par la poste", required=False, widget=date_input()
    )


class DeliveryForm(forms.Form):
    delivered_on = forms.DateField(label="Date de réception", widget=date_input())
