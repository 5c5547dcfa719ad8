"""Forms of envelopes, sessions, votes and notification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django import forms
from django.db.models import BooleanField, ExpressionWrapper

from config.fields import CharField
from config.money import EuroField
from config.templatetags.fr import date_fr, datetime_fr
from grants.applications.enums import ReviewState
from grants.applications.labels import event_label
from grants.applications.models import Application
from grants.calls.models import CallSheet, Campaign
from grants.decisions.models import CommitteeSession, Decision, Envelope, SessionLine
from grants.decisions.proposals import Proposed
from grants.decisions.seen import Shown, envelope_shown, line_shown, session_shown, stamp
from grants.decisions.services.votes import Vote
from grants.review.permissions import recused_from, scores_hidden_from
from territories.models import Territory


if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import BoundField
    from django.http import QueryDict

    from accounts.models import User


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class SeenForm(forms.Form):
    """A form that says what its page showed: who sends it later learns what changed."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)

    def show_again(self, shown: Shown) -> None:
        """Keep what was typed, on a page that shows what is there now."""
        self.data = self.data.copy()
        self.data["seen"] = stamp(shown)


class EnvelopeForm(SeenForm):
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
                    "seen": stamp(envelope_shown(envelope)),
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


FIRST_DAY = date(2000, 1, 1)
YEARS_AHEAD = 2


class SessionForm(SeenForm):
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

    def __init__(self, *args, on: date, session: CommitteeSession | None = None, **kwargs) -> None:
        self.session = session or CommitteeSession()
        self.last_day = date(on.year + YEARS_AHEAD, 12, 31)
        if session is not None:
            initial = {name: getattr(session, name) for name in self.names}
            initial["seen"] = stamp(session_shown(session))
            kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)

    @property
    def names(self) -> list[str]:
        """The fields that are the session's own."""
        return [name for name in self.base_fields if name != "seen"]

    def clean_held_on(self) -> date:
        day = self.cleaned_data["held_on"]
        if not FIRST_DAY <= day <= self.last_day:
            raise forms.ValidationError(
                f"La date d’une séance est entre le {date_fr(FIRST_DAY)} et le "
                f"{date_fr(self.last_day)}."
            )
        return day

    def filled(self) -> CommitteeSession:
        """Return the session with the values of a valid form, not saved."""
        for name in self.names:
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
        ready = ready_for_vote(user)
        years = ready.order_by().values("sheet__campaign__fiscal_year")
        envelopes = Envelope.objects.visible_to(user).filter(fiscal_year__in=years)
        self.fields["envelope"].queryset = envelopes
        self.fields["envelope"].label_from_instance = lambda e: f"{e.fiscal_year} · {e.name}"
        self.fields["applications"].queryset = ready

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


LONGEST_KEY = 10  # digits: a longer number is the key of nothing


def taken_since(user: User, data: QueryDict) -> tuple[list[str], QueryDict]:
    """Say which ticked dossiers no longer wait for a session, and who moved them.

    Returns:
        A sentence for each, and what was typed without them.
    """
    ticked = data.getlist("applications")
    keys = {key for key in ticked if key.isdecimal() and len(key) < LONGEST_KEY}
    ready = ready_for_vote(user).filter(pk__in=keys)
    left = {str(key) for key in ready.values_list("pk", flat=True)}
    gone = Application.objects.office_visible_to(user).filter(pk__in=keys - left)
    sentences = []
    for one in gone.exclude(recused_from(user)).order_by("reference"):
        last = one.events.exclude(to_state="").select_related("actor").last()
        who = f" par {last.actor}" if last is not None and last.actor else ""
        when = f"{who}, le {datetime_fr(last.at)}" if last is not None else ""
        sentences.append(
            f"{one.reference} ne peut plus être inscrit\u00a0: "
            f"«\u00a0{event_label(last.kind) if last else one.get_review_state_display()}\u00a0»"
            f"{when}."
        )
    if sentences:
        sentences.append("Rien n’est inscrit\u00a0; les autres dossiers restent cochés.")
    kept = data.copy()
    kept.setlist("applications", [key for key in ticked if key in left])
    return sentences, kept if data else data


