"""File, attest, withdraw."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import datetime_fr, plural_fr
from foundation.parameters.selectors import days_on
from grants.applications import hooks
from grants.applications.checks import missing_document_labels, missing_items
from grants.applications.enums import Channel, ReviewState
from grants.applications.events import append_event
from grants.applications.messages import (
    queue_attestation_request,
    queue_attested,
    queue_receipt,
    queue_withdrawal,
)
from grants.applications.models import Application, Deposit, ReferenceSequence
from grants.applications.services.moves import lock_application, move
from grants.applications.snapshot import freeze, snapshot
from grants.applications.workflow import Transition
from grants.calls.selectors import closing_for
from partners.enums import Right
from partners.permissions import has_right, may_sign_for, signing_obstacle


if TYPE_CHECKING:
    from accounts.models import User
    from grants.calls.models import CallSheet
    from partners.models import Organisation


def may_file(user: User, application: Application) -> bool:
    """Tell whether a person may file a dossier: *edit* in its body, or its pending author."""
    return type(application).objects.editable_by(user).filter(pk=application.pk).exists()


@transaction.atomic
def submit_application(*, application_id: int, by: User, at: datetime) -> Application:
    """File a draft: date it, number it, freeze it, send the receipt.

    The reference is taken from the year's locked row at the end of the transaction's checks, so
    that numbers follow each other without a gap whatever fails or runs at the same time.

    Raises:
        Refusal: ``already_filed`` (409), ``not_allowed`` (403), ``late``, ``not_open_yet`` or
            ``incomplete`` (422).
    """
    application = lock_application(application_id)
    if not application.is_draft:
        raise Refusal(
            f"Ce dossier est déjà déposé sous la référence {application.reference}.",
            code="already_filed",
            status=409,
        )
    if not may_file(by, application):
        raise Refusal("Vous ne pouvez pas déposer ce dossier.", code="not_allowed", status=403)
    check_open(application.sheet, application.organisation, at=at)
    blocking = [item for item in missing_items(application, at=at) if item.blocking]
    if blocking:
        raise Refusal(
            "Le dossier ne peut pas encore être déposé : "
            f"il reste {len(blocking)} point{plural_fr(len(blocking))} à corriger.",
            code="incomplete",
        )
    application.channel = Channel.WEB
    signed = may_sign_for(by, application.organisation, local_date(at))
    record_filing(application, by=by, at=at, signed=signed)
    return application


def check_open(sheet: CallSheet, organisation: Organisation, *, at: datetime) -> None:
    """Refuse a filing outside the sheet's dates (extensions included).

    Raises:
        Refusal: ``late``, ``not_open_yet`` or ``not_published``.
    """
    if sheet.state == "draft" or sheet.opens_at is None:
        raise Refusal("Cette fiche n’est pas publiée.", code="not_published")
    if at < sheet.opens_at:
        raise Refusal(f"Les dépôts ouvrent le {datetime_fr(sheet.opens_at)}.", code="not_open_yet")
    closing = closing_for(sheet, organisation)
    if at > closing:
        raise Refusal(
            f"Le délai de dépôt est dépassé : la fiche {sheet.code} était ouverte "
            f"jusqu’au {datetime_fr(closing)}. Votre brouillon est conservé ; "
            "contactez le service si un empêchement le justifie.",
            code="late",
        )


def record_filing(application: Application, *, by: User, at: datetime, signed: bool) -> None:
    """Date, number and freeze a checked draft whose row is locked; queue what filing sends.

    Args:
        application: The draft, with its channel set.
        by: Who files.
        at: Now.
        signed: Attested at once; otherwise the attestation is asked for, with a date.
    """
    today = local_date(at)
    application.submitted_at = at
    application.submitted_by = by
    if signed:
        application.attested_at = at
        application.attested_by = by
    else:
        application.attestation_due_on = today + timedelta(days=days_on("attestation.days", today))
    lacking = missing_document_labels(application)
    if lacking:
        application.documents_due_on = today + timedelta(days=days_on("documents.days", today))
        application.documents_asked_at = at
    application.reference = next_reference(application.sheet.campaign.fiscal_year)
    payload, digest = freeze(snapshot(application, at=at))
    move(
        application=application,
        transition=Transition.SUBMIT,
        actor=by,
        at=at,
        data={"sha256": digest, "channel": application.channel, "missing": lacking},
        visible_to_applicant=True,
    )
    Deposit.objects.create(
        application=application,
        number=1,
        payload=payload,
        sha256=digest,
        filed_at=at,
        filed_by=by,
    )
    queue_receipt(application, at=at)
    if not signed:
        queue_attestation_request(application, at=at)
    for hook in hooks.after_submitted:
        hook(application=application, at=at)


def next_reference(year: int) -> str:
    """Take the next reference of a fiscal year, under lock: ``2027-0042``, without a gap.

    Call it last, inside the transaction that uses the number: a rollback gives it back.
    """
    ReferenceSequence.objects.bulk_create([ReferenceSequence(year=year)], ignore_conflicts=True)
    sequence = ReferenceSequence.objects.select_for_update().get(pk=year)
    sequence.last += 1
    sequence.save(update_fields=["last"])
    return str(sequence)


@transaction.atomic
def attest_application(
    *, application_id: int, by: User, at: datetime, seen: str | None = None
) -> Application:
    """Attest a filed dossier as its body's signatory.

    Args:
        application_id: The dossier.
        by: Who signs.
        at: Now.
        seen: What :func:`deposit_mark` said on the page they read; ``None`` when there is none.

    Raises:
        Refusal: ``not_allowed`` (403) without the right to sign, or with a mandate refused or
            expired; ``wrong_state`` (409) for a draft, an attested or an ended dossier;
            ``changed`` (409) when it is no longer the deposit that was read.
    """
    application = lock_application(application_id)
    if obstacle := signing_obstacle(by, application.organisation, local_date(at)):
        raise Refusal(obstacle, code="not_allowed", status=403)
    ended = {ReviewState.DRAFT, ReviewState.WITHDRAWN, ReviewState.CLOSED_WITHOUT_ACTION}
    if application.review_state in ended or application.attested_at is not None:
        raise Refusal("Cette demande n’attend pas d’attestation.", code="wrong_state", status=409)
    if seen is not None and seen != deposit_mark(application):
        raise Refusal(
            "Le dossier a changé depuis que vous avez ouvert cette page\u00a0: "
            "relisez-le, puis attestez.",
            code="changed",
            status=409,
        )
    application.attested_at = at
    application.attested_by = by
    application.version += 1
    application.updated_at = at
    application.save()
    append_event(
        application=application, kind="attested", actor=by, at=at, visible_to_applicant=True
    )
    queue_attested(application, at=at)
    return application


def deposit_mark(application: Application) -> str:
    """Return what tells a dossier's last deposit from any other, for its body as it is now."""
    last = application.deposits.order_by("-number").first()
    if last is None:
        return str(application.organisation_id)
    return f"{application.organisation_id}:{last.number}:{last.redacted_sha256 or last.sha256}"


def may_withdraw(user: User, application: Application) -> bool:
    """Tell whether a person may withdraw a request for its body: *edit* or *sign*.

    An author whose membership still waits may file, not withdraw: that binds the body.
    """
    return has_right(user, application.organisation, Right.EDIT, Right.SIGN)


@transaction.atomic
def withdraw_application(
    *, application_id: int, by: User, at: datetime, reason: str = ""
) -> Application:
    """Withdraw a filed request, for its body, before the decision.

    Raises:
        Refusal: ``not_allowed`` (403) or ``wrong_state`` (409).
    """
    application = lock_application(application_id)
    if not may_withdraw(by, application):
        raise Refusal("Vous ne pouvez pas retirer cette demande.", code="not_allowed", status=403)
    move(
        application=application,
        transition=Transition.WITHDRAW,
        actor=by,
        at=at,
        comment=reason.strip(),
        visible_to_applicant=True,
    )
    queue_withdrawal(application, at=at)
    return application
