"""Opinions of the demonstration: awaited, late, given in each way, begun, taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import cycle

from accounts.models import User
from config.dates import local_date
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.review.models import OpinionPosition, OpinionRequest, OpinionSource
from grants.review.opinion_links import token_of
from grants.review.opinion_pieces import offer_of
from grants.review.services.opinion_answers import (
    OpinionInput,
    give_opinion,
    open_link,
    save_opinion,
)
from grants.review.services.opinions import (
    ExpertInput,
    remind_opinion,
    request_opinion,
    revoke_opinion,
)
from portal.demo.actors import Cast
from portal.demo.calls import Year


EXPERTS = (
    ExpertInput("Solange Arvieux", "s.arvieux@expertise.example", "Sociologue de la jeunesse"),
    ExpertInput("Ivan Prestel", "i.prestel@expertise.example", "Ancien principal de collège"),
    ExpertInput("Mona Castagne", "m.castagne@expertise.example", "Médiatrice familiale"),
)
QUESTIONS = (
    "Le collège et l’équipe de prévention du secteur sont-ils associés à cette action ?",
    "",
    "Cette action fait-elle double emploi avec ce qui existe déjà sur le territoire ?",
    "Le rythme proposé vous paraît-il tenable pour le public annoncé ?",
)
ANSWERS = (
    OpinionInput(
        OpinionPosition.FAVOURABLE,
        "Action attendue par le collège comme par le centre social. L’équipe est connue, les "
        "familles aussi viennent. Rien de comparable sur ce quartier depuis deux ans.",
        has_supported=True,
    ),
    OpinionInput(
        OpinionPosition.RESERVE,
        "Le besoin est réel, mais le club de prévention n’a pas été consulté : je demande une "
        "rencontre avant le démarrage, et un point à mi-parcours.",
    ),
    OpinionInput(
        OpinionPosition.UNFAVOURABLE,
        "Même public, mêmes jours et même quartier que l’action financée l’an dernier, dont le "
        "bilan n’est pas encore là. Il vaut mieux les réunir.",
    ),
    OpinionInput(OpinionPosition.NONE, "Je ne connais pas encore cette association."),
    OpinionInput(OpinionPosition.FAVOURABLE, ""),
)
SHARED = 2  # documents that the expert whose mail waits may read
DRAFT = "Premières notes : le partenariat avec le collège est solide, le calendrier reste à voir."


def tell(cast: Cast, year: Year, *, at: datetime) -> int:
    """Show each state of an opinion on the dossiers under review of the open campaign.

    Returns:
        How many were asked.
    """
    dossiers = list(
        Application.objects.filter(
            sheet__campaign=year.campaign,
            review_state=ReviewState.UNDER_REVIEW,
            assignments__role="officer",
            assignments__ended_at__isnull=True,
        ).order_by("reference")[:12]
    )
    if len(dossiers) < 4:
        return 0
    people = _people_first(cast)
    turn = cycle(dossiers)
    for number, answer in enumerate(ANSWERS):
        asked = _ask_coordinator(next(turn), people[number % len(people)], number, at=at)
        _answer(asked, answer, by=asked.person, at=at - timedelta(days=1, hours=number))
    for number, days in enumerate((2, 9, -1)):  # the last is late, and was reminded of
        asked = _ask_coordinator(
            next(turn), people[0], number, at=at - timedelta(hours=3), days=days
        )
        if days < 0:
            _remind(asked, at=at)
    _experts(turn, at=at)
    return OpinionRequest.objects.filter(application__sheet__campaign=year.campaign).count()


def _people_first(cast: Cast) -> list[User]:
    """Return the coordinators, the one of the demonstration's account first."""
    return [cast.coordinators[number] for number in sorted(cast.coordinators, reverse=True)]


def _officer(application: Application) -> User:
    return application.assignments.get(role="officer", ended_at__isnull=True).person


def _ask_coordinator(
    application: Application, person: User, number: int, *, at: datetime, days: int = 12
) -> OpinionRequest:
    asked_at = at - timedelta(days=4)
    return request_opinion(
        application_id=application.pk,
        source=OpinionSource.COORDINATOR,
        person=person,
        question=QUESTIONS[number % len(QUESTIONS)],
        due_on=local_date(at) + timedelta(days=days),
        by=_officer(application),
        at=asked_at,
    )


def _ask_expert(
    application: Application, number: int, *, at: datetime, shared: int = 0
) -> OpinionRequest:
    """Ask an expert, with the first documents that may be shown."""
    pieces = offer_of(application).pieces[:shared] if shared else []
    return request_opinion(
        application_id=application.pk,
        source=OpinionSource.EXPERT,
        expert=EXPERTS[number],
        question=QUESTIONS[(number + 2) % len(QUESTIONS)],
        due_on=local_date(at) + timedelta(days=11),
        files=[one.file.pk for one in pieces],
        by=_officer(application),
        at=at,
    )


def _answer(asked: OpinionRequest, given: OpinionInput, *, by: User | None, at: datetime) -> None:
    save_opinion(request_id=asked.pk, given=given, by=by, at=at - timedelta(hours=1))
    give_opinion(request_id=asked.pk, by=by, at=at)


def _remind(asked: OpinionRequest, *, at: datetime) -> None:
    remind_opinion(request_id=asked.pk, by=asked.asked_by, at=at - timedelta(hours=2))


def _experts(turn, *, at: datetime) -> None:
    """One whose mail waits in the mailbox with two documents to read, one who began, one who gave,
    one taken back.
    """
    shared = next(turn)
    _ask_expert(shared, 0, at=at - timedelta(hours=5), shared=SHARED)
    given = _ask_expert(shared, 1, at=at - timedelta(days=3))
    open_link(token=token_of(given), at=at - timedelta(days=2))
    _answer(given, ANSWERS[1], by=None, at=at - timedelta(days=2))
    begun = _ask_expert(next(turn), 2, at=at - timedelta(days=3))
    open_link(token=token_of(begun), at=at - timedelta(days=1))
    save_opinion(
        request_id=begun.pk,
        given=OpinionInput(OpinionPosition.RESERVE, DRAFT),
        by=None,
        at=at - timedelta(days=1),
    )
    revoked = _ask_expert(next(turn), 0, at=at - timedelta(days=3))
    revoke_opinion(
        request_id=revoked.pk,
        reason="L’association est intervenue avec cette personne l’an dernier.",
        by=revoked.asked_by,
        at=at - timedelta(days=2),
    )
