"""Which body an address is about, for the person who asks: 404 for anything else."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from partners.models import Organisation
from partners.permissions import may_fill, may_manage


def visible_body(request: HttpRequest, pk: int) -> Organisation:
    """Return a body whose page the person may open; one joined to another has no page."""
    scope = (
        Organisation.objects.current()
        .visible_to(request.user)
        .select_related("commune", "actor_type")
    )
    return get_object_or_404(scope, pk=pk)


def managed_body(request: HttpRequest, pk: int) -> Organisation:
    """Return a body whose identity, people and bank details the person keeps."""
    organisation = visible_body(request, pk)
    if not may_manage(request.user, organisation):
        raise Http404
    return organisation


def filled_body(request: HttpRequest, pk: int) -> Organisation:
    """Return a body whose figures and documents the person keeps."""
    organisation = visible_body(request, pk)
    if not may_fill(request.user, organisation):
        raise Http404
    return organisation


def body_it_joined(request: HttpRequest, pk: int) -> Organisation | None:
    """Return the body that this one was joined to, for who may open it."""
    return Organisation.objects.visible_to(request.user).filter(merged_from=pk).first()
