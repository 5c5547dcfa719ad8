"""Readings that no longer count once the instruction is closed: their author stands aside."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Exists, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.review.admissibility import rejection_stands
from grants.review.facts import register_fact
from grants.review.models import Review, ReviewProgress
from grants.review.permissions import not_recused


def lost_readings() -> Exists:
    """Return, on applications, whether one « Instruit » has lost a reading it was closed with.

    It was read, and what still counts is less than its sheet asks: the amount proposed rests on
    somebody who stands aside. Not when its rejection is proposed, which needs no reading.
    """
    reviews = Review.objects.filter(application=OuterRef("pk"))
    finals = (
        not_recused(reviews.filter(state=ReviewProgress.FINAL))
        .select_related(None)
        .order_by()
        .values("application")
        .annotate(count=Count("pk"))
        .values("count")
    )
    short = (
        Application.objects.filter(Exists(reviews), ~rejection_stands())
        .filter(review_state=ReviewState.EVALUATED, sheet__readers__gt=0)
        .annotate(counted_finals=Coalesce(Subquery(finals), 0))
        .filter(counted_finals__lt=F("sheet__readers"))
    )
    return Exists(short.order_by().filter(pk=OuterRef("pk")))


def those_that_lost_readings(applications: Iterable[int]) -> set[int]:
    """Return the keys of those among some dossiers, in one query."""
    found = Application.objects.filter(lost_readings(), pk__in=list(applications))
    return set(found.order_by().values_list("pk", flat=True))


def register() -> None:
    """Tell it where the next step is said."""
    register_fact(
        "reading_was_lost",
        lambda application, _today: application.has_lost_reading,
        has_lost_reading=lost_readings,
    )
