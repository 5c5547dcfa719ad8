"""Who may download the files of a body's store and the proof of its bank details."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundation.documents.owners import register_owner
from partners.enums import DocumentKind
from partners.models import BankDetails, OrganisationDocument
from partners.permissions import may_read_bank, membership_of


if TYPE_CHECKING:
    from accounts.models import User


def may_read_document(user: User, document: OrganisationDocument) -> bool:
    """Tell whether a person may read a document: the body's members, the desk, administrators."""
    if document.kind == DocumentKind.BANK_PROOF:
        return may_read_bank(user, document.organisation)
    staff = user.access.is_desk or user.access.is_administrator
    return staff or membership_of(user, document.organisation) is not None


def register() -> None:
    """Declare these files to the download view."""
    register_owner(OrganisationDocument, may_read_document)
    register_owner(BankDetails, lambda user, owner: may_read_bank(user, owner.organisation))
