"""What waits for whoever instructs or scores dossiers.

Each line leads to the list of what it counts: the conditions are those of the desk's filters.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.urls import reverse

from config.dates import local_date
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.models import Application, CorrectionRequest
from grants.applications.silence_query import silence_due_on
from grants.review.filters import ME
from grants.review.opinion_tasks import late_opinions
from grants.review.permissions import recused_from
from grants.review.querysets import instructed_by, to_score_by
from grants.review.waiting import Waiting, waiting_for
from portal.todo import Task, register_provider
from portal.todo_tasks.addresses import desk_page, desk_tab, listed


if TYPE_CHECKING:
    from accounts.models import User


# Documents alone are awaited: a correction request has its own date.
WITHOUT_CORRECTION = (ReviewState.SUBMITTED, ReviewState.UNDER_REVIEW)


def mine_that_wait(what: Waiting) -> str:
    """Return the list of the dossiers in one's charge that wait for one thing."""
    return listed("review:desk", liste="tous", charge=ME, traiter=str(what))


@register_provider
def officer_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What waits in the dossiers of whoever instructs, and for the readers."""
    if not user.access.is_desk:
        return
    filed, today = Application.objects.office_visible_to(user), local_date(at)
    mine = instructed_by(filed, user, today)
    yield Task(
        "to-instruct",
        "dossier à instruire",
        "dossiers à instruire",
        mine.filter(review_state=ReviewState.UNDER_REVIEW).annotate(
            silence_on=silence_due_on(today)
        ),
        listed("review:desk", liste="mes-dossiers", etat=str(ReviewState.UNDER_REVIEW)),
        due="silence_on",
        link=desk_page,
        icon="search",
    )
    yield Task(
        "to-score",
        "dossier à noter",
        "dossiers à noter",
        to_score_by(filed, user).exclude(recused_from(user)),
        listed("review:desk", liste="a-noter"),
        link=desk_tab("notation"),
        icon="clipboard-check",
    )
    yield Task(
        "unread-from-applicants",
        "dossier avec un message à lire",
        "dossiers avec un message à lire",
        waiting_for(mine, Waiting.MESSAGE, user, on=today),
        mine_that_wait(Waiting.MESSAGE),
        link=desk_tab("echanges"),
        icon="chat-left-text",
    )
    yield Task(
        "corrections-to-read",
        "dossier avec des compléments reçus à relire",
        "dossiers avec des compléments reçus à relire",
        waiting_for(mine, Waiting.ANSWER, user, on=today),
        mine_that_wait(Waiting.ANSWER),
        link=desk_tab("complements"),
        icon="arrow-return-left",
    )
    yield Task(
        "documents-to-check",
        "dossier avec des pièces à vérifier",
        "dossiers avec des pièces à vérifier",
        waiting_for(mine, Waiting.DOCUMENTS, user, on=today),
        mine_that_wait(Waiting.DOCUMENTS),
        link=desk_tab("pieces"),
        icon="paperclip",
    )
    yield Task(
        "edits-to-finish",
        "dossier que vous avez commencé à modifier",
        "dossiers que vous avez commencé à modifier",
        waiting_for(filed, Waiting.MY_EDIT, user, on=today),
        listed("review:desk", liste="tous", traiter=str(Waiting.MY_EDIT)),
        link=lambda application: reverse("review:edit", args=[application.reference]),
        icon="pencil",
    )
    yield from _late_tasks(user, mine, today)
    yield Task(
        "readings-to-confirm",
        "notation à confirmer : le dossier a changé depuis",
        "notations à confirmer : les dossiers ont changé depuis",
        waiting_for(filed, Waiting.OLDER_READING, user, on=today),
        listed("review:desk", liste="tous", traiter=str(Waiting.OLDER_READING)),
        link=desk_tab("notation"),
        icon="arrow-repeat",
    )


def _late_tasks(user: User, mine: QuerySet[Application], today: date) -> Iterable[Task]:
    lapsed = CorrectionRequest.objects.filter(
        application=OuterRef("pk"), state=CorrectionState.OPEN, due_on__lt=today
    )
    yield Task(
        "corrections-lapsed",
        "dossier dont le délai des compléments est dépassé",
        "dossiers dont le délai des compléments est dépassé",
        mine.filter(Exists(lapsed)).annotate(lapsed_on=Subquery(lapsed.values("due_on")[:1])),
        listed(
            "review:desk",
            liste="en-attente",
            charge=ME,
            attente="retard",
            etat=str(ReviewState.CORRECTION_REQUESTED),
        ),
        due="lapsed_on",
        link=desk_tab("complements"),
        icon="clock-history",
    )
    yield Task(
        "documents-late",
        "dossier dont le délai des pièces est dépassé",
        "dossiers dont le délai des pièces est dépassé",
        mine.filter(documents_due_on__lt=today, review_state__in=WITHOUT_CORRECTION),
        listed(
            "review:desk",
            liste="en-attente",
            charge=ME,
            attente="retard",
            etat=[str(state) for state in WITHOUT_CORRECTION],
        ),
        due="documents_due_on",
        link=desk_tab("pieces"),
        icon="file-earmark-x",
    )
    yield Task(
        "attestations-late",
        "dossier dont l’attestation est en retard",
        "dossiers dont l’attestation est en retard",
        waiting_for(mine, Waiting.ATTESTATION, user, on=today),
        mine_that_wait(Waiting.ATTESTATION),
        due="attestation_due_on",
        link=desk_page,
        icon="pen",
    )
    late = late_opinions(user, today).filter(application=OuterRef("pk"))
    late = late.select_related(None)
    yield Task(
        "opinions-late",
        "dossier avec un avis en retard",
        "dossiers avec un avis en retard",
        mine.filter(Exists(late)).annotate(
            opinion_due_on=Subquery(late.order_by("due_on").values("due_on")[:1])
        ),
        listed("review:desk", liste="tous", charge=ME, avis="retard"),
        due="opinion_due_on",
        link=desk_tab("avis"),
        icon="chat-square-quote",
    )
