"""Sheets from a file, in the browser: upload, correct, confirm."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.errors import Refusal
from grants.calls.enums import SheetState
from grants.calls.import_forms import EntryForm, UploadForm, entry_forms
from grants.calls.importer import SheetFileError, read_lines
from grants.calls.models import Campaign, SheetImport
from grants.calls.selectors import gazetteer
from grants.calls.services import confirm_import, save_import, start_import
from grants.calls.sheet_files import read_entries
from grants.calls.views.campaigns import managers_only


@require_http_methods(["GET", "POST"])
def import_upload(request: HttpRequest, campaign_pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=campaign_pk)
    managers_only(request)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            payload = read_entries(read_lines(upload, upload.name), gazetteer())
            row = start_import(
                campaign_id=campaign.pk,
                file_name=upload.name,
                payload=payload,
                by=request.user,
                at=timezone.now(),
            )
        except SheetFileError as error:
            form.add_error("file", str(error))
        except Refusal as refusal:
            form.add_error("file", refusal.sentence)
        else:
            return redirect("calls:import_preview", row.uuid)
    context = {"campaign": campaign, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "calls/import_upload.html", context, status=status)


@require_http_methods(["GET", "POST"])
def import_preview(request: HttpRequest, uuid: UUID) -> HttpResponse:
    imports = SheetImport.objects.visible_to(request.user).select_related("campaign")
    row = get_object_or_404(imports, uuid=uuid)
    if row.confirmed_at:
        messages.info(request, "Les fiches de ce fichier sont déjà créées.")
        return redirect(row.campaign)
    drafts = row.campaign.sheets.filter(state=SheetState.DRAFT).exclude(code="")
    codes = frozenset(drafts.values_list("code", flat=True))
    if request.method == "GET":
        return _preview(request, row, entry_forms(row.payload, draft_codes=codes))
    forms = entry_forms(row.payload, draft_codes=codes, data=request.POST)
    if not all(form.is_valid() for form in forms):  # every form shows its errors
        return _preview(request, row, forms, status=422)
    try:
        entries = [form.corrected() for form in forms]
        row = save_import(uuid=uuid, entries=entries, by=request.user)
        if request.POST.get("action") != "confirm":
            messages.success(request, "Vos corrections sont gardées. Aucune fiche n’est créée.")
            return redirect("calls:import_preview", uuid)
        created = confirm_import(uuid=uuid, by=request.user, at=timezone.now())
    except Refusal as refusal:
        if refusal.code == "confirmed":
            messages.info(request, refusal.sentence)
            return redirect(row.campaign)
        forms = entry_forms(row.payload, draft_codes=codes)
        return _preview(request, row, forms, refusal=refusal.sentence, status=refusal.status)
    count = len(created)
    messages.success(request, f"{count} fiche{'s' if count > 1 else ''} en brouillon.")
    return redirect(row.campaign)


def _preview(
    request: HttpRequest,
    row: SheetImport,
    forms: list[EntryForm],
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    report = row.payload["report"]
    context = {
        "row": row,
        "forms": forms,
        "report": report,
        "refusals": [refusal] if refusal else [],
        "doubt_count": len(report) + sum(len(form.entry["doubts"]) for form in forms),
    }
    return render(request, "calls/import_preview.html", context, status=status)
