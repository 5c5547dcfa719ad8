"""An act of the desk on many dossiers: selection, what would be done, confirmation, job."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.errors import Refusal
from foundation.jobs.models import Job
from foundation.jobs.services import AlreadyDoneError, AlreadyRunningError
from grants.review.batches.page import Preview
from grants.review.batches.plan import read_choice, read_plan, sign_choice, sign_plan
from grants.review.batches.registry import BatchAct, Values, act_named
from grants.review.batches.running import launch_batch
from grants.review.batches.selection import SOURCE, SOURCE_KEY, batch_rows, chosen


CHOICE, PLAN, KEY = "choix", "plan", "cle"
OURS = {
    "csrfmiddlewaretoken",
    CHOICE,
    PLAN,
    KEY,
    "etape",
    "dossier",
    "tous",
    "liste",
    SOURCE,
    SOURCE_KEY,
}


@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: HttpRequest, slug: str) -> HttpResponse:
    """Lead an act from a selection of the desk to its job."""
    act = _act(request, slug)
    if request.method != "POST":  # the address alone carries no selection
        return _page(request, act, refusal=None)
    try:
        if request.POST.get("etape") == "lancer":
            return _launch(request, act)
        return _prepare(request, act)
    except AlreadyRunningError as refusal:
        mine = Job.objects.visible_to(request.user)
        running = mine.filter(pk=refusal.job.pk).first() if refusal.job else None
        return _page(request, act, refusal=refusal, running=running)
    except Refusal as refusal:
        return _page(request, act, refusal=refusal)


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


def _prepare(request: HttpRequest, act: BatchAct) -> HttpResponse:
    """Show the act's form, then what it would do."""
    values: Values = {}
    if CHOICE in request.POST:
        keys = read_choice(request.POST[CHOICE], act, request.user)
        step = request.POST.get("etape", "")
    else:
        choice = chosen(request.user, request.POST, on=timezone.localdate())
        keys, step = choice.keys, ""
        values = act.of_choice(choice) if act.of_choice is not None else {}
    now = timezone.now()
    rows = batch_rows(request.user, keys)
    if not rows:
        raise Refusal("Ces dossiers ne sont plus à votre portée.", code="gone", status=409)
    if act.form_class is not None:
        data = request.POST if step else None
        form = act.form_class(data, user=request.user, applications=rows, at=now)
        if step != "verifier" or not form.is_valid():
            lines = act.preflight(rows, request.user, {}, now)
            status = 422 if step == "verifier" else 200
            return _form_page(request, act, form, Preview(act, lines), keys, status)
        values = form.values()
    lines = act.preflight(rows, request.user, values, now)
    return _confirm_page(request, act, Preview(act, lines), keys, values)


def _launch(request: HttpRequest, act: BatchAct) -> HttpResponse:
    plan = read_plan(request.POST.get(PLAN, ""), act, request.user)
    try:
        job = launch_batch(
            act=act,
            plan=plan,
            request_key=_request_key(request),
            by=request.user,
            at=timezone.now(),
        )
    except AlreadyDoneError as done:
        if not done.result_url:
            raise
        return redirect(done.result_url)
    return redirect(job)


def _request_key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get(KEY, ""))
    except ValueError:
        raise Refusal(
            "Cette page n’est plus à jour\u00a0: repartez de la liste des dossiers.",
            code="stale",
            status=409,
        ) from None


# --- Pages ----------------------------------------------------------------------------------------
def _form_page(
    request: HttpRequest,
    act: BatchAct,
    form: Form,
    preview: Preview,
    keys: list[int],
    status: int,
) -> HttpResponse:
    context = {
        "act": act,
        "form": form,
        "folded": getattr(form, "folded", ""),
        "preview": preview,
        "choice": sign_choice(act, request.user, keys),
    }
    return render(request, "review/batch_form.html", context, status=status)


def _confirm_page(
    request: HttpRequest, act: BatchAct, preview: Preview, keys: list[int], values: dict
) -> HttpResponse:
    typed = [
        (name, value)
        for name in request.POST
        if name not in OURS
        for value in request.POST.getlist(name)
    ]
    context = {
        "act": act,
        "preview": preview,
        "said": act.said(values, request.user),
        "asks_nothing": act.form_class is None,
        "typed": typed if act.form_class is not None else [],
        "choice": sign_choice(act, request.user, keys),
        "plan": sign_plan(act, request.user, preview.lines, values),
        "key": uuid4(),
    }
    return render(request, "review/batch_confirm.html", context)


def _page(
    request: HttpRequest, act: BatchAct, *, refusal: Refusal | None, running: Job | None = None
) -> HttpResponse:
    """Say why there is nothing to do here, and the way back."""
    context = {"act": act, "refusal": refusal, "running": running}
    status = refusal.status if refusal is not None else 200
    return render(request, "review/batch_refused.html", context, status=status)
