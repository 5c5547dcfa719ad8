from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.errors import Refusal, refused
from foundation.documents import antivirus
from foundation.documents.downloads import attached, check_download
from foundation.documents.enums import ScanState
from foundation.documents.models import StoredFile
from foundation.documents.owners import may_read
from foundation.documents.services import waiting_files


SHOWN = 50


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
        return attached(stored)
    except FileNotFoundError as error:
        raise Http404 from error


@require_safe
def scan_list(request: HttpRequest) -> HttpResponse:
    """Show what waits for the antivirus, since when, and what it refused."""
    access = request.user.access
    if not (access.is_unit_head or access.is_administrator):
        raise PermissionDenied
    waiting = waiting_files()
    infected = StoredFile.objects.filter(scan_state=ScanState.INFECTED)
    context = {
        "is_configured": antivirus.is_configured(),
        "waiting": waiting.select_related("uploaded_by").order_by("uploaded_at", "pk")[:SHOWN],
        "waiting_count": waiting.count(),
        "oldest": waiting.aggregate(at=Min("uploaded_at"))["at"],
        "infected": infected.select_related("uploaded_by")[:SHOWN],
        "infected_count": infected.count(),
        "shown": SHOWN,
    }
    return render(request, "documents/scan_list.html", context)
