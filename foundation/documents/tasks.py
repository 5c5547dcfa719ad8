"""Ask the antivirus about waiting files, delete those that lost their row."""

import logging

from celery import shared_task
from django.utils import timezone

from foundation.documents import antivirus
from foundation.documents.antivirus import ScannerDownError
from foundation.documents.models import StoredFile
from foundation.documents.services import delete_lost_files, scan_file, waiting_files


log = logging.getLogger(__name__)
BATCH = 50


@shared_task(autoretry_for=(ScannerDownError,), retry_backoff=10, max_retries=3)
def scan_file_task(stored_file_id: int) -> None:
    """Scan one file; it may have been replaced meanwhile."""
    try:
        scan_file(stored_file_id=stored_file_id, at=timezone.now())
    except (StoredFile.DoesNotExist, FileNotFoundError):
        log.info("file %s went before it was scanned", stored_file_id)


@shared_task
def scan_waiting_files() -> int:
    """Scan the files still waiting, quarantined first; stop when the scanner is away.

    A file that the scanner cannot read never holds the others back.
    """
    if not antivirus.is_configured():
        return 0
    done = 0
    for pk in list(waiting_files().values_list("pk", flat=True)[:BATCH]):
        try:
            scan_file(stored_file_id=pk, at=timezone.now())
        except (antivirus.ScanFailedError, StoredFile.DoesNotExist, FileNotFoundError) as error:
            log.warning("file %s could not be scanned: %s", pk, error)
            continue
        except ScannerDownError as error:
            log.warning("the antivirus does not answer: %s", error)
            break
        done += 1
    return done


@shared_task
def sweep_lost_files() -> int:
    """Delete the bytes that a killed process left without a row."""
    return delete_lost_files(at=timezone.now())
