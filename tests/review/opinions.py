"""Requests for opinions, for the tests."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from foundation.notifications.models import OutboxMessage
from grants.applications.models import Application
from grants.review.models import OpinionRequest
from grants.review.services.opinion_answers import OpinionInput, give_opinion, save_opinion
from grants.review.services.opinions import ExpertInput, request_opinion
from tests.factories import person_with_role
from tests.review.world import under_review


EXPERT = ExpertInput("Dominique Vidal", "d.vidal@expertise.example", "Sociologue")
QUESTION = "Le collège est-il d’accord ?"


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def a_dossier(**fields) -> Application:
    """Make a dossier under review; its officer is ``dossier.officer``."""
    officer = person_with_role(Role.CASE_OFFICER)
    dossier = under_review(officer, person_with_role(Role.UNIT_HEAD), **fields)
    dossier.refresh_from_db()
    dossier.officer = officer
    return dossier


def ask_coordinator(
    dossier: Application,
    person: User | None = None,
    *,
    days: int = 9,
    at: datetime | None = None,
    **more,
) -> OpinionRequest:
    return request_opinion(
        application_id=dossier.pk,
        source="coordinator",
        person=person or person_with_role(Role.COORDINATOR),
        question=QUESTION,
        due_on=in_days(days),
        by=more.pop("by", None) or dossier.officer,
        at=at or timezone.now(),
    )


def ask_expert(
    dossier: Application,
    expert: ExpertInput = EXPERT,
    *,
    days: int = 9,
    at: datetime | None = None,
    **more,
) -> OpinionRequest:
    return request_opinion(
        application_id=dossier.pk,
        source="expert",
        expert=expert,
        question=QUESTION,
        due_on=in_days(days),
        by=more.pop("by", None) or dossier.officer,
        at=at or timezone.now(),
    )


def write(asked: OpinionRequest, by: User | None = None, **given):
    """Save a draft as whoever is asked."""
    return save_opinion(
        request_id=asked.pk,
        given=OpinionInput(**given),
        by=by or asked.person,
        at=timezone.now(),
    )


def give(asked: OpinionRequest, by: User | None = None, **given):
    """Give an opinion as whoever is asked."""
    write(asked, by, **({"position": "favourable", "text": "Projet utile."} | given))
    return give_opinion(request_id=asked.pk, by=by or asked.person, at=timezone.now())


def link_in(mail: OutboxMessage) -> str:
    """Return the path of an expert's link, as their mail bears it."""
    return re.search(r"/avis/[A-Za-z0-9_-]{43}/", mail.text)[0]


def link_of(asked: OpinionRequest) -> str:
    mails = OutboxMessage.objects.filter(object_id=asked.application_id, text__contains="/avis/")
    return link_in(mails.order_by("-created_at", "-pk").first())


def opened(asked: OpinionRequest) -> Client:
    """Return the browser of an expert who opened their link."""
    client = Client()
    answer = client.post(link_of(asked))
    assert answer.status_code == 302, answer.content
    return client


def page_of(asked: OpinionRequest) -> str:
    return f"/avis/dossier/{asked.application.reference}/"


def text_of(response) -> str:
    return response.content.decode()
