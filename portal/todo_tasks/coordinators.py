"""What waits for whoever gives opinions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Subquery
from django.urls import reverse

from config.dates import local_date
from grants.applications.models import Application
from grants.review.opinion_tasks import opinions_to_give
from portal.todo import Task, register_provider


if TYPE_CHECKING:
    from accounts.models import User


@register_provider
def coordinator_tasks(user: User, at: datetime) -> Iterable[Task]:
    """Opinions that the desk asked of a coordinator, on dossiers of their territory or not."""
    if not user.access.is_coordinator:
        return
    asked = opinions_to_give(user, local_date(at)).filter(application=OuterRef("pk"))
    asked = asked.select_related(None)
    yield Task(
        "opinions-to-give",
        "avis à rendre",
        "avis à rendre",
        Application.objects.filter(Exists(asked)).annotate(
            opinion_due_on=Subquery(asked.order_by("due_on").values("due_on")[:1])
        ),
        reverse("review:my_opinions"),
        due="opinion_due_on",
        link=lambda application: reverse("review:my_opinion", args=[application.reference]),
        icon="chat-square-quote",
    )
