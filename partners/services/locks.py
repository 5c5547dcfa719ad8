"""Lock a body before what hangs on it: two people change it one after the other.

A dossier is locked before its body; a body before its documents, members and invitations.
"""

from __future__ import annotations

from config.errors import Refusal
from partners.models import Organisation


def lock_body(organisation_id: int) -> Organisation:
    """Return a body, its row locked until the end of the transaction.

    What hangs on it is read after: a merge that ended meanwhile has moved it all.

    Raises:
        Refusal: ``merged`` (409) when the body was joined to another.
    """
    organisation = Organisation.objects.select_for_update(of=("self",), no_key=True).get(
        pk=organisation_id
    )
    if organisation.merged_into_id:
        raise Refusal(
            f"Cette organisation est désormais {organisation.merged_into}.",
            code="merged",
            status=409,
        )
    return organisation
