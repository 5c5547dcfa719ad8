"""On the page of a filed request: the way to renew it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from grants.applications.hooks import Panel, register_panel
from grants.applications.renewable import renewable_now


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application


def offer_renewal(user: User, application: Application) -> dict | None:
    """Return what the panel shows; ``None`` while no later campaign is open."""
    if application.pk not in renewable_now([application], user, timezone.now()):
        return None
    drafts = application.renewals.editable_by(user).drafts()
    return {"drafts": list(drafts.select_related("sheet").order_by("-updated_at", "pk"))}


def register() -> None:
    register_panel(
        Panel("renewal", "applications/renewal/_panel.html", offer_renewal, "applicant", order=60)
    )
