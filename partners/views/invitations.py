"""Invite somebody to a body; answer an invitation."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from accounts.selectors import owns_address
from accounts.throttle import too_many
from config.errors import Refusal, refused
from foundation.jobs.services import AlreadyDoneError
from partners.enums import InvitationState
from partners.invitation_forms import AcceptInvitationForm, InvitationForm
from partners.models import Invitation, Organisation
from partners.permissions import may_manage, membership_of
from partners.services.invitations import (
    accept_invitation,
    digest_of,
    invite_member,
    resend_invitation,
    revoke_invitation,
)


WAY_BACK = "partners_invitation"  # in the session: where to go once signed in


# --- Who invites ----------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest, pk: int) -> HttpResponse:
    """List the invitations of a body that wait, and send another."""
    organisation = _managed(request, pk)
    page = reverse("partners:invitations", args=[pk])
    form = InvitationForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if too_many(request, "invitation"):
            return render(request, "429.html", status=429)
        status = 422
        if form.is_valid():
            try:
                sent = invite_member(
                    by=request.user,
                    organisation_id=pk,
                    at=timezone.now(),
                    result_url=page,
                    **form.cleaned_data,
                )
            except AlreadyDoneError:
                return redirect(page)
            except Refusal as refusal:
                about_rights = refusal.code == "manager_needed"
                form.add_error("rights" if about_rights else "email", refusal.sentence)
                status = refusal.status
            else:
                messages.success(request, f"L’invitation est partie à {sent.email}.")
                return redirect(page)
    context = {
        "organisation": organisation,
        "form": form,
        "own": membership_of(request.user, organisation),
        "now": timezone.now(),
        "waiting": organisation.invitations.waiting().select_related("invited_by"),
    }
    return render(request, "partners/invitations.html", context, status=status)


@require_POST
def invitation_resend(request: HttpRequest, pk: int, invitation_pk: int) -> HttpResponse:
    """Send a new link: the former one stops working."""
    invitation = _manageable(request, pk, invitation_pk)
    if too_many(request, "invitation"):
        return render(request, "429.html", status=429)
    try:
        resend_invitation(by=request.user, invitation_id=invitation.pk, at=timezone.now())
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, f"L’invitation est repartie à {invitation.email}.")
    return redirect("partners:invitations", pk=pk)


@require_POST
def invitation_revoke(request: HttpRequest, pk: int, invitation_pk: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = _manageable(request, pk, invitation_pk)
    try:
        revoke_invitation(by=request.user, invitation_id=invitation.pk, at=timezone.now())
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, f"L’invitation de {invitation.email} est annulée.")
    return redirect("partners:invitations", pk=pk)


def _managed(request: HttpRequest, pk: int) -> Organisation:
    scope = Organisation.objects.current().visible_to(request.user)
    organisation = get_object_or_404(scope, pk=pk)
    if not may_manage(request.user, organisation):
        raise Http404
    return organisation


def _manageable(request: HttpRequest, pk: int, invitation_pk: int) -> Invitation:
    scope = Invitation.objects.manageable_by(request.user)
    return get_object_or_404(scope, pk=invitation_pk, organisation_id=pk)


# --- Who is invited -------------------------------------------------------------------------------
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The page of a link: who invites to what, the way to sign in or up, then the answer.

    It never says whether the address has an account: both ways stand side by side.
    """
    if too_many(request, "invitation_link"):
        return render(request, "429.html", status=429)
    found = (
        Invitation.objects.select_related("organisation", "invited_by")
        .filter(token_digest=digest_of(token))
        .first()
    )
    if found is None:
        return render(request, "partners/invitation_closed.html", {"state": "unknown"}, status=404)
    if closed := _closed(request, found):
        return closed
    if not request.user.is_authenticated:
        request.session[WAY_BACK] = request.path
        return render(request, "partners/invitation.html", _ways_in(request, found))
    if not owns_address(request.user, found.email):
        context = {"invitation": found, "address": masked(found.email), "way_back": request.path}
        return render(request, "partners/invitation_other.html", context)
    return _answer(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
def invitation_mine(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer an invitation found on one's own pages rather than through its link."""
    scope = Invitation.objects.addressed_to(request.user)
    found = get_object_or_404(scope.select_related("organisation", "invited_by"), pk=pk)
    return _closed(request, found) or _answer(request, found)


def _ways_in(request: HttpRequest, found: Invitation) -> dict:
    back = {"next": request.path}
    sign_up = urlencode({"email": found.email, **back})
    return {
        "invitation": found,
        "sign_in_url": f"{reverse('account_login')}?{urlencode(back)}",
        "sign_up_url": f"{reverse('account_signup')}?{sign_up}",
    }


def _closed(request: HttpRequest, found: Invitation) -> HttpResponse | None:
    """Show that an invitation no longer waits; lead whoever accepted it to the body."""
    if found.state == InvitationState.ACCEPTED:
        if request.user.is_authenticated and found.accepted_by_id == request.user.pk:
            return redirect("partners:organisation_detail", pk=found.organisation_id)
        state = "accepted"
    elif found.state == InvitationState.REVOKED:
        state = "revoked"
    elif found.organisation.merged_into_id:
        state = "merged"
    elif not found.is_open(timezone.now()):
        state = "expired"
    else:
        return None
    context = {"state": state, "invitation": found}
    return render(request, "partners/invitation_closed.html", context, status=410)


def _answer(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = AcceptInvitationForm(request.POST or None, invitation=found)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                membership = accept_invitation(
                    by=request.user, invitation_id=found.pk, at=timezone.now(), **form.cleaned_data
                )
            except Refusal as refusal:
                if refusal.code == "accepted":
                    return redirect("partners:organisation_detail", pk=found.organisation_id)
                return refused(request, refusal)
            return _welcome(request, membership)
    context = {
        "invitation": found,
        "form": form,
        "current": membership_of(request.user, found.organisation),
    }
    return render(request, "partners/invitation_answer.html", context, status=status)


def _welcome(request: HttpRequest, membership) -> HttpResponse:
    request.session.pop(WAY_BACK, None)
    if membership.signs_by_mandate:
        messages.success(
            request,
            f"Vous faites partie de {membership.organisation}. Donnez votre mandat : le service "
            "le vérifiera ; il ne bloque aucun dépôt.",
        )
        return redirect("partners:mandate", membership.organisation_id, membership.pk)
    messages.success(request, f"Vous faites partie de {membership.organisation}.")
    return redirect("partners:organisation_detail", pk=membership.organisation_id)


def masked(email: str) -> str:
    """Return an address that its owner recognises and that nobody else can use."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}"
