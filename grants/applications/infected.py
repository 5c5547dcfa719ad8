"""A document that the antivirus refused is to be given again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from config.errors import Refusal
from foundation.documents import hooks
from foundation.documents.enums import FileState
from foundation.documents.models import StoredFile
from grants.applications.events import append_event
from grants.applications.models import ApplicationDocument
from grants.applications.services.documents import OTHER_LABEL, ask_again
from grants.applications.services.moves import lock_application


REASON = "L’antivirus a trouvé un programme malveillant dans ce fichier. Donnez-en une copie saine."


def register() -> None:
    if lock_dossier_of not in hooks.before_infected:
        hooks.before_infected.append(lock_dossier_of)
    if refuse_document not in hooks.on_infected:
        hooks.on_infected.append(refuse_document)


def lock_dossier_of(*, stored: StoredFile) -> None:
    """Lock the dossier of a document: what masks or gives files locks it before them."""
    document = stored.owner
    if isinstance(document, ApplicationDocument):
        with suppress(Refusal):  # deleted meanwhile, its files with it
            lock_application(document.application_id)


def refuse_document(*, stored: StoredFile, at: datetime) -> None:
    """Refuse the document of a dossier whose last file is infected; the history says so.

    A compulsory one is waited for again, as when the office refuses it."""
    document = stored.owner
    if not isinstance(document, ApplicationDocument):
        return
    application = lock_application(document.application_id)
    document.refresh_from_db()
    if document.file is None or document.file.pk != stored.pk:  # replaced meanwhile
        return
    document.state, document.refusal_reason = FileState.REFUSED, REASON
    document.save(update_fields=["state", "refusal_reason"])
    if application.is_draft:
        return
    ask_again(application, at=at)
    append_event(
        application=application,
        kind="document_infected",
        actor=None,
        at=at,
        data={"label": document.required.label if document.required else OTHER_LABEL},
        visible_to_applicant=True,
    )
