"""The office's campaigns."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from config.errors import Refusal, refused
from config.listing import ListPage
from grants.calls.enums import CampaignState, SheetState
from grants.calls.forms import CampaignForm
from grants.calls.models import Campaign
from grants.calls.permissions import may_manage
from grants.calls.services import close_campaign, create_campaign, edit_campaign


def office_only(request: HttpRequest) -> None:
    if not request.user.access.is_office:
        raise PermissionDenied


def managers_only(request: HttpRequest) -> None:
    if not may_manage(request.user):
        raise PermissionDenied


@require_safe
def campaign_list(request: HttpRequest) -> HttpResponse:
    office_only(request)
    drafts = Count("sheets", filter=Q(sheets__state=SheetState.DRAFT))
    published = Count("sheets", filter=Q(sheets__state=SheetState.PUBLISHED))
    closed = Count("sheets", filter=Q(sheets__state=SheetState.CLOSED))
    campaigns = Campaign.objects.visible_to(request.user).annotate(
        drafts=drafts, published=published, closed=closed
    )
    context = {
        "listing": ListPage(request, campaigns.order_by("-fiscal_year", "name", "pk")),
        "may_manage": may_manage(request.user),
    }
    return render(request, "calls/campaign_list.html", context)


@require_safe
def campaign_detail(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=pk)
    now = timezone.now()
    sheets = campaign.sheets.with_phase(now).select_related("campaign", "replaces")
    sheets = list(sheets.prefetch_related("communes", "neighbourhoods").order_by("code", "version"))
    groups = [
        ("Brouillons", [s for s in sheets if s.state == SheetState.DRAFT]),
        ("Publiées", [s for s in sheets if s.state == SheetState.PUBLISHED]),
        ("Closes", [s for s in sheets if s.state == SheetState.CLOSED]),
        ("Remplacées par une nouvelle version", [s for s in sheets if s.state == "replaced"]),
    ]
    context = {
        "campaign": campaign,
        "now": now,
        "groups": [(title, rows) for title, rows in groups if rows],
        "may_manage": may_manage(request.user),
        "is_closed": campaign.state == CampaignState.CLOSED,
        "imports": campaign.imports.visible_to(request.user).filter(confirmed_at=None)[:10],
    }
    return render(request, "calls/campaign_detail.html", context)


@require_http_methods(["GET", "POST"])
def campaign_create(request: HttpRequest) -> HttpResponse:
    managers_only(request)
    year = timezone.localdate().year + 1
    initial = {"fiscal_year": year, "name": f"Prévention et citoyenneté {year}"}
    form = CampaignForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            campaign = create_campaign(fields=form.values(), by=request.user)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"La campagne « {campaign} » est créée, en préparation.")
            return redirect(campaign)
    return _campaign_form(request, form, "Nouvelle campagne", reverse("calls:campaign_list"))


@require_http_methods(["GET", "POST"])
def campaign_edit(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=pk)
    managers_only(request)
    form = CampaignForm(request.POST or None, instance=campaign)
    if request.method == "POST" and form.is_valid():
        try:
            edit_campaign(campaign_id=pk, fields=form.values(), by=request.user)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "La campagne est enregistrée.")
            return redirect("calls:campaign_detail", pk)
    return _campaign_form(request, form, "Modifier la campagne", campaign.get_absolute_url())


@require_http_methods(["GET", "POST"])
def campaign_close(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=pk)
    managers_only(request)
    if request.method == "POST":
        try:
            close_campaign(campaign_id=pk, by=request.user, at=timezone.now())
        except Refusal as refusal:
            return refused(request, refusal)
        messages.success(request, f"La campagne « {campaign} » est close.")
        return redirect(campaign)
    context = {
        "title": "Clore la campagne",
        "object_label": f"{campaign} (exercice {campaign.fiscal_year})",
        "sentence": "Elle ne recevra plus de fiche. Les dossiers déposés suivent leur cours.",
        "action_label": "Clore la campagne",
        "cancel_url": campaign.get_absolute_url(),
        "tone": "danger",
        "fields": (),
    }
    return render(request, "components/confirm.html", context)


def _campaign_form(
    request: HttpRequest, form: CampaignForm, title: str, cancel_url: str
) -> HttpResponse:
    context = {"form": form, "title": title, "cancel_url": cancel_url}
    status = 422 if form.is_bound else 200
    return render(request, "calls/campaign_form.html", context, status=status)
