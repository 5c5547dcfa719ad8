"""Renew an earlier request, and use again the documents that a body keeps."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.dates import local_date
from config.errors import Refusal
from config.http import safe_next
from foundation.jobs.services import AlreadyDoneError
from grants.applications.enums import Section
from grants.applications.forms import KeepForm, RenewForm, ReuseForm
from grants.applications.labels import applicant_headline
from grants.applications.models import Application, ApplicationDocument
from grants.applications.progress import section_url
from grants.applications.renewable import choices_for, heir_of, renewable_by
from grants.applications.renewal_summary import renewal_summary
from grants.applications.services.documents import (
    keep_document,
    reuse_bank_proof,
    reuse_document,
)
from grants.applications.services.renewal import start_renewal
from grants.applications.views.scope import (
    draft_context,
    may_edit,
    own_dossier,
    require_editor,
)


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
        "summary": renewal_summary(application, on=local_date(timezone.now()), by=request.user),
    }
    return render(request, "applications/renewal/renewed.html", context)


@require_POST
def document_reuse(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Join a document that the body keeps."""
    application = own_dossier(request, whole=False, uuid=uuid)
    require_editor(request, application)
    form = ReuseForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choisissez un document de l’organisation.")
        return redirect(safe_next(request, _documents_url(application)))
    try:
        document = _reuse(request, application, form)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(
            request,
            f"«\u00a0{document.label}\u00a0» est joint depuis les documents de l’organisation.",
        )
    return redirect(safe_next(request, _documents_url(application)))


def _reuse(request: HttpRequest, application: Application, form: ReuseForm) -> ApplicationDocument:
    """Copy the document of the body that was chosen; without one, its bank proof."""
    chosen = {
        "application_id": application.pk,
        "required_id": form.cleaned_data["required_id"],
        "by": request.user,
        "at": timezone.now(),
    }
    source_id = form.cleaned_data["source_id"]
    if source_id is None:
        return reuse_bank_proof(**chosen)
    return reuse_document(source_id=source_id, **chosen)


@require_POST
def document_keep(request: HttpRequest, uuid: UUID, pk: int) -> HttpResponse:
    """Put a document of the dossier in the body's store."""
    application = own_dossier(request, whole=False, uuid=uuid)
    require_editor(request, application)
    form = KeepForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(form.errors["valid_until"]))
        return redirect(safe_next(request, _documents_url(application)))
    try:
        source = keep_document(
            application_id=application.pk,
            document_id=pk,
            valid_until=form.cleaned_data["valid_until"],
            by=request.user,
            at=timezone.now(),
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(
            request, f"«\u00a0{source.label}\u00a0» est gardé avec les documents de l’organisation."
        )
    return redirect(safe_next(request, _documents_url(application)))


def _documents_url(application: Application) -> str:
    if application.is_draft:
        return section_url(application, Section.DOCUMENTS)
    return reverse("applications:tab", args=[application.reference, "pieces"])
