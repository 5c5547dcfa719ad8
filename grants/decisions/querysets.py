from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from grants.applications.models import Application
from grants.review.permissions import scores_hidden_from


if TYPE_CHECKING:
    from accounts.models import User

MONEY = models.DecimalField(max_digits=14, decimal_places=2)
ZERO = Value(Decimal(0), output_field=MONEY)


class EnvelopeQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> EnvelopeQuerySet:
        """Envelopes are the desk's and the administrators'."""
        return self if user.access.is_desk or user.access.is_administrator else self.none()

    def roots(self) -> EnvelopeQuerySet:
        return self.filter(parent__isnull=True)

    def with_consumption(self, user: User | None = None) -> EnvelopeQuerySet:
        """Add, in the same query, what each envelope and its children hold, in euros.

        ``allotted_amount`` (Σ children), ``requested_amount`` and ``listed_amount`` (lines of
        sessions still to vote), ``committed_amount`` (awards in force), ``remaining_amount``.

        Args:
            user: Who looks. ``listed_amount`` leaves out the dossiers whose proposal is hidden from
                them (:func:`grants.review.permissions.scores_hidden_from`), alone or by
                subtraction; ``hidden_count`` says how many. Nobody: everything is added up.
        """
        decision = self.model._meta.get_field("decisions").related_model
        line = self.model._meta.get_field("lines").related_model
        in_tree = Q(envelope=OuterRef("pk")) | Q(envelope__parent=OuterRef("pk"))
        awards = decision.objects.filter(
            in_tree, superseded_at__isnull=True, outcome="awarded"
        ).exclude(application__money_state="renounced")
        waiting = line.objects.filter(
            in_tree, removed_at__isnull=True, application__review_state="proposed"
        ).filter(session__state="preparing")
        shown, hidden = waiting, waiting.none()
        if user is not None:
            secret = Application.objects.filter(scores_hidden_from(user)).order_by().values("pk")
            shown, hidden = (
                waiting.exclude(application__in=secret),
                waiting.filter(application__in=secret),
            )
        children = self.model.objects.filter(parent=OuterRef("pk"))
        return self.annotate(
            allotted_amount=_total(children, "amount"),
            requested_amount=_total(waiting, "application__requested_amount"),
            listed_amount=_total(shown.filter(proposed_outcome="awarded"), "proposed_amount"),
            hidden_count=_count(hidden),
            committed_amount=_total(awards, "awarded_amount"),
        ).annotate(
            remaining_amount=models.ExpressionWrapper(
                models.F("amount") - models.F("committed_amount"), output_field=MONEY
            )
        )


def _total(rows: models.QuerySet, field: str) -> Coalesce:
    """Return a subquery that sums a field over correlated rows; zero when there are none."""
    summed = rows.order_by().annotate(_all=Value(1)).values("_all").annotate(total=Sum(field))
    return Coalesce(Subquery(summed.values("total"), output_field=MONEY), ZERO)


def _count(rows: models.QuerySet) -> Coalesce:
    """Return a subquery that counts correlated rows; zero when there are none."""
    counted = rows.order_by().annotate(_all=Value(1)).values("_all").annotate(total=Count("pk"))
    return Coalesce(Subquery(counted.values("total"), output_field=models.IntegerField()), 0)


class SessionQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> SessionQuerySet:
        """Sessions are the desk's and the administrators'."""
        return self if user.access.is_desk or user.access.is_administrator else self.none()


class DecisionQuerySet(models.QuerySet):
    def in_force(self) -> DecisionQuerySet:
        return self.filter(superseded_at__isnull=True)

    def awarded(self) -> DecisionQuerySet:
        return self.in_force().filter(outcome="awarded")

    def notified(self) -> DecisionQuerySet:
        return self.in_force().filter(notified_at__isnull=False)

    def public(self) -> DecisionQuerySet:
        """Return what anybody may know of: awards in force, notified, not renounced."""
        return self.awarded().notified().exclude(application__money_state="renounced")
