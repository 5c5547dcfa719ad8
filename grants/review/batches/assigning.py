"""« Affecter » on many dossiers: to one person, or along the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django import forms

from accounts.models import User
from config.dates import local_date
from config.fields import CharField
from config.text import is_blank
from grants.review.batches.registry import BatchAct, Line, Values, register_act
from grants.review.batches.selection import ASIDE, officer_name, state_words
from grants.review.enums import ASSIGNABLE
from grants.review.models import AssignmentMode
from grants.review.permissions import is_member, recusals_of
from grants.review.selectors import desk_people
from grants.review.services.assignment import assign_officer
from grants.review.services.rules import Proposal, propose_officers


if TYPE_CHECKING:
    from grants.applications.models import Application

BY_RULES = "regles"


class AssignBatchForm(forms.Form):
    """Whom the dossiers are given to: the head chooses, an officer takes them."""

    to = forms.ChoiceField(
        label="Donner ces dossiers à",
        error_messages={
            "required": "Choisissez à qui donner ces dossiers.",
            "invalid_choice": "Cette personne n’instruit pas de dossiers.",
        },
    )
    reason = CharField(
        label="Raison",
        required=False,
        max_length=300,
        help_text="Nécessaire dès qu’un dossier change de mains ; gardée dans l’historique.",
    )

    def __init__(
        self, data=None, *, user: User, applications: Sequence[Application], at: datetime
    ) -> None:
        super().__init__(data, label_suffix="")
        self.officers = {one.officer_key for one in applications if _may_move(one)} - {None}
        if user.access.is_unit_head:
            people = [(str(one.pk), str(one)) for one in desk_people(local_date(at))]
            self.fields["to"].choices = [
                ("", "Choisir…"),
                (BY_RULES, "Selon les règles d’affectation"),
                *people,
            ]
        else:
            self.fields["to"].choices = [(str(user.pk), f"{user} (moi)")]

    def clean(self) -> dict:
        cleaned = super().clean()
        to = cleaned.get("to", BY_RULES)  # the rules only fill what is empty
        changes_hands = to != BY_RULES and self.officers - {int(to)}
        if changes_hands and is_blank(cleaned.get("reason", "")):
            self.add_error("reason", "Dites pourquoi des dossiers changent de mains.")
        return cleaned

    def values(self) -> dict:
        return {"to": self.cleaned_data["to"], "reason": self.cleaned_data["reason"].strip()}


def preflight(
    applications: Sequence[Application], user: User, values: Values, at: datetime
) -> list[Line]:
    """Say who would instruct each dossier; along the rules, only those without an officer."""
    person, proposals, aside = None, {}, set()
    if values.get("to") == BY_RULES:
        free = [one for one in applications if not one.officer_key and _may_move(one)]
        proposals = propose_officers(free, local_date(at))
    elif values:
        person = User.objects.get(pk=int(values["to"]))
        aside = recusals_of([person.pk]).get(person.pk, set())
    return [_line(one, values, person, proposals, aside) for one in applications]


def _may_move(application: Application) -> bool:
    return application.review_state in ASSIGNABLE and not application.is_aside


def _line(
    application: Application,
    values: Values,
    person: User | None,
    proposals: dict[int, Proposal],
    aside: set[tuple[int | None, int | None]],
) -> Line:
    now = officer_name(application)
    if application.review_state not in ASSIGNABLE:
        return Line(application, ok=False, reason=f"{state_words(application)}.")
    if application.is_aside:
        return Line(application, ok=False, reason=ASIDE)
    if not values:
        return Line(application, ok=True, reason=f"Affecté à {now}" if now else "Sans personne")
    if values["to"] == BY_RULES:
        return _by_rules(application, proposals.get(application.pk), now)
    if application.officer_key == person.pk:
        return Line(application, ok=False, reason=f"Déjà affecté à {person}.")
    if {(application.pk, None), (None, application.organisation_id)} & aside:
        member = is_member(person, application)  # asked for the few that are left aside
        why = "est membre de l’organisation" if member else "a déclaré un déport"
        return Line(application, ok=False, reason=f"{person} {why}.")
    data = {"person": person.pk, "seen": application.officer_key or 0, "mode": "manual"}
    words = f"Passe de {now} à {person}" if now else f"Affecté à {person}"
    return Line(application, ok=True, reason=words, data=data)


def _by_rules(application: Application, proposal: Proposal | None, now: str) -> Line:
    if now:
        return Line(
            application, ok=False, reason=f"Déjà affecté à {now} : les règles n’y touchent pas."
        )
    if proposal is None or proposal.person is None:
        why = proposal.sentence if proposal else "aucune règle ne vise ce dossier"
        return Line(application, ok=False, reason=f"Personne : {why}.")
    data = {
        "person": proposal.person.pk,
        "seen": 0,
        "mode": str(AssignmentMode.RULE),
        "why": proposal.sentence[:1].upper() + proposal.sentence[1:],
    }
    return Line(application, ok=True, reason=f"{proposal.person} ({proposal.sentence})", data=data)


def run_one(application_id: int, values: Values, by: User, at: datetime) -> str:
    """Give one dossier to whom the preflight showed."""
    person = User.objects.get(pk=values["person"])
    assign_officer(
        application_id=application_id,
        person=person,
        by=by,
        at=at,
        reason=values.get("why") or values["reason"],
        mode=values["mode"],
        seen=values["seen"],
    )
    return f"Affecté à {person}."


def describe(values: Values) -> list[tuple[str, str]]:
    """Say whom the dossiers are given to."""
    if values["to"] == BY_RULES:
        to = "Selon les règles d’affectation"
    else:
        to = str(User.objects.get(pk=int(values["to"])))
    rows = [("À qui", to)]
    return [*rows, ("Raison", values["reason"])] if values["reason"] else rows


def register() -> None:
    register_act(
        BatchAct(
            slug="affecter",
            label="Affecter",
            icon="person-check",
            form_class=AssignBatchForm,
            may=lambda user: user.access.is_desk,
            preflight=preflight,
            run_one=run_one,
            intro="Chaque dossier passe à la personne choisie et entre en instruction s’il vient "
            "d’arriver. Le demandeur n’en reçoit pas de message.",
            watched=frozenset({"reassigned", "unassigned"}),
            describe=describe,
            order=10,
            codes=frozenset({"to", "mode"}),
        )
    )
