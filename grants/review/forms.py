"""Forms of the desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from uuid import uuid4

from django import forms

from accounts.models import User
from config.fields import CharField
from config.money import EuroField
from config.text import is_blank
from foundation.documents.enums import FileState
from grants.calls.models import CallSheet
from grants.review.enums import RANKS
from grants.review.filters import SheetChoiceField
from grants.review.models import Assignment, AssignmentRole
from grants.review.selectors import desk_people
from partners.models import Organisation
from territories.models import Commune


class AssignForm(forms.Form):
    """Who instructs; a dossier that changes hands says why.

    Args:
        on: The day that says who is of the desk.
        officer: Who instructs it now, if anybody.
        only: The one person to choose, for who may choose nobody but themself.
    """

    person = forms.ModelChoiceField(
        label="Chargé du dossier", queryset=User.objects.none(), empty_label="Choisir…"
    )
    reason = CharField(
        label="Pourquoi",
        max_length=500,
        required=False,
        help_text="Gardé dans l’historique quand le dossier change de mains.",
    )
    # The officer on the page where they chose, 0 for none.
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(
        self, *args, on: date, officer: User | None = None, only: User | None = None, **kwargs
    ) -> None:
        seen = officer.pk if officer else 0
        kwargs.setdefault("initial", {"person": only or officer, "seen": seen})
        super().__init__(*args, **kwargs)
        self.only = only
        self.fields["person"].queryset = desk_people(on)
        if only:
            self.fields["person"].widget = forms.HiddenInput()
            self.fields["reason"].label = "Pourquoi vous prenez ce dossier"
            self.fields["reason"].help_text = "Gardé dans l’historique."

    def look_again(self, assignments: Iterable[Assignment]) -> None:
        """Take the officer of now as seen: the page that says who came first shows them."""
        officers = [one.person_id for one in assignments if one.role == AssignmentRole.OFFICER]
        self.data = {**self.data.dict(), "seen": officers[0] if officers else 0}

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("seen") and is_blank(cleaned.get("reason", "")):
            self.add_error("reason", "Dites pourquoi le dossier change de mains.")
        return cleaned


class ReaderForm(forms.Form):
    prefix = "lecteur"
    person = forms.ModelChoiceField(
        label="Lecteur", queryset=User.objects.none(), empty_label="Choisir…"
    )
    rank = forms.TypedChoiceField(
        label="Rang",
        choices=[(1, "Premier lecteur"), (2, "Second lecteur"), (3, "Troisième lecture")],
        coerce=int,
    )
    # The reader of each rank on the page where they chose, 0 for none.
    seen_1 = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    seen_2 = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    seen_3 = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args, on: date, readers: Iterable[Assignment] = (), **kwargs) -> None:
        by_rank = {one.rank: one.person_id for one in readers}
        kwargs.setdefault("initial", {f"seen_{rank}": by_rank.get(rank, 0) for rank in RANKS})
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = desk_people(on)

    def look_again(self, assignments: Iterable[Assignment]) -> None:
        """Take the readers of now as seen: the page that says who came first shows them."""
        by_rank = {one.rank: one.person_id for one in assignments}
        seen = {self.add_prefix(f"seen_{rank}"): by_rank.get(rank, 0) for rank in RANKS}
        self.data = {**self.data.dict(), **seen}


class EndAssignmentForm(forms.Form):
    """Whose assignment ends, with nobody named in their place.

    Args:
        assignments: Every one the dossier has had: one that ended meanwhile is refused with who
            came first, not as an unknown choice.
    """

    prefix = "retrait"
    assignment = forms.TypedChoiceField(label="De qui", coerce=int, widget=forms.RadioSelect)
    reason = CharField(
        label="Pourquoi",
        max_length=500,
        help_text="Gardé dans l’historique, et dit à la personne.",
    )

    def __init__(self, *args, assignments: Iterable[Assignment], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        known = list(assignments)
        self.fields["assignment"].choices = [(one.pk, _words(one)) for one in known]
        self.look_again(one for one in known if one.ended_at is None)

    def look_again(self, assignments: Iterable[Assignment]) -> None:
        """Offer those of now."""
        offered = [(one.pk, _words(one)) for one in assignments]
        self.fields["assignment"].widget.choices = offered


def _words(assignment: Assignment) -> str:
    if assignment.role == AssignmentRole.OFFICER:
        return f"{assignment.person}, qui instruit"
    return f"{assignment.person}, lecture de rang {assignment.rank}"


class ReasonForm(forms.Form):
    reason = CharField(label="Raison", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class ConflictForm(forms.Form):
    scope = forms.ChoiceField(
        label="Je me déporte",
        choices=[
            ("application", "de ce dossier seulement"),
            ("organisation", "de tous les dossiers de cette organisation"),
        ],
        widget=forms.RadioSelect,
        initial="application",
    )
    reason = CharField(
        label="Lien avec l’organisation",
        max_length=250,
        required=False,
        help_text="Par exemple « j’ai accompagné ce projet ». Lu par l’unité et "
        "l’administration, qui peuvent retirer un déport.",
    )


class ConflictWithdrawForm(forms.Form):
    reason = CharField(
        label="Raison du retrait",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Gardée dans l’historique, et dite à la personne.",
    )


class NoteForm(forms.Form):
    # One-time key of a new note; a correction needs none, sent twice it says the same.
    request_key = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)
    text = CharField(
        label="Note interne",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Lue par le service seulement. Écrivez-la comme si elle était publique.",
    )


class ConcludeForm(forms.Form):
    proposed_amount = EuroField(
        label="Montant proposé par l’unité",
        error_messages={"required": "Indiquez le montant proposé, 0 si vous n’en proposez aucun."},
    )
    reason = CharField(
        label="Raison de clore sans troisième lecture",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Les deux lectures sont trop éloignées\u00a0: cette raison est gardée dans "
        "l’historique.",
    )

    def __init__(self, *args, asks_reason: bool = False, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not asks_reason:
            del self.fields["reason"]


class DocumentCheckForm(forms.Form):
    state = forms.ChoiceField(
        choices=[(FileState.ACCEPTED, "Accepter"), (FileState.REFUSED, "Refuser")]
    )
    # The file and its state on the page where they decided.
    seen = forms.IntegerField(required=False)
    seen_state = forms.ChoiceField(choices=FileState.choices, required=False)
    reason = CharField(label="Raison du refus", max_length=300, required=False)

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("state") == FileState.REFUSED and is_blank(cleaned.get("reason", "")):
            self.add_error("reason", "Dites au demandeur pourquoi la pièce est refusée.")
        return cleaned


class PaperForm(forms.Form):
    sheet = SheetChoiceField(
        label="Fiche",
        queryset=CallSheet.objects.none(),
        empty_label="Choisir…",
        error_messages={"required": "Choisissez la fiche à laquelle la demande répond."},
    )
    organisation = forms.ModelChoiceField(
        label="Demandeur",
        queryset=Organisation.objects.none(),
        empty_label="Choisir…",
        error_messages={"required": "Choisissez l’organisation qui demande."},
    )
    received_on = forms.DateField(
        label="Reçue le",
        error_messages={"required": "Indiquez le jour où la demande est arrivée."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="La date d’arrivée du courrier : c’est elle qui fait foi.",
    )
    title = CharField(
        label="Intitulé du projet",
        max_length=200,
        error_messages={"required": "Indiquez l’intitulé du projet."},
    )
    objectives = CharField(
        label="Objectifs", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    description = CharField(
        label="Description", required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    starts_on = forms.DateField(
        label="Début de l’action",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    ends_on = forms.DateField(
        label="Fin de l’action",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    requested_amount = EuroField(
        label="Montant demandé", error_messages={"required": "Indiquez le montant demandé."}
    )
    communes = forms.ModelMultipleChoiceField(
        label="Communes de l’action",
        queryset=Commune.objects.only("insee", "name", "sort_name", "territory_id"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Aucune : tout le département.",
    )
    scan = forms.FileField(label="Demande numérisée", required=False)
    request_key = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        sheets = CallSheet.objects.published().select_related("campaign")
        self.fields["sheet"].queryset = sheets.order_by("-campaign__fiscal_year", "code", "pk")
        self.fields["organisation"].queryset = Organisation.objects.current()

    def clean(self) -> dict:
        cleaned = super().clean()
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "La fin doit suivre le début.")
        return cleaned

    def clean_requested_amount(self) -> Decimal:
        amount = self.cleaned_data["requested_amount"]
        if amount <= 0:
            raise forms.ValidationError("Une demande porte sur un montant supérieur à zéro.")
        return amount
