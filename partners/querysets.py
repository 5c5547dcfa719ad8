from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.selectors import confirmed_addresses
from config.text import fold
from partners.enums import (
    DocumentKind,
    DocumentState,
    InvitationState,
    MembershipState,
    Right,
    SigningCapacity,
)


if TYPE_CHECKING:
    from accounts.models import User


class OrganisationQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> OrganisationQuerySet:
        """Return the bodies whose private page a person may open: theirs, or all for the office."""
        if user.access.is_office:
            return self
        return self.filter(
            pk__in=user.memberships.filter(state=MembershipState.ACTIVE).values("organisation_id")
        )

    def startable_by(self, user: User) -> OrganisationQuerySet:
        """Return the bodies for which a person may start and file a dossier.

        A pending membership never blocks a filing: it is flagged. Such a person sees the dossiers
        they started themselves, none of the body's others.
        """
        return self.filter(
            pk__in=user.memberships.filter(
                Q(state=MembershipState.ACTIVE, rights__contains=["edit"])
                | Q(state=MembershipState.PENDING)
            ).values("organisation_id")
        )

    def with_member_counts(self) -> OrganisationQuerySet:
        """Annotate ``active_count`` and ``pending_count``."""
        return self.annotate(
            active_count=Count("memberships", filter=Q(memberships__state=MembershipState.ACTIVE)),
            pending_count=Count(
                "memberships", filter=Q(memberships__state=MembershipState.PENDING)
            ),
        )

    def current(self) -> OrganisationQuerySet:
        """Leave out the bodies merged into another."""
        return self.filter(merged_into__isnull=True)

    def named_like(self, text: str) -> OrganisationQuerySet:
        words = fold(text).split()
        condition = Q()
        for word in words:
            condition &= Q(search_name__contains=word)
        return self.filter(condition)


def _of_managed_bodies(rows: models.QuerySet, user: User) -> models.QuerySet:
    """Leave the rows of the bodies that a person manages; the office manages all of them."""
    if user.access.is_unit_head or user.access.is_administrator:
        return rows
    managed = user.memberships.with_right("manage").values("organisation_id")
    return rows.filter(organisation__in=managed)


class MembershipQuerySet(models.QuerySet):
    def decidable_by(self, user: User) -> MembershipQuerySet:
        """Return those a person may accept, change or end: managers theirs, the office all."""
        return _of_managed_bodies(self, user)

    def active(self) -> MembershipQuerySet:
        return self.filter(state=MembershipState.ACTIVE)

    def pending(self) -> MembershipQuerySet:
        return self.filter(state=MembershipState.PENDING)

    def with_right(self, right: str) -> MembershipQuerySet:
        return self.active().filter(rights__contains=[right])

    def signatories_on(self, day: date) -> MembershipQuerySet:
        """Return those who may attest on a day: the one rule of who signs.

        They have said why they may; a right without a capacity is only proposed. Whoever signs by
        mandate no longer does once the office has refused the mandate given
        last, or once its last day has passed. A mandate that is missing or not yet checked lets
        sign: it is flagged to the office and blocks nothing.
        """
        mandates = (
            self.model._meta.get_field("mandates")
            .related_model.objects.filter(
                membership=OuterRef("pk"), kind=DocumentKind.MANDATE, ended_at__isnull=True
            )
            .order_by("-added_at", "-pk")
        )
        by_mandate = Q(capacity=SigningCapacity.MANDATE)
        return (
            self.with_right(Right.SIGN)
            .exclude(capacity="")
            .alias(
                mandate_state=Coalesce(Subquery(mandates.values("state")[:1]), Value("")),
                mandate_until=Coalesce(
                    Subquery(mandates.values("valid_until")[:1]), Value(date.max)
                ),
            )
            .exclude(by_mandate, mandate_state=DocumentState.REFUSED)
            .exclude(by_mandate, mandate_until__lt=day)
        )

    def with_managed(self) -> MembershipQuerySet:
        """Annotate ``managed``: whether somebody of the body may answer."""
        managers = self.model.objects.with_right("manage").filter(
            organisation=OuterRef("organisation")
        )
        return self.annotate(managed=Exists(managers))


class InvitationQuerySet(models.QuerySet):
    def manageable_by(self, user: User) -> InvitationQuerySet:
        """Return those a person may send again or take back: managers theirs, the office all."""
        return _of_managed_bodies(self, user)

    def addressed_to(self, user: User) -> InvitationQuerySet:
        """Return those sent to an address that a person has confirmed."""
        return self.filter(email__in=confirmed_addresses(user))

    def waiting(self) -> InvitationQuerySet:
        return self.filter(state=InvitationState.SENT)

    def open_at(self, at: datetime) -> InvitationQuerySet:
        """Return those whose link may still be used."""
        return self.waiting().filter(expires_at__gte=at)
