"""The blank file of a document asked: given, replaced, taken away while the sheet is a draft."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.errors import Refusal, refused
from grants.calls.services.templates import remove_template, set_template
from grants.calls.views.sheets import office_sheet


@require_http_methods(["GET", "HEAD", "POST"])
def document_template(request: HttpRequest, pk: int, document_pk: int) -> HttpResponse:
    """Show the blank file of a document, take another one in, or take it away."""
    sheet = office_sheet(request, pk)
    document = get_object_or_404(sheet.documents.prefetch_related("files"), pk=document_pk)
    problem, status = "", 200
    if request.method == "POST":
        try:
            done = _act(request, document.pk)
        except Refusal as refusal:
            if refusal.code in {"forbidden", "frozen"}:
                return refused(request, refusal)
            problem, status = refusal.sentence, refusal.status
        else:
            messages.success(request, done)
            return redirect("calls:sheet_documents", sheet.pk)
    context = {
        "sheet": sheet,
        "document": document,
        "problem": problem,
        "errors": [(problem, "#id_template")] if problem else [],
    }
    return render(request, "calls/document_template.html", context, status=status)


def _act(request: HttpRequest, document_pk: int) -> str:
    if "remove" in request.POST:
        remove_template(document_id=document_pk, by=request.user)
        return "Le modèle est retiré."
    if "file" not in request.FILES:
        raise Refusal("Choisissez un fichier.", code="missing")
    set_template(
        document_id=document_pk, upload=request.FILES["file"], by=request.user, at=timezone.now()
    )
    return "Le modèle est joint : les demandeurs le téléchargeront."
