"""A document that the antivirus refused is to be given again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse

from config.errors import Refusal
from foundation.documents import hooks
from foundation.documents.enums import FileState
from foundation.documents.models import StoredFile
from foundation.notifications.infected import (
    REFUSED_BECAUSE,
    REPLACE,
    InfectedWords,
    register_words,
)
from grants.applications.enums import MessageSide
from grants.applications.events import append_event
from grants.applications.models import ApplicationDocument, Message
from grants.applications.services.documents import OTHER_LABEL, ask_again
from grants.applications.services.moves import lock_application


if TYPE_CHECKING:
    from accounts.models import User


def register() -> None:
    if lock_dossier_of not in hooks.before_infected:
        hooks.before_infected.append(lock_dossier_of)
    if refuse_document not in hooks.on_infected:
        hooks.on_infected.append(refuse_document)
    register_words(ApplicationDocument, _words_of_document)
    register_words(Message, _words_of_message)


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
    document.state, document.refusal_reason = FileState.REFUSED, REFUSED_BECAUSE
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


# --- What the mail says ---------------------------------------------------------------------------
def _words_of_document(document: ApplicationDocument, sender: User) -> InfectedWords:
    application = document.application
    if application.is_draft:
        place = f"de la pièce «\u00a0{document.label}\u00a0» d’un brouillon"
        path, then = application.get_absolute_url(), ""
    elif sender.access.is_office:
        place = f"de la pièce «\u00a0{document.label}\u00a0» du dossier {application.reference}"
        path = reverse("review:tab", args=[application.reference, "pieces"])
        then = "La pièce compte comme refusée."
    else:
        place = f"de la pièce «\u00a0{document.label}\u00a0» du dossier {application.reference}"
        path = reverse("applications:tab", args=[application.reference, "pieces"])
        then = "Votre demande n’est pas remise en cause"
        then += (
            "\u00a0: seule cette pièce est à fournir de nouveau." if document.required_id else "."
        )
    return InfectedWords(path=path, place=place, to_do=REPLACE, then=then, related=application)


def _words_of_message(message: Message, sender: User) -> InfectedWords:
    application = message.application
    side = "review" if message.side == MessageSide.OFFICE else "applications"
    return InfectedWords(
        path=reverse(f"{side}:tab", args=[application.reference, "echanges"]),
        place=f"d’un fichier joint à un message du dossier {application.reference}",
        to_do="s’il est utile, joignez une copie saine à un nouveau message",
        then="Le message lui-même reste dans le dossier.",
        related=application,
    )
