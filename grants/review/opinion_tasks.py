"""What opinions ask of people: the lists that « À faire » draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

from grants.applications.models import Application
from grants.review.enums import TO_INSTRUCT
from grants.review.models import ConflictOfInterest, OpinionRequest, OpinionSource, OpinionState
from grants.review.opinion_scope import answerable_by, without_addressee
from grants.review.permissions import recused_from
from grants.review.querysets import instructed_by
from partners.enums import MembershipState
from partners.models import Membership


if TYPE_CHECKING:
    from datetime import date

    from accounts.models import User


def awaited() -> QuerySet[OpinionRequest]:
    """Return the requests that wait for their answer, the nearest date first.

    Nothing is awaited of somebody who stands aside from the dossier or is of its body.
    """
    conflicts = ConflictOfInterest.objects.in_force().filter(
        Q(application=OuterRef("application"))
        | Q(organisation=OuterRef("application__organisation")),
        person=OuterRef("person"),
    )
    members = Membership.objects.filter(
        user=OuterRef("person"),
        organisation=OuterRef("application__organisation"),
        state=MembershipState.ACTIVE,
    )
    return (
        OpinionRequest.objects.filter(
            ~Exists(conflicts),
            ~Exists(members),
            state=OpinionState.ASKED,
            application__review_state__in=TO_INSTRUCT,
        )
        .select_related("application__organisation", "application__sheet", "person")
        .order_by("due_on", "pk")
    )


def opinions_to_give(user: User, on: date) -> QuerySet[OpinionRequest]:
    """Return the opinions a coordinator has to give, with ``due_on``, the nearest first.

    Theirs, and those of their territory whose addressee has left. What a colleague still there is
    asked stays on the list of opinions.
    """
    mine = Q(person=user)
    left = Q(
        pk__in=without_addressee(
            OpinionRequest.objects.filter(source=OpinionSource.COORDINATOR), on
        ).values("pk")
    )
    answerable = answerable_by(user).filter(mine | left)
    return awaited().filter(pk__in=answerable.values("pk"))


def late_opinions(user: User, on: date) -> QuerySet[OpinionRequest]:
    """Return the opinions past their date on the dossiers a person is in charge of."""
    # Their state, which ``awaited`` asks too, spares reading every dossier there is.
    open_ones = Application.objects.filter(review_state__in=TO_INSTRUCT)
    theirs = instructed_by(open_ones, user, on).exclude(
        pk__in=Application.objects.filter(recused_from(user)).values("pk")
    )
    return awaited().filter(application__in=theirs.values("pk"), due_on__lt=on)
