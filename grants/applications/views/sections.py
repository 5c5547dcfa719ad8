"""One section of a draft: shown, saved alone, saved by itself while typing, compared."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.errors import Refusal
from config.templatetags.fr import plural_fr, time_fr
from grants.applications import checks
from grants.applications.enums import Section
from grants.applications.forms import FORMS, SectionForm
from grants.applications.forms.budget import stored_totals
from grants.applications.models import Application
from grants.applications.progress import next_section, section_url, steps
from grants.applications.services.drafts import save_section, section_version
from grants.applications.views.documents import documents
from grants.applications.views.scope import draft_context, own_dossier, require_editor


_PARTS = {
    Section.APPLICANT: ("annual_budget_lines",),
    Section.PROJECT: ("condition_answers",),
    Section.PLACES: ("places",),
    Section.PUBLIC: ("audience_counts",),
    Section.MEANS: ("staff_lines",),
    Section.EVALUATION: ("indicators",),
    Section.BUDGET: ("budget_lines",),
    Section.COMMITMENTS: ("commitments__given_by",),
}


@require_http_methods(["GET", "HEAD", "POST"])
def section(request: HttpRequest, uuid, section: str) -> HttpResponse:
    """Show or save one section."""
    application = own_dossier(request, whole=section == Section.DOCUMENTS, uuid=uuid)
    if not application.is_draft:
        return redirect(application)
    if request.method != "POST" or section == Section.DOCUMENTS:
        require_editor(request, application)  # a save asks it under lock
    if section == Section.DOCUMENTS:
        return documents(request, application)
    prefetch_related_objects([application], *_PARTS[Section(section)])
    form_class = FORMS[section]
    if request.method != "POST":
        return _page(request, form_class(application))
    form = form_class(application, request.POST)
    form.is_valid()
    try:
        saved = save_section(
            application_id=application.pk,
            section=section,
            values=form.values(),
            invalid=form.invalid(),
            expected=request.POST.get("version", ""),
            by=request.user,
            at=timezone.now(),
        )
    except Refusal as refusal:
        return _refused(request, form, refusal)
    return _saved(request, form, saved)


def _saved(request: HttpRequest, form: SectionForm, saved: Application) -> HttpResponse:
    """Answer after a save: a line of status, the next section, or the values to correct."""
    invalid = form.invalid()
    if _is_autosave(request):
        return _status(request, form, saved)
    for remark in form.remarks():
        messages.info(request, remark)
    here = section_url(saved, form.section)
    if "add" in request.POST or "remove" in request.POST:
        return redirect(f"{here}#id_lines")
    if invalid:
        messages.warning(
            request,
            f"Enregistré à {_now()}. "
            f"{len(invalid)} valeur{plural_fr(len(invalid))} à corriger, gardée"
            f"{plural_fr(len(invalid))} telle{plural_fr(len(invalid))} que vous "
            f"{'l’avez écrite' if len(invalid) == 1 else 'les avez écrites'}.",
        )
        prefetch_related_objects([saved], *_PARTS[form.section])
        return _page(request, type(form)(saved), status=422)
    messages.success(request, f"« {form.section.label} » est enregistré, à {_now()}.")
    if "next" not in request.POST:
        return redirect(here)
    following = next_section(form.section)
    return redirect(section_url(saved, following) if following else saved.get_absolute_url())


def _refused(request: HttpRequest, form: SectionForm, refusal: Refusal) -> HttpResponse:
    """Keep what was typed on the page, with what was stored meanwhile beside it."""
    if refusal.code == "not_allowed":
        raise PermissionDenied
    if _is_autosave(request):
        context = {"refusal": refusal, "form": form, "version": request.POST.get("version", "")}
        return render(request, "applications/_autosave.html", context, status=refusal.status)
    extra: dict[str, Any] = {"refusal": refusal}
    if refusal.code == "conflict":
        fresh = own_dossier(request, whole=False, uuid=form.application.uuid)
        stored = type(form)(fresh)
        extra["differences"] = list(form.differences(stored))
        form.version = section_version(fresh, form.section)
    return _page(request, form, status=refusal.status, **extra)


def _page(request: HttpRequest, form: SectionForm, *, status: int = 200, **extra) -> HttpResponse:
    application = form.application
    context = draft_context(request, application) | {
        "form": form,
        "section": form.section,
        "version": form.version,
        "steps": steps(application, form.section),
        "following": next_section(form.section),
        "refusal": None,
        "differences": [],
        "window": checks.action_window(application),
        **extra,
    }
    return render(request, f"applications/sections/{form.section}.html", context, status=status)


def _status(request: HttpRequest, form: SectionForm, saved: Application) -> HttpResponse:
    """Answer an automatic save: when, how many values to correct, and the totals."""
    context = {
        "refusal": None,
        "form": form,
        "section": form.section,
        "saved_at": _now(),
        "version": section_version(saved, form.section),
        "invalid_count": len(form.invalid()),
        "remarks": form.remarks(),
        "totals": None,
        "public_total": None,
        "insides": None,
    }
    if form.section == Section.BUDGET:
        context["totals"] = stored_totals(form.values()["lines"])
    if form.section == Section.PUBLIC:
        context["public_total"] = sum(form.values()["counts"].values())
    if form.section == Section.PLACES and form.communes_changed():
        context["insides"] = type(form)(saved)
    return render(request, "applications/_autosave.html", context)


def _is_autosave(request: HttpRequest) -> bool:
    return bool(request.htmx) and request.htmx.target == "autosave"


def _now() -> str:
    return time_fr(timezone.now())
