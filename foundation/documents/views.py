from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from config.errors import Refusal, refused
from foundation.documents.downloads import check_download
from foundation.documents.models import StoredFile
from foundation.documents.owners import may_read


@login_not_required
@require_safe
def download(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Hand out a file to those who may open the row it hangs on, as an attachment.

    Most need an account: without one, the answer is the same whether the file exists or not.
    """
    stored = StoredFile.objects.select_related("content_type").filter(uuid=uuid).first()
    if stored is None or not may_read(request.user, stored.owner):
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
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
