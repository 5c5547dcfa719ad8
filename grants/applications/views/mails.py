"""What the portal writes to applicants, said on a page of the help."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from grants.applications.mail_kinds import MAIL_KINDS


@login_not_required
@require_safe
def mail_help(request: HttpRequest) -> HttpResponse:
    """List the e-mails an applicant may get: when, who, what stops them."""
    return render(request, "applications/mail_help.html", {"kinds": MAIL_KINDS})
