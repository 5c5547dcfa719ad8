from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q

from grants.applications.enums import DECIDED_STATES, ReviewState
from partners.enums import MembershipState, Right


if TYPE_CHECKING:
    from accounts.models import User


class ApplicationQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ApplicationQuerySet:
        """Return the dossiers a person may open.

        Members see those of their bodies; officers, the head and administrators every filed
        one; a coordinator the filed ones with a place in their territory or in the whole
        département; nobody else sees any. Drafts belong to the applicant alone.
        """
        own = Q(
            organisation__in=user.memberships.filter(state=MembershipState.ACTIVE).values(
                "organisation_id"
            )
        )
        return self.filter(own | Q(pk__in=self.model.objects.office_visible_to(user).values("pk")))

    def office_visible_to(self, user: User) -> ApplicationQuerySet:
        """Return the filed dossiers a person may open on the office's side."""
        access = user.access
        filed = self.exclude(review_state=ReviewState.DRAFT)
        if access.is_desk or access.is_administrator:
            return filed
        if access.is_coordinator:
            if access.whole_department:
                return filed
            return filed.in_territories(access.territories)
        return self.none()

    def editable_by(self, user: User) -> ApplicationQuerySet:
        """Return the dossiers of the bodies where a person holds the right to edit."""
        return self.filter(
            organisation__in=user.memberships.filter(
                state=MembershipState.ACTIVE, rights__contains=[Right.EDIT]
            ).values("organisation_id")
        )

    def in_territories(self, numbers) -> ApplicationQuerySet:
        """Return the dossiers with a place in these territories or in the whole département."""
        places = self.model._meta.get_field("places").related_model.objects.filter(
            application=OuterRef("pk"), territories__overlap=list(numbers)
        )
        return self.filter(Q(whole_department=True) | Exists(places))

    def in_commune(self, insee: str) -> ApplicationQuerySet:
        """Return the dossiers with a place in this commune, or in the whole département."""
        places = self.model._meta.get_field("places").related_model.objects.filter(
            Q(commune_id=insee)
            | Q(school__commune_id=insee)
            | Q(neighbourhood__communes__insee=insee),
            application=OuterRef("pk"),
        )
        return self.filter(Q(whole_department=True) | Exists(places))

    def filed(self) -> ApplicationQuerySet:
        return self.exclude(review_state=ReviewState.DRAFT)

    def drafts(self) -> ApplicationQuerySet:
        return self.filter(review_state=ReviewState.DRAFT)

    def decided(self) -> ApplicationQuerySet:
        return self.filter(review_state__in=DECIDED_STATES)

    def publicly_funded(self) -> ApplicationQuerySet:
        """Return what anybody may know of: awarded and notified actions, not renounced."""
        return self.filter(review_state=ReviewState.AWARDED, notified_at__isnull=False).exclude(
            money_state="renounced"
        )
