from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, F, IntegerField, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Greatest

from config.text import fold
from grants.calls.enums import SheetState


if TYPE_CHECKING:
    from accounts.models import User
    from territories.models import PriorityNeighbourhood


class CampaignQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> CampaignQuerySet:
        """Campaigns are the office's; the public sees their published sheets."""
        if user.is_authenticated and user.access.is_office:
            return self
        return self.none()


class SheetImportQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> SheetImportQuerySet:
        """Imports belong to those who manage the sheets, whoever uploaded the file."""
        if user.is_authenticated and (user.access.is_unit_head or user.access.is_administrator):
            return self
        return self.none()


class CallSheetQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> CallSheetQuerySet:
        """Return published sheets to everybody, drafts to the office."""
        if user.is_authenticated and user.access.is_office:
            return self
        return self.published()

    def published(self) -> CallSheetQuerySet:
        """Return the sheets that were published, open or not any more."""
        return self.exclude(state=SheetState.DRAFT)

    def current(self) -> CallSheetQuerySet:
        """Return the published sheets that no newer version replaces."""
        return self.filter(state__in=[SheetState.PUBLISHED, SheetState.CLOSED])

    def with_deadline(self) -> CallSheetQuerySet:
        """Annotate ``deadline_at``: the closing, or the last extension given to everybody."""
        extension = self.model._meta.get_field("extensions").related_model
        latest = (
            extension.objects.filter(sheet=OuterRef("pk"), organisation__isnull=True)
            .order_by()
            .values("sheet")
            .annotate(last=Max("until"))
            .values("last")
        )
        return self.annotate(deadline_at=Greatest(F("closes_at"), Subquery(latest)))

    def open_on(self, at: datetime) -> CallSheetQuerySet:
        """Return the sheets that take requests from everybody at this instant.

        The second of the closing is included; an extension given to everybody counts.
        """
        return self.current().with_deadline().filter(_is_open(at.replace(microsecond=0)))

    def with_phase(self, at: datetime) -> CallSheetQuerySet:
        """Annotate ``phase`` (0 open, 1 to come, 2 closed) and ``deadline_at``."""
        at = at.replace(microsecond=0)
        return self.with_deadline().annotate(
            phase=Case(
                When(_is_open(at), then=Value(0)),
                When(state=SheetState.PUBLISHED, opens_at__gt=at, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            )
        )

    def open_in(self, *, insee_codes: Collection[str]) -> CallSheetQuerySet:
        """Return the sheets that concern one of these communes (or the whole département)."""
        communes = self.model.communes.through.objects.filter(commune__in=insee_codes)
        neighbourhoods = self.model.neighbourhoods.through.objects.filter(
            priorityneighbourhood__communes__in=insee_codes
        )
        return self.filter(
            Q(whole_department=True)
            | Q(pk__in=communes.values("callsheet"))
            | Q(pk__in=neighbourhoods.values("callsheet"))
        )

    def concerning_neighbourhood(self, neighbourhood: PriorityNeighbourhood) -> CallSheetQuerySet:
        """Return the sheets that name a neighbourhood, or a commune it lies in, or everywhere."""
        named = self.model.neighbourhoods.through.objects.filter(
            priorityneighbourhood=neighbourhood
        )
        around = self.model.communes.through.objects.filter(commune__neighbourhoods=neighbourhood)
        return self.filter(
            Q(whole_department=True)
            | Q(pk__in=named.values("callsheet"))
            | Q(pk__in=around.values("callsheet"))
        )

    def for_age(self, age: int) -> CallSheetQuerySet:
        """Return the sheets whose public includes this age; those without any age are left out."""
        return self.filter(
            Q(age_min__lte=age) | Q(age_min__isnull=True),
            Q(age_max__gte=age) | Q(age_max__isnull=True),
        ).exclude(age_min__isnull=True, age_max__isnull=True)

    def matching(self, text: str) -> CallSheetQuerySet:
        """Return the sheets that hold every word, whatever accents, case and hyphens."""
        found = self
        for word in fold(text).split():
            found = found.filter(search_text__contains=word)
        return found


def _is_open(at: datetime) -> Q:
    closed_early = Q(state=SheetState.CLOSED, deadline_at__lte=F("closes_at"))
    return Q(opens_at__lte=at, deadline_at__gte=at) & ~closed_early
