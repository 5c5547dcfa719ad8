"""What waits for whoever instructs or scores dossiers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from config.dates import local_date
from foundation.documents.enums import FileState
from grants.applications.enums import CorrectionState, MessageSide, ReviewState
from grants.applications.models import (
    Application,
    ApplicationDocument,
    CorrectionRequest,
    Deposit,
    Message,
)
from grants.review.models import Review, ReviewProgress
from grants.review.opinion_tasks import late_opinions
from grants.review.permissions import recused_from
from grants.review.querysets import instructed_by, to_score_by
from portal.todo import Task, register_provider
from portal.todo_tasks.addresses import OPEN_STATES, desk_page, desk_tab, listed


if TYPE_CHECKING:
    from accounts.models import User


@register_provider
def officer_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What waits for whoever instructs or scores dossiers."""
    if not user.access.is_desk:
        return
    filed = Application.objects.office_visible_to(user)
    mine = instructed_by(filed, user)
    my_list = listed("review:desk", liste="mes-dossiers")
    yield Task(
        "to-instruct",
        "dossier à instruire",
        "dossiers à instruire",
        mine.filter(review_state=ReviewState.UNDER_REVIEW),
        my_list,
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
    unread = Message.objects.filter(
        application=OuterRef("pk"), side=MessageSide.APPLICANT, read_at__isnull=True
    )
    yield Task(
        "unread-from-applicants",
        "dossier avec un message à lire",
        "dossiers avec un message à lire",
        mine.filter(Exists(unread)),
        my_list,
        link=desk_tab("echanges"),
        icon="chat-left-text",
    )
    last_answer = (
        CorrectionRequest.objects.filter(application=OuterRef("pk"))
        .order_by("-number")
        .values("state")[:1]
    )
    yield Task(
        "corrections-to-read",
        "dossier avec des compléments reçus à relire",
        "dossiers avec des compléments reçus à relire",
        mine.alias(last_answer=Subquery(last_answer)).filter(
            review_state=ReviewState.UNDER_REVIEW, last_answer=CorrectionState.ANSWERED
        ),
        my_list,
        link=desk_tab("complements"),
        icon="arrow-return-left",
    )
    lapsed = CorrectionRequest.objects.filter(
        application=OuterRef("pk"), state=CorrectionState.OPEN, due_on__lt=local_date(at)
    )
    yield Task(
        "corrections-lapsed",
        "dossier dont le délai des compléments est dépassé",
        "dossiers dont le délai des compléments est dépassé",
        mine.filter(Exists(lapsed)).annotate(lapsed_on=Subquery(lapsed.values("due_on")[:1])),
        listed("review:desk", liste="en-attente", attente="retard"),
        due="lapsed_on",
        link=desk_tab("complements"),
        icon="clock-history",
    )
    to_check = ApplicationDocument.objects.filter(
        application=OuterRef("pk"), state=FileState.TO_CHECK
    )
    yield Task(
        "documents-to-check",
        "dossier avec des pièces à vérifier",
        "dossiers avec des pièces à vérifier",
        mine.filter(Exists(to_check), review_state__in=OPEN_STATES),
        my_list,
        link=desk_tab("pieces"),
        icon="paperclip",
    )
    yield from _opinion_and_reading_tasks(user, mine, at)


def _opinion_and_reading_tasks(
    user: User, mine: QuerySet[Application], at: datetime
) -> Iterable[Task]:
    late = late_opinions(user, local_date(at)).filter(application=OuterRef("pk"))
    late = late.select_related(None)
    yield Task(
        "opinions-late",
        "dossier avec un avis en retard",
        "dossiers avec un avis en retard",
        mine.filter(Exists(late)).annotate(
            opinion_due_on=Subquery(late.order_by("due_on").values("due_on")[:1])
        ),
        listed("review:desk", liste="mes-dossiers", avis="attendu"),
        due="opinion_due_on",
        link=desk_tab("avis"),
        icon="chat-square-quote",
    )
    last = Deposit.objects.filter(application=OuterRef("application")).order_by("-number")
    older = Review.objects.filter(
        application=OuterRef("pk"), reviewer=user, state=ReviewProgress.FINAL
    ).exclude(deposit=Subquery(last.values("pk")[:1]))
    yield Task(
        "readings-to-confirm",
        "notation à confirmer : le dossier a changé depuis",
        "notations à confirmer : les dossiers ont changé depuis",
        Application.objects.office_visible_to(user)
        .filter(Exists(older), review_state=ReviewState.UNDER_REVIEW)
        .exclude(recused_from(user)),
        listed("review:desk", liste="tous", etat=str(ReviewState.UNDER_REVIEW)),
        link=desk_tab("notation"),
        icon="arrow-repeat",
    )
