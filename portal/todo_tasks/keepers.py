"""What waits for those who keep the bodies, the messages and the files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse

from foundation.documents import antivirus
from foundation.documents.enums import ScanState
from foundation.documents.models import StoredFile
from foundation.notifications.models import OutboxMessage, OutboxState
from partners.models import Membership
from partners.permissions import handles_flags
from partners.selectors import bank_details_to_check, documents_to_check, flags_to_handle
from portal.todo import Task, register_provider
from portal.todo_tasks.addresses import listed


if TYPE_CHECKING:
    from accounts.models import User

# The antivirus takes seconds: past this, somebody should look at it. No rule of the office.
QUARANTINE_ALARM = timedelta(minutes=30)


@register_provider
def body_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What bodies gave or changed, and the office has not looked at."""
    access = user.access
    if access.is_case_officer:
        yield Task(
            "body-documents-to-check",
            "document d’organisation à vérifier",
            "documents d’organisations à vérifier",
            documents_to_check(),
            reverse("partners:to_check"),
            icon="folder-check",
        )
    if access.is_unit_head or access.is_administrator:
        yield Task(
            "bank-details-to-check",
            "compte bancaire à vérifier",
            "comptes bancaires à vérifier",
            bank_details_to_check(),
            reverse("partners:to_check_bank"),
            icon="bank",
        )
    if handles_flags(user):
        yield Task(
            "body-flags",
            "changement signalé dans une organisation",
            "changements signalés dans des organisations",
            flags_to_handle(),
            reverse("partners:to_check_flags"),
            icon="flag",
        )


@register_provider
def directory_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What waits for those who keep the directory of bodies, and the messages."""
    access = user.access
    if access.is_unit_head or access.is_administrator:
        yield Task(
            "memberships-at-office",
            "demande à rejoindre une organisation sans gestionnaire",
            "demandes à rejoindre une organisation sans gestionnaire",
            Membership.objects.pending().with_managed().filter(managed=False),
            reverse("partners:pending_list"),
            icon="person-exclamation",
        )
    if access.is_administrator:
        yield Task(
            "messages-failed",
            "message que l’on n’a pas pu envoyer",
            "messages que l’on n’a pas pu envoyer",
            OutboxMessage.objects.filter(state=OutboxState.FAILED),
            listed("notifications:outbox_list", etat=str(OutboxState.FAILED)),
            icon="envelope-exclamation",
        )


@register_provider
def file_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What the antivirus keeps in quarantine for too long."""
    if not (user.access.is_unit_head or user.access.is_administrator):
        return
    if not antivirus.is_configured():
        return  # nothing will answer: the page of the antivirus says so, nobody is late
    late = StoredFile.objects.filter(
        scan_state=ScanState.PENDING, uploaded_at__lt=at - QUARANTINE_ALARM
    )
    yield Task(
        "quarantine",
        "fichier attend l’antivirus",
        "fichiers attendent l’antivirus",
        late,
        reverse("documents:scan_list"),
        due="uploaded_at",
        icon="shield-exclamation",
    )
