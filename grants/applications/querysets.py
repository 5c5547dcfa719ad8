from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q

from grants.applications.enums import DECIDED_STATES, ReviewState
from partners.enums import MembershipState, Right


if TYPE_CHECKING:
    from accounts.models import User


def _of_applicant(user: User) -> Q:
    active = user.memberships.filter(state=MembershipState.ACTIVE)
    return Q(organisation__in=active.values("organisation_id")) | _begun_while_pending(user)


def _begun_while_pending(user: User) -> Q:
    pending = user.memberships.filter(state=MembershipState.PENDING)
    return Q(organisation__in=pending.values("organisation_id"), created_by=user)


class ApplicationQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ApplicationQuerySet:
        """Return the dossiers a person may open.

        Members see those of their bodies (:meth:`of_applicant`); officers, the head and
        administrators every filed one; a coordinator the filed ones with a place in their
        territory or in the whole département; nobody else sees any. Drafts belong to the
        applicant alone.
        """
        office = self.model.objects.office_visible_to(user).values("pk")
        return self.filter(_of_applicant(user) | Q(pk__in=office))

    def of_applicant(self, user: User) -> ApplicationQuerySet:
        """Return the dossiers of a person's own bodies: what the applicant's pages show.

        Somebody whose membership waits for an answer sees the dossiers they began, no other.
        """
        return self.filter(_of_applicant(user))

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
        """Return the dossiers that a person may fill and file.

        Those of the bodies where they hold the right to edit, and those they began for a body
        whose answer to their membership they await.
        """
        editor = user.memberships.filter(
            state=MembershipState.ACTIVE, rights__contains=[Right.EDIT]
        )
        return self.filter(
            Q(organisation__in=editor.values("organisation_id")) | _begun_while_pending(user)
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

    def with_funded_before(self) -> ApplicationQuerySet:
        """Annotate ``funded_before``: the body had a grant, notified, in an earlier year."""
        earlier = self.model.objects.filter(
            organisation=OuterRef("organisation"),
            review_state=ReviewState.AWARDED,
            notified_at__isnull=False,
            sheet__campaign__fiscal_year__lt=OuterRef("sheet__campaign__fiscal_year"),
        )
        return self.annotate(funded_before=Exists(earlier))

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
