"""The mail that tells a body what the office changed in its dossier."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse

from config.dates import local_date
from foundation.notifications.rendering import absolute
from grants.applications import recipients
from grants.applications.correction_messages import asked_lines
from grants.applications.messages import attestation_context, queue_mail


if TYPE_CHECKING:
    from grants.applications.models import OfficeEdit


def queue_edited(edit: OfficeEdit, *, asks_again: bool, at: datetime) -> None:
    """Tell who fills and who signs what was changed, why, and where to read it.

    Args:
        edit: The change, with its deposit.
        asks_again: Somebody must attest the request again.
        at: Now.
    """
    application = edit.application
    context = {
        "author": edit.author,
        "reason": edit.reason,
        "lines": asked_lines(application, edit.fields),
        "deposit": edit.deposit,
        "due_on": application.attestation_due_on if asks_again else None,
        "deposits_url": absolute(reverse("applications:deposits", args=[application.reference])),
        "attestation_url": attestation_context(application)["url"] if asks_again else "",
    }
    signing = recipients.signatories(application, local_date(at)) if asks_again else []
    queue_mail(
        application,
        key=f"office-edit:{edit.pk}",
        kind="office_edited",
        template="office_edited",
        to=sorted({*recipients.members(application), *signing}),
        context=context,
        at=at,
    )
