"""Renew an earlier request: choose the sheet, begin, read what was taken."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from config.dates import local_date
from config.errors import Refusal
from foundation.jobs.services import AlreadyDoneError
from grants.applications.forms import RenewForm
from grants.applications.labels import applicant_headline
from grants.applications.models import Application
from grants.applications.renewable import choices_for, heir_of, renewable_by
from grants.applications.renewal_summary import renewal_summary
from grants.applications.services.renewal import start_renewal
from grants.applications.views.scope import draft_context, may_edit, own_dossier


@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest, reference: str) -> HttpResponse:
    """Choose the sheet on which to renew a filed request, and begin."""
    previous = _previous(request, reference)
    choices = choices_for(previous, request.user, timezone.now())
    form = RenewForm(choices, request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            return _begin(request, previous, form)
        except Refusal as found:
            refusal = found
    status = refusal.status if refusal else 422 if form.is_bound else 200
    context = {
        "previous": previous,
        "organisation": heir_of(previous),
        "headline": applicant_headline(previous),
        "choices": choices,
        "chosen": str(form["sheet"].value() or ""),
        "form": form,
        "refusal": refusal,
        "begun": refusal is not None and refusal.code == "draft_exists",
        "request_key": uuid4(),
    }
    return render(request, "applications/renewal/renew.html", context, status=status)


def _previous(request: HttpRequest, reference: str) -> Application:
    """Return a request to renew; 404 for what is not theirs, 403 without the right to edit."""
    found = (
        renewable_by(request.user)
        .select_related("sheet__campaign", "organisation__merged_into")
        .filter(reference=reference)
        .first()
    )
    if found is None:
        own = own_dossier(request, whole=False, reference=reference)
        if not may_edit(request, own):
            raise PermissionDenied
        raise Http404  # withdrawn, or closed as a double
    return found


def _begin(request: HttpRequest, previous: Application, form: RenewForm) -> HttpResponse:
    try:
        draft = start_renewal(
            previous_id=previous.pk,
            sheet_id=form.cleaned_data["sheet"].pk,
            by=request.user,
            at=timezone.now(),
            another=form.cleaned_data["another"],
            request_key=form.cleaned_data["request_key"],
        )
    except AlreadyDoneError as done:
        if not done.result_url:
            raise
        return redirect(done.result_url)
    messages.success(
        request,
        f"Votre brouillon est créé à partir de {previous.reference}. Rien n’est envoyé.",
    )
    return redirect("applications:renewed", draft.uuid)


@require_safe
def renewed(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Tell what a draft took from the request it renews, what to read again, what is empty."""
    application = own_dossier(request, uuid=uuid)
    if not application.is_draft or application.renewal_of_id is None:
        return redirect(application)
    context = draft_context(request, application) | {
        "previous": application.renewal_of,
        "summary": renewal_summary(application, on=local_date(timezone.now())),
    }
    return render(request, "applications/renewal/renewed.html", context)
