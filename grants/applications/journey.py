"""Where a filed dossier stands, in the applicant's words: steps, and what is awaited of them.

Nothing here tells a vote before its notification: between the filing and the notification every
state reads the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.urls import reverse

from config.templatetags.fr import date_fr, datetime_fr, plural_fr
from grants.applications.enums import DECIDED_STATES, Channel, ReviewState
from grants.applications.labels import applicant_headline


if TYPE_CHECKING:
    from grants.applications.models import Application, OfficeEdit
    from grants.applications.selectors import AskedDocument

ENDED = frozenset({ReviewState.WITHDRAWN, ReviewState.CLOSED_WITHOUT_ACTION})
STATE_WORDS = {"done": "Fait", "current": "En cours", "todo": "À venir"}


@dataclass(frozen=True)
class Step:
    """One step of the way of a request.

    Attributes:
        label: Its name.
        state: done, current or todo.
        text: What happens in it, and who does it.
        when: When it was done.
    """

    label: str
    state: str
    text: str
    when: datetime | None = None

    @property
    def state_words(self) -> str:
        return STATE_WORDS[self.state]


@dataclass(frozen=True)
class Awaited:
    """Something the office or the law waits for from the applicant.

    Attributes:
        slug: Stable name, for the page.
        title: What.
        text: Why, and what happens if it comes late.
        url: Where to do it; empty when somebody else must.
        label: Words of the link.
        due_on: Until when.
        is_late: That day is past.
    """

    slug: str
    title: str
    text: str
    url: str = ""
    label: str = ""
    due_on: date | None = None
    is_late: bool = False


def is_told(application: Application) -> bool:
    """Tell whether the decision in force was notified to the applicant."""
    return application.notified_at is not None and application.review_state in DECIDED_STATES


def is_alive(application: Application) -> bool:
    """Tell whether a filed dossier is still on its way to a decision."""
    return application.review_state not in ENDED


# --- Steps ----------------------------------------------------------------------------------------
def journey(application: Application, *, by_email: bool) -> list[Step]:
    """Return the steps of a filed dossier.

    Args:
        application: With ``submitted_by`` and ``attested_by`` fetched.
        by_email: The body agreed to receive decisions by e-mail.
    """
    first = Step("Déposé", "done", _filed_words(application), application.submitted_at)
    if application.review_state == ReviewState.WITHDRAWN:
        words = "Votre organisation a retiré la demande : elle n’est plus examinée."
        return [first, Step("Demande retirée", "done", words)]
    if application.review_state == ReviewState.CLOSED_WITHOUT_ACTION:
        words = "Le service a clos la demande sans la soumettre au vote."
        return [first, Step("Classé sans suite", "done", words)]
    told = is_told(application)
    examined = "done" if told else "current"
    if application.review_state == ReviewState.SUBMITTED:
        examined = "todo"
    return [
        first,
        Step("En cours d’examen", examined, _examined_words(application)),
        _decision_step(application, told=told, by_email=by_email),
    ]


def _filed_words(application: Application) -> str:
    if application.channel == Channel.PAPER:
        words = f"Reçu sur papier le {date_fr(application.received_on)}, saisi par le service."
    else:
        words = f"Par {application.submitted_by}." if application.submitted_by else ""
    if application.attested_at is None and not is_alive(application):
        return words
    if application.attested_at is None:
        return f"{words} L’attestation est attendue ; la date du dépôt est acquise.".strip()
    if application.channel == Channel.PAPER or application.attested_by_id is None:
        return words
    attested = f"Attesté par {application.attested_by} le {datetime_fr(application.attested_at)}."
    return f"{words} {attested}".strip()


def _examined_words(application: Application) -> str:
    if application.review_state == ReviewState.SUBMITTED:
        return (
            "Le service désigne la personne qui instruit la demande, puis la lit. "
            "Il vous écrit ici s’il a une question."
        )
    if application.review_state == ReviewState.CORRECTION_REQUESTED:
        return "Le service attend vos compléments et reprend l’examen dès qu’il les a."
    return (
        "Le service étudie le projet, son budget et ses lieux. "
        "Il vous écrit ici s’il a une question ; vous n’avez rien à faire sinon."
    )


def _decision_step(application: Application, *, told: bool, by_email: bool) -> Step:
    if told:
        label = f"Décision : {applicant_headline(application).label.lower()}"
        words = "La décision et ses voies de recours sont sur cette page."
        return Step(label, "done", words, application.notified_at)
    channel = "par e-mail" if by_email else "par courrier"
    words = (
        "La commission permanente du conseil départemental vote, "
        f"puis vous recevez la décision {channel}. Aucune date ne peut être promise ; "
        "l’accusé de réception dit ce que vaut l’absence de réponse."
    )
    return Step("Décision", "todo", words)


# --- What is awaited ------------------------------------------------------------------------------
def awaited(
    application: Application,
    *,
    missing: Sequence[AskedDocument],
    may_give: bool,
    may_sign: bool,
    signatories: Sequence[str],
    unread: int,
    on: date,
    edit: OfficeEdit | None = None,
) -> list[Awaited]:
    """List what is awaited of the applicant on a day, the attestation first.

    Args:
        application: A filed dossier.
        missing: Compulsory documents not given, or refused since.
        may_give: The dossier still takes documents from this person.
        may_sign: This person may attest.
        signatories: Names of those who may.
        unread: Messages of the office not read yet.
        on: Today.
        edit: The change by the office that made the last deposit, if one did.
    """
    points: list[Awaited] = []
    if application.awaits_attestation and is_alive(application) and not is_told(application):
        points.append(
            _attestation(application, may_sign=may_sign, signatories=signatories, on=on, edit=edit)
        )
    if missing and may_give:
        due_on = application.documents_due_on
        points.append(
            Awaited(
                "documents",
                f"{len(missing)} pièce{plural_fr(len(missing))} à fournir",
                ", ".join(one.required.label for one in missing),
                _tab(application, "pieces"),
                "Joindre",
                due_on,
                due_on is not None and due_on < on,
            )
        )
    if unread:
        points.append(
            Awaited(
                "messages",
                f"{unread} message{plural_fr(unread)} du service à lire",
                "Vos réponses se font sur la même page.",
                _tab(application, "echanges"),
                "Lire",
            )
        )
    return points


def _attestation(
    application: Application,
    *,
    may_sign: bool,
    signatories: Sequence[str],
    on: date,
    edit: OfficeEdit | None,
) -> Awaited:
    due_on = application.attestation_due_on
    is_late = due_on is not None and due_on < on
    if may_sign:
        text = "Vous pouvez signer pour votre organisation : relisez la demande, puis attestez-la."
    elif signatories:
        names = ", ".join(signatories)
        text = f"Peut attester : {names}. Un lien a été envoyé par e-mail."
    else:
        text = "Personne dans votre organisation n’a encore le droit de signer sur le portail."
    if edit is not None:
        text = f"Le service a modifié la demande\u00a0: elle se signe de nouveau. {text}"
    if is_late:
        text += " Le délai est dépassé : l’attestation reste possible, et l’examen se poursuit."
    return Awaited(
        "attestation",
        "Attestation de la demande",
        text,
        reverse("applications:attest", args=[application.reference]),
        "Lire et attester" if may_sign else "Qui peut attester ?",
        due_on,
        is_late,
    )


def _tab(application: Application, slug: str) -> str:
    return reverse("applications:tab", args=[application.reference, slug])
