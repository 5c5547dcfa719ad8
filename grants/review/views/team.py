"""The team: who has how much in hand, who receives what, who replaces whom."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.errors import Refusal
from grants.review import team as reads
from grants.review.models import AssignmentRule
from grants.review.services.replacements import (
    cancel_replacement,
    concerning,
    declare_replacement,
    may_manage,
)
from grants.review.services.rules import (
    delete_rule,
    move_rule,
    rule_stamp,
    rule_words,
    save_rule,
)
from grants.review.team_forms import ReplacementForm, RuleForm
from grants.review.views.scope import require_desk


@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """Show the team to its head; to an officer, their own load and absences."""
    require_desk(request)
    today = timezone.localdate()
    is_head = request.user.access.is_unit_head
    context = {
        "is_head": is_head,
        "loads": reads.loads(request.user, today),
        "rules": reads.rule_rows(today),
        "replacements": reads.replacement_rows(request.user, today),
        "waiting": reads.waiting(today) if is_head else None,
    }
    return render(request, "review/team/team.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def rule_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a rule of assignment, or change one."""
    _require_head(request)
    rules = AssignmentRule.objects.select_related("sheet").prefetch_related("people")
    rule = get_object_or_404(rules, pk=pk) if pk else None
    form = RuleForm(
        request.POST if request.method == "POST" else None, on=timezone.localdate(), rule=rule
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                save_rule(
                    rule_id=pk,
                    sheet=form.cleaned_data["sheet"],
                    territory=form.cleaned_data["territory"],
                    people=form.cleaned_data["people"],
                    by=request.user,
                    at=timezone.now(),
                    seen=form.cleaned_data["seen"],
                )
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
                status = refusal.status
                if refusal.code == "changed":
                    form.show_again(rules.get(pk=pk))
            else:
                messages.success(request, "La règle est enregistrée.")
                return redirect(f"{reverse('review:team')}#regles")
    return render(request, "review/team/rule.html", {"form": form, "rule": rule}, status=status)


@require_POST
def rule_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a rule earlier or later."""
    _require_head(request)
    get_object_or_404(AssignmentRule, pk=pk)
    try:
        move_rule(rule_id=pk, up=request.POST.get("sens") == "monter", by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect(f"{reverse('review:team')}#regles")


@require_http_methods(["GET", "HEAD", "POST"])
def rule_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a rule away, after a page that names it."""
    _require_head(request)
    rules = AssignmentRule.objects.select_related("sheet").prefetch_related("people")
    rule = get_object_or_404(rules, pk=pk)
    if request.method == "POST":
        try:
            delete_rule(rule_id=pk, by=request.user, seen=request.POST.get("seen", ""))
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, "La règle est supprimée.")
        return redirect(f"{reverse('review:team')}#regles")
    context = {"rule": rule, "words": rule_words(rule), "seen": rule_stamp(rule)}
    return render(request, "review/team/rule_delete.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def replacement_new(request: HttpRequest) -> HttpResponse:
    """Declare who replaces somebody away: anybody for the head, oneself for an officer."""
    require_desk(request)
    form = ReplacementForm(
        request.POST if request.method == "POST" else None,
        user=request.user,
        on=timezone.localdate(),
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                declare_replacement(
                    **{"person": request.user, **form.cleaned_data},
                    by=request.user,
                    at=timezone.now(),
                )
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
                status = refusal.status
            else:
                messages.success(request, "Le remplacement est enregistré.")
                return redirect(f"{reverse('review:team')}#remplacements")
    return render(request, "review/team/replacement.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def replacement_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a replacement, after a page that says what follows."""
    require_desk(request)
    replacement = get_object_or_404(concerning(request.user), pk=pk)
    if not may_manage(request.user, replacement):
        raise PermissionDenied
    if request.method == "POST":
        try:
            cancel_replacement(replacement_id=pk, by=request.user, at=timezone.now())
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, "Le remplacement est annulé.")
        return redirect(f"{reverse('review:team')}#remplacements")
    context = {"replacement": replacement}
    return render(request, "review/team/replacement_cancel.html", context)


def _require_head(request: HttpRequest) -> None:
    require_desk(request)
    if not request.user.access.is_unit_head:
        raise PermissionDenied
