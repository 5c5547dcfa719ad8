"""Documents shared with a request for an opinion, for the tests."""

from django.core.files.base import ContentFile
from django.utils import timezone

from foundation.documents.enums import ScanState
from foundation.documents.services import store_upload
from grants.applications.models import ApplicationDocument
from grants.calls.models import RequiredDocument
from grants.review.models import OpinionRequest
from grants.review.services.opinions import request_opinion
from tests.documents import samples
from tests.factories import UserFactory
from tests.review.opinions import EXPERT, in_days


NOW = timezone.now()
SECRET = b"%PDF-1.7\n% PIECE-CONFIDENTIELLE\n" + samples.PDF[9:]


def a_file(document, *, name="note.pdf", content=SECRET, scan_state=ScanState.CLEAN, at=NOW):
    stored = store_upload(
        owner=document,
        kind="note",
        upload=ContentFile(content, name=name),
        by=UserFactory(),
        at=at,
    )
    stored.scan_state = scan_state
    stored.save(update_fields=["scan_state"])
    return stored


def a_document(dossier, label="Statuts", *, kind="", **file):
    required = None
    if kind:
        required = RequiredDocument.objects.create(sheet=dossier.sheet, kind=kind, label=label)
    document = ApplicationDocument.objects.create(
        application=dossier, required=required, label=label, added_at=NOW
    )
    document.stored = a_file(document, **file)
    return document


def ask_with(dossier, *documents, expert=EXPERT, **more) -> OpinionRequest:
    return request_opinion(
        application_id=dossier.pk,
        source="expert",
        expert=expert,
        due_on=in_days(9),
        files=[one.stored.pk for one in documents],
        by=dossier.officer,
        at=NOW,
        **more,
    )
