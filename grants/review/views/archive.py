"""A dossier as one file, for who works away from the portal."""

from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from grants.applications.archive import contents_of, stream
from grants.applications.models import Application
from grants.applications.selectors import with_dossier


@require_safe
def dossier_zip(request: HttpRequest, reference: str) -> StreamingHttpResponse:
    """Give a dossier, its files and its thread to whoever may open it at the desk."""
    filed = with_dossier(Application.objects.office_visible_to(request.user))
    application = get_object_or_404(filed, reference=reference)
    at = timezone.localtime()
    contents = contents_of(application, request.user, at=at)
    title = f"Dossier {reference} – {application.organisation} – {application.title}"
    return StreamingHttpResponse(
        stream(contents, title=title, at=at),
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="dossier-{reference}.zip"',
            "Cache-Control": "no-store, private",
            "X-Content-Type-Options": "nosniff",
        },
    )
