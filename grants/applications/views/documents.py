"""The documents of a draft: given one by one, replaced, taken out."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.ui import file_size
from grants.applications.enums import Section
from grants.applications.forms import UploadForm
from grants.applications.models import Application
from grants.applications.progress import next_section, section_url
from grants.applications.selectors import other_documents
from grants.applications.services.documents import give_document, remove_document
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
    context = DraftTarget(request, application).context(Section.DOCUMENTS) | {
        "section": Section.DOCUMENTS,
        "following": next_section(Section.DOCUMENTS),
        "asked": offered_documents(application, on=local_date(timezone.now())),
        "others": other_documents(application),
        "max_size_words": file_size(settings.UPLOAD_MAX_BYTES),
        "form": form or UploadForm(label_suffix=""),
        "errors": upload_errors(form, refusal),
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


def upload_errors(form: UploadForm | None, refusal: Refusal | None) -> list[tuple[str, str]]:
    """Return what is wrong with a file, with a link to the control it was chosen in."""
    if form is None:
        return []
    required = form.data.get("required_id", "")
    suffix = required if required.isdigit() else "other"
    anchor = f"#id_document_{suffix}"
    if refusal:
        return [(refusal.sentence, anchor)]
    return [
        (error, "#id_document_label" if name == "label" else anchor)
        for name, errors in form.errors.items()
        for error in errors
    ]


@require_POST
def document_remove(request: HttpRequest, uuid, pk: int) -> HttpResponse:
    """Take a document out of a draft."""
    application = own_dossier(request, whole=False, uuid=uuid)
    require_editor(request, application)
    try:
        remove_document(
            application_id=application.pk, document_id=pk, by=request.user, at=timezone.now()
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(application)
    messages.success(request, "La pièce est retirée.")
    return redirect(section_url(application, Section.DOCUMENTS))
