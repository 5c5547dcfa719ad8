"""Nightly re-verification of the histories."""

import logging

from celery import shared_task

from grants.applications.integrity import history_faults


logger = logging.getLogger(__name__)


@shared_task
def verify_events() -> int:
    """Verify every dossier's history; log each fault and return their number."""
    faults = 0
    for application_id, fault in history_faults():
        faults += 1
        logger.error("history fault: %s", fault, extra={"application_id": application_id})
    return faults
