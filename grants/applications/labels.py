"""The words and the look of a dossier's state, for the applicant and for the office.

Source: the table « three labels per state » of the product design.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grants.applications.enums import PaperState, ReviewState


if TYPE_CHECKING:
    from grants.applications.models import Application


@dataclass(frozen=True)
class Headline:
    """One derived headline: the word, and the tone and icon of its badge."""

    label: str
    tone: str
    icon: str


#: First words of the reason of a dossier closed because another one says the same.
CLOSED_AS_DUPLICATE = "Demande en double"

S = ReviewState
_OFFICE: dict[str, tuple[str, str]] = {
    S.DRAFT: ("neutral", "pencil"),
    S.SUBMITTED: ("info", "inbox"),
    S.CORRECTION_REQUESTED: ("warning", "hourglass-split"),
    S.UNDER_REVIEW: ("info", "search"),
    S.EVALUATED: ("info", "clipboard-check"),
    S.PROPOSED: ("info", "calendar-event"),
    S.AWARDED: ("success", "check-circle"),
    S.REJECTED: ("danger", "x-circle"),
    S.DEFERRED: ("warning", "arrow-repeat"),
    S.WITHDRAWN: ("neutral", "arrow-return-left"),
    S.CLOSED_WITHOUT_ACTION: ("neutral", "archive"),
}
_STATES = {state: str(label) for state, label in S.choices}
_IN_PROGRESS = Headline("En cours d’examen", "info", "search")


def office_headline(application: Application) -> Headline:
    """Return what the office's lists show of a dossier."""
    tone, icon = _OFFICE[application.review_state]
    return Headline(office_words(application.review_state, application.paper_state), tone, icon)


def office_words(review_state: str, paper_state: str) -> str:
    """Return the words of what the office's lists show of a dossier."""
    if review_state != S.AWARDED:
        return _STATES[review_state]
    is_told = paper_state in {PaperState.NOTIFIED, PaperState.OPENED}
    return "Attribué, notifié" if is_told else "Attribué, à notifier"


def applicant_headline(application: Application) -> Headline:
    """Return what the applicant reads: the decision only once it is notified."""
    state = application.review_state
    if state == S.DRAFT:
        return Headline("Brouillon : pas encore déposé", "warning", "pencil")
    if state == S.SUBMITTED:
        if application.awaits_attestation:
            return Headline("Déposé, attestation attendue", "warning", "pen")
        return Headline("Déposé", "info", "check2")
    if state == S.CORRECTION_REQUESTED:
        return Headline("À compléter", "warning", "hourglass-split")
    if state == S.WITHDRAWN:
        return Headline("Vous avez retiré votre demande", "neutral", "arrow-return-left")
    if state == S.CLOSED_WITHOUT_ACTION:
        return Headline("Classé sans suite", "neutral", "archive")
    if application.notified_at is not None and state in _DECIDED:
        return _DECIDED[state]
    return _IN_PROGRESS


_DECIDED = {
    S.AWARDED: Headline("Attribué", "success", "check-circle"),
    S.REJECTED: Headline("Non retenu", "danger", "x-circle"),
    S.DEFERRED: Headline("Ajourné", "warning", "arrow-repeat"),
}
EVENT_LABELS = {
    "created": "Dossier commencé",
    "submit": "Dossier déposé",
    "attested": "Demande attestée par le signataire",
    "assign": "Dossier affecté",
    "reassigned": "Dossier réaffecté",
    "reader_assigned": "Lecteur désigné",
    "unassigned": "Affectation retirée",
    "reader_withdrawn": "Lecture retirée",
    "request_correction": "Compléments demandés",
    "complete": "Compléments envoyés",
    "correction_extended": "Délai des compléments prolongé",
    "correction_accepted": "Compléments acceptés",
    "resume": "Instruction reprise",
    "evaluate": "Instruction close",
    "reopen_review": "Instruction rouverte",
    "propose": "Inscrit à une séance",
    "proposal_changed": "Proposition à la séance modifiée",
    "unpropose": "Retiré de la séance",
    "award": "Attribution votée",
    "reject": "Refus voté",
    "defer": "Ajournement voté",
    "correct_vote": "Vote corrigé",
    "withdraw": "Demande retirée",
    "close": "Classé sans suite",
    "message_sent": "Message envoyé",
    "document_added": "Pièce ajoutée",
    "document_checked": "Pièce vérifiée",
    "review_finalised": "Notation rendue définitive",
    "review_reopened": "Notation rouverte",
    "review_reconfirmed": "Notation confirmée sur le dernier dépôt",
    "admissibility_answered": "Recevabilité vérifiée",
    "conflict_declared": "Déport déclaré",
    "conflict_withdrawn": "Déport retiré",
    "amount_proposed": "Montant proposé",
    "letter_created": "Courrier préparé",
    "letter_ready": "Courrier généré",
    "letter_signed": "Courrier signé joint",
    "notified": "Décision notifiée",
    "notification_opened": "Notification ouverte",
    "extension_granted": "Prolongation accordée",
    "organisation_merged": "Organisation réunie à une autre",
    "document_infected": "Pièce refusée par l’antivirus",
    "opinion_asked": "Avis demandé",
    "opinion_reminded": "Avis relancé",
    "opinion_extended": "Délai d’un avis prolongé",
    "opinion_documents": "Pièces d’un avis choisies",
    "opinion_revoked": "Demande d’avis annulée",
    "opinion_given": "Avis rendu",
    "opinion_reopened": "Avis rouvert",
    "office_edited": "Dossier modifié par le service",
    "redacted": "Mots ou pièce masqués par le service",
}


def event_label(kind: str) -> str:
    """Return the French words of an event kind."""
    return EVENT_LABELS.get(kind, kind.replace("_", " ").capitalize())
