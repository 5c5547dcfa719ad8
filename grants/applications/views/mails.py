"""What the portal writes to applicants, said on a page of the help."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from grants.applications.mail_kinds import (
    BODY_MAIL_KINDS,
    MAIL_KINDS,
    OPINION_MAIL_KINDS,
    with_delays,
)


@login_not_required
@require_safe
def mail_help(request: HttpRequest) -> HttpResponse:
    """List the e-mails an applicant may get: when, who, what stops them."""
    today = timezone.localdate()
    context = {
        "tables": [
            ("Pour vos dossiers", with_delays(MAIL_KINDS, on=today)),
            ("Pour votre organisation", with_delays(BODY_MAIL_KINDS, on=today)),
            ("Quand le service demande un avis", with_delays(OPINION_MAIL_KINDS, on=today)),
        ]
    }
    return render(request, "applications/mail_help.html", context)
