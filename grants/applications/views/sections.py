"""One section: shown, saved alone, saved by itself while typing, compared.

Of a draft, or of the correction of a filed dossier: see ``targets.py``.
"""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.errors import Refusal
from config.keep import keep_confirmed
from config.templatetags.fr import plural_fr, time_fr
from grants.applications import checks
from grants.applications.enums import Section
from grants.applications.forms import SectionForm
from grants.applications.services.drafts import section_version
from grants.applications.views.concurrent import Saved, UndecidedError, put_aside, save_posted
from grants.applications.views.documents import documents
from grants.applications.views.scope import own_dossier, require_editor
from grants.applications.views.targets import DraftTarget, Target


@require_http_methods(["GET", "HEAD", "POST"])
def draft_section(request: HttpRequest, uuid, section: str) -> HttpResponse:
    """Show or save one section."""
    application = own_dossier(request, whole=section == Section.DOCUMENTS, uuid=uuid)
    posted = request.method == "POST" and section != Section.DOCUMENTS
    if not (application.is_draft or posted):
        return redirect(application)  # posted: refused under lock, with what was typed
    if not posted:
        require_editor(request, application)  # a save asks it under lock
    if section == Section.DOCUMENTS:
        return documents(request, application)
    return section_page(request, DraftTarget(request, application), section)


def section_page(request: HttpRequest, target: Target, section: str) -> HttpResponse:
    """Show or save one section of a draft or of a correction."""
    if request.method != "POST":
        return _page(request, target, target.form(section))
    form = target.form(section, request.POST)
    if "keep" in request.POST:
        target.require_editor()
        return _page(request, target, target.form(section), aside=put_aside(form))
    try:
        saved = save_posted(form, save=target.save, reload=target.reload, by=request.user)
    except UndecidedError as undecided:
        return _undecided(request, target, undecided)
    except Refusal as refusal:
        return _refused(request, target, form, refusal)
    return keep_confirmed(request, _saved(request, target, saved))


def _saved(request: HttpRequest, target: Target, done: Saved) -> HttpResponse:
    """Answer after a save: a line of status, the next section, or the values to correct."""
    form, saved = done.form, done.application
    invalid = form.invalid()
    if _is_autosave(request):
        return _status(request, target, done)
    for remark in [*form.remarks(), done.taken_sentence]:
        if remark:
            messages.info(request, remark)
    for remark in checks.remarks(saved, form.section, at=timezone.now()):
        messages.warning(request, remark)
    here = target.url(form.section)
    if "add" in request.POST or "remove" in request.POST:
        return redirect(f"{here}#{form.added_id() if 'add' in request.POST else 'id_lines'}")
    if invalid:
        messages.warning(
            request,
            f"Enregistré à {_now()}. "
            f"{len(invalid)} valeur{plural_fr(len(invalid))} à corriger, gardée"
            f"{plural_fr(len(invalid))} telle{plural_fr(len(invalid))} que vous "
            f"{'l’avez écrite' if len(invalid) == 1 else 'les avez écrites'}.",
        )
        return _page(request, target, form.again(saved), status=422)
    messages.success(request, f"« {form.section.label} » est enregistré, à {_now()}.")
    if "next" not in request.POST:
        return redirect(here)
    following = target.following(form.section)
    return redirect(target.url(following) if following else target.home_url)


def _undecided(request: HttpRequest, target: Target, undecided: UndecidedError) -> HttpResponse:
    """Show, side by side, what both touched; while typing, a line that leads there."""
    refusal = Refusal(undecided.sentence, code="conflict", status=409)
    if _is_autosave(request):
        return _not_saved(request, undecided.form, refusal)
    return _page(
        request,
        target,
        undecided.form,
        status=refusal.status,
        refusal=refusal,
        differences=undecided.both,
        taken=undecided.taken,
    )


def _refused(
    request: HttpRequest, target: Target, form: SectionForm, refusal: Refusal
) -> HttpResponse:
    """Keep what was typed on the page."""
    if refusal.code == "not_allowed":
        raise PermissionDenied
    if _is_autosave(request):
        return _not_saved(request, form, refusal)
    form.base = request.POST.get("base", "")
    form.version = request.POST.get("version", "")
    return _page(request, target, form, status=refusal.status, refusal=refusal)


def _not_saved(request: HttpRequest, form: SectionForm, refusal: Refusal) -> HttpResponse:
    """Answer an automatic save that was refused: the page keeps what it began from."""
    context = {
        "refusal": refusal,
        "form": form,
        "version": request.POST.get("version", ""),
        "base": request.POST.get("base", ""),
    }
    return render(request, "applications/_autosave.html", context, status=refusal.status)


def _page(
    request: HttpRequest, target: Target, form: SectionForm, *, status: int = 200, **extra: Any
) -> HttpResponse:
    context = target.context(form.section) | {
        "form": form,
        "section": form.section,
        "version": form.version,
        "here": target.url(form.section),
        "following": target.following(form.section),
        "refusal": None,
        "differences": [],
        "taken": [],
        "aside": [],
        "window": checks.action_window(form.application),
        "today": timezone.localdate(),
        **extra,
    }
    return render(request, f"applications/sections/{form.section}.html", context, status=status)


def _status(request: HttpRequest, target: Target, done: Saved) -> HttpResponse:
    """Answer an automatic save: when, which values to correct, the parts and the totals."""
    form, saved = done.form, done.application
    marks = form.marks()
    context = {
        "refusal": None,
        "form": form,
        "section": form.section,
        "saved_at": _now(),
        "today": timezone.localdate(),
        "version": section_version(saved, form.section),
        "base": form.fingerprints(),
        "done": done,
        "marks": marks,
        "marks_json": json.dumps(marks),
        "steps": target.steps(form.section, saved),
        "remarks": form.remarks(),
        "budget": None,
        "public_total": None,
        "insides": None,
        "annual": None,
        "share_sentence": None,
    }
    if form.section == Section.BUDGET:
        form.count_what_was_posted()
        context["budget"] = form
    if form.section == Section.PUBLIC:
        context["public_total"] = sum(form.values()["counts"].values())
    if form.section == Section.APPLICANT and form.has_annual_budget:
        context["annual"] = form.again(saved)
    if form.section == Section.PLACES:
        if form.communes_changed() or done.taken_sentence:
            context["insides"] = form.again(saved)
        else:
            shares = [place.share for place in form.values()["places"]]
            context["share_sentence"] = checks.shares_sentence(shares)
    return render(request, "applications/_autosave.html", context)


def _is_autosave(request: HttpRequest) -> bool:
    return bool(request.htmx) and request.htmx.target == "autosave"


def _now() -> str:
    return time_fr(timezone.now())
