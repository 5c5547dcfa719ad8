from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from config.errors import Refusal, refused
from foundation.documents.downloads import check_download
from foundation.documents.models import StoredFile
from foundation.documents.owners import may_read


@require_safe
def download(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Hand out a private file to those who may open the row it hangs on, as an attachment."""
    stored = get_object_or_404(StoredFile.objects.select_related("content_type"), uuid=uuid)
    if not may_read(request.user, stored.owner):
        raise Http404
    try:
        check_download(stored)
    except Refusal as refusal:
        return refused(request, refusal)
    try:
        content = stored.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        content,
        as_attachment=True,
        filename=stored.original_name,
        content_type=stored.media_type,
    )
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    return response
