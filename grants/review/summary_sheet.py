"""The sheet that sums a dossier up for the committee, as PDF: made on demand, never stored."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string

from config.dates import local_date
from foundation.documents.pdf import render_html_pdf
from foundation.parameters.selectors import values_on
from grants.applications.labels import office_headline
from grants.review.admissibility import admissibility_of
from grants.review.models import Opinion
from grants.review.scores import score_sheet
from grants.review.selectors import officers_of


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application
    from grants.review.permissions import Standing

OFFICE_KEYS = ["office.name", "office.direction"]


def summary_sheet_pdf(
    user: User, application: Application, standing: Standing, *, at: datetime
) -> bytes:
    """Return what the committee reads of a dossier, for somebody who may read its scores.

    The same rows give the same bytes on the same day.

    Args:
        user: Who asks.
        application: Fetched as the desk's pages fetch it, with its places.
        standing: What they are to it: ``reads_others``, or they must not have this file.
        at: Now.
    """
    html = render_to_string(
        "review/pdf/summary_sheet.html", summary_context(user, application, standing, at=at)
    )
    digest = hashlib.sha256(html.encode()).hexdigest()
    return render_html_pdf(html, identifier=f"synthese/{application.uuid}/{digest}")


def summary_context(
    user: User, application: Application, standing: Standing, *, at: datetime
) -> dict[str, Any]:
    """Return what the sheet shows."""
    today = local_date(at)
    sheet = score_sheet(user, application, standing)
    words = {
        key.removeprefix("office."): value for key, value in values_on(OFFICE_KEYS, today).items()
    }
    day = datetime(today.year, today.month, today.day, tzinfo=UTC)
    return {
        "application": application,
        "office": words,
        "today": today,
        "headline": office_headline(application),
        "officer": officers_of([application]).get(application.pk),
        "places": list(application.places.all()),
        "admissibility": admissibility_of(application, on=today),
        "score_sheet": sheet,
        "several": sheet is not None and len(sheet.finals) > 1,
        "opinions": _opinions(application),
        "document_created": day.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _opinions(application: Application) -> list[Opinion]:
    """Return the opinions given and not withdrawn, in the order they were asked."""
    given = Opinion.objects.filter(
        request__application=application,
        given_at__isnull=False,
        request__revoked_at__isnull=True,
    )
    return list(given.select_related("request__person", "deposit").order_by("request_id"))
