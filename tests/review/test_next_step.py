"""What comes next on a dossier: a table of states and people, without a database."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from grants.applications.enums import CorrectionState, PaperState, ReviewState
from grants.review.next_step import Facts, blockers, next_step


TODAY = date(2031, 3, 10)
LATE, SOON = TODAY - timedelta(days=1), TODAY + timedelta(days=9)
S = ReviewState
OFFICER = {"is_in_charge": True, "officer": "Malika Benali"}
HEAD = {"is_in_charge": True, "is_head": True, "officer": "Malika Benali"}
READER = {"must_score": True, "officer": "Malika Benali", "readings_missing": 1}
COLLEAGUE = {"officer": "Malika Benali"}


def facts(state, **values) -> Facts:
    return Facts(state=state, today=TODAY, **values)


STEPS = [
    # state, who and what, words of the sentence, tab, button
    (S.SUBMITTED, COLLEAGUE, "Affecter ce dossier", "resume", "Affecter"),
    (S.SUBMITTED, HEAD, "Affecter ce dossier", "resume", "Affecter"),
    (S.UNDER_REVIEW, OFFICER, "Proposer un montant", "resume", "Clore l’instruction"),
    (S.UNDER_REVIEW, HEAD, "Proposer un montant", "resume", "Clore l’instruction"),
    (S.UNDER_REVIEW, HEAD | {"officer": ""}, "Affecter ce dossier", "resume", "Affecter"),
    (S.UNDER_REVIEW, {"must_score": True}, "Noter ce dossier", "notation", "Noter"),
    (S.UNDER_REVIEW, COLLEAGUE, "Attendre que Malika Benali conclue", "", ""),
    (S.UNDER_REVIEW, READER, "Noter ce dossier", "notation", "Noter"),
    (S.UNDER_REVIEW, OFFICER | {"must_score": True}, "Noter ce dossier", "notation", "Noter"),
    (
        S.UNDER_REVIEW,
        OFFICER | {"readings_missing": 2},
        "Attendre 2 notations définitives.",
        "notation",
        "Voir la notation",
    ),
    (
        S.UNDER_REVIEW,
        OFFICER | {"readings_missing": 1, "reads_scores": False},
        "Attendre 1 notation définitive.",
        "",
        "",
    ),
    (S.UNDER_REVIEW, HEAD | {"readers_missing": 1}, "Désigner qui lira", "resume", "Désigner"),
    (
        S.UNDER_REVIEW,
        OFFICER | {"readers_missing": 1, "readings_missing": 1},
        "Attendre 1 notation",
        "notation",
        "Voir la notation",
    ),
    (
        S.UNDER_REVIEW,
        HEAD | {"third_wanted": True},
        "Désigner une troisième personne",
        "resume",
        "Désigner",
    ),
    (S.UNDER_REVIEW, OFFICER | {"third_wanted": True}, "Attendre qu’une troisième", "", ""),
    (
        S.UNDER_REVIEW,
        OFFICER | {"third_wanted": True, "third_reader": "Léa Roy", "readings_missing": 1},
        "Attendre 1 notation",
        "notation",
        "Voir la notation",
    ),
    (
        S.UNDER_REVIEW,
        OFFICER | {"questions_open": 3},
        "Contrôler la recevabilité : 3 questions sans réponse.",
        "recevabilite",
        "Contrôler",
    ),
    (S.UNDER_REVIEW, READER | {"questions_open": 3}, "Noter ce dossier", "notation", "Noter"),
    (
        S.UNDER_REVIEW,
        OFFICER | {"questions_open": 3, "is_rejection_proposed": True},
        "Proposer un montant",
        "resume",
        "Clore l’instruction",
    ),
    (
        S.UNDER_REVIEW,
        OFFICER | {"correction": CorrectionState.ANSWERED, "must_score": True},
        "Relire les compléments",
        "complements",
        "Voir les compléments",
    ),
    (
        S.CORRECTION_REQUESTED,
        OFFICER | {"correction": CorrectionState.OPEN, "correction_due_on": SOON},
        "Attendre les compléments",
        "complements",
        "Voir la demande",
    ),
    (
        S.CORRECTION_REQUESTED,
        OFFICER | {"correction": CorrectionState.OPEN, "correction_due_on": LATE},
        "délai des compléments est dépassé",
        "complements",
        "Décider",
    ),
    (
        S.UNDER_REVIEW,
        OFFICER | {"questions_failed": 1},
        "Proposer le rejet, ou revoir la réponse",
        "recevabilite",
        "Voir la recevabilité",
    ),
    (
        S.UNDER_REVIEW,
        OFFICER | {"questions_failed": 1, "is_rejection_proposed": True},
        "Proposer un montant",
        "resume",
        None,
    ),
    (
        S.UNDER_REVIEW,
        HEAD | {"officer": "", "must_score": True, "questions_open": 2},
        "Affecter ce dossier",
        "resume",
        "Affecter",
    ),
    (
        S.UNDER_REVIEW,
        OFFICER | {"must_confirm": True, "readings_outdated": 1},
        "Confirmer votre notation",
        "notation",
        "Confirmer",
    ),
    (
        S.EVALUATED,
        OFFICER | {"must_confirm": True, "readings_outdated": 1},
        "Confirmer votre notation",
        "notation",
        "Confirmer",
    ),
    (S.EVALUATED, OFFICER, "Attendre l’inscription", "", ""),
    (S.EVALUATED, HEAD, "Inscrire ce dossier", "decision", ""),
    (S.PROPOSED, OFFICER, "Attendre le vote", "decision", "Voir la proposition"),
    (S.PROPOSED, HEAD, "Enregistrer le vote", "decision", "Voir la proposition"),
    (S.AWARDED, HEAD | {"paper": PaperState.TO_GENERATE}, "Générer le courrier", "decision", None),
    (S.REJECTED, HEAD | {"paper": PaperState.TO_SIGN}, "Faire signer", "decision", None),
    (S.DEFERRED, HEAD | {"paper": PaperState.TO_NOTIFY}, "Notifier la décision", "decision", None),
    (S.DEFERRED, HEAD | {"is_notified": True}, "Inscrire ce dossier", "decision", ""),
    (S.AWARDED, HEAD | {"is_notified": True}, "", "", ""),
    (S.REJECTED, HEAD | {"is_notified": True}, "", "", ""),
    (S.WITHDRAWN, HEAD, "", "", ""),
    (S.CLOSED_WITHOUT_ACTION, HEAD, "", "", ""),
]


@pytest.mark.parametrize(("state", "who", "words", "tab", "button"), STEPS)
def test_each_state_tells_each_person_what_comes_next(state, who, words, tab, button):
    step = next_step(facts(state, **who))
    assert words in step.text if words else step.text == ""
    assert step.tab == tab
    if button is not None:
        assert step.button == button


def test_every_state_of_a_filed_dossier_is_in_the_table():
    assert {row[0] for row in STEPS} == set(ReviewState) - {S.DRAFT}


BLOCKERS = [
    ({"questions_open": 1}, "Recevabilité : 1 question sans réponse", True),
    ({"questions_failed": 2}, "Recevabilité : 2 réponses « Non »", False),
    ({"third_wanted": True}, "Troisième lecture, à confier", True),
    ({"third_wanted": True, "is_head": True}, "Troisième lecture, à confier", False),
    ({"third_wanted": True, "third_reader": "Léa Roy"}, "confiée à Léa Roy", True),
    ({"readings_outdated": 1}, "1 notation à confirmer sur le dernier dépôt", False),
    ({"readings_extra": 1}, "1 lecture de plus", False),
    ({"opinions_awaited": 2}, "2 avis attendus", False),
    ({"readers_missing": 1}, "1 lecture sans personne désignée", True),
    ({"readings_missing": 2}, "2 notations définitives à rendre", True),
    ({"correction": CorrectionState.ANSWERED}, "Compléments reçus, à relire", True),
    ({"documents_due_on": SOON}, "Pièces à recevoir, au plus tard le 19 mars 2031", False),
    ({"is_attested": False}, "Attestation du signataire", False),
]


@pytest.mark.parametrize(("values", "words", "stops"), BLOCKERS)
def test_what_is_awaited_is_named_with_its_place(values, words, stops):
    (found,) = blockers(facts(S.UNDER_REVIEW, **values))
    assert words in found.text
    assert found.stops is stops
    assert found.tab
    assert not found.is_late


def test_what_stops_comes_first():
    found = blockers(
        facts(S.UNDER_REVIEW, opinions_awaited=1, readings_missing=1, is_attested=False)
    )
    assert [one.stops for one in found] == [True, False, False]


@pytest.mark.parametrize("name", ["documents_due_on", "correction_due_on", "attestation_due_on"])
def test_a_day_that_is_over_says_so(name):
    values = {"is_attested": False} if name == "attestation_due_on" else {}
    for day, late in ((LATE, True), (TODAY, False), (SOON, False)):
        state = S.CORRECTION_REQUESTED if name == "correction_due_on" else S.UNDER_REVIEW
        (found,) = blockers(facts(state, **values, **{name: day}))
        assert found.is_late is late, day


def test_a_dossier_with_nothing_awaited_has_no_blocker():
    assert blockers(facts(S.UNDER_REVIEW)) == []


@pytest.mark.parametrize("state", [S.WITHDRAWN, S.CLOSED_WITHOUT_ACTION])
def test_an_ended_dossier_waits_for_nothing(state):
    everything = facts(
        state, questions_open=1, opinions_awaited=1, readings_missing=1, is_attested=False
    )
    assert blockers(everything) == []


def test_after_the_instruction_only_the_attestation_is_still_awaited():
    for state in (S.EVALUATED, S.PROPOSED, S.AWARDED):
        found = blockers(facts(state, opinions_awaited=1, readings_missing=1, is_attested=False))
        assert [one.text for one in found] == ["Attestation du signataire"]


def test_scores_that_may_not_be_opened_are_not_linked():
    hidden = facts(S.UNDER_REVIEW, readings_missing=1, third_wanted=True, reads_scores=False)
    assert {one.tab for one in blockers(hidden)} == {""}
    assert {one.tab for one in blockers(replace(hidden, reads_scores=True))} == {"notation"}
