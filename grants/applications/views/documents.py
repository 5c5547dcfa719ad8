"""The documents of a draft: given one by one, replaced, taken out."""

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.dates import local_date
from config.errors import Refusal
from config.text import clean_name
from grants.applications.enums import Section
from grants.applications.forms import UploadForm
from grants.applications.models import Application
from grants.applications.progress import next_section, section_url
from grants.applications.selectors import other_documents
from grants.applications.services.documents import (
    OTHER_LABEL,
    give_document,
    remove_document,
)
from grants.applications.store import offered_documents
from grants.applications.views.scope import own_dossier, require_editor
from grants.applications.views.targets import DraftTarget


def documents(request: HttpRequest, application: Application) -> HttpResponse:
    """Show the documents asked, or take one in (called by the section's view)."""
    form, refusal = None, None
    if request.method == "POST":
        form, refusal = receive(request, application)
        if refusal is None and form.is_valid():
            messages.success(request, "La pièce est jointe.")
            return redirect(section_url(application, Section.DOCUMENTS))
    prefetch_related_objects([application], "sheet__documents__files")
    asked = offered_documents(application, on=local_date(timezone.now()), by=request.user)
    errors = upload_errors(form, refusal, application)
    context = DraftTarget(request, application).context(Section.DOCUMENTS) | {
        "section": Section.DOCUMENTS,
        "following": next_section(Section.DOCUMENTS),
        "asked": asked,
        "given_count": sum(1 for document in asked if document.given and not document.is_awaited),
        "others": other_documents(application),
        "form": form or UploadForm(label_suffix=""),
        "errors": errors,
        "problem": problem_of(errors),
        "refusal": refusal,
    }
    status = refusal.status if refusal else 422 if form else 200
    return render(request, "applications/sections/pieces.html", context, status=status)


def receive(request: HttpRequest, application: Application) -> tuple[UploadForm, Refusal | None]:
    """Take in the file of a POST; return its form and maybe why it is refused."""
    form = UploadForm(request.POST, request.FILES, label_suffix="")
    if not form.is_valid():
        return form, None
    try:
        give_document(
            application_id=application.pk,
            required_id=form.cleaned_data["required_id"],
            label=form.cleaned_data["label"],
            upload=form.cleaned_data["file"],
            by=request.user,
            at=timezone.now(),
        )
    except Refusal as refusal:
        return form, refusal
    return form, None


def upload_errors(
    form: UploadForm | None, refusal: Refusal | None, application: Application
) -> list[tuple[str, str]]:
    """Return what is wrong with a file, naming its document, with a link to its control."""
    if form is None:
        return []
    required = form.data.get("required_id", "")
    suffix = required if required.isdecimal() else "other"
    anchor = f"#id_document_{suffix}"
    name = _document_name(application, required, form.data.get("label", ""))
    if refusal:
        return [(f"{name} : {refusal.sentence}", anchor)]
    return [
        (error, "#id_document_label") if field == "label" else (f"{name} : {error}", anchor)
        for field, errors in form.errors.items()
        for error in errors
    ]


def problem_of(errors: list[tuple[str, str]]) -> dict[str, str | int]:
    """Return the first error and the control it stands beside: a document's key, or a word."""
    if not errors:
        return {}
    sentence, anchor = errors[0]
    suffix = anchor.removeprefix("#id_document_")
    return {"sentence": sentence, "suffix": int(suffix) if suffix.isdecimal() else suffix}


def _document_name(application: Application, required: str, label: str) -> str:
    """Return what a file was given for, as the page calls it."""
    labels = {str(d.pk): d.label for d in application.sheet.documents.all()}
    name = labels.get(required) or clean_name(label)[:80]
    return f"« {name} »" if name else OTHER_LABEL


@require_http_methods(["GET", "HEAD", "POST"])
def document_remove(request: HttpRequest, uuid, pk: int) -> HttpResponse:
    """Take a document out of a draft, after a page that names it."""
    application = own_dossier(request, whole=False, uuid=uuid)
    require_editor(request, application)
    back = section_url(application, Section.DOCUMENTS)
    if request.method != "POST":
        document = get_object_or_404(application.documents.prefetch_related("files"), pk=pk)
        context = {"application": application, "document": document, "section_url": back}
        return render(request, "applications/document_remove.html", context)
    try:
        remove_document(
            application_id=application.pk, document_id=pk, by=request.user, at=timezone.now()
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(application)
    messages.success(request, "La pièce est retirée.")
    return redirect(back)
