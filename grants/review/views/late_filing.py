"""Let one body file after the closing, from the desk."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.dates import end_of_day
from config.errors import Refusal
from config.templatetags.fr import date_fr
from grants.calls.permissions import may_extend
from grants.calls.services import grant_extension
from grants.review.team_forms import LateFilingForm
from grants.review.views.scope import require_desk


@require_http_methods(["GET", "HEAD", "POST"])
def late_filing(request: HttpRequest) -> HttpResponse:
    """Give one body more time on one sheet, with a reason."""
    require_desk(request)
    if not may_extend(request.user):
        raise PermissionDenied
    form = LateFilingForm(
        request.POST if request.method == "POST" else None,
        on=timezone.localdate(),
        initial={
            "sheet": request.GET.get("fiche", ""),
            "organisation": request.GET.get("organisation", ""),
        },
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                grant_extension(
                    sheet=form.cleaned_data["sheet"],
                    organisation=form.cleaned_data["organisation"],
                    until=end_of_day(form.cleaned_data["until_on"]),
                    reason=form.cleaned_data["reason"],
                    by=request.user,
                    at=timezone.now(),
                )
            except Refusal as refusal:
                form.add_error(
                    "until_on" if refusal.code in {"too_early", "too_late"} else None,
                    refusal.sentence,
                )
                status = refusal.status
            else:
                messages.success(
                    request,
                    f"{form.cleaned_data['organisation']} peut déposer jusqu’au "
                    f"{date_fr(form.cleaned_data['until_on'])} inclus\u00a0; elle en est avertie.",
                )
                return redirect("review:desk")
    return render(request, "review/team/late_filing.html", {"form": form}, status=status)
