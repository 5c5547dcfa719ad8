"""The office's list of bodies and of the requests nobody else can answer."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.errors import Refusal, refused
from config.listing import ListPage, Sort
from partners.filters import OrganisationFilter
from partners.forms import RegistrationForm
from partners.models import Membership, Organisation
from partners.permissions import runs_directory
from partners.services.organisations import (
    AlreadyThereError,
    confirm_identifier,
    register_for_others,
)


SORTS = (
    Sort("nom", ("search_name",)),
    Sort("nature", ("kind", "search_name")),
    Sort("ville", ("city", "search_name")),
    Sort("membres", ("active_count",), descending_first=True),
    Sort("creation", ("created_at",), descending_first=True),
)


@require_safe
def admin_list(request: HttpRequest) -> HttpResponse:
    _require_directory(request)
    listing = ListPage(
        request,
        Organisation.objects.current().with_member_counts(),
        sorts=SORTS,
        default_sort="nom",
        filter_class=OrganisationFilter,
        totals={"members": Sum("active_count"), "pending": Sum("pending_count")},
        per_page=50,
    )
    context = {
        "listing": listing,
        "pending_total": Membership.objects.pending().count(),
        "may_merge": request.user.access.is_administrator,
    }
    return render(request, "partners/admin_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def office_create(request: HttpRequest) -> HttpResponse:
    """Register a body for somebody else, then invite who will manage it."""
    _require_directory(request)
    form = RegistrationForm(request.POST if request.method == "POST" else None)
    twin = None
    if request.method == "POST" and form.is_valid():
        try:
            made = register_for_others(
                by=request.user, at=timezone.now(), **form.service_arguments()
            )
        except AlreadyThereError as refusal:
            form.add_error(None, f"{refusal.organisation} est déjà sur le portail.")
            twin = refusal.organisation
        except Refusal as refusal:
            field = {"identifier_needed": "siret", "invalid_identifier": "siret"}.get(refusal.code)
            form.add_error(field, refusal.sentence)
        else:
            messages.success(request, f"{made} est inscrite. Invitez qui la gérera.")
            return redirect("partners:invitations", pk=made.pk)
    context = {"form": form, "twin": twin}
    status = 409 if twin else 422 if form.errors else 200
    return render(request, "partners/office_create.html", context, status=status)


@require_safe
def pending_list(request: HttpRequest) -> HttpResponse:
    """Requests to join, oldest first; those nobody but the office can answer are marked."""
    _require_directory(request)
    listing = ListPage(
        request,
        Membership.objects.pending().with_managed().select_related("organisation", "user"),
        sorts=(Sort("demande", ("asked_at",)),),
        default_sort="demande",
        per_page=50,
    )
    return render(request, "partners/pending_list.html", {"listing": listing})


@require_POST
def identifier_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    if not runs_directory(request.user):
        raise Http404
    get_object_or_404(Organisation, pk=pk)
    try:
        confirm_identifier(by=request.user, organisation_id=pk)
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, "Le SIRET est marqué comme vérifié.")
    return redirect("partners:organisation_detail", pk=pk)


def _require_directory(request: HttpRequest) -> None:
    if not runs_directory(request.user):
        raise PermissionDenied
