"""Download a dossier, a draft or a blank form as PDF."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from grants.applications.printing import blank_form_pdf, dossier_pdf
from grants.applications.views.scope import own_dossier
from grants.calls.selectors import current_sheet


@require_safe
def dossier(request: HttpRequest, reference: str) -> HttpResponse:
    """Give a filed dossier as PDF to its applicant."""
    application = own_dossier(request, reference=reference)
    content = dossier_pdf(application, at=timezone.now())
    return pdf_response(content, f"dossier-{application.reference}.pdf")


@require_safe
def draft(request: HttpRequest, uuid) -> HttpResponse:
    """Give a draft as PDF, each page saying that it is not filed."""
    application = own_dossier(request, uuid=uuid)
    if not application.is_draft:
        return redirect("applications:dossier_pdf", application.reference)
    content = dossier_pdf(application, at=timezone.now())
    return pdf_response(content, f"brouillon-fiche-{application.sheet.code}.pdf")


@login_not_required
@require_safe
def blank_form(request: HttpRequest, year: int, code: str) -> HttpResponse:
    """Give anybody the form of a sheet, to prepare a request by hand."""
    sheet = current_sheet(year=year, code=code)
    if sheet is None:
        raise Http404
    content = blank_form_pdf(sheet, at=timezone.now())
    response = pdf_response(content, f"formulaire-{year}-{sheet.code}.pdf")
    response["Cache-Control"] = "public, max-age=600"  # the same for everybody
    return response


def pdf_response(content: bytes, name: str) -> HttpResponse:
    """Answer with a PDF shown in the browser, under a name of our own making."""
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
