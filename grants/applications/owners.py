"""Who may download the files of a dossier: whoever may open the dossier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundation.documents.owners import register_owner
from grants.applications.models import Application, ApplicationDocument, Message


if TYPE_CHECKING:
    from accounts.models import User


def _may_read(user: User, application_id: int) -> bool:
    return Application.objects.visible_to(user).filter(pk=application_id).exists()


def register() -> None:
    """Declare the files of this app to the download view."""
    register_owner(Application, lambda user, owner: _may_read(user, owner.pk))
    register_owner(ApplicationDocument, lambda user, owner: _may_read(user, owner.application_id))
    register_owner(Message, lambda user, owner: _may_read(user, owner.application_id))
