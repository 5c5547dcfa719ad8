"""« Mon espace »: a person's bodies, and the way to join or create one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.throttle import too_many
from config.errors import Refusal
from config.http import safe_next
from partners.choice import choose_body, chosen_body
from partners.enums import MembershipState
from partners.forms import JoinForm, OrganisationForm
from partners.models import Invitation, Organisation
from partners.panels import space_panels
from partners.selectors import search_organisations, space_cards
from partners.services.memberships import ask_to_join, end_membership
from partners.services.organisations import AlreadyThereError, create_organisation


@require_safe
def space(request: HttpRequest) -> HttpResponse:
    only = chosen_body(request)
    cards = [
        card for card in space_cards(request.user) if only is None or card.organisation == only
    ]
    context = {
        "only": only,
        "invitations": Invitation.objects.addressed_to(request.user)
        .open_at(timezone.now())
        .select_related("organisation", "invited_by"),
        "cards": [card for card in cards if card.membership.is_active],
        "waiting": [card for card in cards if card.membership.is_pending],
        "panels": space_panels(request) if cards else [],
        "join_url": reverse("partners:join_search"),
    }
    return render(request, "partners/space.html", context)


@require_safe
def join_search(request: HttpRequest) -> HttpResponse:
    """Find a body by number or by name; whoever is not found may be created.

    ``next`` is the page that needed a body: the way goes back to it once there is one.
    """
    text = request.GET.get("q", "").strip()[:200]
    if text and too_many(request, "organisation_search"):
        return render(request, "429.html", status=429)
    search = search_organisations(text) if text else None
    own = {
        membership.organisation_id: membership
        for membership in request.user.memberships.filter(
            state__in=[MembershipState.ACTIVE, MembershipState.PENDING]
        )
    }
    rows = [(found, own.get(found.pk)) for found in search.found] if search else []
    known = {"siret": search.siret} if search and search.siret else {"nom": text} if text else {}
    back = {"next": url} if (url := safe_next(request, "")) else {}
    create_query = f"?{urlencode(known | back)}" if known or back else ""
    context = {
        "text": text,
        "search": search,
        "search_errors": [(search.error, "#q")] if search and search.error else [],
        "rows": rows,
        "back": back.get("next", ""),
        "back_query": f"?{urlencode(back)}" if back else "",
        "create_query": create_query,
        "create_url": reverse("partners:organisation_create") + create_query,
    }
    status = 422 if search and search.error else 200
    return render(request, "partners/join_search.html", context, status=status)


def join(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to join a body, saying one's function in it."""
    organisation = get_object_or_404(Organisation.objects.current(), pk=pk)
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_to_join(by=request.user, organisation_id=pk, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            messages.warning(request, refusal.sentence)
        else:
            messages.success(
                request,
                f"Votre demande est envoyée. Vous pouvez déjà préparer et déposer un dossier "
                f"pour {organisation}.",
            )
        return redirect(safe_next(request, reverse("partners:space")))
    context = {"organisation": organisation, "form": form}
    return render(request, "partners/join.html", context, status=422 if form.errors else 200)


def organisation_create(request: HttpRequest) -> HttpResponse:
    """Register a body that is not on the portal yet."""
    initial = {"siret": request.GET.get("siret", ""), "legal_name": request.GET.get("nom", "")}
    form = OrganisationForm(request.POST or None, initial=initial)
    twin = None
    if request.method == "POST" and form.is_valid():
        try:
            made = create_organisation(
                by=request.user, at=timezone.now(), **form.service_arguments()
            )
        except AlreadyThereError as refusal:
            form.add_error(None, refusal.sentence)
            twin = refusal.organisation
        except Refusal as refusal:
            field = {"identifier_needed": "siret", "invalid_identifier": "siret"}.get(refusal.code)
            form.add_error(field, refusal.sentence)
        else:
            return _created(request, made, signs=form.signs)
    context = {"form": form, "twin": twin}
    status = 409 if twin else 422 if form.errors else 200
    return render(request, "partners/organisation_create.html", context, status=status)


def _created(request: HttpRequest, made: Organisation, *, signs: bool) -> HttpResponse:
    """Lead on to the page that needed a body; who does not sign invites somebody who does."""
    page = reverse("partners:organisation_detail", args=[made.pk])
    if signs:
        words = f"{made} est enregistrée. Vous pouvez déposer une demande."
    else:
        words = (
            f"{made} est enregistrée. Vous pouvez déposer une demande ; invitez la personne qui "
            "signe pour elle, qui devra l’attester."
        )
        page = reverse("partners:invitations", args=[made.pk])
    messages.success(request, words)
    return redirect(safe_next(request, page))


@require_POST
def body_choose(request: HttpRequest) -> HttpResponse:
    """Choose the body one works for now, or all of them."""
    choose_body(request, request.POST.get("organisation", ""))
    return redirect(safe_next(request, reverse("partners:space")))


@require_POST
def request_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back one's own request to join."""
    membership = get_object_or_404(request.user.memberships.pending(), pk=pk)
    end_membership(by=request.user, membership_id=membership.pk, at=timezone.now())
    messages.success(request, "Votre demande est retirée.")
    return redirect("partners:space")
