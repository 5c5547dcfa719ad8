"""Forms of opinions: what the office asks, what a coordinator or an expert answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django import forms

from accounts.enums import Role
from accounts.models import RoleAssignment, User
from config.fields import DayField, EmailField, NameField, TextField
from foundation.parameters.selectors import days_on
from grants.applications.models import Application, Place
from grants.review.models import Opinion, OpinionPosition, OpinionSource, OpinionState
from grants.review.services.opinion_answers import MAX_TEXT, OpinionInput
from grants.review.services.opinions import MAX_QUESTION, ExpertInput


MORE_DAYS = 7  # proposed when a delay is prolonged; the officer types the day they want


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


class AskOpinionForm(forms.Form):
    """Whose opinion, on what, until when."""

    source = forms.ChoiceField(
        label="À qui",
        choices=[
            (OpinionSource.COORDINATOR, "Une coordination de territoire, avec son compte"),
            (OpinionSource.EXPERT, "Un expert extérieur, par un lien personnel"),
        ],
        initial=OpinionSource.COORDINATOR,
        widget=forms.RadioSelect,
        error_messages={"required": "Dites à qui vous demandez un avis."},
    )
    person = forms.ChoiceField(
        label="Coordination",
        required=False,
        error_messages={"invalid_choice": "Choisissez une personne de la liste."},
    )
    expert_name = NameField(label="Nom de l’expert", max_length=150, required=False)
    expert_function = NameField(label="Sa fonction", max_length=150, required=False)
    expert_email = EmailField(label="Son adresse e-mail", required=False)
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

    def __init__(self, groups: Sequence[tuple[str, list]], data=None, *, on: date) -> None:
        due_on = on + timedelta(days=days_on("opinion.days", on))
        super().__init__(data, label_suffix="", prefix="avis", initial={"due_on": due_on})
        self.fields["person"].choices = [("", "Choisir une personne…"), *groups]
        if not groups:
            self.fields["source"].initial = OpinionSource.EXPERT
        self.fields["source"].widget.attrs["class"] = "form-check-input"
        for name, field in self.fields.items():
            if name != "source":
                is_select = isinstance(field.widget, forms.Select)
                field.widget.attrs["class"] = "form-select" if is_select else "form-control"

    def clean(self) -> dict:
        data = super().clean()
        if data.get("source") == OpinionSource.COORDINATOR:
            if not data.get("person") and "person" not in self.errors:
                self.add_error("person", "Choisissez la personne dont vous attendez l’avis.")
            for name in ("expert_name", "expert_function", "expert_email"):
                self._errors.pop(name, None)
        elif data.get("source") == OpinionSource.EXPERT:
            self._errors.pop("person", None)
            if not data.get("expert_name") and "expert_name" not in self.errors:
                self.add_error("expert_name", "Indiquez le nom de l’expert.")
            if not data.get("expert_email") and "expert_email" not in self.errors:
                self.add_error("expert_email", "Indiquez son adresse e-mail : le lien y part.")
        return data

    def asked(self) -> dict:
        """Return the arguments of ``request_opinion``; call it on a valid form."""
        data = self.cleaned_data
        found = {"source": data["source"], "question": data["question"], "due_on": data["due_on"]}
        if data["source"] == OpinionSource.COORDINATOR:
            return found | {"person": User.objects.filter(pk=data["person"]).first()}
        expert = ExpertInput(data["expert_name"], data["expert_email"], data["expert_function"])
        return found | {"expert": expert}


class ExtendOpinionForm(forms.Form):
    """More time to answer."""

    due_on = DayField(
        label="Nouvelle date limite", error_messages={"required": "Indiquez la nouvelle date."}
    )

    def __init__(self, data=None, *, after: date | None = None, prefix: str) -> None:
        initial = {"due_on": after + timedelta(days=MORE_DAYS)} if after else {}
        super().__init__(data, label_suffix="", prefix=prefix, initial=initial)
        self.fields["due_on"].widget.attrs["class"] = "form-control"


class RevokeOpinionForm(forms.Form):
    """Why the opinion is not awaited any more."""

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
