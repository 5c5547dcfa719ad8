"""Ask the applicant to complete a dossier, follow it, compare deposits."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.errors import Refusal
from grants.applications.correction_messages import preview_asked
from grants.applications.differences import compare_deposits
from grants.applications.enums import ReviewState
from grants.applications.forms.reopening import reopenable
from grants.applications.services.corrections import (
    accept_correction,
    cancel_correction,
    extend_correction,
    request_correction,
)
from grants.review.correction_forms import CorrectionForm, ExtendForm, StopForm
from grants.review.views.dossier import dossier_page
from grants.review.views.frame import page_context
from grants.review.views.scope import acting_dossier, desk_dossier, post_to_tab


TAB = "complements"


@post_to_tab("complements")
def ask(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask for corrections; before that, add a ready sentence or preview the mail."""
    dossier = acting_dossier(request, reference, TAB)
    today = timezone.localdate()
    if dossier.review_state != ReviewState.UNDER_REVIEW:
        return _too_late(
            request,
            reference,
            "Des compléments ne peuvent plus être demandés sur ce dossier.",
            typed=request.POST.get("message", ""),
        )
    form = CorrectionForm(reopenable(dossier), request.POST, on=today)
    if "add" in request.POST:
        return dossier_page(request, reference, TAB, ask_form=form.with_sentence())
    if not form.is_valid():
        return dossier_page(request, reference, TAB, status=422, ask_form=form)
    asked = {
        "fields": form.cleaned_data["fields_asked"],
        "message": form.cleaned_data["message"],
        "due_on": form.cleaned_data["due_on"],
    }
    if "preview" in request.POST:
        preview = preview_asked(dossier, **asked)
        return dossier_page(request, reference, TAB, ask_form=form, preview=preview)
    return _run(
        request,
        reference,
        {"ask_form": form},
        lambda: request_correction(
            application_id=dossier.pk, by=request.user, at=timezone.now(), **asked
        ),
        done="La demande est envoyée au demandeur.",
    )


@post_to_tab("complements")
def extend(request: HttpRequest, reference: str) -> HttpResponse:
    """Give more time."""
    dossier = acting_dossier(request, reference)
    form = ExtendForm(request.POST)
    return _run(
        request,
        reference,
        {"extend_form": form},
        lambda: extend_correction(
            application_id=dossier.pk,
            due_on=form.cleaned_data["due_on"],
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=timezone.now(),
        ),
        done="Le délai est prolongé ; le demandeur en est averti.",
    )


@post_to_tab("complements")
def stop(request: HttpRequest, reference: str) -> HttpResponse:
    """Go on with the last deposit."""
    dossier = acting_dossier(request, reference)
    form = StopForm(request.POST)
    return _run(
        request,
        reference,
        {"stop_form": form},
        lambda: cancel_correction(
            application_id=dossier.pk,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=timezone.now(),
        ),
        done="L’instruction reprend sur le dernier dépôt.",
    )


@post_to_tab("complements")
def accept(request: HttpRequest, reference: str) -> HttpResponse:
    """Say that the answer is enough."""
    dossier = acting_dossier(request, reference)
    return _run(
        request,
        reference,
        {},
        lambda: accept_correction(application_id=dossier.pk, by=request.user, at=timezone.now()),
        done="Les compléments sont acceptés.",
    )


@require_safe
def deposits(request: HttpRequest, reference: str) -> HttpResponse:
    """Compare two deposits, the last two unless others are asked."""
    dossier = desk_dossier(request, reference)
    filed = list(dossier.deposits.select_related("filed_by", "correction").order_by("number"))
    by_number = {str(one.number): one for one in filed}
    after = by_number.get(request.GET.get("apres", ""), filed[-1] if filed else None)
    before = by_number.get(request.GET.get("avant", ""))
    if before is None and after is not None:
        before = by_number.get(str(after.number - 1), after)
    if before is None or after is None:
        raise Http404
    if before.number > after.number:
        before, after = after, before
    context = page_context(request, dossier, TAB) | {
        "deposits": filed,
        "before": before,
        "after": after,
        "differences": [] if before == after else compare_deposits(before, after),
    }
    return render(request, "review/deposits.html", context)


# --- Parts ----------------------------------------------------------------------------------------
def _run(
    request: HttpRequest,
    reference: str,
    forms: dict[str, Form],
    service: Callable[[], object],
    *,
    done: str,
) -> HttpResponse:
    """Run a service; show the tab again with what is wrong."""
    status = 422
    if all(form.is_valid() for form in forms.values()):
        try:
            service()
        except Refusal as refusal:
            if refusal.status == 409 or not forms:
                data = next((form.cleaned_data for form in forms.values()), {})
                typed = data.get("message") or data.get("reason") or ""
                return _too_late(request, reference, refusal.sentence, typed=typed)
            field = "due_on" if refusal.code == "bad_date" else None
            next(iter(forms.values())).add_error(field, refusal.sentence)
            status = refusal.status
        else:
            messages.success(request, done)
            return redirect(_here(reference))
    return dossier_page(request, reference, TAB, status=status, **forms)


def _too_late(request: HttpRequest, reference: str, sentence: str, *, typed: str) -> HttpResponse:
    """Answer 409 with the tab as it is now, why, and the words that were typed for nothing."""
    return dossier_page(request, reference, TAB, status=409, too_late=sentence, typed=typed)


def _here(reference: str) -> str:
    return reverse("review:tab", args=[reference, TAB])
