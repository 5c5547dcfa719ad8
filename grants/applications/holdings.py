"""What somebody who leaves a body began or was expected to do on its dossiers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from config.templatetags.fr import plural_fr
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from partners.holdings import Holding, is_last_signatory, register_holdings
from partners.models import Membership


ENDED = (ReviewState.DRAFT, ReviewState.WITHDRAWN, ReviewState.CLOSED_WITHOUT_ACTION)


def holdings_of(membership: Membership, on: date) -> Iterator[Holding]:
    """Yield the drafts a member began, and what waits for the only signatory."""
    ours = Application.objects.filter(organisation=membership.organisation_id).order_by("pk")
    drafts = list(
        ours.drafts().filter(created_by=membership.user_id).values_list("title", flat=True)
    )
    if drafts:
        count = len(drafts)
        yield Holding(
            f"{count} brouillon{plural_fr(count)} commencé{plural_fr(count)} par cette personne : "
            "l’organisation les garde, ses autres membres les continuent",
            [title or "Brouillon sans titre" for title in drafts],
        )
    if not is_last_signatory(membership, on):
        return
    awaited = ours.exclude(review_state__in=ENDED).filter(attested_at__isnull=True)
    references = list(awaited.values_list("reference", flat=True))
    if references:
        count = len(references)
        yield Holding(f"{count} demande{plural_fr(count)} à attester", references)


def register() -> None:
    """Tell the leaving page what dossiers say of a member."""
    register_holdings(holdings_of)
