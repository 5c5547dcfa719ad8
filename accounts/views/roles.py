"""The administrator's pages: who has which role, where, from when to when."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.filters import RoleFilter
from accounts.forms import EndRoleForm, RoleForm
from accounts.models import RoleAssignment
from accounts.services import assign_role, end_role
from config.errors import Refusal
from config.listing import ListPage, Sort


ASKED_ONLY = {"email", "ties_seen"}  # of the form, not of the role
SORTS = (
    Sort("personne", ("user__last_name", "user__first_name")),
    Sort("role", ("role", "territory")),
    Sort("debut", ("starts_on",), descending_first=True),
)


@require_safe
def role_list(request: HttpRequest) -> HttpResponse:
    _require_administrator(request)
    listing = ListPage(
        request,
        RoleAssignment.objects.select_related("user", "territory", "school"),
        sorts=SORTS,
        default_sort="personne",
        filter_class=RoleFilter,
        per_page=50,
    )
    context = {"listing": listing, "today": timezone.localdate()}
    return render(request, "accounts/role_list.html", context)


def role_assign(request: HttpRequest) -> HttpResponse:
    _require_administrator(request)
    today = timezone.localdate()
    form = RoleForm(request.POST or None, initial={"starts_on": today})
    status = 422
    if request.method == "POST" and form.is_valid():
        fields = {key: form.cleaned_data[key] for key in form.cleaned_data if key not in ASKED_ONLY}
        try:
            given = assign_role(by=request.user, user=form.person, on=today, **fields)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            status = refusal.status
        else:
            messages.success(request, f"{given.user} a le rôle « {given.get_role_display()} ».")
            return redirect("accounts:role_list")
    return render(
        request, "accounts/role_assign.html", {"form": form}, status=status if form.errors else 200
    )


def role_end(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.access.is_administrator:
        raise Http404
    assignment = get_object_or_404(
        RoleAssignment.objects.select_related("user", "territory", "school"), pk=pk
    )
    today = timezone.localdate()
    form = EndRoleForm(request.POST or None, initial={"when": "at_once", "ends_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            ended = end_role(
                by=request.user,
                assignment_id=pk,
                ends_on=form.last_day,
                on=today,
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(
                request,
                "Ce rôle est terminé\u00a0: ses accès sont retirés."
                if ended.ended_at
                else "La fin de ce rôle est enregistrée.",
            )
            return redirect("accounts:role_list")
    context = {"form": form, "assignment": assignment}
    return render(request, "accounts/role_end.html", context, status=422 if form.errors else 200)


def _require_administrator(request: HttpRequest) -> None:
    if not request.user.access.is_administrator:
        raise PermissionDenied
