"""One-time keys: a form sent twice acts once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from config.errors import Refusal
from foundation.jobs.models import RequestKey


if TYPE_CHECKING:
    from accounts.models import User


class AlreadyDoneError(Refusal):
    """The key was used: what the form asks is done already, at ``result_url``."""

    def __init__(self, result_url: str) -> None:
        super().__init__(
            "Ce formulaire est déjà enregistré\u00a0: il ne l’est pas deux fois.",
            code="already_done",
            status=409,
        )
        self.result_url = result_url


def take_key(*, key: UUID, by: User, purpose: str, at: datetime) -> RequestKey:
    """Use the one-time key of a form, in the transaction of what the form does.

    A second sending waits for the first one to end: done, it is told where; rolled back, the key
    is free again and the second one acts.

    Args:
        key: Drawn when the form was shown.
        by: Who sends it.
        purpose: Stable word: what the form does.
        at: Now.

    Raises:
        AlreadyDoneError: When the key was used; its ``result_url`` is empty for another person.
    """
    row, is_new = RequestKey.objects.get_or_create(
        key=key, defaults={"user": by, "purpose": purpose, "used_at": at}
    )
    if not is_new:
        raise AlreadyDoneError(row.result_url if row.user_id == by.pk else "")
    return row


def keep_result(row: RequestKey, url: str) -> None:
    """Note where a second sending of the form is led."""
    row.result_url = url
    row.save(update_fields=["result_url"])
