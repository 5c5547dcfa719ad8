"""Tell who sent a file that the antivirus refused it.

What to do about it depends on where the file hangs: the app that owns that row says so, in its
``AppConfig.ready()``, with :func:`register_words`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.urls import reverse

from config.dates import local_date
from foundation.documents import hooks
from foundation.documents.models import StoredFile
from foundation.notifications.rendering import absolute
from foundation.notifications.services import queue_template
from foundation.parameters.selectors import value_on


if TYPE_CHECKING:
    from accounts.models import User

REFUSED_BECAUSE = (
    "L’antivirus a trouvé un programme malveillant dans ce fichier. Donnez-en une copie saine."
)
REPLACE = "remplacez le fichier par une copie saine, si possible faite depuis un autre ordinateur"


@dataclass(frozen=True)
class InfectedWords:
    """What the mail says of a file, where it hangs.

    Attributes:
        place: Where it is, after « Il s’agit de » and before a full stop; empty says nothing.
        path: The page where another is given.
        to_do: What to do, after a dash.
        then: What follows for the request or the body, a sentence; empty says nothing.
        related: The row that the mail is about.
    """

    path: str
    place: str = ""
    to_do: str = REPLACE
    then: str = ""
    related: Model | None = None


_words: dict[type[Model], Callable[[Any, User], InfectedWords]] = {}


def register() -> None:
    if tell_sender not in hooks.on_infected:
        hooks.on_infected.append(tell_sender)


def register_words(model: type[Model], words: Callable[[Any, User], InfectedWords]) -> None:
    """Declare what is said of the files of a model's rows.

    Args:
        model: What the files hang on.
        words: Called with the row and who sent the file: a member of a body or the office.
    """
    _words[model] = words


def tell_sender(*, stored: StoredFile, at: datetime) -> None:
    """Queue a mail to whoever sent the file, once."""
    sender, owner = stored.uploaded_by, stored.owner
    if sender is None:
        return
    told = _words.get(type(owner))
    words = told(owner, sender) if told else InfectedWords(path=reverse("portal:todo"))
    context = {
        "stored": stored,
        "words": words,
        "url": absolute(words.path),
        "account": sender.email,
    }
    queue_template(
        "notifications/email/infected",
        context,
        key=f"infected:{stored.pk}",
        kind="infected",
        to=sender.email,
        at=at,
        related=words.related,
        reply_to=value_on("office.email", local_date(at)),
    )
