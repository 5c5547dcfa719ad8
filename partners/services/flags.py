"""Tell the office that something changed in a body; it blocks neither a draft nor a filing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from config.errors import Refusal
from config.text import clean_name
from partners.enums import FlagKind
from partners.models import Organisation, OrganisationFlag
from partners.permissions import handles_flags


if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def raise_flag(
    *, organisation: Organisation, kind: str, text: str, by: User | None, at: datetime
) -> OrganisationFlag:
    """Say that the office should look at a body; an open flag of the same kind is refreshed.

    Args:
        organisation: The body; its row is locked, so that two changes at once make one flag.
        kind: One of :class:`FlagKind`.
        text: What changed, in one sentence that the office reads.
        by: Who changed it; ``None`` when the portal noticed it.
        at: Now.

    Raises:
        ValueError: The kind is none of :class:`FlagKind`: a mistake of the caller.
    """
    kind = FlagKind(kind)
    Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=organisation.pk)
    flag = organisation.flags.filter(kind=kind, handled_at__isnull=True).first()
    if flag is None:
        flag = OrganisationFlag(organisation=organisation, kind=kind)
    limit = OrganisationFlag._meta.get_field("text").max_length
    flag.text = clean_name(text)[:limit]
    flag.raised_at = at
    flag.raised_by = by
    flag.full_clean(exclude=["organisation", "raised_by"])
    flag.save()
    return flag


@transaction.atomic
def handle_flag(*, flag_id: int, by: User, at: datetime) -> OrganisationFlag:
    """Note that the office has looked at what was flagged.

    Raises:
        Refusal: ``forbidden`` (403), ``already_handled`` (409).
    """
    if not handles_flags(by):
        raise Refusal("Seul le service traite un signalement.", code="forbidden", status=403)
    flag = OrganisationFlag.objects.select_for_update(of=("self",), no_key=True).get(pk=flag_id)
    if flag.handled_at is not None:
        raise Refusal("Ce signalement est déjà traité.", code="already_handled", status=409)
    flag.handled_at = at
    flag.handled_by = by
    flag.save(update_fields=["handled_at", "handled_by"])
    return flag


def settle_no_manager(*, organisation: Organisation, by: User, at: datetime) -> None:
    """Close the flag of a body that nobody managed: somebody does again.

    The caller holds the lock of the body.
    """
    organisation.flags.filter(kind=FlagKind.NO_MANAGER, handled_at__isnull=True).update(
        handled_at=at, handled_by=by
    )
