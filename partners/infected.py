"""A file of a body's store, a mandate or the proof of an account that the antivirus refused."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse

from foundation.documents import hooks
from foundation.documents.models import StoredFile
from foundation.notifications.infected import REFUSED_BECAUSE, InfectedWords, register_words
from partners.enums import BankState, DocumentKind, DocumentState
from partners.models import BankDetails, Organisation, OrganisationDocument


if TYPE_CHECKING:
    from accounts.models import User


def register() -> None:
    if lock_body_of not in hooks.before_infected:
        hooks.before_infected.append(lock_body_of)
    if refuse_file not in hooks.on_infected:
        hooks.on_infected.append(refuse_file)
    register_words(OrganisationDocument, _words_of_document)
    register_words(BankDetails, _words_of_account)


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
    owner.refusal_reason, owner.checked_at, owner.checked_by = REFUSED_BECAUSE, at, None
    owner.save(update_fields=["state", "refusal_reason", "checked_at", "checked_by"])


def _is_in_force(owner: OrganisationDocument | BankDetails) -> bool:
    if isinstance(owner, BankDetails):
        return owner.state != BankState.REPLACED
    return owner.ended_at is None


# --- What the mail says ---------------------------------------------------------------------------
def _words_of_document(document: OrganisationDocument, sender: User) -> InfectedWords:
    is_mandate = document.kind == DocumentKind.MANDATE
    name = "organisation_detail" if is_mandate else "documents"
    return InfectedWords(
        path=reverse(f"partners:{name}", args=[document.organisation_id]),
        place=f"du document «\u00a0{document.label}\u00a0» de l’organisation "
        f"{document.organisation}",
        then="Il compte comme refusé tant qu’une copie saine ne le remplace pas.",
        related=document.organisation,
    )


def _words_of_account(details: BankDetails, sender: User) -> InfectedWords:
    return InfectedWords(
        path=reverse("partners:bank", args=[details.organisation_id]),
        place=f"du relevé d’identité bancaire de l’organisation {details.organisation}",
        to_do="donnez de nouveau les coordonnées bancaires, avec un relevé sain",
        then="Ces coordonnées comptent comme refusées jusque-là.",
        related=details.organisation,
    )
