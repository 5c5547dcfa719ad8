"""One redaction, and files in each state of the antivirus."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from foundation.documents import hooks
from foundation.documents.enums import ScanState
from foundation.documents.models import StoredFile
from grants.applications.enums import MessageSide, RedactionReason, ReviewState
from grants.applications.models import Application
from grants.applications.redactable import files_of
from grants.applications.services.messages import send_message
from grants.applications.services.redaction import redact_words, words_to_mask
from portal.demo.actors import Cast
from portal.demo.calls import Year


INVENTED_CHILD = "Ilan Marceau"


def tell(cast: Cast, year: Year, *, at: datetime) -> None:
    """Mask a name that an applicant wrote, and say of three files what an antivirus would."""
    application = (
        Application.objects.filter(
            sheet__campaign=year.campaign, review_state=ReviewState.UNDER_REVIEW
        )
        .exclude(organisation__in=[cast.star, cast.commune])
        .order_by("reference")
        .first()
    )
    if application is None:
        return
    send_message(
        application_id=application.pk,
        side=MessageSide.APPLICANT,
        author=cast.editors[application.organisation_id],
        text=f"Bonjour, l’atelier est né de la situation de {INVENTED_CHILD}, exclu en mars.",
        at=at - timedelta(days=1, hours=3),
    )
    redact_words(
        application_id=application.pk,
        words=words_to_mask(INVENTED_CHILD),
        reason=RedactionReason.MINOR,
        by=cast.officers[0],
        at=at - timedelta(days=1),
    )
    _say_scans(application, at=at - timedelta(hours=20))


def _say_scans(application: Application, *, at: datetime) -> None:
    """The demonstration has no antivirus: write what one would have answered."""
    states = (ScanState.INFECTED, ScanState.CLEAN, ScanState.PENDING)
    files = list(files_of(application).filter(uploaded_by__isnull=False)[: len(states)])
    for stored, state in zip(files, states, strict=False):
        stored.scan_state = state
        with transaction.atomic():
            StoredFile.objects.filter(pk=stored.pk).update(scan_state=state)
            for hook in hooks.on_infected if state == ScanState.INFECTED else ():
                hook(stored=stored, at=at)
