"""Who may answer a request for an opinion, and who may read the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from accounts.enums import Role
from accounts.models import RoleAssignment
from grants.applications.models import Application
from grants.review.models import OpinionRequest, OpinionSource, OpinionState
from grants.review.permissions import recused_from
from grants.review.votes_told import is_settled


if TYPE_CHECKING:
    from datetime import date

    from accounts.models import User


def answerable_by(user: User) -> QuerySet[OpinionRequest]:
    """Return the requests a coordinator may answer, whatever their state.

    Their own, wherever the dossier is, and those made to whoever holds or held the same
    territory, on dossiers they may open: who takes a territory over answers there. Replacements
    are of the desk alone, and give nothing here. Nobody who is recused.
    """
    if not user.access.is_coordinator:
        return OpinionRequest.objects.none()
    requests = OpinionRequest.objects.filter(source=OpinionSource.COORDINATOR)
    visible = Application.objects.office_visible_to(user).values("pk")
    mine = Q(person=user)
    shared = Q(person__in=_of_same_territory(user), application__in=visible)
    recused = Application.objects.filter(recused_from(user)).values("pk")
    return requests.filter(mine | shared).exclude(application__in=recused)


def _of_same_territory(user: User) -> QuerySet:
    roles = RoleAssignment.objects.filter(role=Role.COORDINATOR)
    if not user.access.whole_department:
        roles = roles.filter(territory__in=user.access.territories)
    return roles.values("user_id")


def without_addressee(requests: QuerySet[OpinionRequest], on: date) -> QuerySet[OpinionRequest]:
    """Keep the requests whose addressee coordinates no territory any more."""
    active = RoleAssignment.objects.in_force(on).filter(role=Role.COORDINATOR, user__is_active=True)
    return requests.exclude(person__in=active.values("user_id"))


def readable_requests(
    user: User, application: Application, *, is_recused: bool
) -> QuerySet[OpinionRequest]:
    """Return the requests on a dossier whose answer a person of the office may read.

    The desk and administrators read them all once given; a coordinator their own, and the others'
    only once an award or a refusal is told; nobody who is recused.
    """
    requests = OpinionRequest.objects.filter(application=application)
    if is_recused:
        return requests.none()
    if user.access.is_desk or user.access.is_administrator:
        return requests
    if not user.access.is_coordinator:
        return requests.none()
    readable = Q(pk__in=answerable_by(user).values("pk"))
    if is_settled(application):
        readable |= Q(state=OpinionState.GIVEN)
    return requests.filter(readable)
