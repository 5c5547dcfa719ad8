"""May this file leave the portal, the antivirus gate; and how it does, as an attachment."""

from django.conf import settings
from django.http import FileResponse

from config.errors import Refusal
from foundation.documents.enums import ScanState
from foundation.documents.models import StoredFile


def check_download(stored: StoredFile) -> None:
    """Refuse a file that the antivirus did not pass. What the portal made itself is safe.

    Raises:
        Refusal: ``quarantine`` (409), ``infected`` (403) or ``not_scanned`` (403).
    """
    if stored.uploaded_by_id is None or stored.scan_state == ScanState.CLEAN:
        return
    name = f"« {stored.original_name} »"
    if stored.scan_state == ScanState.PENDING:
        raise Refusal(
            f"Le fichier {name} attend le contrôle de l’antivirus. "
            "Il pourra être téléchargé dans quelques minutes.",
            code="quarantine",
            status=409,
        )
    if stored.scan_state == ScanState.INFECTED:
        raise Refusal(
            f"L’antivirus a refusé le fichier {name} : il ne peut pas être téléchargé. "
            "Demandez à la personne qui l’a déposé de le remplacer.",
            code="infected",
            status=403,
        )
    if not settings.DOWNLOAD_UNSCANNED:
        raise Refusal(
            f"Le fichier {name} n’a pas été contrôlé par un antivirus : "
            "le portail ne permet pas de le télécharger.",
            code="not_scanned",
            status=403,
        )


def attached(stored: StoredFile) -> FileResponse:
    """Return a file as an attachment under its name, kept by no cache.

    Raises:
        FileNotFoundError: If its bytes are gone.
    """
    response = FileResponse(
        stored.file.open("rb"),
        as_attachment=True,
        filename=stored.original_name,
        content_type=stored.media_type,
    )
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    return response
