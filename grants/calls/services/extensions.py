"""More time after the closing."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import date_fr, datetime_fr
from config.text import is_blank
from grants.calls import hooks
from grants.calls.enums import SheetState
from grants.calls.models import CallSheet, ClosingExtension
from grants.calls.permissions import check_may_extend
from grants.calls.selectors import closing_for
from grants.calls.services.sheets import lock_sheet
from partners.models import Organisation


@transaction.atomic
def grant_extension(
    *,
    sheet: CallSheet,
    organisation: Organisation | None = None,
    until: datetime,
    reason: str,
    by: User,
    at: datetime,
) -> ClosingExtension:
    """Give more time to file, to everybody or to one body.

    Args:
        sheet: A published sheet, closed or not.
        organisation: ``None`` for every applicant.
        until: Last second of the new closing.
        reason: Why, kept with the extension.
        by: The unit head.
        at: Now.

    Raises:
        Refusal: ``forbidden``, ``not_published``, ``no_reason``, or ``too_early`` when it would
            give nothing, ``too_late`` past the last day of the actions.
    """
    check_may_extend(by)
    locked = lock_sheet(sheet.pk)
    if locked.state == SheetState.DRAFT:
        raise Refusal("Cette fiche n’est pas publiée.", code="not_published", status=409)
    if is_blank(reason):
        raise Refusal("Dites la raison de cette prolongation.", code="no_reason")
    current = closing_for(locked, organisation)
    if until <= max(current, at):
        raise Refusal(
            f"Choisissez un jour à venir, après la clôture actuelle ({datetime_fr(current)}).",
            code="too_early",
        )
    last = last_extension_day(locked)
    if local_date(until) > last:
        raise Refusal(
            "La prolongation finit au plus tard le dernier jour des actions de cette fiche, le "
            f"{date_fr(last)}.",
            code="too_late",
        )
    extension = ClosingExtension(
        sheet=locked,
        organisation=organisation,
        until=until,
        reason=reason.strip(),
        granted_by=by,
        granted_at=at,
    )
    extension.full_clean()
    extension.save()
    for hook in hooks.after_extended:
        hook(extension=extension, at=at)
    return extension


def last_extension_day(sheet: CallSheet) -> date:
    """Return the last day one may still file on a sheet: nothing is asked once actions are over.

    Args:
        sheet: With its campaign; the end of its year stands for a window it does not say.
    """
    return sheet.action_to or date(sheet.campaign.fiscal_year, 12, 31)
