"""The office's sheets: read, written, published, closed, copied."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from config.errors import Refusal, refused
from config.templatetags.fr import datetime_fr
from grants.calls.enums import ApplicantKind
from grants.calls.forms import DocumentFormSet, DuplicateForm, SheetForm
from grants.calls.grids.selectors import choice_previews
from grants.calls.models import CallSheet, Campaign
from grants.calls.permissions import may_extend, may_manage
from grants.calls.selectors import default_grid, publication_checks, sheet_documents
from grants.calls.services import (
    close_sheet,
    create_sheet,
    delete_sheet,
    duplicate_sheet,
    edit_sheet,
    publish_sheet,
    replace_documents,
    revise_sheet,
)
from grants.calls.services.sheets import USUAL_APPLICANTS
from grants.calls.views.campaigns import managers_only


def office_sheet(request: HttpRequest, pk: int, *, to_manage: bool = True) -> CallSheet:
    """Return a sheet to somebody of the office; 404 for the others, 403 without the role."""
    campaigns = Campaign.objects.visible_to(request.user)
    sheets = CallSheet.objects.with_deadline().filter(campaign__in=campaigns)
    sheet = get_object_or_404(sheets.select_related("campaign", "framework", "grid"), pk=pk)
    if to_manage:
        managers_only(request)
    return sheet


@require_safe
def sheet_manage(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = office_sheet(request, pk, to_manage=False)
    now = timezone.now()
    checks = publication_checks(sheet, at=now) if sheet.is_draft else []
    context = {
        "sheet": sheet,
        "now": now,
        "documents": sheet_documents(sheet),
        "criteria": sheet.grid.criteria.all() if sheet.grid_id else (),
        "extensions": sheet.extensions.select_related("organisation", "granted_by"),
        "checks": checks,
        "blocking": [check for check in checks if check.blocking],
        "next_version": CallSheet.objects.filter(replaces=sheet).first(),
        "may_manage": may_manage(request.user),
        "may_extend": may_extend(request.user),
    }
    return render(request, "calls/sheet_manage.html", context)


@require_http_methods(["GET", "POST"])
def sheet_create(request: HttpRequest, campaign_pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=campaign_pk)
    managers_only(request)
    blank = CallSheet(campaign=campaign, opens_at=campaign.opens_at, closes_at=campaign.closes_at)
    blank.action_from, blank.action_to = blank.default_action_window()
    blank.grid, blank.framework = default_grid(), campaign.framework
    blank.applicant_kinds = [str(kind) for kind in USUAL_APPLICANTS]
    form = SheetForm(request.POST or None, instance=blank)
    if request.method == "POST" and form.is_valid():
        try:
            sheet = create_sheet(
                campaign_id=campaign.pk, fields=form.values(), by=request.user, at=timezone.now()
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "La fiche est enregistrée en brouillon.")
            return redirect("calls:sheet_manage", sheet.pk)
    return _sheet_form(request, form, campaign, "Nouvelle fiche", campaign.get_absolute_url())


@require_http_methods(["GET", "POST"])
def sheet_edit(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = office_sheet(request, pk)
    if not sheet.is_draft:
        return refused(request, _frozen())
    form = SheetForm(request.POST or None, instance=sheet)
    if request.method == "POST" and form.is_valid():
        try:
            edit_sheet(sheet_id=pk, fields=form.values(), by=request.user)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "La fiche est enregistrée.")
            return redirect("calls:sheet_manage", pk)
    title = f"Modifier la fiche {sheet.code}".strip()
    return _sheet_form(request, form, sheet.campaign, title, manage_url(sheet))


@require_http_methods(["GET", "POST"])
def sheet_documents_edit(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = office_sheet(request, pk)
    if not sheet.is_draft:
        return refused(request, _frozen())
    names = ("kind", "label", "help_text", "applicant_kind", "history", "mandatory")
    formset = DocumentFormSet(
        request.POST or None, initial=list(sheet.documents.values(*names)), prefix="pieces"
    )
    status = 200
    if request.method == "POST":
        if formset.is_valid():
            try:
                rows = _document_rows(formset)
                replace_documents(sheet_id=pk, rows=rows, by=request.user)
            except Refusal as refusal:
                return refused(request, refusal)
            messages.success(request, "La liste des pièces est enregistrée.")
            return redirect("calls:sheet_manage", pk)
        status = 422
    asked = sheet.documents.prefetch_related("files")
    context = {"sheet": sheet, "formset": formset, "asked": asked}
    return render(request, "calls/sheet_documents.html", context, status=status)


@require_http_methods(["GET", "POST"])
def sheet_publish(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = office_sheet(request, pk)
    now = timezone.now()
    if request.method == "POST":
        try:
            publish_sheet(sheet_id=pk, by=request.user, at=now)
        except Refusal as refusal:
            if refusal.code != "incomplete":
                return refused(request, refusal)
            return _publish_page(request, sheet, status=422)
        messages.success(request, f"La fiche {sheet.code} est publiée.")
        return redirect("calls:sheet_manage", pk)
    if not sheet.is_draft:
        return refused(request, _frozen())
    return _publish_page(request, sheet)


def _publish_page(request: HttpRequest, sheet: CallSheet, *, status: int = 200) -> HttpResponse:
    checks = publication_checks(sheet, at=timezone.now())
    context = {
        "sheet": sheet,
        "blocking": [check for check in checks if check.blocking],
        "reminders": [check for check in checks if not check.blocking],
    }
    return render(request, "calls/sheet_publish.html", context, status=status)


@require_http_methods(["GET", "POST"])
def sheet_close(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = office_sheet(request, pk)
    if request.method == "POST":
        try:
            close_sheet(sheet_id=pk, by=request.user, at=timezone.now())
        except Refusal as refusal:
            return refused(request, refusal)
        messages.success(request, f"La fiche {sheet.code} est close.")
        return redirect("calls:sheet_manage", pk)
    sentence = (
        f"La clôture annoncée est le {datetime_fr(sheet.closes_at)}. Plus personne ne pourra "
        "déposer, même un brouillon commencé. Cela ne se défait pas ; seule une prolongation "
        "rouvre le dépôt."
    )
    return _confirm(request, sheet, "Clore la fiche maintenant", sentence, "Clore", "danger")


@require_http_methods(["GET", "POST"])
def sheet_revise(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = office_sheet(request, pk)
    if request.method == "POST":
        try:
            version = revise_sheet(sheet_id=pk, by=request.user, at=timezone.now())
        except Refusal as refusal:
            return refused(request, refusal)
        messages.success(request, f"La version {version.version} est en brouillon.")
        return redirect("calls:sheet_edit", version.pk)
    sentence = (
        "Une copie s’ouvre en brouillon. Une fois publiée, elle prend la place de celle-ci pour "
        "les nouvelles demandes ; les dossiers commencés gardent leur version."
    )
    return _confirm(request, sheet, "Préparer une nouvelle version", sentence, "Préparer")


@require_http_methods(["GET", "POST"])
def sheet_delete(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = office_sheet(request, pk)
    if request.method == "POST":
        try:
            delete_sheet(sheet_id=pk, by=request.user)
        except Refusal as refusal:
            return refused(request, refusal)
        messages.success(request, "Le brouillon est supprimé.")
        return redirect(sheet.campaign)
    sentence = "Ce brouillon et sa liste de pièces disparaissent. Cela ne se défait pas."
    return _confirm(request, sheet, "Supprimer le brouillon", sentence, "Supprimer", "danger")


@require_http_methods(["GET", "POST"])
def sheet_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = office_sheet(request, pk)
    form = DuplicateForm(request.POST or None, initial={"code": sheet.code})
    if request.method == "POST" and form.is_valid():
        try:
            copy = duplicate_sheet(
                sheet_id=pk,
                campaign_id=form.cleaned_data["campaign"].pk,
                code=form.cleaned_data["code"],
                by=request.user,
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"La fiche {copy.code} est copiée en brouillon.")
            return redirect("calls:sheet_manage", copy.pk)
    context = {"sheet": sheet, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "calls/sheet_duplicate.html", context, status=status)


def manage_url(sheet: CallSheet) -> str:
    return reverse("calls:sheet_manage", args=[sheet.pk])


def _frozen() -> Refusal:
    return Refusal(
        "Cette fiche est publiée : elle ne change plus. Préparez une nouvelle version.",
        code="frozen",
        status=409,
    )


def _sheet_form(
    request: HttpRequest, form: SheetForm, campaign: Campaign, title: str, cancel_url: str
) -> HttpResponse:
    context = {
        "form": form,
        "campaign": campaign,
        "title": title,
        "cancel_url": cancel_url,
        "grid_choices": choice_previews(),
    }
    return render(request, "calls/sheet_form.html", context, status=422 if form.is_bound else 200)


def _confirm(
    request: HttpRequest,
    sheet: CallSheet,
    title: str,
    sentence: str,
    action: str,
    tone: str = "",
) -> HttpResponse:
    context = {
        "title": title,
        "object_label": str(sheet),
        "sentence": sentence,
        "action_label": action,
        "cancel_url": manage_url(sheet),
        "tone": tone,
        "fields": (),
    }
    return render(request, "components/confirm.html", context)


def _document_rows(formset) -> list[dict]:
    """Return what was typed; a new document gets its short name from its label."""
    rows = []
    for form in formset.forms:
        values = form.cleaned_data
        if not values or values.get("DELETE"):
            continue
        kind = values["kind"] or slugify(values["label"])[:60] or "piece"
        rows.append({**values, "kind": kind})
    known = {str(kind): position for position, kind in enumerate(ApplicantKind)}
    return sorted(rows, key=lambda row: known.get(row["applicant_kind"], -1))
