"""Ask the antivirus about waiting files, delete those that lost their row."""

from celery import shared_task
from django.utils import timezone

from foundation.documents.antivirus import ScannerDownError
from foundation.documents.enums import ScanState
from foundation.documents.models import StoredFile
from foundation.documents.services import delete_lost_files, scan_file


BATCH = 50


@shared_task(autoretry_for=(ScannerDownError,), retry_backoff=10, max_retries=3)
def scan_file_task(stored_file_id: int) -> None:
    """Scan one file."""
    scan_file(stored_file_id=stored_file_id)


@shared_task
def scan_waiting_files() -> int:
    """Scan the files still in quarantine, oldest first; stop when the scanner is away."""
    waiting = StoredFile.objects.filter(scan_state=ScanState.PENDING).order_by("pk")
    done = 0
    for pk in waiting.values_list("pk", flat=True)[:BATCH]:
        try:
            scan_file(stored_file_id=pk)
        except ScannerDownError:
            break
        done += 1
    return done


@shared_task
def sweep_lost_files() -> int:
    """Delete the bytes that a killed process left without a row."""
    return delete_lost_files(at=timezone.now())
