"""What waits for the unit head: assignments, sessions, votes, letters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.urls import reverse

from config.dates import local_date
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.decisions.models import Decision, SessionLine
from grants.letters.filters import DECISIONS
from grants.letters.models import Letter, LetterState
from grants.review.querysets import unassigned
from grants.review.waiting import Waiting, waiting_for
from portal.todo import Task, register_provider
from portal.todo_tasks.addresses import desk_page, desk_tab, listed


if TYPE_CHECKING:
    from accounts.models import User

CURRENT = {"nature": DECISIONS, "version": "actuelles"}


@register_provider
def head_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What waits for the unit head: assignments, sessions, votes, letters."""
    if not user.access.is_unit_head:
        return
    filed = Application.objects.office_visible_to(user)
    yield Task(
        "to-assign",
        "dossier à affecter",
        "dossiers à affecter",
        unassigned(filed),
        listed("review:desk", liste="a-affecter"),
        link=desk_page,
        icon="inbox",
    )
    yield Task(
        "third-readings",
        "troisième lecture à confier",
        "troisièmes lectures à confier",
        waiting_for(filed, Waiting.THIRD_READER, user, on=local_date(at)),
        listed("review:desk", liste="tous", traiter=str(Waiting.THIRD_READER)),
        link=desk_tab("notation"),
        icon="people",
    )
    yield Task(
        "to-list",
        "dossier instruit à inscrire à une séance",
        "dossiers instruits à inscrire à une séance",
        filed.filter(review_state=ReviewState.EVALUATED),
        listed("review:desk", liste="instruits"),
        link=desk_page,
        icon="calendar-plus",
    )
    to_vote = SessionLine.objects.filter(
        application=OuterRef("pk"),
        removed_at__isnull=True,
        session__state="preparing",
        session__held_on__lte=local_date(at),
    )
    yield Task(
        "to-vote",
        "vote à enregistrer",
        "votes à enregistrer",
        filed.filter(Exists(to_vote), review_state=ReviewState.PROPOSED).annotate(
            session_on=Subquery(to_vote.values("session__held_on")[:1])
        ),
        reverse("decisions:session_list"),
        due="session_on",
        icon="check2-square",
    )
    yield from _letter_tasks(filed)


def _letter_tasks(filed: QuerySet[Application]) -> Iterable[Task]:
    without = Decision.objects.in_force().filter(
        application=OuterRef("pk"), letter__isnull=True, notified_at__isnull=True
    )
    yield Task(
        "letters-to-generate",
        "courrier de décision à générer",
        "courriers de décision à générer",
        filed.filter(Exists(without)),
        listed("review:desk", liste="tous", traiter=str(Waiting.LETTER)),
        link=desk_tab("decision"),
        icon="file-earmark-plus",
    )
    current = Letter.objects.filter(superseded_at__isnull=True, decision__isnull=False)
    yield Task(
        "letters-to-sign",
        "courrier à faire signer",
        "courriers à faire signer",
        current.filter(state=LetterState.READY),
        listed("letters:list", **CURRENT, etat=str(LetterState.READY)),
        icon="pen",
    )
    yield Task(
        "letters-to-notify",
        "courrier signé à notifier",
        "courriers signés à notifier",
        current.filter(state=LetterState.SIGNED),
        listed("letters:list", **CURRENT, etat=str(LetterState.SIGNED)),
        icon="send",
    )
    yield Task(
        "letters-failed",
        "courrier en échec",
        "courriers en échec",
        Letter.objects.filter(superseded_at__isnull=True, state=LetterState.FAILED),
        listed("letters:list", version="actuelles", etat=str(LetterState.FAILED)),
        icon="exclamation-triangle",
    )
