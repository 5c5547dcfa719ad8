"""Forms of opinions: what the office asks, what a coordinator or an expert answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar

from django import forms

from accounts.enums import Role
from accounts.models import RoleAssignment, User
from config.errors import Refusal
from config.fields import DayField, EmailField, NameField, TextField
from config.templatetags.fr import date_fr
from foundation.parameters.selectors import days_on
from grants.applications.models import Application, Place
from grants.review.models import Opinion, OpinionPosition, OpinionSource, OpinionState
from grants.review.opinion_pieces import Offer, Piece, SharedRow, shared_version
from grants.review.services.opinion_answers import MAX_TEXT, OpinionInput
from grants.review.services.opinions import MAX_QUESTION, ExpertInput, check_due_on


MORE_DAYS = 7  # proposed when a delay is prolonged; the officer types the day they want


# --- Documents ------------------------------------------------------------------------------------
class PiecesField(forms.TypedMultipleChoiceField):
    """Documents to tick: none unless somebody does. Values are keys of files, the ones shown."""

    widget = forms.CheckboxSelectMultiple
    default_error_messages: ClassVar[dict[str, str]] = {
        "invalid_choice": "Une des pièces choisies ne peut plus être partagée : elle vient d’être "
        "remplacée, refusée ou masquée. Revoyez votre choix."
    }

    def __init__(self, **kwargs) -> None:
        super().__init__(coerce=int, required=False, **kwargs)

    def offer(self, offer: Offer, rows: Sequence[SharedRow] = ()) -> None:
        """Give the documents to choose from; ``rows`` are those shared already."""
        former = {row.shared.document_id: row.shared.shared_at for row in rows if row.newer}
        self.choices = [(str(one.file.pk), _words(one, former)) for one in offer.pieces]
        self.left_out = " ; ".join(
            f"{document.label} – {why.office}" for document, why in offer.left_out
        )
        self.widget.attrs["class"] = "form-check-input"


def _words(piece: Piece, former: dict[int, datetime]) -> str:
    file = piece.file
    words = f"{piece.document.label} – {date_fr(file.uploaded_at)}, {file.size_words}"
    if piece.document.pk in former:
        day = date_fr(former[piece.document.pk])
        words += f" : version plus récente que celle partagée le {day}"
    return words


# --- The office -----------------------------------------------------------------------------------
def coordinator_choices(application: Application, on: date) -> list[tuple[str, list]]:
    """Return the coordinators in force, those of the dossier's territories first.

    Those whose opinion is awaited already are left out.
    """
    roles = (
        RoleAssignment.objects.in_force(on)
        .filter(role=Role.COORDINATOR, user__is_active=True)
        .select_related("user", "territory")
        .order_by("user__last_name", "user__first_name", "user_id", "territory__number")
    )
    awaited = set(
        application.opinion_requests.filter(
            state=OpinionState.ASKED, person__isnull=False
        ).values_list("person_id", flat=True)
    )
    numbers = _territories_of(application)
    near: dict[int, tuple[User, list[str]]] = {}
    others: dict[int, tuple[User, list[str]]] = {}
    for role in roles:
        if role.user_id in awaited:
            continue
        is_near = role.territory_id is None or application.whole_department
        group = near if is_near or role.territory_id in numbers else others
        words = "tout le département" if role.territory is None else f"T{role.territory.number}"
        group.setdefault(role.user_id, (role.user, []))[1].append(words)
    for pk in near.keys() & others.keys():
        near[pk][1].extend(others.pop(pk)[1])
    return [
        (label, [(str(pk), f"{person} ({', '.join(words)})") for pk, (person, words) in group])
        for label, group in (
            ("Territoires du projet", near.items()),
            ("Autres territoires", others.items()),
        )
        if group
    ]


def _territories_of(application: Application) -> set[int]:
    found = Place.objects.filter(application=application).values_list("territories", flat=True)
    return {number for numbers in found for number in numbers or ()}


class AskedFields(forms.Form):
    """Who is asked, what, until when: on one dossier or on many.

    Attributes:
        sources: The words of each way to be asked.
    """

    sources: ClassVar[dict[str, str]] = {}

    source = forms.ChoiceField(
        label="À qui",
        initial=OpinionSource.COORDINATOR,
        widget=forms.RadioSelect,
        error_messages={"required": "Dites à qui vous demandez un avis."},
    )
    expert_name = NameField(label="Nom de l’expert", max_length=150, required=False)
    expert_function = NameField(label="Sa fonction", max_length=150, required=False)
    expert_email = EmailField(label="Son adresse e-mail", required=False)
    pieces = PiecesField(
        label="Pièces à lire avec la demande",
        help_text="Aucune au départ. Les coordonnées bancaires et les pièces d’identité ne se "
        "partagent pas.",
    )
    question = TextField(
        label="Ce que vous demandez",
        rows=3,
        max_length=MAX_QUESTION,
        required=False,
        help_text="Facultatif. Ne nommez aucun jeune.",
    )
    due_on = DayField(
        label="Attendu au plus tard le", error_messages={"required": "Indiquez la date limite."}
    )

    def __init__(self, data=None, *, on: date, prefix: str | None = None) -> None:
        self.today = on
        due_on = on + timedelta(days=days_on("opinion.days", on))
        super().__init__(data, label_suffix="", prefix=prefix, initial={"due_on": due_on})
        self.fields["source"].choices = list(self.sources.items())

    def clean_due_on(self) -> date:
        due_on = self.cleaned_data["due_on"]
        try:
            check_due_on(due_on, self.today)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence) from None
        return due_on

    def clean(self) -> dict:
        data = super().clean()
        if data.get("source") == OpinionSource.COORDINATOR:
            for name in ("expert_name", "expert_function", "expert_email"):
                self._errors.pop(name, None)
                data[name] = ""
        elif data.get("source") == OpinionSource.EXPERT:
            for name, sentence in (
                ("expert_name", "Indiquez le nom de l’expert."),
                ("expert_email", "Indiquez l’adresse e-mail de l’expert : le lien y part."),
            ):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, sentence)
        return data


class AskOpinionForm(AskedFields):
    """Whose opinion on one dossier, with which of its documents."""

    sources: ClassVar[dict[str, str]] = {
        OpinionSource.COORDINATOR: "Une coordination de territoire, avec son compte",
        OpinionSource.EXPERT: "Un expert extérieur, par un lien personnel",
    }
    field_order = ("source", "person")

    person = forms.ChoiceField(
        label="Coordination",
        required=False,
        error_messages={"invalid_choice": "Choisissez une personne de la liste."},
    )

    def __init__(
        self, groups: Sequence[tuple[str, list]], offer: Offer, data=None, *, on: date
    ) -> None:
        super().__init__(data, on=on, prefix="avis")
        self.fields["person"].choices = [("", "Choisir une personne…"), *groups]
        if not groups:
            self.fields["source"].initial = OpinionSource.EXPERT
        self.fields["pieces"].offer(offer)
        self.fields["source"].widget.attrs["class"] = "form-check-input"
        for name, field in self.fields.items():
            if name not in {"source", "pieces"}:
                is_select = isinstance(field.widget, forms.Select)
                field.widget.attrs["class"] = "form-select" if is_select else "form-control"

    def clean(self) -> dict:
        data = super().clean()
        if data.get("source") == OpinionSource.EXPERT:
            self._errors.pop("person", None)
        elif data.get("source") and not data.get("person") and "person" not in self.errors:
            self.add_error("person", "Choisissez la personne dont vous attendez l’avis.")
        return data

    def asked(self) -> dict:
        """Return the arguments of ``request_opinion``; call it on a valid form."""
        data = self.cleaned_data
        found = {name: data[name] for name in ("source", "question", "due_on")}
        found["files"] = data["pieces"]
        if data["source"] == OpinionSource.COORDINATOR:
            return found | {"person": User.objects.filter(pk=data["person"]).first()}
        expert = ExpertInput(data["expert_name"], data["expert_email"], data["expert_function"])
        return found | {"expert": expert}


class RowForm(forms.Form):
    """An act on a request already made, folded on its row.

    Attributes:
        kind: Its word, for the fold that stays open when something is wrong.
    """

    kind: ClassVar[str] = ""

    def arguments(self) -> dict:
        """Return what its service is called with; call it on a valid form."""
        return dict(self.cleaned_data)


class ShareDocumentsForm(RowForm):
    """Which documents are read with it."""

    kind = "share"

    pieces = PiecesField(
        label="Pièces à lire avec la demande",
        help_text="Ce que vous décochez ne se lit plus. La personne est prévenue des pièces "
        "ajoutées.",
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, offer: Offer, data=None, *, rows: Sequence[SharedRow] = (), prefix: str
    ) -> None:
        shared = [row.shared for row in rows]
        initial = {
            "pieces": [str(one.file_id) for one in shared],
            "seen": shared_version(shared),
        }
        super().__init__(data, label_suffix="", prefix=prefix, initial=initial)
        self.fields["pieces"].offer(offer, rows)

    def arguments(self) -> dict:
        return {"files": self.cleaned_data["pieces"], "seen": self.cleaned_data["seen"]}


class ExtendOpinionForm(RowForm):
    """More time to answer."""

    kind = "extend"

    due_on = DayField(
        label="Nouvelle date limite", error_messages={"required": "Indiquez la nouvelle date."}
    )

    def __init__(self, data=None, *, after: date | None = None, prefix: str) -> None:
        initial = {"due_on": after + timedelta(days=MORE_DAYS)} if after else {}
        super().__init__(data, label_suffix="", prefix=prefix, initial=initial)
        self.fields["due_on"].widget.attrs["class"] = "form-control"


class RevokeOpinionForm(RowForm):
    """Why the opinion is not awaited any more."""

    kind = "revoke"

    reason = TextField(
        label="Raison, lue par le service seul",
        rows=2,
        max_length=1000,
        error_messages={"required": "Indiquez pourquoi cet avis n’est plus attendu."},
    )

    def __init__(self, data=None, *, prefix: str) -> None:
        super().__init__(data, label_suffix="", prefix=prefix)
        self.fields["reason"].widget.attrs["class"] = "form-control"


# --- Who answers ----------------------------------------------------------------------------------
POSITION_HELP = {
    OpinionPosition.FAVOURABLE: "Le projet mérite d’être soutenu.",
    OpinionPosition.RESERVE: "Oui, si un point est revu : dites lequel.",
    OpinionPosition.UNFAVOURABLE: "Non, pour les raisons que vous dites.",
    OpinionPosition.NONE: "Vous ne pouvez ou ne souhaitez pas vous prononcer.",
}


class OpinionForm(forms.Form):
    """A choice, reasons, whether one helped the project along."""

    position = forms.ChoiceField(
        label="Votre avis",
        choices=OpinionPosition.choices,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choisissez l’un des avis proposés."},
    )
    text = TextField(
        label="Motivation",
        rows=10,
        max_length=None,
        required=False,
        help_text="Nécessaire pour une réserve ou un avis défavorable. "
        f"{MAX_TEXT // 1000} 000 caractères au plus. Ne nommez aucun jeune.",
    )
    has_supported = forms.BooleanField(label="J’ai accompagné ce projet", required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    deposit = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, data=None, *, opinion: Opinion | None) -> None:
        initial = {"version": opinion.version if opinion else 0}
        if opinion is not None:
            initial |= {
                "position": opinion.position,
                "text": opinion.text,
                "has_supported": opinion.has_supported,
            }
        super().__init__(data, label_suffix="", initial=initial)
        self.fields["text"].widget.attrs["class"] = "form-control"

    def choices(self) -> list[dict]:
        """Return the answers to choose from, with what each means."""
        chosen = self["position"].value()
        return [
            {
                "value": value,
                "label": label,
                "help": POSITION_HELP[value],
                "checked": chosen == value,
                "id": f"id_position_{number}" if number else "id_position",
            }
            for number, (value, label) in enumerate(OpinionPosition.choices)
        ]

    def given(self) -> OpinionInput:
        """Return what was typed; call it on a valid form."""
        data = self.cleaned_data
        return OpinionInput(data["position"], data["text"], data["has_supported"])
