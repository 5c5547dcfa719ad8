"""A file of a body's store, a mandate or the proof of an account that the antivirus refused."""

from __future__ import annotations

from datetime import datetime

from foundation.documents import hooks
from foundation.documents.models import StoredFile
from partners.enums import BankState, DocumentState
from partners.models import BankDetails, Organisation, OrganisationDocument


REASON = "L’antivirus a trouvé un programme malveillant dans ce fichier. Donnez-en une copie saine."


def register() -> None:
    if lock_body_of not in hooks.before_infected:
        hooks.before_infected.append(lock_body_of)
    if refuse_file not in hooks.on_infected:
        hooks.on_infected.append(refuse_file)


def lock_body_of(*, stored: StoredFile) -> None:
    """Lock the body of a file, as all that changes its documents and its accounts does."""
    owner = stored.owner
    if isinstance(owner, (OrganisationDocument, BankDetails)):
        rows = Organisation.objects.select_for_update(of=("self",), no_key=True)
        rows.get(pk=owner.organisation_id)


def refuse_file(*, stored: StoredFile, at: datetime) -> None:
    """Refuse the document or the account whose file is infected: it counts as given no more.

    Nobody of the office decided: ``checked_by`` stays empty. What the office is to look at in the
    body (a new account, a mandate to give) stays flagged.
    """
    owner = stored.owner
    if not isinstance(owner, (OrganisationDocument, BankDetails)):
        return
    owner.refresh_from_db()
    if owner.file is None or owner.file.pk != stored.pk or not _is_in_force(owner):
        return
    is_account = isinstance(owner, BankDetails)
    owner.state = BankState.REFUSED if is_account else DocumentState.REFUSED
    owner.refusal_reason, owner.checked_at, owner.checked_by = REASON, at, None
    owner.save(update_fields=["state", "refusal_reason", "checked_at", "checked_by"])


def _is_in_force(owner: OrganisationDocument | BankDetails) -> bool:
    if isinstance(owner, BankDetails):
        return owner.state != BankState.REPLACED
    return owner.ended_at is None
