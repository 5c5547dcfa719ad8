"""Who comes in: the desk and administrators read, the head acts."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from grants.applications.models import Application
from grants.review.permissions import is_recused


def require_reader(request: HttpRequest) -> None:
    """Let the desk and administrators in (403)."""
    access = request.user.access
    if not (access.is_desk or access.is_administrator):
        raise PermissionDenied


def require_head(request: HttpRequest) -> None:
    """Let unit heads act; hide the object from people outside the office."""
    access = request.user.access
    if access.is_unit_head:
        return
    if access.is_office:
        raise PermissionDenied
    raise Http404


def require_reader_of_object(request: HttpRequest) -> None:
    """Let the desk and administrators see an object; hide it from people outside the office."""
    if not request.user.access.is_office:
        raise Http404
    require_reader(request)


def require_head_of(request: HttpRequest, application: Application) -> None:
    """Let unit heads act on a dossier from which they do not stand aside (403)."""
    require_head(request)
    if is_recused(request.user, application):
        raise PermissionDenied
