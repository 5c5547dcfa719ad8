"""« Demander un avis » on many dossiers: to the coordinators of each, or to one expert."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar

from django import forms

from accounts.enums import Role
from accounts.models import RoleAssignment, User
from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import date_fr, plural_fr
from config.text import is_blank
from grants.applications.models import Place
from grants.review.batches.registry import BatchAct, Line, Values, register_act
from grants.review.batches.selection import ASIDE, state_words
from grants.review.enums import TO_INSTRUCT
from grants.review.models import ConflictOfInterest, OpinionRequest, OpinionSource, OpinionState
from grants.review.opinion_forms import AskedFields
from grants.review.opinion_pieces import Offer, offers
from grants.review.services.opinions import (
    ExpertInput,
    concerned,
    members_among,
    request_opinion,
)


if TYPE_CHECKING:
    from grants.applications.models import Application


class OpinionBatchForm(AskedFields):
    """Who is asked about each dossier, what, with which kinds of documents, until when.

    ``folded`` names the field shown behind a fold: it is long, and rarely of use.
    """

    folded = "pieces"
    sources: ClassVar[dict[str, str]] = {
        OpinionSource.COORDINATOR: "La coordination des territoires de chaque dossier",
        OpinionSource.EXPERT: "Un même expert extérieur, par un lien pour chaque dossier",
    }

    pieces = forms.MultipleChoiceField(
        label="Pièces que l’expert pourra lire",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Aucune au départ. Là où elles sont jointes et lisibles. Les coordonnées "
        "bancaires et les pièces d’identité ne se partagent pas ; la coordination du territoire "
        "lit déjà les pièces.",
        error_messages={"invalid_choice": "Une des pièces choisies n’est dans aucun dossier."},
    )

    def __init__(
        self, data=None, *, user: User, applications: Sequence[Application], at: datetime
    ) -> None:
        super().__init__(data, on=local_date(at))
        self.fields["expert_name"].help_text = "Ces trois lignes ne servent que pour un expert."
        self.fields[
            "question"
        ].help_text = "Facultatif, le même texte pour tous les dossiers. Ne nommez aucun jeune."
        kinds = kinds_offered(applications)
        self.labels = {kind: label for kind, label, _count in kinds}
        self.fields["pieces"].choices = [
            (kind, f"{label} ({count} dossier{plural_fr(count)})") for kind, label, count in kinds
        ]
        if not kinds:
            del self.fields["pieces"]

    def clean(self) -> dict:
        """Refuse what would be left out: an expert named, or papers, for the coordination."""
        data = super().clean()
        if data.get("source") == OpinionSource.COORDINATOR:
            for name in ("expert_name", "expert_function", "expert_email"):
                if not is_blank(self.data.get(name, "")):
                    self.add_error(
                        name,
                        "Cette ligne ne sert que pour un expert\u00a0: videz-la, ou choisissez "
                        "l’expert.",
                    )
            if data.get("pieces"):
                self.add_error(
                    "pieces",
                    "Ces pièces ne se partagent qu’avec un expert\u00a0: la coordination les lit "
                    "déjà. Décochez-les, ou choisissez l’expert.",
                )
        return data

    def values(self) -> dict:
        data = self.cleaned_data
        is_expert = data["source"] == OpinionSource.EXPERT
        expert = [data["expert_name"], data["expert_email"].lower(), data["expert_function"]]
        kinds = data.get("pieces", []) if is_expert else []
        return {
            "source": data["source"],
            "expert": expert if is_expert else None,
            "pieces": kinds,
            "piece_labels": [label for kind, label in self.labels.items() if kind in kinds],
            "question": data["question"].strip(),
            "due_on": data["due_on"].isoformat(),
        }


def kinds_offered(applications: Sequence[Application]) -> list[tuple[str, str, int]]:
    """Return the kinds of documents that may be shown: kind, words, in how many dossiers.

    Those of the most dossiers first; only the dossiers on which an opinion may be asked count.
    """
    labels: dict[str, str] = {}
    counts: Counter[str] = Counter()
    asked = [one for one in applications if _state_line(one) is None]
    for offer in offers(asked).values():
        for kind in {piece.kind for piece in offer.pieces} - {""}:
            counts[kind] += 1
        for piece in offer.pieces:
            if piece.kind:
                labels.setdefault(piece.kind, piece.document.required.label)
    rows = [(kind, label, counts[kind]) for kind, label in labels.items()]
    return sorted(rows, key=lambda row: (-row[2], row[1], row[0]))


# --- Before ---------------------------------------------------------------------------------------
def preflight(
    applications: Sequence[Application], user: User, values: Values, at: datetime
) -> list[Line]:
    """Say who would be asked about each dossier."""
    if not values:
        return [_state_line(one) or Line(one, ok=True, reason="") for one in applications]
    keys = [one.pk for one in applications]
    awaited: dict[int, set] = defaultdict(set)
    given: dict[int, set] = defaultdict(set)
    requests = OpinionRequest.objects.filter(application__in=keys).exclude(
        state=OpinionState.REVOKED
    )
    for key, state, person, email in requests.values_list(
        "application_id", "state", "person_id", "expert_email"
    ):
        where = given if state == OpinionState.GIVEN else awaited
        where[key].add(person or email.lower())
    if values["source"] == OpinionSource.EXPERT:
        refused = concerned(applications, values["expert"][1], on=local_date(at))
        offered = offers(applications) if values["pieces"] else defaultdict(Offer)
        return [
            _state_line(one)
            or _answered_by_expert(one, values, given[one.pk])
            or _expert_line(one, values, awaited[one.pk], refused, offered[one.pk])
            for one in applications
        ]
    coordinations = _Coordinations(applications, local_date(at))
    return [
        _state_line(one) or _coordination_line(one, coordinations, awaited[one.pk], given[one.pk])
        for one in applications
    ]


def _state_line(application: Application) -> Line | None:
    if application.review_state not in TO_INSTRUCT:
        return Line(application, ok=False, reason=f"{state_words(application)}.")
    if application.is_aside:
        return Line(application, ok=False, reason=ASIDE)
    return None


def _answered_by_expert(application: Application, values: Values, given: set) -> Line | None:
    name, email, _function = values["expert"]
    if email not in given:
        return None
    return Line(application, ok=False, reason=f"{name} y a déjà rendu son avis.")


def _expert_line(
    application: Application,
    values: Values,
    awaited: set,
    refused: dict[int, Refusal],
    offer: Offer,
) -> Line:
    name, email, _function = values["expert"]
    if application.pk in refused:
        return Line(application, ok=False, reason=refused[application.pk].sentence)
    if email in awaited:
        return Line(application, ok=False, reason=f"L’avis de {name} y est déjà attendu.")
    pieces = [one for one in offer.pieces if one.kind in values["pieces"]]
    words = f"Un lien part à {name}"
    if pieces:
        labels = ", ".join(one.document.label for one in pieces)
        words += f", avec {len(pieces)} pièce{plural_fr(len(pieces))} : {labels}"
    elif values["pieces"]:
        words += ", sans pièce : aucune de celles choisies n’y est à partager"
    return Line(application, ok=True, reason=words, data={"files": [p.file.pk for p in pieces]})


class _Coordinations:
    """Who coordinates where, who stands aside or is of the body: read once for all dossiers."""

    def __init__(self, applications: Sequence[Application], on: date) -> None:
        self.territories: dict[int, set[int]] = defaultdict(set)
        places = Place.objects.filter(application__in=[one.pk for one in applications]).order_by()
        for key, numbers in places.values_list("application_id", "territories"):
            self.territories[key].update(numbers or ())
        roles = (
            RoleAssignment.objects.in_force(on)
            .filter(role=Role.COORDINATOR, user__is_active=True)
            .select_related("user")
            .order_by("user__last_name", "user__first_name", "user_id")
        )
        self.by_territory: dict[int | None, dict[int, User]] = defaultdict(dict)
        for role in roles:
            self.by_territory[role.territory_id][role.user_id] = role.user
        people = {pk for group in self.by_territory.values() for pk in group}
        self.aside = set(
            ConflictOfInterest.objects.in_force()
            .filter(person__in=people)
            .values_list("person_id", "application_id", "organisation_id")
        )
        self.members = members_among(people, {one.organisation_id for one in applications})

    def near(self, application: Application) -> list[User]:
        """Return the coordinators of a dossier's territories, then those of the whole département;
        the latter alone for a dossier of the whole département.
        """
        wanted = [] if application.whole_department else self.territories[application.pk]
        found: dict[int, User] = {}
        for territory in [*sorted(wanted), None]:
            found |= self.by_territory.get(territory, {})
        return list(found.values())

    def is_of_body(self, person: User, application: Application) -> bool:
        return (person.pk, application.organisation_id) in self.members

    def stands_aside(self, person: User, application: Application) -> bool:
        own = {(person.pk, application.pk, None), (person.pk, None, application.organisation_id)}
        return bool(own & self.aside)


def _coordination_line(
    application: Application, coordinations: _Coordinations, awaited: set, given: set
) -> Line:
    near = coordinations.near(application)
    if not near:
        where = "le département entier" if application.whole_department else "son territoire"
        return Line(application, ok=False, reason=f"Personne ne coordonne {where}.")
    free = [one for one in near if not coordinations.stands_aside(one, application)]
    if not free:
        return Line(application, ok=False, reason="La coordination a déclaré un déport.")
    outside = [one for one in free if not coordinations.is_of_body(one, application)]
    if not outside:
        words = f"La coordination est membre de {application.organisation}."
        return Line(application, ok=False, reason=words)
    left = [one for one in outside if one.pk not in awaited | given]
    if not left and any(one.pk in awaited for one in outside):
        return Line(application, ok=False, reason="Cet avis y est déjà attendu.")
    if not left:
        return Line(application, ok=False, reason="La coordination y a déjà rendu son avis.")
    words = ", ".join(str(one) for one in left)
    return Line(application, ok=True, reason=words, data={"people": [one.pk for one in left]})


# --- One dossier ----------------------------------------------------------------------------------
def run_one(application_id: int, values: Values, by: User, at: datetime) -> str:
    """Ask the opinions that the preflight showed; one asked meanwhile does not stop the others."""
    asked = {
        "application_id": application_id,
        "source": values["source"],
        "question": values["question"],
        "due_on": date.fromisoformat(values["due_on"]),
        "by": by,
        "at": at,
    }
    if values["source"] == OpinionSource.EXPERT:
        name, email, function = values["expert"]
        expert = ExpertInput(name=name, email=email, function=function)
        files = values["files"]  # those of the preflight: one replaced since then stops the line
        request_opinion(expert=expert, files=files, **asked)
        shared = f", avec {len(files)} pièce{plural_fr(len(files))}" if files else ""
        return f"Lien envoyé à {name}{shared}."
    told, refused = [], []
    for person in User.objects.filter(pk__in=values["people"]).order_by("pk"):
        try:
            request_opinion(person=person, **asked)
        except Refusal as refusal:
            refused.append(refusal)
        else:
            told.append(str(person))
    if not told:
        raise refused[0] if refused else Refusal("Personne à qui demander.", code="nobody")
    words = f"Demandé à {', '.join(told)}."
    return " ".join([words, *(refusal.sentence for refusal in refused)])


def describe(values: Values) -> list[tuple[str, str]]:
    """Say who is asked, what, until when."""
    if values["expert"]:
        name, email, function = values["expert"]
        to = f"{', '.join(filter(None, [name, function]))} ({email})"
    else:
        to = "La coordination des territoires de chaque dossier"
    rows = [("À qui", to)]
    if values["piece_labels"]:
        rows.append(("Pièces partagées, là où elles sont", ", ".join(values["piece_labels"])))
    if values["question"]:
        rows.append(("Ce que vous demandez", values["question"]))
    return [*rows, ("Attendu au plus tard le", date_fr(date.fromisoformat(values["due_on"])))]


def register() -> None:
    register_act(
        BatchAct(
            slug="avis",
            label="Demander un avis",
            icon="chat-square-text",
            form_class=OpinionBatchForm,
            may=lambda user: user.access.is_desk,
            preflight=preflight,
            run_one=run_one,
            intro="Un message part pour chaque dossier, avec son propre lien. Le demandeur n’en "
            "est pas averti.",
            watched=frozenset({"opinion_asked"}),
            describe=describe,
            order=20,
            codes=frozenset({"source", "pieces"}),
        )
    )
