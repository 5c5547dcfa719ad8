"""The grid builder: the grids, one grid, its form and its preview."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.errors import Refusal, refused
from config.listing import ListPage
from config.templatetags.fr import percent_fr
from grants.calls import hooks
from grants.calls.enums import SheetState
from grants.calls.grids.content import GridContent, alike, content_of
from grants.calls.grids.forms import (
    CRITERIA,
    QUESTIONS,
    UNREADABLE,
    CriterionFormSet,
    DuplicateGridForm,
    GridForm,
    QuestionFormSet,
    blank_row,
    head_typed,
    rearranged,
    rows_of,
    rows_typed,
    shown_content,
)
from grants.calls.grids.selectors import grids_with_uses, is_frozen
from grants.calls.grids.services import (
    FROZEN,
    create_grid,
    delete_grid,
    duplicate_grid,
    edit_grid,
    may_edit,
)
from grants.calls.models import ScoringGrid
from grants.calls.views.campaigns import managers_only


BLANK = GridContent(name="")
FROZEN_MEANWHILE = (
    "Une fiche qui utilise cette grille vient d’être publiée : la grille ne change plus. Rien "
    "n’est enregistré ; votre saisie est ci-dessous. « Dupliquer » en fait une nouvelle grille, "
    "à choisir dans une nouvelle version de la fiche."
)


def editors_only(request: HttpRequest) -> None:
    if not may_edit(request.user):
        raise PermissionDenied


def office_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hide a grid from whoever is not of the office; the view says who of it may do what."""

    @wraps(view)
    def guarded(request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.access.is_office:
            raise Http404
        return view(request, pk)

    return guarded


@require_safe
def grid_list(request: HttpRequest) -> HttpResponse:
    """List the grids, which sheets use them, whether they still change."""
    managers_only(request)
    listing = ListPage(request, grids_with_uses())
    context = {
        "listing": listing,
        "rows": [{"grid": grid, "is_frozen": is_frozen(grid)} for grid in listing.rows],
        "may_edit": may_edit(request.user),
    }
    return render(request, "calls/grid_list.html", context)


@require_safe
@office_only
def grid_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a grid as its readers see it."""
    managers_only(request)
    grid = get_object_or_404(grids_with_uses().prefetch_related("criteria", "questions"), pk=pk)
    context = {
        "grid": grid,
        "is_frozen": is_frozen(grid),
        "frozen_sentence": FROZEN,
        "may_edit": may_edit(request.user),
        **preview_context(content_of(grid)),
    }
    return render(request, "calls/grid_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def grid_create(request: HttpRequest) -> HttpResponse:
    """Write a new grid."""
    editors_only(request)
    rows = {CRITERIA: [blank_row(CRITERIA)], QUESTIONS: []}
    if request.method != "POST":
        return _form(request, None, head={"comment_at_most": 1, "comment_at_least": 5}, rows=rows)
    return _posted(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def grid_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a grid that no published sheet uses."""
    editors_only(request)
    grid = get_object_or_404(grids_with_uses(), pk=pk)
    if request.method != "POST" and is_frozen(grid):
        return refused(request, Refusal(FROZEN, code="frozen", status=409))
    if request.method != "POST":
        content = content_of(grid)
        head = {
            "name": content.name,
            "comment_at_most": content.comment_at_most,
            "comment_at_least": content.comment_at_least,
            "version": content.version,
        }
        return _form(request, grid, head=head, rows=rows_of(content))
    return _posted(request, grid)


def _posted(request: HttpRequest, grid: ScoringGrid | None) -> HttpResponse:
    """Save, or redraw the form as a button asked: nothing typed is lost either way."""
    data = request.POST
    head, rows = head_typed(data), rows_typed(data)
    action = data.get("action", "save")
    if action == "copy":  # what was typed on a grid frozen meanwhile becomes another one
        grid = None
    elif grid is not None and is_frozen(grid):
        return _frozen_meanwhile(request, grid, head=head, rows=rows)
    if action not in {"save", "copy"}:
        return _form(request, grid, head=head, rows=rows, focus=rearranged(rows, action))
    form = GridForm(data)
    criteria = CriterionFormSet(data, prefix=CRITERIA, error_messages=UNREADABLE)
    questions = QuestionFormSet(data, prefix=QUESTIONS, error_messages=UNREADABLE)
    status = 422
    if all([form.is_valid(), criteria.is_valid(), questions.is_valid()]):
        content = GridContent(
            name=form.cleaned_data["name"],
            comment_at_most=form.cleaned_data["comment_at_most"],
            comment_at_least=form.cleaned_data["comment_at_least"],
            criteria=tuple(one.content() for one in criteria if one.has_changed()),
            questions=tuple(one.content() for one in questions if one.has_changed()),
        )
        try:
            saved = _save(request, grid, content, form.cleaned_data["version"])
        except Refusal as refusal:
            if refusal.code == "frozen":
                return _frozen_meanwhile(request, grid, head=head, rows=rows)
            form.add_error(None, refusal.sentence)
            status = refusal.status
            if refusal.code == "stale":  # the next sending replaces what is there now
                form.data = {**data.dict(), "version": content_of(grid).version}
        else:
            messages.success(request, f"La grille « {saved.name} » est enregistrée.")
            for sentence in alike(content):
                messages.warning(request, sentence)
            return redirect("calls:grid_detail", saved.pk)
    return _page(request, grid, form, criteria, questions, shown_content(head, rows), status=status)


def _save(
    request: HttpRequest, grid: ScoringGrid | None, content: GridContent, version: str
) -> ScoringGrid:
    if grid is None:
        return create_grid(content=content, by=request.user)
    return edit_grid(grid_id=grid.pk, content=content, version=version, by=request.user)


def _frozen_meanwhile(
    request: HttpRequest, grid: ScoringGrid, *, head: Mapping[str, str], rows: dict
) -> HttpResponse:
    """Give back what was typed when a sheet published meanwhile froze the grid: as a copy."""
    typed = str(head["name"]).strip()
    if typed.casefold() == grid.name.casefold():
        typed = f"{typed[:140]} (copie)"
    head = {**head, "name": typed}
    return _form(request, grid, head=head, rows=rows, status=409, frozen=FROZEN_MEANWHILE)


def _form(
    request: HttpRequest,
    grid: ScoringGrid | None,
    *,
    head: Mapping[str, object],
    rows: dict,
    focus: str = "",
    status: int = 200,
    frozen: str = "",
) -> HttpResponse:
    form = GridForm(initial=head)
    criteria = CriterionFormSet(initial=rows[CRITERIA], prefix=CRITERIA)
    questions = QuestionFormSet(initial=rows[QUESTIONS], prefix=QUESTIONS)
    content = shown_content(head, rows)
    return _page(
        request,
        grid,
        form,
        criteria,
        questions,
        content,
        focus=focus,
        status=status,
        frozen=frozen,
    )


def _page(
    request: HttpRequest,
    grid: ScoringGrid | None,
    form: GridForm,
    criteria: Any,
    questions: Any,
    content: GridContent,
    *,
    focus: str = "",
    status: int = 200,
    frozen: str = "",
) -> HttpResponse:
    for rows in (criteria, questions):
        _focus(focus, rows)
    context = {
        "grid": grid,
        "frozen_meanwhile": frozen,
        "form": form,
        "criteria": criteria,
        "questions": questions,
        "forms": [form, criteria, questions],
        "cancel_url": reverse("calls:grid_detail", args=[grid.pk])
        if grid
        else reverse("calls:grid_list"),
        **preview_context(content),
    }
    return render(request, "calls/grid_form.html", context, status=status)


def _focus(name: str, rows: Any) -> None:
    """Put the focus on the row just added, or on the button of the row just moved."""
    for number, row in enumerate(rows):
        row.focus_on = next(
            (verb for verb in ("up", "down") if name == f"{verb}-{rows.prefix}-{number}"), ""
        )
        if row["label"].id_for_label == name:
            row.fields["label"].widget.attrs["autofocus"] = True


def preview_context(content: GridContent) -> dict[str, Any]:
    """Return what ``grids/_preview.html`` shows: the very cards of a reader, and the weights."""
    return {
        "content": content,
        "total_weight": content.total_weight,
        "shares": [
            (criterion, percent_fr(share, 1).replace(",0\u00a0", "\u00a0"))
            for criterion, share in zip(content.criteria, content.shares(), strict=True)
        ],
        "preview": hooks.preview_grid(content),
    }


@require_POST
def grid_preview(request: HttpRequest) -> HttpResponse:
    """Draw what was typed so far; nothing is written."""
    managers_only(request)
    content = shown_content(head_typed(request.POST), rows_typed(request.POST))
    return render(request, "calls/grids/_live.html", preview_context(content))


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def grid_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Copy a grid under another name."""
    managers_only(request)
    grid = get_object_or_404(ScoringGrid, pk=pk)
    form = DuplicateGridForm(request.POST or None, initial={"name": f"{grid.name[:140]} (copie)"})
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            copy = duplicate_grid(grid_id=grid.pk, name=form.cleaned_data["name"], by=request.user)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            status = refusal.status
        else:
            messages.success(request, f"La grille « {copy.name} » est prête à être modifiée.")
            return redirect("calls:grid_detail", copy.pk)
    return render(request, "calls/grid_duplicate.html", {"grid": grid, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def grid_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a grid that no sheet uses, after a page that names it."""
    editors_only(request)
    grid = get_object_or_404(grids_with_uses(), pk=pk)
    if request.method == "POST":
        try:
            delete_grid(grid_id=grid.pk, by=request.user)
        except Refusal as refusal:
            return refused(request, refusal)
        messages.success(request, f"La grille « {grid.name} » est supprimée.")
        return redirect("calls:grid_list")
    context = {
        "title": "Supprimer la grille",
        "object_label": grid.name,
        "sentence": _deletion_words(grid),
        "action_label": "Supprimer",
        "cancel_url": reverse("calls:grid_detail", args=[grid.pk]),
        "tone": "danger",
        "fields": (),
    }
    return render(request, "components/confirm.html", context)


def _deletion_words(grid: ScoringGrid) -> str:
    """Say what a deletion does, or which sheets keep it from being done."""
    if not grid.sheets:
        return "Ses critères et ses questions disparaissent. Cela ne se défait pas."
    named = ", ".join(
        f"{sheet.code or 'sans code'} {sheet.campaign.fiscal_year}"
        f"{' (brouillon)' if sheet.state == SheetState.DRAFT else ''}"
        for sheet in grid.sheets
    )
    subject = "Des fiches utilisent" if len(grid.sheets) > 1 else "Une fiche utilise"
    return (
        f"{subject} cette grille\u00a0: {named}. La suppression sera refusée tant qu’une autre "
        "grille n’y est pas choisie."
    )
