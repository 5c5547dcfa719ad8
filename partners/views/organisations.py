"""The private page of a body: profile, members, consent."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config.errors import Refusal, refused
from foundation.parameters.selectors import days_on, value_on
from partners.enums import MembershipState, Right
from partners.forms import ConsentForm
from partners.hub import OPTIONAL, Viewer, hub_cards
from partners.models import Membership, Organisation
from partners.panels import organisation_panels
from partners.permissions import has_right, may_read_bank, membership_of, runs_directory
from partners.profile_forms import IdentityForm
from partners.selectors import open_flags, profile_of
from partners.services.organisations import (
    AlreadyThereError,
    give_consent,
    revoke_consent,
    update_organisation,
)
from partners.views.scope import body_it_joined, managed_body, visible_body


LINKS = {  # slug of a card: (address, who follows it)
    "identite": ("partners:organisation_edit", "manage"),
    "representants": ("partners:representatives", "manage"),
    "moyens": ("partners:human_means", "fill"),
    "affiliations": ("partners:affiliations", "fill"),
    "comptes": ("partners:year_accounts", "fill"),
    "banque": ("partners:bank", "read"),
    "documents": ("partners:documents", "read"),
    "decisions": ("partners:consent", "consent"),
}


@require_safe
def organisation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a body: its cards, its members, what lower apps add."""
    if joined := body_it_joined(request, pk):
        messages.info(request, f"Cette organisation est désormais {joined}.")
        return redirect("partners:organisation_detail", pk=joined.pk)
    organisation = visible_body(request, pk)
    user = request.user
    own = membership_of(user, organisation)
    members, pending = _people(organisation)
    directory = runs_directory(user)
    may = _allowed(own, directory=directory)
    cards = hub_cards(
        profile_of(organisation),
        flags=open_flags(organisation),
        members=members,
        pending=pending,
        consent=organisation.notification_consents.filter(revoked_at__isnull=True).first(),
        viewer=Viewer(reads_bank=may_read_bank(user, organisation)),
        on=timezone.localdate(),
    )
    context = {
        "organisation": organisation,
        "cards": [(card, _card_url(card.slug, pk, may)) for card in cards],
        "counted": [card for card in cards if card.state != OPTIONAL],
        "done": [card for card in cards if card.is_done],
        "own": own,
        "may_manage": may["manage"],
        "runs_directory": directory,
        "members": members,
        "pending": pending,
        "panels": organisation_panels(request, organisation),
    }
    return render(request, "partners/organisation_detail.html", context)


def _people(organisation: Organisation) -> tuple[list[Membership], list[Membership]]:
    """Return the members, then those who asked to be."""
    rows = list(
        organisation.memberships.filter(state__in=[MembershipState.ACTIVE, MembershipState.PENDING])
        .select_related("user")
        .order_by("asked_at", "pk")
    )
    return [row for row in rows if row.is_active], [row for row in rows if row.is_pending]


def _allowed(own: Membership | None, *, directory: bool) -> dict[str, bool]:
    """Tell which links of the cards the person may follow."""
    rights = set(own.rights) if own else set()
    return {
        "manage": directory or Right.MANAGE in rights,
        "fill": directory or bool({Right.MANAGE, Right.EDIT} & rights),
        "consent": bool({Right.MANAGE, Right.SIGN} & rights),
        "read": True,
    }


def _card_url(slug: str, pk: int, may: dict[str, bool]) -> str:
    """Return where a card leads the person, empty when nowhere."""
    if slug == "membres":
        return "#membres"
    name, who = LINKS[slug]
    return reverse(name, args=[pk]) if may[who] else ""


def organisation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    organisation = managed_body(request, pk)
    form = IdentityForm(
        request.POST or None, organisation=organisation, by_office=runs_directory(request.user)
    )
    if request.method == "POST" and form.is_valid():
        try:
            update_organisation(
                by=request.user, organisation_id=pk, at=timezone.now(), **form.service_arguments()
            )
        except AlreadyThereError as refusal:
            form.add_error("siret", refusal.sentence)
        except Refusal as refusal:
            form.add_error("siret" if "siret" in form.fields else None, refusal.sentence)
        else:
            messages.success(request, "La fiche est enregistrée.")
            return redirect("partners:organisation_detail", pk=pk)
    context = {"organisation": organisation, "form": form}
    return render(
        request, "partners/organisation_edit.html", context, status=422 if form.errors else 200
    )


def consent(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the text of the consent to e-mail notification, and give it."""
    organisation = visible_body(request, pk)
    if not has_right(request.user, organisation, Right.MANAGE, Right.SIGN):
        raise Http404
    today = timezone.localdate()
    form = ConsentForm(request.POST or None, initial={"email": organisation.email})
    if request.method == "POST" and form.is_valid():
        try:
            give_consent(
                by=request.user,
                organisation_id=pk,
                email=form.cleaned_data["email"],
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "Votre accord est enregistré.")
            return redirect("partners:organisation_detail", pk=pk)
    context = {
        "organisation": organisation,
        "form": form,
        "current": organisation.notification_consents.filter(revoked_at__isnull=True).first(),
        "version": value_on("notification_consent.version", today),
        "deemed_days": days_on("deemed_notified.days", today),
    }
    return render(request, "partners/consent.html", context, status=422 if form.errors else 200)


@require_POST
def consent_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    organisation = visible_body(request, pk)
    if not has_right(request.user, organisation, Right.MANAGE, Right.SIGN):
        raise Http404
    try:
        revoke_consent(by=request.user, organisation_id=pk, at=timezone.now())
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, "Votre accord est retiré : les décisions iront par courrier.")
    return redirect("partners:organisation_detail", pk=pk)
