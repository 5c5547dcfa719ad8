"""More time, given by the head of the unit."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.dates import end_of_day
from config.errors import Refusal, refused
from grants.calls.forms import ExtensionForm
from grants.calls.permissions import may_extend
from grants.calls.services import grant_extension
from grants.calls.views.sheets import office_sheet
from partners.models import Organisation


@require_http_methods(["GET", "POST"])
def sheet_extensions(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = office_sheet(request, pk, to_manage=False)
    if not may_extend(request.user):
        raise PermissionDenied
    if sheet.is_draft:
        return refused(
            request,
            Refusal("Cette fiche n’est pas publiée.", code="not_published", status=409),
        )
    organisations = Organisation.objects.visible_to(request.user).current()
    form = ExtensionForm(request.POST or None, organisations=organisations)
    if request.method == "POST" and form.is_valid():
        try:
            grant_extension(
                sheet=sheet,
                organisation=form.cleaned_data["organisation"],
                until=end_of_day(form.cleaned_data["until_on"]),
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error("until_on", refusal.sentence)
        else:
            messages.success(request, "La prolongation est accordée.")
            return redirect("calls:sheet_manage", pk)
    context = {
        "sheet": sheet,
        "form": form,
        "extensions": sheet.extensions.select_related("organisation", "granted_by"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "calls/sheet_extensions.html", context, status=status)
