"""Admissibility in the demonstration: answers, a proposed rejection, true closings, a grid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import User
from config.dates import local_date
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.applications.services.corrections import request_correction
from grants.calls.grids.content import CriterionContent, GridContent, QuestionContent
from grants.calls.grids.services import create_grid
from grants.calls.models import AutomaticAnswer
from grants.review.admissibility import admissibility_of
from grants.review.models import AdmissibilityAnswer
from grants.review.services.admissibility import AnswerInput, answer_questions, propose_rejection
from grants.review.services.assignment import assign_officer
from grants.review.services.closing import ClosingProof, close_without_action
from portal.demo.actors import Cast
from portal.demo.calls import Year


YES, NO = str(AdmissibilityAnswer.YES), str(AdmissibilityAnswer.NO)
NOT_APPLICABLE = str(AdmissibilityAnswer.NOT_APPLICABLE)
RECEIVED = "Reçu depuis, par courriel au service."
NO_REPORT = (
    "Le compte rendu financier de la subvention précédente n’est pas parvenu, malgré deux relances."
)
ELSEWHERE = (
    "L’action profite surtout à des jeunes d’un autre département, d’après le projet transmis."
)


def settle(application: Application, by: User, *, at: datetime) -> None:
    """Answer what nobody answered, and what only came late, so that a dossier may be concluded."""
    on = local_date(at)
    answers = {}
    for line in admissibility_of(application, on=on).lines:
        if line.question.automatic == AutomaticAnswer.PREVIOUS_REPORT:
            first = "Aucune" in line.system.reason
            answers[line.question.pk] = AnswerInput(NOT_APPLICABLE if first else YES)
        elif line.answer in {"", NO}:
            answers[line.question.pk] = AnswerInput(YES, RECEIVED)
    if answers:
        answer_questions(application_id=application.pk, answers=answers, by=by, at=at)


def close_one_in_double(cast: Cast, filed: Sequence[Application], *, at: datetime) -> Application:
    """Close the first dossier whose body filed another one; a withdrawn one when there is none."""
    stars = {cast.star.pk, cast.commune.pk}
    by_body: dict[int, list[Application]] = {}
    for application in filed:
        by_body.setdefault(application.organisation_id, []).append(application)
    pairs = [rows for body, rows in by_body.items() if len(rows) > 1 and body not in stars]
    if pairs:
        double, twin = pairs[0][1], pairs[0][0]
        reason, proof = "duplicate", ClosingProof(duplicate_of=twin.reference)
    else:
        double = next(one for one in filed if one.organisation_id not in stars)
        reason, proof = "withdrawal", ClosingProof(received_by="letter", received_on=local_date(at))
    close_without_action(
        application_id=double.pk, reason=reason, comment="", proof=proof, by=cast.head, at=at
    )
    return double


def close_one_without_answer(
    cast: Cast, filed: Sequence[Application], *, at: datetime
) -> Application:
    """Ask the first dossier for pieces, wait in vain, close it."""
    stars = {cast.star.pk, cast.commune.pk}
    silent = next(one for one in filed if one.organisation_id not in stars)
    officer = cast.officers[0]
    assign_officer(application_id=silent.pk, person=officer, by=cast.head, at=at)
    request_correction(
        application_id=silent.pk,
        fields=["budget"],
        message="Votre budget ne dit pas comment l’action est financée : merci de le compléter.",
        due_on=local_date(at) + timedelta(days=20),
        by=officer,
        at=at,
    )
    close_without_action(
        application_id=silent.pk,
        reason="no_answer",
        comment="",
        by=officer,
        at=at + timedelta(days=28),
    )
    return silent


def tell(cast: Cast, year: Year, *, at: datetime) -> int:
    """Answer the questions of some dossiers, find two inadmissible, propose the rejection of one.

    Returns:
        How many dossiers were checked.
    """
    write_lighter_grid(cast)
    stars = (cast.star.pk, cast.commune.pk)
    rows = Application.objects.filter(
        sheet__campaign=year.campaign,
        review_state=ReviewState.UNDER_REVIEW,
        assignments__role="officer",
        assignments__ended_at__isnull=True,
    ).exclude(organisation__in=stars)
    rows = rows.select_related("sheet__campaign", "organisation").order_by("-reference")
    checked = list(rows[:6])
    for number, application in enumerate(checked):
        officer = application.assignments.get(role="officer", ended_at__isnull=True).person
        when = at - timedelta(days=3, hours=number)
        if number == 0:
            _fail(application, AutomaticAnswer.PREVIOUS_REPORT, NO_REPORT, officer, when)
            found = admissibility_of(application, on=local_date(when))
            propose_rejection(
                application_id=application.pk,
                reason=found.reasons(),
                by=officer,
                at=when + timedelta(minutes=20),
            )
        elif number == 1:
            _fail(application, AutomaticAnswer.TERRITORY, ELSEWHERE, officer, when)
        elif number < 5:
            settle(application, officer, at=when)
    return len(checked)


def _fail(application: Application, kind: str, why: str, by: User, at: datetime) -> None:
    question = application.sheet.grid.questions.get(automatic=kind)
    answer_questions(
        application_id=application.pk,
        answers={question.pk: AnswerInput(NO, why)},
        by=by,
        at=at,
    )


def write_lighter_grid(cast: Cast) -> None:
    """Write a second grid, that no sheet uses yet."""
    levels = ("absent", "très faible", "insuffisant", "correct", "bon", "excellent")
    subjects = (
        ("Réponse au besoin de la fiche", "40", "Lien avec le besoin de la fiche"),
        ("Public touché", "25", "Repérage des jeunes touchés"),
        ("Ancrage local et partenaires", "20", "Appui sur les acteurs du territoire"),
        ("Budget", "15", "Détail du budget"),
    )
    create_grid(
        by=cast.administrator,
        content=GridContent(
            name="Grille légère, petits montants",
            criteria=tuple(
                CriterionContent(
                    label=label,
                    weight=Decimal(weight),
                    level_sentences=tuple(f"{words}\u00a0: {level}." for level in levels),
                    help_text="Pour les demandes de moins de 2 000 €.",
                    allows_not_applicable=label != "Budget",
                )
                for label, weight, words in subjects
            ),
            questions=(
                QuestionContent(
                    "Le dossier est déposé dans les délais.",
                    automatic=AutomaticAnswer.ON_TIME,
                    allows_not_applicable=False,
                ),
                QuestionContent(
                    "Le demandeur peut répondre à la fiche.",
                    automatic=AutomaticAnswer.ELIGIBLE,
                    allows_not_applicable=False,
                ),
                QuestionContent(
                    "L’action n’est pas déjà financée par une autre direction.",
                    help_text="Demandez-le à la direction concernée.",
                ),
            ),
        ),
    )
