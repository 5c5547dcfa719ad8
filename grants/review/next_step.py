"""What comes next on a dossier, for who looks at it, and what it waits for: pure functions.

The facts are read from the dossier by :mod:`grants.review.facts`; nothing here asks the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from config.templatetags.fr import date_fr, plural_fr
from grants.applications.enums import DECIDED_STATES, CorrectionState, PaperState, ReviewState
from grants.review.enums import TO_INSTRUCT


S = ReviewState


@dataclass(frozen=True)
class Facts:
    """What decides of the next step.

    Attributes:
        state: On the review axis.
        today: The day of the question.
        is_head: Who looks heads the unit.
        is_in_charge: They instruct this dossier (its officer, a substitute, or the head).
        must_score: They are a reader who has not finished.
        reads_scores: They may open the scores.
        officer: Name of who instructs it; empty when nobody does.
        readers_missing: Readers the sheet asks for whom nobody is named.
        readings_missing: Final readings still to come, without which nobody closes.
        readings_extra: Readings that somebody was given beyond those the sheet asks for.
        readings_outdated: Final readings of an earlier deposit, not confirmed on the last one.
        must_confirm: One of these is theirs.
        has_grid: Its sheet has a grid.
        third_wanted: Two readings are too far apart, and no third one settled it.
        third_reader: Name of who settles; empty when nobody is named.
        correction: State of the last correction request; empty when there is none.
        correction_due_on: Its last day.
        documents_due_on: Last day for the documents that are missing; ``None`` when none is.
        is_attested: The signatory attested the request.
        attestation_due_on: Last day for it.
        questions_open: Admissibility questions without an answer.
        questions_failed: Those answered « Non ».
        is_rejection_proposed: It is proposed for rejection as inadmissible.
        reading_was_lost: Instruction closed, and a reading no longer counts (a recusal since).
        opinions_awaited: Opinions asked and not given.
        paper: Where the decision's letter stands.
        is_notified: The applicant was told the decision.
    """

    state: str
    today: date
    is_head: bool = False
    is_in_charge: bool = False
    must_score: bool = False
    reads_scores: bool = True
    officer: str = ""
    readers_missing: int = 0
    readings_missing: int = 0
    readings_extra: int = 0
    readings_outdated: int = 0
    must_confirm: bool = False
    has_grid: bool = True
    third_wanted: bool = False
    third_reader: str = ""
    correction: str = ""
    correction_due_on: date | None = None
    documents_due_on: date | None = None
    is_attested: bool = True
    attestation_due_on: date | None = None
    questions_open: int = 0
    questions_failed: int = 0
    is_rejection_proposed: bool = False
    reading_was_lost: bool = False
    opinions_awaited: int = 0
    paper: str = PaperState.NONE
    is_notified: bool = False

    @property
    def correction_is_late(self) -> bool:
        return _is_late(self.correction_due_on, self.today)


@dataclass(frozen=True)
class Step:
    """What to do now.

    Attributes:
        text: A sentence.
        tab: Where it is done (slug of a tab); empty when it is not done on the page.
        anchor: Of the place in that tab.
        button: Words of the button; empty for a wait.
    """

    text: str = ""
    tab: str = ""
    anchor: str = ""
    button: str = ""


@dataclass(frozen=True)
class Blocker:
    """What the instruction waits for.

    Attributes:
        text: A few words.
        tab: Where to see it.
        anchor: Of the place in that tab.
        stops: The instruction cannot end without it; otherwise it is only awaited.
        is_late: Its day is over.
    """

    text: str
    tab: str
    anchor: str = ""
    stops: bool = False
    is_late: bool = False


_ASSIGN = Step("Affecter ce dossier à une personne du service.", "resume", "affecter", "Affecter")
_CONFIRM = Step(
    "Confirmer votre notation\u00a0: le dossier a été modifié depuis.", "notation", "", "Confirmer"
)
_VOTE_AWAITED = "Attendre le vote de la commission permanente."


def next_step(facts: Facts) -> Step:
    """Return what should happen next, as the person who looks can do it."""
    match facts.state:
        case S.SUBMITTED:
            return _ASSIGN
        case S.UNDER_REVIEW:
            return _under_review(facts)
        case S.CORRECTION_REQUESTED if facts.correction_is_late:
            text = "Le délai des compléments est dépassé : prolonger, reprendre ou classer."
            return Step(text, "complements", "", "Décider")
        case S.CORRECTION_REQUESTED:
            text = "Attendre les compléments du demandeur."
            return Step(text, "complements", "", "Voir la demande")
        case S.AWARDED | S.REJECTED | S.DEFERRED if not facts.is_notified:
            return Step(_TELL.get(facts.paper, _SIGN), "decision", "", "Voir la décision")
        case S.EVALUATED if facts.reading_was_lost and not facts.is_in_charge:
            return Step(
                "Attendre que l’instruction soit rouverte\u00a0: une lecture a été retirée."
            )
        case S.EVALUATED if facts.reading_was_lost:
            text = "Rouvrir l’instruction\u00a0: une lecture a été retirée."
            return Step(text, "resume", "rouvrir", "Rouvrir")
        case S.EVALUATED if facts.must_confirm:
            return _CONFIRM
        case S.EVALUATED | S.DEFERRED if not facts.is_head:
            return Step("Attendre l’inscription à une commission permanente.")
        case S.EVALUATED | S.DEFERRED:
            return Step("Inscrire ce dossier à une commission permanente.", "decision")
        case S.PROPOSED:
            text = "Enregistrer le vote après la séance." if facts.is_head else _VOTE_AWAITED
            return Step(text, "decision", "", "Voir la proposition")
        case _:
            return Step()


_SIGN = "Faire signer le courrier, puis joindre le fichier."
_TELL = {
    PaperState.TO_GENERATE: "Générer le courrier de la décision.",
    PaperState.TO_NOTIFY: "Notifier la décision : le courrier est signé.",
}


def _under_review(facts: Facts) -> Step:
    if facts.correction == CorrectionState.ANSWERED:
        text = "Relire les compléments reçus."
        return Step(text, "complements", "", "Voir les compléments")
    if not facts.officer and (facts.is_head or not facts.must_score):
        return _ASSIGN
    if facts.questions_open and facts.is_in_charge and not facts.is_rejection_proposed:
        text = f"Contrôler la recevabilité : {_questions(facts.questions_open)}."
        return Step(text, "recevabilite", "", "Contrôler")
    if facts.must_score:
        return Step("Noter ce dossier sur la grille de la fiche.", "notation", "", "Noter")
    if facts.must_confirm:
        return _CONFIRM
    if facts.readers_missing and facts.is_head:
        return Step("Désigner qui lira ce dossier.", "resume", "lecteurs", "Désigner")
    if facts.third_wanted and not facts.third_reader:
        if facts.is_head:
            text = "Désigner une troisième personne pour départager les lectures."
            return Step(text, "resume", "lecteurs", "Désigner")
        return Step("Attendre qu’une troisième personne soit désignée pour départager.")
    if facts.readings_missing:
        left = facts.readings_missing
        text = f"Attendre {left} notation{plural_fr(left)} définitive{plural_fr(left)}."
        if facts.reads_scores and facts.has_grid:
            return Step(text, "notation", "", "Voir la notation")
        return Step(text)
    if not facts.is_in_charge:
        return Step(f"Attendre que {facts.officer or 'la personne chargée du dossier'} conclue.")
    if facts.questions_failed and not facts.is_rejection_proposed:
        text = "Proposer le rejet, ou revoir la réponse «\u00a0Non\u00a0» à la recevabilité."
        return Step(text, "recevabilite", "", "Voir la recevabilité")
    text = "Proposer un montant et clore l’instruction."
    return Step(text, "resume", "conclure", "Clore l’instruction")


def blockers(facts: Facts) -> list[Blocker]:
    """Return what the instruction still waits for: first what stops it, then what is awaited."""
    if facts.state in TO_INSTRUCT:
        found = [*_stopping(facts), *_awaited(facts)]
    elif facts.state == S.EVALUATED:
        found = [*_to_confirm(facts), *_attestation(facts)]
    elif facts.state in DECIDED_STATES or facts.state == S.PROPOSED:
        found = _attestation(facts)
    else:
        found = []
    return sorted(found, key=lambda one: not one.stops)


def _stopping(facts: Facts) -> list[Blocker]:
    found = []
    if facts.state == S.CORRECTION_REQUESTED:
        found.append(
            Blocker(
                f"Compléments demandés{_by(facts.correction_due_on)}",
                "complements",
                stops=True,
                is_late=facts.correction_is_late,
            )
        )
    if facts.correction == CorrectionState.ANSWERED:
        found.append(Blocker("Compléments reçus, à relire", "complements", stops=True))
    if facts.readers_missing:
        left = facts.readers_missing
        words = f"{left} lecture{plural_fr(left)} sans personne désignée"
        found.append(Blocker(words, "resume", "lecteurs" if facts.is_head else "", stops=True))
    if facts.readings_missing:
        left = facts.readings_missing
        words = f"{left} notation{plural_fr(left)} définitive{plural_fr(left)} à rendre"
        found.append(Blocker(words, _scores_tab(facts), stops=True))
    return found


def _awaited(facts: Facts) -> list[Blocker]:
    found = _to_confirm(facts)
    if facts.readings_extra:
        left = facts.readings_extra
        words = f"{left} lecture{plural_fr(left)} de plus que la fiche n’en demande"
        found.append(Blocker(words, _scores_tab(facts)))
    if facts.questions_open:
        words = f"Recevabilité : {_questions(facts.questions_open)}"
        found.append(Blocker(words, "recevabilite", stops=True))
    if facts.questions_failed and not facts.is_rejection_proposed:
        left = facts.questions_failed
        words = f"Recevabilité : {left} réponse{plural_fr(left)} « Non »"
        found.append(Blocker(words, "recevabilite"))
    if facts.third_wanted:
        who = f", confiée à {facts.third_reader}" if facts.third_reader else ", à confier"
        found.append(
            Blocker(
                f"Troisième lecture{who}",
                "notation" if facts.reads_scores else "",
                stops=not facts.is_head,  # who may go on without it, with a reason
            )
        )
    if facts.opinions_awaited:
        left = facts.opinions_awaited
        words = f"{left} avis attendu{plural_fr(left)}"
        found.append(Blocker(words, "avis"))
    if facts.documents_due_on:
        found.append(
            Blocker(
                f"Pièces à recevoir{_by(facts.documents_due_on)}",
                "pieces",
                is_late=_is_late(facts.documents_due_on, facts.today),
            )
        )
    return [*found, *_attestation(facts)]


def _to_confirm(facts: Facts) -> list[Blocker]:
    if not facts.readings_outdated:
        return []
    left = facts.readings_outdated
    words = f"{left} notation{plural_fr(left)} à confirmer sur le dernier dépôt"
    return [Blocker(words, _scores_tab(facts))]


def _scores_tab(facts: Facts) -> str:
    return "notation" if facts.reads_scores and facts.has_grid else ""


def _attestation(facts: Facts) -> list[Blocker]:
    if facts.is_attested:
        return []
    words = f"Attestation du signataire{_by(facts.attestation_due_on)}"
    is_late = _is_late(facts.attestation_due_on, facts.today)
    return [Blocker(words, "resume", is_late=is_late)]


def _questions(count: int) -> str:
    return f"{count} question{plural_fr(count)} sans réponse"


def _by(day: date | None) -> str:
    return f", au plus tard le {date_fr(day)}" if day else ""


def _is_late(day: date | None, today: date) -> bool:
    return day is not None and day < today
