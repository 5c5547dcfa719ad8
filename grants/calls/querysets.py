from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from grants.calls.enums import SheetState


if TYPE_CHECKING:
    from accounts.models import User


class CampaignQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> CampaignQuerySet:
        """Campaigns are the office's; the public sees their published sheets."""
        return self if user.access.is_office else self.none()


class CallSheetQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> CallSheetQuerySet:
        """Return published sheets to everybody, drafts to the office."""
        if user.is_authenticated and user.access.is_office:
            return self
        return self.published()

    def published(self) -> CallSheetQuerySet:
        """Return the sheets that were published, open or not any more."""
        return self.exclude(state=SheetState.DRAFT)

    def open_on(self, at: datetime) -> CallSheetQuerySet:
        """Return the sheets that take requests from everybody at this instant."""
        return self.filter(state=SheetState.PUBLISHED, opens_at__lte=at, closes_at__gte=at)

    def open_in(self, *, insee_codes) -> CallSheetQuerySet:
        """Return the sheets that concern one of these communes (or the whole département)."""
        return self.filter(
            Q(whole_department=True)
            | Q(communes__in=insee_codes)
            | Q(neighbourhoods__communes__in=insee_codes)
        ).distinct()
