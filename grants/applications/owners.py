"""Who may download the files of a dossier: whoever may open the dossier.

A bank proof is narrower: :func:`grants.applications.store.may_read_file`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundation.documents.owners import register_owner
from grants.applications.models import Application, ApplicationDocument, Message
from grants.applications.store import may_read_file


if TYPE_CHECKING:
    from accounts.models import User


def _may_read(user: User, application_id: int) -> bool:
    return Application.objects.visible_to(user).filter(pk=application_id).exists()


def _may_read_document(user: User, document: ApplicationDocument) -> bool:
    return _may_read(user, document.application_id) and may_read_file(user, document)


def register() -> None:
    """Declare the files of this app to the download view."""
    register_owner(Application, lambda user, owner: _may_read(user, owner.pk))
    register_owner(ApplicationDocument, _may_read_document)
    register_owner(Message, lambda user, owner: _may_read(user, owner.application_id))
