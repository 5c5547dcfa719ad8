"""The e-mails of correction requests: to the body's members, to who instructs the dossier."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from config.dates import local_date
from foundation.notifications.rendering import absolute, render_mail
from foundation.notifications.services import queue_template
from foundation.parameters.selectors import value_on
from grants.applications import recipients
from grants.applications.forms.reopening import labels_of
from grants.applications.messages import attestation_context, queue_mail


if TYPE_CHECKING:
    from datetime import date

    from grants.applications.models import Application, CorrectionRequest, Deposit


def asked_lines(application: Application, fields: list[str]) -> list[str]:
    """Return what a request reopens, one line a section: « Projet : Intitulé, Objectifs »."""
    return [
        f"{section.label}\u00a0: {', '.join(labels)}" if labels else str(section.label)
        for section, labels in labels_of(application, fields)
    ]


def asked_context(
    application: Application, *, fields: list[str], message: str, due_on: date
) -> dict[str, Any]:
    """Return what the mail of a request says; its preview reads the same."""
    return {
        "application": application,
        "lines": asked_lines(application, fields),
        "message": message,
        "due_on": due_on,
        "url": _applicant_url(application),
    }


def preview_asked(
    application: Application, *, fields: list[str], message: str, due_on: date
) -> tuple[str, str]:
    """Return the subject and the text of the mail that a request would send."""
    context = asked_context(application, fields=fields, message=message, due_on=due_on)
    account = next(iter(recipients.members(application)), "adresse@exemple.fr")
    return render_mail("applications/email/correction_asked", {**context, "account": account})


def queue_asked(correction: CorrectionRequest, *, at: datetime) -> None:
    """Tell the editors and the signatories what to complete, and until when."""
    context = asked_context(
        correction.application,
        fields=correction.fields,
        message=correction.message,
        due_on=correction.due_on,
    )
    _to_body(correction, "correction_asked", context, suffix="", at=at)


def queue_extended(correction: CorrectionRequest, *, reason: str, at: datetime) -> None:
    """Tell the body that it has more time."""
    context = {"due_on": correction.due_on, "reason": reason}
    _to_body(correction, "correction_extended", context, suffix=f":{correction.due_on}", at=at)


def queue_cancelled(correction: CorrectionRequest, *, reason: str, at: datetime) -> None:
    """Tell the body that nothing is waited for any more."""
    _to_body(correction, "correction_cancelled", {"reason": reason}, suffix="", at=at)


def queue_answered(deposit: Deposit, *, comment: str, is_late: bool, at: datetime) -> None:
    """Give the body its receipt, and tell the office."""
    correction = deposit.correction
    context = {
        "deposit": deposit,
        "comment": comment,
        "is_late": is_late,
        "url": absolute(reverse("applications:deposits", args=[deposit.application.reference])),
    }
    _to_body(correction, "correction_received", context, suffix="", at=at)
    queue_for_office(
        deposit.application,
        key=f"correction-answered:{correction.pk}",
        kind="correction_answered",
        context={
            **context,
            "correction": correction,
            "url": absolute(reverse("review:deposits", args=[deposit.application.reference])),
        },
        at=at,
    )


def queue_new_attestation(deposit: Deposit, *, is_other_body: bool, at: datetime) -> None:
    """Ask the signatories to attest again: the budget changed, or the identity of the body."""
    application = deposit.application
    queue_mail(
        application,
        key=f"attestation:{application.reference}:{deposit.number}",
        kind="attestation_request",
        template="correction_attestation",
        to=recipients.signatories(application, local_date(at)) or recipients.editors(application),
        context=attestation_context(application) | {"is_other_body": is_other_body},
        at=at,
    )


def queue_for_office(
    application: Application, *, key: str, kind: str, context: dict[str, Any], at: datetime
) -> None:
    """Write to who instructs a dossier, else to the office, who reads an answer too."""
    on = local_date(at)
    for rank, to in enumerate(recipients.office_of(application, on)):
        queue_template(
            f"applications/email/{kind}",
            {"application": application, **context},
            key=f"{key}:{to}" if rank else key,
            kind=kind,
            to=to,
            at=at,
            related=application,
            reply_to=value_on("office.email", on),
        )


def _to_body(
    correction: CorrectionRequest, name: str, context: dict[str, Any], *, suffix: str, at: datetime
) -> None:
    application = correction.application
    queue_mail(
        application,
        key=f"{name.replace('_', '-')}:{correction.pk}{suffix}",
        kind=name,
        template=name,
        to=recipients.members(application),
        context={
            "correction": correction,
            "url": _applicant_url(application),
            **context,
        },
        at=at,
    )


def _applicant_url(application: Application) -> str:
    return absolute(reverse("applications:correction", args=[application.reference]))
