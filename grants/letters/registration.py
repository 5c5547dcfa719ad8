"""What the letters bring to other apps: receipts at filing, panels, rights on files, wordings."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from config.errors import Refusal
from foundation.documents.owners import register_owner
from grants.applications import hooks
from grants.applications.hooks import Panel, register_panel
from grants.letters.labels import badge
from grants.letters.models import Letter, LetterKind
from grants.letters.reference import load_templates
from grants.letters.services import create_letter
from grants.letters.values import core_values
from grants.letters.variables import CORE, register_variables
from territories.reference import register_loader


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application


log = logging.getLogger(__name__)


def register() -> None:
    """Fill the registries of the upper apps, once."""
    register_variables(CORE, core_values)
    register_loader("modèles de courrier", load_templates)
    register_owner(Letter, may_read)
    if create_receipt not in hooks.after_submitted:
        hooks.after_submitted.append(create_receipt)
    register_panel(
        Panel("letters", "letters/_applicant_panel.html", applicant_panel, "applicant", order=40)
    )
    register_panel(Panel("letters-office", "letters/_office_panel.html", office_panel, "office"))


def may_read(user: User, letter: Letter) -> bool:
    """Tell whether a person may download the files of a letter."""
    return Letter.objects.visible_to(user).filter(pk=letter.pk).exists()


def create_receipt(*, application: Application, at: datetime) -> None:
    """Write the receipt of a filing, in its transaction.

    A wording that nobody can use must not cost an applicant their deadline: the filing stands, its
    e-mail holds the legal mentions, and the log tells the office to mend the template.
    """
    try:
        create_letter(application=application, kind=LetterKind.RECEIPT, context={}, at=at, by=None)
    except Refusal as refusal:
        log.error("no receipt for %s: %s", application.reference, refusal.code)


def applicant_panel(user: User, application: Application) -> dict | None:
    """Return the receipts and opened decisions that a member may download."""
    shown = (
        Letter.objects.visible_to(user)
        .filter(application=application)
        .exclude(state__in=["to_generate", "failed"])
        .prefetch_related("files")
    )
    rows = [(letter, letter.signed_file or letter.pdf) for letter in shown]
    rows = [(letter, file) for letter, file in rows if file is not None]
    return {"rows": rows} if rows else None


def office_panel(user: User, application: Application) -> dict | None:
    """Return every letter of a dossier, with its state."""
    if not (user.access.is_desk or user.access.is_administrator):
        return None
    rows = [(letter, badge(letter)) for letter in application.letters.prefetch_related("files")]
    return {"rows": rows} if rows else None
