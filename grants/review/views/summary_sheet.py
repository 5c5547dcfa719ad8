"""The sheet of a dossier for the committee."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from grants.applications.views.printing import pdf_response
from grants.review.permissions import standing_of
from grants.review.summary_sheet import summary_sheet_pdf
from grants.review.views.scope import desk_dossier


@require_safe
def summary_pdf(request: HttpRequest, reference: str) -> HttpResponse:
    """Give the summary sheet to whoever reads what the readers judged; nobody else knows of it."""
    dossier = desk_dossier(request, reference, "resume")
    standing = standing_of(request.user, dossier)
    if not standing.reads_others:
        raise Http404
    content = summary_sheet_pdf(request.user, dossier, standing, at=timezone.now())
    return pdf_response(content, f"synthese-{reference}.pdf")
