"""A small desk where every filter and every column has something to say.

Rows are written straight: the lists only read them, and their rules are tested elsewhere.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.events import append_event
from grants.applications.models import Application, CorrectionRequest, Place
from grants.review.models import (
    Assignment,
    AssignmentRole,
    ConflictOfInterest,
    OpinionRequest,
    OpinionSource,
    OpinionState,
    Review,
    ReviewProgress,
    ScoreSummary,
    Visit,
)
from partners.enums import OrganisationKind
from territories.models import PriorityNeighbourhood
from tests.factories import (
    CallSheetFactory,
    CampaignFactory,
    CommuneFactory,
    FiledApplicationFactory,
    OrganisationFactory,
    person_with_role,
)


SIZE = 24
STATES = (
    ReviewState.SUBMITTED,
    ReviewState.UNDER_REVIEW,
    ReviewState.UNDER_REVIEW,
    ReviewState.CORRECTION_REQUESTED,
    ReviewState.EVALUATED,
    ReviewState.AWARDED,
)
WORDS = ("Ateliers de théâtre", "Médiation scolaire", "Écoute des familles", "Sport et citoyenneté")


@dataclass
class Desk:
    """The people and the things of the lists."""

    head: User
    officer: User
    reader: User
    administrator: User
    coordinator: User
    applications: list[Application]
    values: dict[str, list[str]]

    @property
    def people(self) -> list[User]:
        return [self.head, self.officer, self.reader, self.administrator, self.coordinator]


def make_desk(seed: int = 4) -> Desk:
    """Make two dozen dossiers spread over everything that lists filter on."""
    chance = random.Random(seed)
    head, officer = person_with_role(Role.UNIT_HEAD), person_with_role(Role.CASE_OFFICER)
    reader = person_with_role(Role.CASE_OFFICER)
    campaigns = [CampaignFactory(fiscal_year=year, name=f"Appels {year}") for year in (2030, 2031)]
    sheets = [
        CallSheetFactory(campaign=campaign, code=code)
        for campaign in campaigns
        for code in ("A1", "B2")
    ]
    communes = [CommuneFactory(territory__number=number) for number in (2, 3)]
    quarter = PriorityNeighbourhood.objects.create(
        code="QN00001M", generation=2024, name="Les Tests", in_force_from="2024-01-01"
    )
    quarter.communes.add(communes[0])
    bodies = [
        OrganisationFactory(kind=kind)
        for kind in (OrganisationKind.ASSOCIATION, OrganisationKind.COMMUNE)
        for _ in range(3)
    ]
    desk = Desk(
        head,
        officer,
        reader,
        person_with_role(Role.ADMINISTRATOR),
        person_with_role(Role.COORDINATOR),
        [],
        {
            "campagne": [str(one.pk) for one in campaigns],
            "fiche": [str(one.pk) for one in sheets],
            "commune": [one.insee for one in communes],
            "qpv": ["oui", quarter.code],
            "charge": ["aucun", str(officer.pk), str(reader.pk)],
        },
    )
    now = timezone.now()
    for number in range(SIZE):
        state = chance.choice(STATES)
        filed_at = now - timedelta(days=chance.randrange(90), minutes=number)
        application = FiledApplicationFactory(
            sheet=chance.choice(sheets),
            organisation=chance.choice(bodies),
            title=chance.choice(WORDS),
            review_state=state,
            submitted_at=filed_at,
            received_on=chance.choice([None, None, filed_at.date()]),
            requested_amount=chance.choice(
                [None, Decimal(5000), Decimal(chance.randrange(100, 900000)) / 100]
            ),
            proposed_amount=chance.choice([None, Decimal(chance.randrange(900000)) / 100]),
            documents_due_on=chance.choice([None, now.date(), now.date() - timedelta(days=9)]),
            whole_department=chance.random() < 0.3,
        )
        desk.applications.append(application)
        _furnish(application, chance, desk, communes, quarter, now)
    ConflictOfInterest.objects.create(
        person=officer, application=desk.applications[0], declared_at=now
    )
    ScoreSummary.objects.update_or_create(
        application=desk.applications[0],
        defaults={"total": Decimal("61.5"), "finals_count": 1},
    )
    ConflictOfInterest.objects.create(person=head, organisation=bodies[0], declared_at=now)
    return desk


def _furnish(application, chance, desk: Desk, communes, quarter, now) -> None:
    if not application.whole_department:
        place = chance.choice([*communes, quarter])
        Place.objects.create(
            application=application,
            territories=[2] if place is quarter else [place.territory_id],
            **{"neighbourhood" if place is quarter else "commune": place},
        )
    if application.review_state != ReviewState.SUBMITTED and chance.random() < 0.8:
        officer = chance.choice([desk.officer, desk.reader])
        _assign(application, officer, desk, now)
    if chance.random() < 0.6:
        total = Decimal(chance.randrange(1001)) / 10
        ScoreSummary.objects.create(application=application, total=total, finals_count=1)
    if chance.random() < 0.4:
        _assign(application, desk.reader, desk, now, role=AssignmentRole.READER, rank=1)
        if chance.random() < 0.5:
            Review.objects.create(
                application=application,
                reviewer=desk.reader,
                deposit=application.deposits.get(),
                state=ReviewProgress.FINAL,
                updated_at=now,
                finalised_at=now,
            )
    if application.review_state == ReviewState.CORRECTION_REQUESTED:
        due_on = now.date() + timedelta(days=chance.choice([-3, 2, 20]))
        CorrectionRequest.objects.create(
            application=application,
            number=1,
            message="Complétez.",
            fields=["projet.title"],
            first_due_on=due_on,
            due_on=due_on,
            state=CorrectionState.OPEN,
            asked_at=now - timedelta(days=10),
            asked_by=desk.head,
        )
    for number in range(chance.choice([0, 0, 1, 2])):
        OpinionRequest.objects.create(
            application=application,
            source=OpinionSource.EXPERT,
            expert_email=f"expert{number}@exemple.example",
            due_on=now.date(),
            state=chance.choice(OpinionState.values),
            asked_by=desk.head,
            asked_at=now,
        )
    if chance.random() < 0.5:
        Visit.objects.create(
            person=desk.officer, application=application, seen_at=now - timedelta(hours=1)
        )
        if chance.random() < 0.5:
            author = chance.choice([desk.officer, desk.head])
            append_event(application=application, kind="message_sent", actor=author, at=now)


def _assign(application, person, desk: Desk, now, **fields) -> None:
    fields.setdefault("role", AssignmentRole.OFFICER)
    Assignment.objects.create(
        application=application,
        person=person,
        assigned_by=desk.head,
        assigned_at=now,
        **fields,
    )
