"""What the portal writes to applicants, said on a page of the help."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from grants.applications.mail_kinds import BODY_MAIL_KINDS, MAIL_KINDS


@login_not_required
@require_safe
def mail_help(request: HttpRequest) -> HttpResponse:
    """List the e-mails an applicant may get: when, who, what stops them."""
    context = {
        "tables": [("Pour vos dossiers", MAIL_KINDS), ("Pour votre organisation", BODY_MAIL_KINDS)]
    }
    return render(request, "applications/mail_help.html", context)
