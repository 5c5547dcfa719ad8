"""Change a filed dossier in the office's hand: choose parts, type, check the difference, record."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.errors import Refusal
from grants.applications import sections
from grants.applications.differences import compare
from grants.applications.enums import Section
from grants.applications.forms.reopening import labels_of
from grants.applications.models import Application, OfficeEdit
from grants.applications.reopening import Reopened
from grants.applications.selectors import as_corrected, current_edit, with_dossier
from grants.applications.services.completing import correction_items
from grants.applications.services.moves import EDITABLE
from grants.applications.services.office_edit import (
    abandon_edit,
    apply_edit,
    edit_mark,
    editable_parts,
    save_edit_section,
    start_edit,
)
from grants.applications.snapshot import declared
from grants.applications.views.sections import section_page
from grants.applications.views.targets import OverlayTarget, overlay_state
from grants.review.office_edit_forms import StartEditForm
from grants.review.views.scope import is_in_charge, require_desk, require_not_recused


def _dossier(request: HttpRequest, reference: str) -> Application:
    """Return a dossier that this person may change, whole."""
    require_desk(request)
    visible = Application.objects.office_visible_to(request.user)
    application = get_object_or_404(with_dossier(visible), reference=reference)
    require_not_recused(request.user, application)
    if not is_in_charge(request.user, application):
        raise PermissionDenied
    return application


class OfficeEditTarget(OverlayTarget):
    """What the office changes."""

    save_service = staticmethod(save_edit_section)

    def reload(self) -> Application:
        stored = _dossier(self.request, self.stored.reference)
        return as_corrected(stored, current_edit(stored) or self.overlay)

    def require_editor(self) -> None:
        _dossier(self.request, self.stored.reference)

    def url(self, section: str) -> str:
        return section_url(self.stored, section)

    @property
    def home_url(self) -> str:
        return reverse("review:edit", args=[self.stored.reference])

    def page_context(self) -> dict[str, Any]:
        return edit_context(self.stored, self.overlay)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, reference: str) -> HttpResponse:
    """Choose what to change and say why; once begun, show how far one is."""
    application = _dossier(request, reference)
    current = current_edit(application)
    if current is not None and request.method != "POST":
        return _home(request, application, current)
    groups = editable_parts(application)
    form = StartEditForm(groups, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                start_edit(
                    application_id=application.pk,
                    fields=form.cleaned_data["fields_edited"],
                    reason=form.cleaned_data["reason"],
                    by=request.user,
                    at=timezone.now(),
                )
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
                status = refusal.status
            else:
                return redirect("review:edit", reference)
    context = {
        "application": application,
        "form": form,
        "may_edit": application.review_state in EDITABLE,
    }
    return render(request, "review/edit/start.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_section(request: HttpRequest, reference: str, section: str) -> HttpResponse:
    """Show or save a section of the change."""
    application = _dossier(request, reference)
    current = current_edit(application)
    if current is None and request.method == "POST":
        current = application.office_edits.order_by("-started_at", "-pk").first()
    if current is None:
        return _closed(request, application)
    if section not in Reopened.of(current.fields).sections:
        raise Http404
    return section_page(request, OfficeEditTarget(request, application, current), section)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_apply(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the difference, then write it as the next deposit."""
    application = _dossier(request, reference)
    refusal = None
    if request.method == "POST":
        try:
            deposit = apply_edit(
                application_id=application.pk,
                by=request.user,
                at=timezone.now(),
                seen=request.POST.get("seen", ""),
            )
        except Refusal as found:
            refusal = found
        else:
            messages.success(
                request,
                f"Le dossier est modifié (dépôt {deposit.number})\u00a0; le demandeur en est "
                "averti.",
            )
            return redirect("review:deposits", reference)
    current = current_edit(application)
    if current is None:
        return _closed(request, application, refusal)
    context = _recap(application, current) | {"refusal": refusal}
    status = refusal.status if refusal else 200
    return render(request, "review/edit/apply.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_abandon(request: HttpRequest, reference: str) -> HttpResponse:
    """Give a change up, after a page that says what is lost."""
    application = _dossier(request, reference)
    current = current_edit(application)
    if current is None:
        return _closed(request, application)
    if request.method == "POST":
        try:
            abandon_edit(application_id=application.pk, by=request.user, at=timezone.now())
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, "La modification est abandonnée.")
        return redirect(application.get_desk_url())
    return render(request, "review/edit/abandon.html", edit_context(application, current))


# --- Parts ----------------------------------------------------------------------------------------
def section_url(application: Application, section: str) -> str:
    return reverse("review:edit_section", args=[application.reference, section])


def edit_context(application: Application, current: OfficeEdit) -> dict[str, Any]:
    """Return what every page of a change shows: whose it is, that nothing is written yet."""
    return {
        "application": application,
        "edit": current,
        "notice": "review/edit/_not_written.html",
        "list_url": reverse("review:desk"),
        "list_label": "Instruction",
        "home_url": reverse("review:edit", args=[application.reference]),
        "home_label": f"Modifier le dossier {application.reference}",
        "verify_url": reverse("review:edit_apply", args=[application.reference]),
        "verify_label": "Vérifier et enregistrer",
    }


def _home(request: HttpRequest, application: Application, current: OfficeEdit) -> HttpResponse:
    rows = [
        {
            "label": section.label,
            "url": section_url(application, section),
            "hint": ", ".join(labels) or "Toute la partie",
            "state": _STATES[overlay_state(current, section)][0],
            "status": _STATES[overlay_state(current, section)][1],
        }
        for section, labels in labels_of(application, current.fields)
    ]
    context = edit_context(application, current) | {"tasks": rows}
    return render(request, "review/edit/home.html", context)


# State of a section of the change -> state and words of its row in a task list.
_STATES = {"saved": ("done", "Modifié"), "todo": ("todo", "À modifier"), "error": ("error", "")}


def _recap(application: Application, current: OfficeEdit) -> dict[str, Any]:
    edited = as_corrected(application, current)
    opened = Reopened.of(current.fields).sections
    rows = [
        (
            item,
            f"{section_url(application, item.section)}#id_{item.field}"
            if item.section in opened
            else edit_context(application, current)["home_url"],
        )
        for item in correction_items(application, current, at=timezone.now())
    ]
    before, after = declared(application), declared(edited)
    budget = sections.read(application, Section.BUDGET) != sections.read(edited, Section.BUDGET)
    return edit_context(application, current) | {
        "blocking": [row for row in rows if row[0].blocking],
        "remarks": [row for row in rows if not row[0].blocking],
        "changes": compare(before, after),
        "seen": edit_mark(edited, current),
        "asks_attestation": budget and application.channel != "paper",
    }


def _closed(
    request: HttpRequest, application: Application, refusal: Refusal | None = None
) -> HttpResponse:
    """Lead back from the address of a change that is over, and say what ended it."""
    if refusal is not None:
        messages.error(request, refusal.sentence)
    else:
        messages.info(request, "Aucune modification n’est en cours sur ce dossier.")
    return redirect(application.get_desk_url())