class LineForm(SeenForm):
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
                "seen": stamp(line_shown(line)),
            },
        )
        super().__init__(*args, **kwargs)
        year = line.application.sheet.campaign.fiscal_year
        self.fields["envelope"].queryset = Envelope.objects.filter(fiscal_year=year)


class VoteForm(SeenForm):
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

    def __init__(self, *args, line: SessionLine, reason: str = "", **kwargs) -> None:
        """Args: ``reason``, the one its admissibility gives."""
        kwargs.setdefault(
            "initial",
            {
                "outcome": line.proposed_outcome,
                "amount": line.proposed_amount,
                "reason_code": reason,
                "seen": stamp(line_shown(line)),
            },
        )
        super().__init__(*args, **kwargs)

    def vote(self) -> Vote:
        """Return the vote of a valid form."""
        return vote_of(self.cleaned_data)


def vote_of(cleaned: dict) -> Vote:
    """Return the vote that the fields of a valid form say."""
    names = set(VoteForm.base_fields) - {"seen", "amount"}
    said = {name: cleaned[name] for name in names}
    return Vote(amount=cleaned["amount"] or Decimal(0), **said)


class CorrectVoteForm(VoteForm):
    """The vote again, as it was recorded, and why it is corrected."""

    correction_reason = CharField(
        label="Raison de la correction",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Gardée dans l’historique du dossier, jamais montrée au demandeur.",
        error_messages={"required": "Dites pourquoi le vote est corrigé."},
    )
    seen = None
    field_order = ("correction_reason",)

    def __init__(self, *args, decision: Decision, **kwargs) -> None:
        names = ("outcome", "reason_code", "reason_text", "conditions", "withdrawals")
        initial = {name: getattr(decision, name) for name in names}
        initial["amount"] = decision.awarded_amount
        initial["overrun_reason"] = decision.overrun_reason
        kwargs.setdefault("initial", initial)
        forms.Form.__init__(self, *args, **kwargs)


class RemoveForm(forms.Form):
    reason = CharField(
        label="Raison du retrait", max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class AllAsProposedForm(forms.Form):
    """The reason of each refusal, and what the page showed of each line."""

    def __init__(
        self, *args, votes: Sequence[Proposed], typed: Mapping[str, str] | None = None, **kwargs
    ) -> None:
        """Args: ``typed``, what was chosen on a page that is no longer true, to keep."""
        super().__init__(*args, **kwargs)
        self.votes = [one for one in votes if not one.aside]
        for one in self.votes:
            key, reference = one.line.pk, one.line.application.reference
            self.fields[f"seen_{key}"] = forms.CharField(
                required=False, strip=False, widget=forms.HiddenInput, initial=one.stamp
            )
            if one.is_refusal:
                self.fields[f"reason_{key}"] = forms.ChoiceField(
                    label=f"Motif du refus de {reference}",
                    choices=[("", "Choisir…"), *Decision.ReasonCode.choices],
                    initial=(typed or {}).get(f"reason_{key}", one.reason),
                    error_messages={"required": f"Choisissez le motif du refus de {reference}."},
                )

    def rows(self) -> list[tuple[Proposed, BoundField, BoundField | None]]:
        """Each line with its hidden field, and its reason when it is a refusal."""
        return [
            (
                one,
                self[f"seen_{one.line.pk}"],
                self[f"reason_{one.line.pk}"] if one.is_refusal else None,
            )
            for one in self.votes
        ]

    def reasons(self) -> dict[int, str]:
        """Return the reasons of a valid form, by key of the line."""
        return {
            one.line.pk: self.cleaned_data[f"reason_{one.line.pk}"]
            for one in self.votes
            if one.is_refusal
        }

    @staticmethod
    def seen_in(data: Mapping[str, str]) -> dict[int, str]:
        """Return what a page showed of each line it listed, by its key."""
        found = {name.removeprefix("seen_"): name for name in data if name.startswith("seen_")}
        return {int(key): data[name] for key, name in found.items() if key.isdecimal()}


class NotifyForm(forms.Form):
    posted_on = forms.DateField(
        label="Date d’envoi par la poste", required=False, widget=date_input()
    )


class DeliveryForm(forms.Form):
    delivered_on = forms.DateField(label="Date de réception", widget=date_input())
