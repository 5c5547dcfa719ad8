"""After the deposit, in the demonstration: a thread with files, an attestation that is late."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from grants.applications.enums import MessageSide
from grants.applications.models import Application
from grants.applications.services.messages import mark_read, send_message
from portal.demo import requests
from portal.demo.actors import Cast
from portal.demo.calls import Year


LATE_BY = timedelta(days=21)  # more than the delay of an attestation


def talk_with_files(
    application: Application, officer: User, applicant: User, *, at: datetime
) -> None:
    """Have both sides write, join files and read each other; the last word waits for an answer.

    Args:
        application: Under review.
        officer: Who instructs it.
        applicant: Who answers for the body.
        at: When it begins; three days are told.
    """
    _write(
        application,
        MessageSide.OFFICE,
        officer,
        "Bonjour, pouvez-vous nous envoyer le devis de la location du minibus, et préciser qui "
        "accompagne les sorties ?",
        at=at,
    )
    mark_read(application_id=application.pk, side=MessageSide.APPLICANT, at=at + timedelta(hours=3))
    _write(
        application,
        MessageSide.APPLICANT,
        applicant,
        "Bonjour, voici le devis et le planning des sorties. Deux éducateurs accompagnent chaque "
        "groupe de douze.",
        at=at + timedelta(hours=5),
        files=("Devis minibus", "Planning des sorties"),
    )
    mark_read(application_id=application.pk, side=MessageSide.OFFICE, at=at + timedelta(days=1))


def late_attestation(cast: Cast, random: Random, year: Year, *, at: datetime) -> Application:
    """File a request of the demonstration's association that nobody attested in time."""
    filed_at = at - LATE_BY
    draft = requests.make_draft(
        random,
        sheet=year.sheets["C1"],
        body=cast.star,
        by=cast.star_editor,
        at=filed_at - timedelta(hours=26),
    )
    return requests.file_draft(draft, by=cast.star_editor, at=filed_at)


def _write(
    application: Application,
    side: MessageSide,
    author: User,
    text: str,
    *,
    at: datetime,
    files: tuple[str, ...] = (),
) -> None:
    send_message(
        application_id=application.pk,
        side=side,
        author=author,
        text=text,
        at=at,
        files=[
            SimpleUploadedFile(f"{name}.pdf", requests.a_page(name), "application/pdf")
            for name in files
        ],
    )
