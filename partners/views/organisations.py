"""The private page of a body: profile, members, consent."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config.errors import Refusal, refused
from foundation.parameters.selectors import days_on, value_on
from partners.enums import MembershipState, Right
from partners.forms import ConsentForm, OrganisationProfileForm
from partners.identifiers import display_siret
from partners.models import Organisation
from partners.panels import organisation_panels
from partners.permissions import has_right, may_manage, membership_of, runs_directory
from partners.services.organisations import (
    AlreadyThereError,
    give_consent,
    revoke_consent,
    update_organisation,
)


@require_safe
def organisation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    organisation = _visible(request, pk)
    own = membership_of(request.user, organisation)
    memberships = organisation.memberships.select_related("user").order_by("asked_at", "pk")
    context = {
        "organisation": organisation,
        "facts": _facts(organisation),
        "own": own,
        "may_manage": may_manage(request.user, organisation),
        "runs_directory": runs_directory(request.user),
        "members": memberships.filter(state=MembershipState.ACTIVE),
        "pending": memberships.filter(state=MembershipState.PENDING),
        "consent": organisation.notification_consents.filter(revoked_at__isnull=True).first(),
        "may_consent": own is not None and bool({Right.MANAGE, Right.SIGN} & set(own.rights)),
        "panels": organisation_panels(request, organisation),
    }
    return render(request, "partners/organisation_detail.html", context)


def _facts(organisation: Organisation) -> list[tuple[str, str]]:
    place = " ".join(filter(None, [organisation.postal_code, organisation.city]))
    facts = [
        ("Nature", organisation.get_kind_display()),
        ("SIRET", display_siret(organisation.siret) if organisation.siret else ""),
        ("Adresse", ", ".join(filter(None, [organisation.address, place]))),
        ("Adresse e-mail", organisation.email),
        ("Téléphone", organisation.phone),
        ("Site web", organisation.website),
    ]
    if organisation.kind == "association":
        facts.insert(2, ("RNA", organisation.rna))
    elif not organisation.siret and organisation.siren:
        facts.insert(2, ("SIREN", display_siret(organisation.siren)))
    return facts


def organisation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    organisation = _managed(request, pk)
    form = OrganisationProfileForm(
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
    organisation = _visible(request, pk)
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
    organisation = _visible(request, pk)
    if not has_right(request.user, organisation, Right.MANAGE, Right.SIGN):
        raise Http404
    try:
        revoke_consent(by=request.user, organisation_id=pk, at=timezone.now())
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, "Votre accord est retiré : les décisions iront par courrier.")
    return redirect("partners:organisation_detail", pk=pk)


def _visible(request: HttpRequest, pk: int) -> Organisation:
    scope = Organisation.objects.visible_to(request.user).select_related("commune", "actor_type")
    return get_object_or_404(scope, pk=pk)


def _managed(request: HttpRequest, pk: int) -> Organisation:
    organisation = _visible(request, pk)
    if not may_manage(request.user, organisation):
        raise Http404
    return organisation
