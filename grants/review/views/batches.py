"""An act of the desk on many dossiers: selection, what would be done, confirmation, job.

Each step is kept, and shown by a page of its own (:mod:`grants.review.batches.plan`): nothing is
shown in answer to a form, so that a browser comes back to any of them.
"""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.errors import Refusal
from foundation.jobs.models import Job, RequestKey
from foundation.jobs.services import AlreadyDoneError, AlreadyRunningError
from grants.review.batches.page import Preview
from grants.review.batches.plan import (
    ChosenStep,
    ShownStep,
    keep_chosen,
    keep_shown,
    keep_typed,
    read_step,
)
from grants.review.batches.registry import BatchAct, Line, act_named
from grants.review.batches.running import launch_batch
from grants.review.batches.selection import ASIDE, batch_rows, chosen


GONE = "Ces dossiers ne sont plus à votre portée."


@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a selection of the desk, and lead to the page of its act."""
    act = _act(request, slug)
    if request.method != "POST":  # the address alone carries no selection
        return _page(request, act, refusal=None)
    try:
        choice = chosen(request.user, request.POST, on=timezone.localdate())
        if act.form_class is not None:
            return _to_step(act, keep_chosen(act, request.user, choice.keys))
        values = act.of_choice(choice) if act.of_choice is not None else {}
        now = timezone.now()
        lines = act.preflight(_rows(request, choice.keys), request.user, values, now)
        return _to_step(act, keep_shown(act, request.user, lines, values))
    except Refusal as refusal:
        return _page(request, act, refusal=refusal)


@require_http_methods(["GET", "HEAD", "POST"])
def batch_step(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Show and take the form of an act, or the check of what it will do."""
    act = _act(request, slug)
    try:
        step = _step(request, act, uuid)
        if isinstance(step, ChosenStep):
            take, show = _check, _form_page
        else:
            take, show = _launch, _confirm_page
        return (take if request.method == "POST" else show)(request, act, step)
    except AlreadyRunningError as refusal:
        mine = Job.objects.visible_to(request.user)
        running = mine.filter(pk=refusal.job.pk).first() if refusal.job else None
        return _page(request, act, refusal=refusal, running=running)
    except Refusal as refusal:
        return _page(request, act, refusal=refusal)
    except ObjectDoesNotExist:  # what the form had chosen was deleted since
        words = "Ce qui avait été choisi n’existe plus\u00a0: recommencez depuis la liste."
        return _page(request, act, refusal=Refusal(words, code="gone", status=409))


def _act(request: HttpRequest, slug: str) -> BatchAct:
    access = request.user.access
    if not (access.is_office or access.is_administrator):
        raise Http404
    act = act_named(slug)
    if act is None:
        raise Http404
    if not act.may(request.user):
        raise PermissionDenied
    return act


def _step(request: HttpRequest, act: BatchAct, uuid: UUID) -> ChosenStep | ShownStep:
    step = read_step(uuid, act, request.user)
    if step is None:
        words = "Cette page n’est plus gardée\u00a0: repartez de la liste des dossiers."
        raise Refusal(words, code="stale", status=409)
    return step


def _rows(request: HttpRequest, keys: list[int]) -> list:
    rows = batch_rows(request.user, keys)
    if not rows:
        raise Refusal(GONE, code="gone", status=409)
    return rows


def _to_step(act: BatchAct, uuid: UUID) -> HttpResponse:
    response = redirect("review:batch_step", act.slug, uuid)
    response.status_code = 303  # whatever the browser, the page is asked for with GET
    return response


# --- The form -------------------------------------------------------------------------------------
def _check(request: HttpRequest, act: BatchAct, step: ChosenStep) -> HttpResponse:
    """Keep what was typed, and lead to what it would do, or back to what is wrong in it."""
    typed = {name: words for name, words in request.POST.lists() if name != "csrfmiddlewaretoken"}
    keep_typed(act, request.user, step, typed)
    now = timezone.now()
    rows = _rows(request, step.keys)
    form = act.form_class(request.POST, user=request.user, applications=rows, at=now)
    if not form.is_valid():
        return _to_step(act, step.uuid)
    values = form.values()
    lines = act.preflight(rows, request.user, values, now)
    return _to_step(act, keep_shown(act, request.user, lines, values, chosen=step.uuid))


def _form_page(request: HttpRequest, act: BatchAct, step: ChosenStep) -> HttpResponse:
    """Show the form as it was last sent, with what is wrong in it."""
    now = timezone.now()
    rows = _rows(request, step.keys)
    preview = Preview(act, act.preflight(rows, request.user, {}, now))
    form = None
    if preview.kept:
        form = act.form_class(step.typed, user=request.user, applications=rows, at=now)
    context = {
        "act": act,
        "form": form,
        "folded": getattr(form, "folded", ""),
        "preview": preview,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "review/batch_form.html", context, status=status)


# --- The confirmation -----------------------------------------------------------------------------
def _confirm_page(request: HttpRequest, act: BatchAct, step: ShownStep) -> HttpResponse:
    rows = {one.pk: one for one in _rows(request, [line.key for line in step.lines])}
    lines = [
        # What is hidden from somebody recused since is not said by a page kept from before.
        Line(rows[one.key], ok=False, reason=ASIDE)
        if rows[one.key].is_aside
        else Line(rows[one.key], ok=one.ok, reason=one.reason)
        for one in step.lines
        if one.key in rows
    ]
    used = RequestKey.objects.filter(key=step.uuid, user=request.user).first()
    context = {
        "act": act,
        "preview": Preview(act, lines, {one.key: one.amount for one in step.lines}),
        "said": act.said(step.values, request.user),
        "asks_nothing": act.form_class is None,
        "chosen": step.chosen,
        "launched_url": used.result_url if used else "",
    }
    return render(request, "review/batch_confirm.html", context)


def _launch(request: HttpRequest, act: BatchAct, step: ShownStep) -> HttpResponse:
    try:
        job = launch_batch(
            act=act, plan=step.plan, request_key=step.uuid, by=request.user, at=timezone.now()
        )
    except AlreadyDoneError as done:
        if not done.result_url:
            raise
        return redirect(done.result_url)
    return redirect(job)


def _page(
    request: HttpRequest, act: BatchAct, *, refusal: Refusal | None, running: Job | None = None
) -> HttpResponse:
    """Say why there is nothing to do here, and the way back."""
    context = {"act": act, "refusal": refusal, "running": running}
    status = refusal.status if refusal is not None else 200
    return render(request, "review/batch_refused.html", context, status=status)
