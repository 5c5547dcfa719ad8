"""Nightly re-verification of the histories."""

import logging

from celery import shared_task

from grants.applications.events import verify_chain
from grants.applications.models import Application


logger = logging.getLogger(__name__)


@shared_task
def verify_events() -> int:
    """Verify every dossier's history; log each fault and return their number."""
    faults = 0
    for application in Application.objects.order_by("pk").iterator(chunk_size=200):
        for fault in verify_chain(application):
            faults += 1
            logger.error("history fault: %s", fault, extra={"application_id": application.pk})
    return faults
